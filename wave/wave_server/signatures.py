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
from wave_server.errors import CorruptHistory
from wave_server.history_reading import History
from wave_server.names import WaveAddress, WaveletName
from wave_server.store import Store, history_rows, signer_rows
from wave_server.store.history_rows import Signed
from wave_server.store.signer_rows import Admitted

NEAR: Final = 1_000  # versions after the one that is asked for, among which an author's delta is looked for


@final
@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed an author's delta that leads to ``version`` or comes next; both None when nobody has.

    ``verified_at``, ms since 1970: when the wavelet's host applied the delta, or when its signer was admitted here if
    that was later.
    """

    version: int
    domain: str | None
    verified_at: int | None


@final
class Signatures:
    """The signatures in the histories of one domain, for those who may read them. Belongs to one event loop."""

    def __init__(self, history: History, store: Store) -> None:
        self._history: Final = history
        self._store: Final = store

    async def of(
        self, name: WaveletName, author: str, versions: Collection[int], reader: WaveAddress
    ) -> list[Signature]:
        """Who signed what an author wrote, for each of these versions, in order: of the author's first delta that leads
        there or to one of the next thousand. A browser knows no better where its own edits have landed.

        Versions without such a delta are left out. Raises NotFound as History does, Unavailable, CorruptHistory.
        """
        await self._history.head(name, reader)
        found: dict[int, tuple[Signed, list[bytes]]] = {}
        async with self._store.reading() as connection:
            wavelet = await history_rows.row_id(connection, name)
            if wavelet is None:
                return []
            for version in sorted(set(versions)):
                row = await history_rows.signed(connection, wavelet, author, version, version + NEAR)
                if row is not None:
                    found[version] = row, _signer_ids(name, row)
            ids = {signer_id for _, signer_ids in found.values() for signer_id in signer_ids}
            known = await signer_rows.admitted(connection, ids)
        return [_signature(version, row, signer_ids, known) for version, (row, signer_ids) in found.items()]


def _signer_ids(name: WaveletName, row: Signed) -> list[bytes]:
    try:
        return [signature.signer_id for signature in decode_applied_delta(row.applied).signed.signatures]
    except OperationError as error:
        raise CorruptHistory(f"{name.path}: the delta to version {row.version} cannot be read: {error}") from error


def _signature(version: int, row: Signed, signer_ids: Collection[bytes], known: Mapping[bytes, Admitted]) -> Signature:
    """Only a signer of the author's own domain counts."""
    domain = row.author.rpartition("@")[2]
    admitted = [known[each].stored_at for each in signer_ids if each in known and known[each].domain == domain]
    if not admitted:
        return Signature(version, None, None)
    return Signature(version, domain, max(row.timestamp, min(admitted)))
