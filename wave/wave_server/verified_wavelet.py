"""One wavelet as its history makes it, delta by delta, compared with what is stored."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wave_ot.deltas import AppliedDelta, HashedVersion, WaveletDelta
from wave_ot.errors import OperationError
from wave_ot.history import HASH_LENGTH, next_version, version_zero
from wave_ot.protobuf import decode_applied_delta, decode_delta, encode_delta
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, transform_operations
from wave_server.byte_search import equal_bytes, first_difference, single_byte_correction
from wave_server.documents import Documents
from wave_server.errors import CorruptHistory, InvalidOperation
from wave_server.names import WaveletName
from wave_server.restoring import delta_of
from wave_server.snapshots import State, decode_state, encode_state
from wave_server.store import Store, StoredDelta, StoredSnapshot
from wave_server.submission import Delta, Operations

KEPT: Final = 2000  # deltas in memory for transforming; older ones are read again


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be."""

    wavelet: WaveletName
    version: int  # that the delta applies to; of a snapshot, its own
    column: str  # table and column, as in ``deltas.applied``
    offset: int | None  # of the first wrong byte in it; None where the column holds a number, or it is not known
    message: str

    def __str__(self) -> str:
        place = "" if self.offset is None else f", byte {self.offset}"
        return f"{self.wavelet}, version {self.version}: {self.column}{place}: {self.message}"


