"""What federation remembers across restarts, as an interface, and its implementation on the store's tables.

Histories themselves are the core's. What a domain is owed follows from them and from how far it has confirmed, so
there is no queue of copies here (docs/federation.md). Times are ms since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from wave_server.names import WaveletName
from wave_server.store import (
    Store,
    StoredDelta,
    destination_rows,
    follower_rows,
    forwarded_rows,
    quarantine_rows,
    signer_rows,
)
from wave_server.store.destination_rows import Destination
from wave_server.store.follower_rows import Follower
from wave_server.store.forwarded_rows import ForwardedRow
from wave_server.store.quarantine_rows import Quarantine
from wave_server.store.signer_rows import SignerRow

_PAGE: Final = 500


class Confirmation(NamedTuple):
    """A domain has everything of a wavelet up to ``version``."""

    wavelet: WaveletName
    domain: str
    version: int


class FederationStore(Protocol):
    """Every method is durable when it returns, and raises StoreUnavailable when the database fails."""

    # Histories, for serving them

    async def deltas(self, name: WaveletName, start: int, end: int | None, limit: int) -> Sequence[StoredDelta]:
        """At most ``limit`` deltas that apply at versions from ``start`` to below ``end``, in order."""

    async def hash_at(self, name: WaveletName, version: int) -> bytes | None:
        """The history hash after the delta that ends at ``version``; None when none does (so for version 0)."""

    # Signers

    async def add_signer(self, row: SignerRow) -> None:
        """Store a signer, unless it is there."""

    async def find_signer(self, signer_id: bytes) -> SignerRow | None:
        """The signer with that id."""

    # Followers: written with the deltas that let domains in and out, confirmed here

    async def domains_owed(self) -> Sequence[str]:
        """The domains that have not confirmed all they are to get."""

    async def owed_to(self, domain: str) -> Sequence[Follower]:
        """The wavelets of which a domain has not confirmed all it is to get."""

    async def followers_of(self, name: WaveletName) -> Sequence[Follower]:
        """The domains that have or had a participant of a wavelet."""

    async def find_follower(self, name: WaveletName, domain: str) -> Follower | None:
        """One domain of them."""

    async def confirm(self, confirmations: Iterable[Confirmation]) -> None:
        """Note how far domains have come, in one transaction; never goes back."""

    # Deltas on their way to other hosts

    async def add_forwarded(self, name: WaveletName, author: str, key: str, delta: bytes, created_at: int) -> int:
        """Write one down; its id comes back. Raises LookupError when there is no copy of the wavelet."""

    async def all_forwarded(self) -> Sequence[ForwardedRow]:
        """All that are under way, oldest first."""

    async def remove_forwarded(self, forwarded_id: int) -> None:
        """It has come back in the history, or its host has refused it."""

    # Quarantines

    async def add_quarantine(self, name: WaveletName, since: int, reason: str, evidence: bytes) -> None:
        """Continue the copy no more; the first evidence stays."""

    async def all_quarantines(self) -> Sequence[Quarantine]:
        """All of them."""

    # Destinations

    async def put_destination(self, row: Destination) -> None:
        """Store what is known of a domain, in the place of what was."""

    async def all_destinations(self) -> Sequence[Destination]:
        """All domains that anything is known of."""


class StoredFederation:
    """The FederationStore on a database."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store

    async def deltas(self, name: WaveletName, start: int, end: int | None, limit: int) -> Sequence[StoredDelta]:
        """See FederationStore."""
        return await self._store.deltas(name, start, end, limit)

    async def hash_at(self, name: WaveletName, version: int) -> bytes | None:
        """See FederationStore."""
        return await self._store.hash_at(name, version)

    async def add_signer(self, row: SignerRow) -> None:
        """See FederationStore."""
        async with self._store.writing() as connection:
            await signer_rows.add_signer(connection, row)

    async def find_signer(self, signer_id: bytes) -> SignerRow | None:
        """See FederationStore."""
        async with self._store.reading() as connection:
            return await signer_rows.find_signer(connection, signer_id)

    async def domains_owed(self) -> Sequence[str]:
        """See FederationStore."""
        async with self._store.reading() as connection:
            return await follower_rows.domains_owed(connection)

    async def owed_to(self, domain: str) -> Sequence[Follower]:
        """See FederationStore."""
        found: list[Follower] = []
        after = 0
        async with self._store.reading() as connection:
            while True:
                page, after = await follower_rows.owed_to(connection, domain, after, _PAGE)
                found += page
                if len(page) < _PAGE:
                    return found

    async def followers_of(self, name: WaveletName) -> Sequence[Follower]:
        """See FederationStore."""
        async with self._store.reading() as connection:
            row_id = await self._store.row_id(connection, name)
            return [] if row_id is None else await follower_rows.followers_of(connection, row_id)

    async def find_follower(self, name: WaveletName, domain: str) -> Follower | None:
        """See FederationStore."""
        async with self._store.reading() as connection:
            row_id = await self._store.row_id(connection, name)
            return None if row_id is None else await follower_rows.find_follower(connection, row_id, domain)

    async def confirm(self, confirmations: Iterable[Confirmation]) -> None:
        """See FederationStore."""
        async with self._store.writing() as connection:
            for name, domain, version in confirmations:
                row_id = await self._store.row_id(connection, name)
                if row_id is not None:
                    await follower_rows.confirm(connection, row_id, domain, version)

    async def add_forwarded(self, name: WaveletName, author: str, key: str, delta: bytes, created_at: int) -> int:
        """See FederationStore."""
        row_id = await self._store.find_row_id(name)
        if row_id is None:
            raise LookupError(f"there is no copy of {name.path}")
        written = await self._store.note(forwarded_rows.add_forwarded(row_id, author, key, delta, created_at))
        assert written is not None, "the statement returns the id"
        return written

    async def all_forwarded(self) -> Sequence[ForwardedRow]:
        """See FederationStore."""
        async with self._store.reading() as connection:
            return await forwarded_rows.all_forwarded(connection)

    async def remove_forwarded(self, forwarded_id: int) -> None:
        """See FederationStore."""
        await self._store.note(forwarded_rows.remove_forwarded(forwarded_id))

    async def add_quarantine(self, name: WaveletName, since: int, reason: str, evidence: bytes) -> None:
        """See FederationStore."""
        async with self._store.writing() as connection:
            row_id = await self._store.row_id(connection, name)
            if row_id is not None:
                await quarantine_rows.add_quarantine(connection, row_id, since, reason, evidence)

    async def all_quarantines(self) -> Sequence[Quarantine]:
        """See FederationStore."""
        async with self._store.reading() as connection:
            return await quarantine_rows.all_quarantines(connection)

    async def put_destination(self, row: Destination) -> None:
        """See FederationStore."""
        async with self._store.writing() as connection:
            await destination_rows.put_destination(connection, row)

    async def all_destinations(self) -> Sequence[Destination]:
        """See FederationStore."""
        async with self._store.reading() as connection:
            return await destination_rows.all_destinations(connection)
