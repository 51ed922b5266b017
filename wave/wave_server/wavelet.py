"""One wavelet at its host, in memory: participants, documents, the head of its history.

No I/O and no clock. ``prepare`` takes a submission through the steps of DESIGN section 4 up to
the bytes and the hash: authorise, check the target's hash, transform, validate, encode. The
wavelet then stands at the new head; making it durable, and only then telling anybody, is the
host's part. When ``prepare`` raises, nothing has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from wave_ot.deltas import AppliedDelta, HashedVersion, SignedDelta, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation, OperationError
from wave_ot.history import next_version, version_zero
from wave_ot.protobuf import encode_applied_delta, encode_delta
from wave_ot.wavelet_operations import (
    AddParticipant,
    MutateDocument,
    RemovedAuthor,
    RemoveParticipant,
    WaveletOperation,
    transform_operations,
)
from wave_ot.wellformedness import ill_formedness
from wave_server import access
from wave_server.documents import Documents
from wave_server.errors import BadVersion, InvalidOperation, InvalidRequest, TooLarge, WaveError
from wave_server.limits import HostLimits
from wave_server.names import InvalidName, WaveAddress, WaveletName
from wave_server.recent import RecentDeltas
from wave_server.submission import Delta, DeltaSigner, Operations, Submission, WaveletSnapshot, unsigned

Participants = dict[str, None]
"""Wave addresses in the order of their joining. Never changed in place: who holds one, holds a value."""


@final
@dataclass(frozen=True, slots=True)
class Prepared:
    """A delta that has been applied in memory and waits for the store."""

    delta: Delta
    participants: Participants  # after it
    applied: bytes  # ProtocolAppliedWaveletDelta, what the history hash is made of
    transformed: bytes | None  # ProtocolWaveletDelta as it was applied; None when that is the original


@final
@dataclass(frozen=True, slots=True)
class Repeated:
    """The submission is a repetition: ``delta`` is what became of it the first time."""

    delta: Delta


@final
@dataclass(frozen=True, slots=True)
class Stretch:
    """Deltas from the store, oldest first: they start at ``start`` and reach the recent ones."""

    start: HashedVersion
    deltas: Sequence[Delta]

    @property
    def end(self) -> int:
        """The version that the last of them leads to."""
        return self.deltas[-1].version if self.deltas else self.start.version


@final
class Wavelet:
    """The state machine of one hosted wavelet. Version 0 is a wavelet that does not exist yet."""

    __slots__ = ("_documents", "_domain", "_limits", "_signer", "head", "name", "participants", "recent", "timestamp")

    def __init__(
        self,
        name: WaveletName,
        *,
        domain: str,
        limits: HostLimits,
        signer: DeltaSigner = unsigned,
        head: HashedVersion | None = None,
        participants: Sequence[str] = (),
        documents: Mapping[str, DocOp] | None = None,
    ) -> None:
        self.name = name
        self.head = head or version_zero(name.uri)
        self.participants: Participants = dict.fromkeys(participants)
        self.recent = RecentDeltas(self.head)
        self.timestamp = 0  # ms, of the last delta: time never runs backwards in a history
        self._documents = Documents(documents)
        self._domain = domain
        self._limits = limits
        self._signer = signer

    def snapshot(self) -> WaveletSnapshot:
        """The state at the head."""
        return WaveletSnapshot(
            self.name, self.head.version, self.head.history_hash, tuple(self.participants), self._documents.states()
        )

    def document_size(self, document_id: str) -> int:
        """Items in a document at the head; 0 when it is absent."""
        return self._documents.size(document_id)

    def items(self) -> int:
        """Items in all documents at the head."""
        return self._documents.items()

    def prepare(
        self, submission: Submission, author: WaveAddress, timestamp: int, earlier: Stretch | None = None
    ) -> Prepared | Repeated:
        """Apply a submission of ``author`` (the authenticated submitter) at ``timestamp``, ms since 1970.

        A target older than ``recent`` covers needs ``earlier``: the deltas from the target to the
        start of ``recent``. Cost: one transformation per pair of operations and concurrent delta.

        Raises Forbidden, BadVersion, InvalidOperation, InvalidRequest, TooLarge or NotFound; then
        the wavelet is as it was.
        """
        self._check_shape(submission)
        concurrent = self._since(submission.target, earlier)
        if concurrent and submission.key is not None:
            original = _keyed(concurrent, str(author), submission.key)
            if original is not None:
                return Repeated(original)
        refused = self._authorise(author, submission.operations)
        if refused is not None:
            raise refused
        if concurrent is None:
            raise BadVersion(
                f"version {submission.target.version} with that hash is not in the history of {self.name.path}: "
                "open the wave again"
            )
        encoded = self._encode_original(submission, str(author))
        operations: Operations = submission.operations
        if concurrent:
            _check_form(operations)
            self._check_work(operations, concurrent)
        for delta in concurrent:
            if submission.key is None and delta.author == str(author) and delta.operations == operations:
                return Repeated(delta)
            operations = self._transform(operations, str(author), delta)
        self._apply_all(operations)
        return self._commit(submission, str(author), operations, encoded, max(timestamp, self.timestamp), concurrent)

    def replay(self, delta: Delta) -> None:
        """Apply a delta of the history, read from the store. Raises InvalidOperation when it does not fit."""
        if delta.at != self.head.version:
            raise InvalidOperation(f"{self.name.path}: a delta at version {delta.at} follows {self.head.version}")
        for operation in delta.operations:
            if isinstance(operation, MutateDocument):
                self._documents.replay(operation.document_id, operation.op)
            else:
                self._change_participants(operation)
        self._advance(delta)

    def _since(self, target: HashedVersion, earlier: Stretch | None) -> list[Delta] | None:
        """Every delta after ``target``; None when the target is not in the history."""
        if earlier is None:
            return self.recent.after(target)
        later = self.recent.after(self.recent.start) or []
        return [*earlier.deltas, *later] if earlier.start == target else None

    def _authorise(self, author: WaveAddress, operations: Operations) -> WaveError | None:
        if self.head.version == 0:
            return access.check_creation(self.name, author, operations, self._domain)
        return access.check_write(self.name, author, self.participants, operations)

    def _check_shape(self, submission: Submission) -> None:
        if not submission.operations:
            raise InvalidRequest("a delta holds at least one operation")
        if len(submission.operations) > self._limits.operations_per_delta:
            raise TooLarge(f"a delta holds at most {self._limits.operations_per_delta} operations")
        key = submission.key
        if key is not None and not (0 < len(key) <= self._limits.key_characters and key.isprintable()):
            raise InvalidRequest(f"a submission key has 1 to {self._limits.key_characters} printable characters")

    def _encode_original(self, submission: Submission, author: str) -> bytes:
        try:
            encoded = encode_delta(WaveletDelta(submission.target, author, submission.operations))
        except MalformedOperation as error:
            raise InvalidOperation(str(error)) from error
        if len(encoded) > self._limits.delta_bytes:
            raise TooLarge(f"a delta has at most {self._limits.delta_bytes} bytes; this one has {len(encoded)}")
        return encoded

    def _check_work(self, operations: Operations, concurrent: Sequence[Delta]) -> None:
        """Raises TooLarge for a submission so large and so late that transforming it would hold up everybody."""
        pairs = len(operations) * (self.head.version - concurrent[0].at)
        if pairs > self._limits.transformations:
            raise TooLarge(
                f"{len(operations)} operations are too many for a submission that is "
                f"{self.head.version - concurrent[0].at} versions behind: compose them"
            )

    def _transform(self, operations: Operations, author: str, delta: Delta) -> Operations:
        try:
            return transform_operations(operations, author, delta.operations)[0]
        except RemovedAuthor as error:
            raise access.removed(self.name) from error
        except OperationError as error:
            raise InvalidOperation(f"it does not go together with version {delta.version}: {error}") from error

    def _apply_all(self, operations: Operations) -> None:
        """Apply one after the other; when one fails, take back those before it and raise."""
        participants = self.participants
        done = 0
        try:
            for operation in operations:
                if isinstance(operation, MutateDocument):
                    self._documents.apply(operation.document_id, operation.op, self._limits)
                else:
                    self._check_participants(operation)
                    self._change_participants(operation)
                done += 1
        except WaveError:
            for operation in reversed(operations[:done]):
                if isinstance(operation, MutateDocument):
                    self._documents.take_back(operation.document_id, operation.op)
            self.participants = participants
            raise

    def _check_participants(self, operation: WaveletOperation) -> None:
        if isinstance(operation, AddParticipant):
            self._check_address(operation.address)
            if operation.address in self.participants:
                raise InvalidOperation(f"{operation.address} is a participant already")
            if len(self.participants) >= self._limits.participants:
                raise TooLarge(f"a wavelet has at most {self._limits.participants} participants")
        elif isinstance(operation, RemoveParticipant) and operation.address not in self.participants:
            raise InvalidOperation(f"{operation.address} is no participant")

    def _check_address(self, address: str) -> None:
        try:
            parsed = WaveAddress.parse(address)
        except InvalidName as error:
            raise InvalidOperation(str(error)) from error
        if not parsed.is_valid or str(parsed) != address:
            raise InvalidOperation(f"{address!r} is not a wave address: write name@domain in lower case")

    def _change_participants(self, operation: WaveletOperation) -> None:
        if isinstance(operation, AddParticipant):
            self.participants = {**self.participants, operation.address: None}
        elif isinstance(operation, RemoveParticipant):
            self.participants = {each: None for each in self.participants if each != operation.address}

    def _commit(
        self,
        submission: Submission,
        author: str,
        operations: Operations,
        original: bytes,
        timestamp: int,
        concurrent: Sequence[Delta],
    ) -> Prepared:
        """Encode what has just been applied, and move the head."""
        moved = self.head if concurrent else None
        signed = SignedDelta(original, self._signer.sign(original))
        applied = encode_applied_delta(AppliedDelta(signed, moved, len(operations), timestamp))
        transformed = None if moved is None else encode_delta(WaveletDelta(moved, author, operations))
        after = next_version(self.head, applied, len(operations))
        delta = Delta(
            self.name,
            author,
            self.head.version,
            after.version,
            after.history_hash,
            timestamp,
            operations,
            submission.key,
        )
        self._advance(delta)
        return Prepared(delta, self.participants, applied, transformed)

    def _advance(self, delta: Delta) -> None:
        self.head = HashedVersion(delta.version, delta.history_hash)
        self.timestamp = delta.timestamp
        self.recent.append(delta)


def _check_form(operations: Operations) -> None:
    """Raises InvalidOperation for what is no operation at all: transforming takes two proper ones."""
    for operation in operations:
        if isinstance(operation, MutateDocument):
            violation = ill_formedness(operation.op)
            if violation is not None:
                raise InvalidOperation(f"document {operation.document_id}: {violation}")


def _keyed(deltas: Sequence[Delta], author: str, key: str) -> Delta | None:
    """The delta that ``author`` submitted under ``key``."""
    for delta in deltas:
        if delta.key == key and delta.author == author:
            return delta
    return None