class VerifiedWavelet:
    """Takes a wavelet's deltas in order and tells what is wrong with each. After a fault it goes on with what fits."""

    def __init__(self, name: WaveletName, store: Store, snapshots: Sequence[StoredSnapshot]) -> None:
        self.head = version_zero(name.uri)
        self._name = name
        self._store = store
        self._snapshots = {snapshot.version: snapshot for snapshot in snapshots}
        self._documents = Documents()
        self._participants: dict[str, None] = {}
        self._timestamp = 0
        self._state_known = True  # False once an operation could not be read or applied
        self._has_gaps = False
        self._recent: deque[Delta] = deque(maxlen=KEPT)
        self._findings: list[Finding] = []

    async def check(self, row: StoredDelta, following: StoredDelta | None) -> list[Finding]:
        """Check the next delta, given the one after it. What was found, most telling first."""
        self._findings = []
        self._check_place(row)
        applied, history_hash = await self._check_hash(row, following)
        operations: Operations | None = None
        if applied is not None:
            operations = await self._check_contents(row, applied)
        self._advance(row, operations, history_hash)
        self._check_snapshot(self._snapshots.pop(self.head.version, None))
        return self._findings

    def finish(self) -> list[Finding]:
        """What is wrong with the wavelet when there are no more deltas."""
        self._findings = []
        if self.head.version == 0:
            self._find(0, "wavelets.id", None, "the wavelet has no deltas")
        for version in self._snapshots:
            self._find(version, "snapshots.version", None, "no delta leads to the version of this snapshot")
        return self._findings

    def _find(self, version: int, column: str, offset: int | None, message: str) -> None:
        self._findings.append(Finding(self._name, version, column, offset, message))

    def _check_place(self, row: StoredDelta) -> None:
        """The delta must follow the one before. If it does not, go on where its own bytes say that it belongs."""
        if row.at == self.head.version:
            return
        expected, claimed = self.head.version, _claimed_place(row)
        if claimed is not None and _hash_after(claimed.history_hash, row.applied) == row.history_hash:
            if claimed.version != row.at:
                said = f"it is {row.at}, but the delta says that it applies at {claimed.version}"
                self._find(row.at, "deltas.at", None, said)
            self.head = claimed
        else:
            self.head = HashedVersion(row.at, b"" if claimed is None else claimed.history_hash)
        if self.head.version != expected:
            self._state_known = False
            self._has_gaps = True
            said = f"no delta follows version {expected}; the next one applies at {self.head.version}"
            self._find(expected, "deltas.at", None, said)

    async def _check_hash(self, row: StoredDelta, following: StoredDelta | None) -> tuple[bytes | None, bytes]:
        """The delta's right bytes, None if they cannot be known, and the right hash after it."""
        computed = _hash_after(self.head.history_hash, row.applied)
        if computed == row.history_hash:
            return row.applied, computed
        if _is_stored_hash_wrong(row, computed, following):
            offset = first_difference(row.history_hash, computed)
            said = f"it is {row.history_hash.hex()}, must be {computed.hex()}"
            self._find(row.at, "deltas.history_hash", offset, said)
            return row.applied, computed
        claimed = _claimed_place(row)
        if row.at == 0 and claimed is not None and _hash_after(claimed.history_hash, row.applied) == row.history_hash:
            uri = claimed.history_hash.decode("utf-8", "replace")
            offset = first_difference(self.head.history_hash, claimed.history_hash)
            self._find(0, "wavelets (its name)", offset, f"the history was written for {uri}")
            return row.applied, row.history_hash
        correction = await asyncio.to_thread(
            single_byte_correction, self.head.history_hash, row.applied, row.history_hash
        )
        if correction is None:
            said = f"of the {len(row.applied)} bytes that the history hash covers more than one is wrong or missing"
            self._find(row.at, "deltas.applied", None, said)
            return None, row.history_hash
        offset, right = correction
        said = f"it is 0x{row.applied[offset]:02x}, must be 0x{right:02x}"
        self._find(row.at, "deltas.applied", offset, said)
        return row.applied[:offset] + bytes((right,)) + row.applied[offset + 1 :], row.history_hash

    async def _check_contents(self, row: StoredDelta, data: bytes) -> Operations | None:
        """Compare the columns with what the applied delta says; its operations as applied, None if unknown."""
        try:
            applied = decode_applied_delta(data)
            original = decode_delta(applied.signed.delta, trusted=True)
        except OperationError as error:
            self._find(row.at, "deltas.applied", None, f"the hash fits, but it cannot be read: {error}")
            return None
        self._check_columns(row, applied, original)
        if applied.applied_at is None or applied.applied_at == original.target:
            if row.transformed is not None:
                said = "it must be empty: the delta applies to the version it was made for"
                self._find(row.at, "deltas.transformed", 0, said)
            operations: Operations | None = original.operations
        else:
            operations = await self._check_transformed(row, applied.applied_at, original)
        if operations is not None and len(operations) != applied.operations_applied:
            said = f"it says {applied.operations_applied} operations, but has {len(operations)}"
            self._find(row.at, "deltas.applied", None, said)
        return operations

    def _check_columns(self, row: StoredDelta, applied: AppliedDelta, original: WaveletDelta) -> None:
        place = applied.applied_at or original.target
        if place != self.head:
            said = f"it says that it applies at {place.serialise()}, not {self.head.serialise()}"
            self._find(row.at, "deltas.applied", None, said)
        version = self.head.version + applied.operations_applied
        if row.version != version:
            self._find(row.at, "deltas.version", None, f"it is {row.version}, must be {version}")
        if row.timestamp != applied.timestamp:
            self._find(row.at, "deltas.timestamp", None, f"it is {row.timestamp}, must be {applied.timestamp}")
        if row.author != original.author:
            offset = first_difference(row.author.encode("utf-8", "surrogatepass"), original.author.encode())
            self._find(row.at, "deltas.author", offset, f"it is {row.author!r}, must be {original.author!r}")
        self._timestamp = applied.timestamp

    async def _check_transformed(
        self, row: StoredDelta, applied_at: HashedVersion, original: WaveletDelta
    ) -> Operations | None:
        """Transform the original against the deltas since its target, and compare."""
        operations = original.operations
        try:
            concurrent = await self._since(original.target)
            if not _unbroken(concurrent, original.target.version, self.head.version):
                return None  # what is missing has been reported
            for delta in concurrent:
                operations = transform_operations(operations, original.author, delta.operations)[0]
        except (CorruptHistory, OperationError) as error:
            self._find(row.at, "deltas.applied", None, f"it cannot be transformed to its place: {error}")
            return None
        expected = encode_delta(WaveletDelta(applied_at, original.author, operations))
        if row.transformed is None:
            self._find(row.at, "deltas.transformed", 0, "it is empty, but the delta was transformed")
        elif row.transformed != expected:
            offset = first_difference(row.transformed, expected)
            self._find(row.at, "deltas.transformed", offset, "it is not what transforming the original gives")
        return operations

    async def _since(self, target: HashedVersion) -> list[Delta]:
        """The deltas from the target to the head. Raises CorruptHistory when the target is not in the history."""
        deltas = list(self._recent)
        if not deltas or deltas[0].at > target.version:
            deltas = await self._read(target.version)
        at_target = [delta for delta in deltas if delta.at >= target.version]
        before = [delta for delta in deltas if delta.version == target.version]
        known = before[0].history_hash if before else await self._hash_at(target.version)
        if known != target.history_hash and (known is not None or not self._has_gaps):
            raise CorruptHistory(f"its target {target.serialise()} is not in the history")
        return at_target

    async def _read(self, start: int) -> list[Delta]:
        deltas: list[Delta] = []
        while page := await self._store.deltas(self._name, start, self.head.version):
            deltas += [delta_of(row) for row in page]
            start = page[-1].at + 1
        return deltas

    async def _hash_at(self, version: int) -> bytes | None:
        zero = version_zero(self._name.uri)
        return zero.history_hash if version == 0 else await self._store.hash_at(self._name, version)

    def _advance(self, row: StoredDelta, operations: Operations | None, history_hash: bytes) -> None:
        """Move the head, and the state if it is known."""
        at = self.head.version
        count = row.version - row.at if operations is None else len(operations)
        self.head = HashedVersion(at + count, history_hash)
        if operations is None:
            self._state_known = False
            self._recent.clear()
            return
        self._recent.append(
            Delta(self._name, row.author, at, self.head.version, history_hash, row.timestamp, operations, row.key)
        )
        if self._state_known:
            self._apply(row, operations)

    def _apply(self, row: StoredDelta, operations: Operations) -> None:
        for operation in operations:
            if isinstance(operation, AddParticipant):
                self._participants[operation.address] = None
            elif isinstance(operation, RemoveParticipant):
                self._participants.pop(operation.address, None)
            elif isinstance(operation, MutateDocument):
                try:
                    self._documents.replay(operation.document_id, operation.op)
                except InvalidOperation as error:
                    self._find(row.at, "deltas.applied", None, f"the hash fits, but it does not apply: {error}")
                    self._state_known = False
                    return

    def _check_snapshot(self, snapshot: StoredSnapshot | None) -> None:
        if snapshot is None:
            return
        if snapshot.history_hash != self.head.history_hash:
            offset = first_difference(snapshot.history_hash, self.head.history_hash)
            said = f"it is {snapshot.history_hash.hex()}, must be {self.head.history_hash.hex()}"
            self._find(snapshot.version, "snapshots.history_hash", offset, said)
        if not self._state_known:
            return
        state = State(self._timestamp, list(self._participants), self._documents.states())
        expected = encode_state(state)
        # Another zlib may pack the same state into other bytes.
        if snapshot.state != expected and _decoded(snapshot.state) != state:
            offset = first_difference(snapshot.state, expected)
            self._find(snapshot.version, "snapshots.state", offset, "it is not the state that the deltas lead to")


