"""Whose provider signed what of a history, and since when that counts as verified. Reading only, from the store.

Nothing enters a history whose signature was not checked: one of another domain's users is verified before it is taken
in, one of our users is signed here. So a stored delta's signature that names an admitted signer of its author's domain
has been found valid. ``groundswell verify`` checks them all anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, final

from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_applied_delta
from wave_server.errors import BadVersion, CorruptHistory
from wave_server.history_reading import History
from wave_server.names import WaveAddress, WaveletName
from wave_server.store import Store, history_rows, signer_rows
from wave_server.store.history_rows import Signed
from wave_server.store.signer_rows import Admitted


@final
@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed the delta that leads to ``version``; nobody where both ``domain`` and ``verified_at`` are None.

    ``verified_at``, ms since 1970: when the wavelet's host applied the delta, or when its signer was admitted here if
    that was later.
    """

    version: int
    author: str
    domain: str | None
    verified_at: int | None


@final
class Signatures:
    """The signatures in the histories of one domain, for those who may read them. Belongs to one event loop."""

    def __init__(self, history: History, store: Store) -> None:
        self._history: Final = history
        self._store: Final = store

    async def of(self, name: WaveletName, versions: Collection[int], reader: WaveAddress) -> list[Signature]:
        """Who signed the deltas that lead to these versions, in order, each once. Costs no more than these deltas.

        Raises NotFound as History does, BadVersion when no delta leads to one of them, Unavailable, CorruptHistory.
        """
        await self._history.head(name, reader)
        wanted = set(versions)
        async with self._store.reading() as connection:
            wavelet = await history_rows.row_id(connection, name)
            rows = [] if wavelet is None else await history_rows.signed(connection, wavelet, wanted)
            signer_ids = {row.version: _signer_ids(name, row) for row in rows}
            known = await signer_rows.admitted(connection, {each for ids in signer_ids.values() for each in ids})
        missing = wanted - signer_ids.keys()
        if missing:
            raise BadVersion(f"no delta of {name.path} leads to version {min(missing)}")
        return [_signature(row, signer_ids[row.version], known) for row in rows]


def _signer_ids(name: WaveletName, row: Signed) -> list[bytes]:
    try:
        return [signature.signer_id for signature in decode_applied_delta(row.applied).signed.signatures]
    except OperationError as error:
        raise CorruptHistory(f"{name.path}: the delta to version {row.version} cannot be read: {error}") from error


def _signature(row: Signed, signer_ids: Collection[bytes], known: Mapping[bytes, Admitted]) -> Signature:
    """Only a signer of the author's own domain counts."""
    domain = row.author.rpartition("@")[2]
    admitted = [known[each].stored_at for each in signer_ids if each in known and known[each].domain == domain]
    if not admitted:
        return Signature(row.version, row.author, None, None)
    return Signature(row.version, row.author, domain, max(row.timestamp, min(admitted)))
