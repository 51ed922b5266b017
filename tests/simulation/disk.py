"""A store in memory, in two halves: the disk, which outlives crashes, and what a running server has of it.

A write happens as a whole at one moment, which lies between the call and its return: a crash before that moment loses
it, one after it does not. It can also be made to fail, before or after having been written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple, NoReturn, TypeVar

from simulation.loop import Process
from wave_federation.persistence import Confirmation
from wave_server.names import WaveId, WaveletName
from wave_server.store import (
    NewDelta,
    Store,
    StoredDelta,
    StoredSnapshot,
    StoredWavelet,
    StoreError,
    StoreUnavailable,
    VersionConflict,
)
from wave_server.store.destination_rows import Destination
from wave_server.store.follower_rows import Follower
from wave_server.store.forwarded_rows import ForwardedRow
from wave_server.store.quarantine_rows import Quarantine
from wave_server.store.signer_rows import SignerRow

_Result = TypeVar("_Result")


class _Following(NamedTuple):
    delivered: int
    until: int | None


class Disk:
    """What is durable. ``committed`` is told every delta that gets here, at that moment."""

    def __init__(self, committed: Callable[[StoredDelta], None]) -> None:
        self.histories: Final[dict[WaveletName, list[StoredDelta]]] = {}
        self.snapshots: Final[dict[WaveletName, StoredSnapshot]] = {}
        self.followers: Final[dict[tuple[WaveletName, str], _Following]] = {}
        self.signers: Final[dict[bytes, SignerRow]] = {}
        self.forwarded: Final[dict[int, ForwardedRow]] = {}
        self.quarantines: Final[dict[WaveletName, Quarantine]] = {}
        self.destinations: Final[dict[str, Destination]] = {}
        self._committed: Final = committed
        self._last_id = 0

    def append(self, batch: Sequence[NewDelta]) -> None:
        heads: dict[WaveletName, int] = {}
        for row in batch:
            head = heads.get(row.wavelet, self.head(row.wavelet))
            if row.at < head:
                raise VersionConflict(row.wavelet, row.at)
            if row.at > head:
                raise StoreError(f"{row.wavelet.path} has nothing at version {row.at}")
            heads[row.wavelet] = row.version
        for row in batch:
            self.histories.setdefault(row.wavelet, []).append(row._replace(domains=None))
            self._follow(row)
            self._committed(row)

    def _follow(self, row: NewDelta) -> None:
        """As store/following.py does it."""
        if row.domains is None:
            return
        for domain in row.domains.joined:
            known = self.followers.get((row.wavelet, domain))
            if known is None or known.until is not None:
                self.followers[row.wavelet, domain] = _Following(row.at, None)
        for domain in row.domains.left:
            known = self.followers[row.wavelet, domain]
            self.followers[row.wavelet, domain] = _Following(known.delivered, row.version)

    def head(self, name: WaveletName) -> int:
        history = self.histories.get(name)
        return history[-1].version if history else 0

    def delta_at(self, name: WaveletName, at: int) -> StoredDelta | None:
        """The delta that applies at a version."""
        return next((row for row in reversed(self.histories.get(name, ())) if row.at == at), None)

    def follower(self, key: tuple[WaveletName, str]) -> Follower:
        name, domain = key
        following = self.followers[key]
        return Follower(name, domain, following.delivered, following.until, self.head(name))

    def confirm(self, confirmation: Confirmation) -> None:
        key = (confirmation.wavelet, confirmation.domain)
        known = self.followers.get(key)
        if known is not None and known.delivered < confirmation.version:
            self.followers[key] = known._replace(delivered=confirmation.version)

    def forward(self, name: WaveletName, author: str, key: str, delta: bytes, created_at: int) -> int:
        if name not in self.histories:
            raise LookupError(f"there is no copy of {name.path}")
        known = next((each for each, row in self.forwarded.items() if row[1:4] == (name, author, key)), None)
        if known is None:
            known = self._last_id = self._last_id + 1
        self.forwarded[known] = ForwardedRow(known, name, author, key, delta, created_at)
        return known


@dataclass(slots=True)
class Hazards:
    """What may happen to writes. ``crashes`` is the number of writes until one that a crash meets; 0: none."""

    random: Random
    slow: float = 0.0  # how often a write takes long
    failing: float = 0.0  # how often one fails
    crashes: int = 0
    after: bool = False  # whether that crash comes when the write has been done


class MemoryStore(Store):
    """A running server's view of its disk: of the Store, what the core uses, and a FederationStore.

    There is no database under it. ``crash`` ends the server.
    """

    def __init__(self, disk: Disk, process: Process, hazards: Hazards, crash: Callable[[], None]) -> None:
        self._disk: Final = disk
        self._process: Final = process
        self._hazards: Final = hazards
        self._crash: Final = crash

    async def _read(self, question: Callable[[], _Result]) -> _Result:
        await self._pause()
        answer = question()
        await asyncio.sleep(0)
        return answer

    async def _write(self, change: Callable[[], _Result]) -> _Result:
        hazards, random = self._hazards, self._hazards.random
        await asyncio.sleep(random.uniform(0.1, 1.0) if random.random() < hazards.slow else random.uniform(0, 0.01))
        self._check_alive()
        fate = random.random()
        if fate < hazards.failing / 2:
            raise StoreUnavailable("the database is away")
        dies = hazards.crashes == 1
        hazards.crashes = max(0, hazards.crashes - 1)
        if dies and not hazards.after:
            await self._die()
        outcome = change()
        if dies:
            await self._die()
        await self._pause()
        if fate > 1 - hazards.failing / 2:
            raise StoreUnavailable("the database went away after writing")
        return outcome

    async def _pause(self) -> None:
        await asyncio.sleep(self._hazards.random.uniform(0, 0.002))
        self._check_alive()

    def _check_alive(self) -> None:
        if not self._process.alive:
            raise asyncio.CancelledError

    async def _die(self) -> NoReturn:
        self._crash()
        raise asyncio.CancelledError

    # Histories

    async def append(self, batch: Sequence[NewDelta]) -> None:
        if batch:
            await self._write(lambda: self._disk.append(batch))

    async def load(self, name: WaveletName) -> StoredWavelet | None:
        def question() -> StoredWavelet | None:
            history = self._disk.histories.get(name)
            if history is None:
                return None
            snapshot = self._disk.snapshots.get(name)
            start = 0 if snapshot is None else snapshot.version
            return StoredWavelet(snapshot, [row for row in history if row.at >= start])

        return await self._read(question)

    async def deltas(
        self, name: WaveletName, start: int, end: int | None = None, limit: int = 1000
    ) -> list[StoredDelta]:
        def question() -> list[StoredDelta]:
            history = self._disk.histories.get(name, ())
            return [row for row in history if start <= row.at and (end is None or row.at < end)][:limit]

        return await self._read(question)

    async def hash_at(self, name: WaveletName, version: int) -> bytes | None:
        def question() -> bytes | None:
            history = self._disk.histories.get(name, ())
            return next((row.history_hash for row in reversed(history) if row.version == version), None)

        return await self._read(question)

    async def put_snapshot(self, snapshot: StoredSnapshot) -> None:
        def change() -> None:
            known = self._disk.snapshots.get(snapshot.wavelet)
            if known is None or known.version <= snapshot.version:
                self._disk.snapshots[snapshot.wavelet] = snapshot

        await self._write(change)

    async def wavelets_of(self, wave: WaveId) -> list[WaveletName]:
        return await self._read(lambda: [name for name in self._disk.histories if name.wave == wave])

    # Signers

    async def add_signer(self, row: SignerRow) -> None:
        await self._write(lambda: self._disk.signers.setdefault(row.id, row))

    async def find_signer(self, signer_id: bytes) -> SignerRow | None:
        return await self._read(lambda: self._disk.signers.get(signer_id))

    # Followers

    async def domains_owed(self) -> Sequence[str]:
        return await self._read(lambda: sorted({domain for (_, domain) in self._disk.followers if self._owed(domain)}))

    async def owed_to(self, domain: str) -> Sequence[Follower]:
        return await self._read(lambda: self._owed(domain))

    def _owed(self, domain: str) -> list[Follower]:
        rows = [self._disk.follower(key) for key in self._disk.followers if key[1] == domain]
        return [row for row in rows if row.delivered < (row.head if row.until is None else row.until)]

    async def followers_of(self, name: WaveletName) -> Sequence[Follower]:
        disk = self._disk
        return await self._read(lambda: [disk.follower(key) for key in sorted_keys(disk.followers) if key[0] == name])

    async def find_follower(self, name: WaveletName, domain: str) -> Follower | None:
        key = (name, domain)
        return await self._read(lambda: self._disk.follower(key) if key in self._disk.followers else None)

    async def confirm(self, confirmations: Iterable[Confirmation]) -> None:
        noted = list(confirmations)

        def change() -> None:
            for confirmation in noted:
                self._disk.confirm(confirmation)

        await self._write(change)

    # Forwarded deltas

    async def add_forwarded(self, name: WaveletName, author: str, key: str, delta: bytes, created_at: int) -> int:
        return await self._write(lambda: self._disk.forward(name, author, key, delta, created_at))

    async def all_forwarded(self) -> Sequence[ForwardedRow]:
        return await self._read(lambda: list(self._disk.forwarded.values()))

    async def remove_forwarded(self, forwarded_id: int) -> None:
        await self._write(lambda: self._disk.forwarded.pop(forwarded_id, None))

    # Quarantines and destinations

    async def add_quarantine(self, name: WaveletName, since: int, reason: str, evidence: bytes) -> None:
        def change() -> None:
            if name in self._disk.histories:
                self._disk.quarantines.setdefault(name, Quarantine(name, since, reason, evidence))

        await self._write(change)

    async def all_quarantines(self) -> Sequence[Quarantine]:
        return await self._read(lambda: list(self._disk.quarantines.values()))

    async def put_destination(self, row: Destination) -> None:
        await self._write(lambda: self._disk.destinations.update({row.domain: row}))

    async def all_destinations(self) -> Sequence[Destination]:
        return await self._read(lambda: list(self._disk.destinations.values()))


def sorted_keys(followers: Iterable[tuple[WaveletName, str]]) -> list[tuple[WaveletName, str]]:
    return sorted(followers, key=lambda key: key[1])