def _hash_after(history_hash: bytes, applied: bytes) -> bytes:
    return next_version(HashedVersion(0, history_hash), applied, 0).history_hash


def _is_stored_hash_wrong(row: StoredDelta, computed: bytes, following: StoredDelta | None) -> bool:
    """Whether a stored hash that differs from the computed one is itself at fault, rather than the hashed bytes."""
    if following is not None:
        if _hash_after(computed, following.applied) == following.history_hash:
            return True
        if _hash_after(row.history_hash, following.applied) == following.history_hash:
            return False
    # Hashes of different bytes have hardly a byte in common.
    return equal_bytes(row.history_hash, computed) >= HASH_LENGTH // 2


def _claimed_place(row: StoredDelta) -> HashedVersion | None:
    """Where the delta's own bytes say that it applies; None when they cannot be read."""
    try:
        applied = decode_applied_delta(row.applied)
        return applied.applied_at or decode_delta(applied.signed.delta, trusted=True).target
    except OperationError:
        return None


def _unbroken(deltas: Sequence[Delta], start: int, end: int) -> bool:
    """Whether each delta follows the one before, and together they lead from one version to the other."""
    for delta in deltas:
        if delta.at != start:
            return False
        start = delta.version
    return start == end


def _decoded(state: bytes) -> State | None:
    try:
        return decode_state(state)
    except CorruptHistory:
        return None
