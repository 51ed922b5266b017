"""One wavelet in memory: participants, documents, the head of its history.

No I/O and no clock. At its host, ``prepare`` takes a submission through the steps of DESIGN section 4 up
to the bytes and the hash: authorise, check the target's hash, transform, validate, encode. The
wavelet then stands at the new head; making it durable, and only then telling anybody, is the
host's part. When ``prepare`` raises, nothing has changed.

A copy of another host's wavelet is the same, but its deltas come from there (``following.py``), and a local
user's submission is only made ready to be sent there (``rebase``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from wave_ot.deltas import AppliedDelta, HashedVersion, SignedDelta, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation, OperationError
from wave_ot.history import next_version, version_zero
from wave_ot.protobuf import encode_applied_delta, encode_delta
from wave_ot.wavelet_operations import MutateDocument, RemovedAuthor, transform_operations
from wave_ot.wellformedness import ill_formedness
from wave_server import access
from wave_server.documents import Documents
from wave_server.errors import BadVersion, Forbidden, InvalidOperation, InvalidRequest, TooLarge, WaveError
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.participants import Participants, after_change, check_change
from wave_server.recent import RecentDeltas
from wave_server.sharing import sharing_refusal
from wave_server.submission import Delta, DeltaSigner, Operations, Submission, WaveletSnapshot, unsigned


@final
@dataclass(frozen=True, slots=True)
class Prepared:
    """A delta that has been applied in memory and waits for the store."""

    delta: Delta
    before: Participants
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


class _Rebased(NamedTuple):
    """A submission on top of the head."""

    operations: Operations
    encoded: bytes  # ProtocolWaveletDelta as its author made it
    moved: bool  # whether it was made for an older version


@final
class Wavelet:
    """The state machine of one wavelet. Version 0 is a wavelet that does not exist yet."""

    __slots__ = (
        "_documents",
        "_domain",
        "_limits",
        "_signer",
        "begun_unsigned",
        "head",
        "is_copy",
        "name",
        "participants",
        "recent",
        "timestamp",
    )

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
        self.is_copy = name.host != domain  # another host orders its deltas
        self.begun_unsigned = False  # its first deltas were written before anything was signed here
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
        rebased = self._rebase(submission, author, earlier)
        if isinstance(rebased, Repeated):
            return rebased
        refused = sharing_refusal(self.name, rebased.operations, self._signer, begun_unsigned=self.begun_unsigned)
        if refused is not None:
            raise refused
        before = self.apply(rebased.operations)
        timestamp = max(timestamp, self.timestamp)
        moved = self.head if rebased.moved else None
        signed = self._signed(submission, rebased.encoded)
        applied = encode_applied_delta(AppliedDelta(signed, moved, len(rebased.operations), timestamp))
        return self.record(
            str(author), rebased.operations, timestamp, submission.key, applied, before=before, moved=rebased.moved
        )

    def rebase(
        self, submission: Submission, author: WaveAddress, earlier: Stretch | None = None
    ) -> Submission | Repeated:
        """The same submission for the head, as the wavelet's host would take it if it stood where this copy does.

        It is checked as in ``prepare``, which also says what is raised; the wavelet stays as it is.
        """
        rebased = self._rebase(submission, author, earlier)
        if isinstance(rebased, Repeated):
            return rebased
        before = self.apply(rebased.operations)
        self._take_back(rebased.operations, before)
        return Submission(self.head, rebased.operations, submission.key) if rebased.moved else submission

    def replay(self, delta: Delta) -> None:
        """Apply a delta of the history, read from the store. Raises InvalidOperation when it does not fit."""
        if delta.at != self.head.version:
            raise InvalidOperation(f"{self.name.path}: a delta at version {delta.at} follows {self.head.version}")
        for operation in delta.operations:
            if isinstance(operation, MutateDocument):
                self._documents.replay(operation.document_id, operation.op)
            else:
                self.participants = after_change(self.participants, operation)
        self._move(delta)

    # What ``prepare`` and following another host are made of

    def since(self, target: HashedVersion, earlier: Stretch | None) -> list[Delta] | None:
        """Every delta after ``target``; None when the target is not in the history."""
        if earlier is None:
            return self.recent.after(target)
        later = self.recent.after(self.recent.start) or []
        return [*earlier.deltas, *later] if earlier.start == target else None

    def check_operations(self, operations: Operations) -> None:
        """Raises InvalidRequest or TooLarge for what is no delta, or too large a one."""
        if not operations:
            raise InvalidRequest("a delta holds at least one operation")
        if len(operations) > self._limits.operations_per_delta:
            raise TooLarge(f"a delta holds at most {self._limits.operations_per_delta} operations")

    def check_size(self, encoded: bytes) -> None:
        """Raises TooLarge for an encoded ProtocolWaveletDelta that is too long."""
        if len(encoded) > self._limits.delta_bytes:
            raise TooLarge(f"a delta has at most {self._limits.delta_bytes} bytes; this one has {len(encoded)}")

    def check_work(self, operations: Operations, concurrent: Sequence[Delta]) -> None:
        """Raises TooLarge for a submission so large and so late that transforming it would hold up everybody."""
        pairs = len(operations) * (self.head.version - concurrent[0].at)
        if pairs > self._limits.transformations:
            raise TooLarge(
                f"{len(operations)} operations are too many for a submission that is "
                f"{self.head.version - concurrent[0].at} versions behind: compose them"
            )

    def transform(self, operations: Operations, author: str, delta: Delta) -> Operations:
        """Well-formed operations of ``author`` on top of ``delta``. Raises Forbidden or InvalidOperation."""
        try:
            return transform_operations(operations, author, delta.operations)[0]
        except RemovedAuthor as error:
            raise access.removed(self.name) from error
        except OperationError as error:
            raise InvalidOperation(f"it does not go together with version {delta.version}: {error}") from error

    def apply(self, operations: Operations) -> Participants:
        """Change the state; the participants before. When an operation fails, those before it are taken back.

        Raises InvalidOperation, InvalidRequest or TooLarge.
        """
        before = self.participants
        done = 0
        try:
            for operation in operations:
                if isinstance(operation, MutateDocument):
                    self._documents.apply(operation.document_id, operation.op, self._limits)
                else:
                    check_change(self.participants, operation, self._limits)
                    self.participants = after_change(self.participants, operation)
                done += 1
        except WaveError:
            self._take_back(operations[:done], before)
            raise
        return before

    def record(
        self,
        author: str,
        operations: Operations,
        timestamp: int,
        key: str | None,
        applied: bytes,
        *,
        before: Participants,
        moved: bool,
    ) -> Prepared:
        """Move the head by operations that have been applied, and that ``applied`` holds as they were made.

        ``before``: the participants before; ``moved``: whether they were made for an older version.
        """
        at = self.head
        transformed = encode_delta(WaveletDelta(at, author, operations)) if moved else None
        after = next_version(at, applied, len(operations))
        delta = Delta(self.name, author, at.version, after.version, after.history_hash, timestamp, operations, key)
        self._move(delta)
        return Prepared(delta, before, self.participants, applied, transformed)

    # The steps of a submission

    def _rebase(self, submission: Submission, author: WaveAddress, earlier: Stretch | None) -> _Rebased | Repeated:
        """Everything up to transforming: authorise, find the target, recognise repetitions."""
        self._check_shape(submission)
        address = str(author)
        concurrent = self.since(submission.target, earlier)
        if concurrent and submission.key is not None:
            original = _keyed(concurrent, address, submission.key)
            if original is not None:
                return Repeated(original)
        refused = self._authorise(author, submission.operations)
        if refused is not None:
            original = self._repeated(submission, address, concurrent or ())
            if original is not None:  # its author has left since
                return Repeated(original)
            raise refused
        if concurrent is None:
            raise BadVersion(
                f"version {submission.target.version} with that hash is not in the history of {self.name.path}: "
                "open the wave again"
            )
        encoded = self._encoded(submission, address)
        operations: Operations = submission.operations
        if concurrent:
            _check_form(operations)
            self.check_work(operations, concurrent)
        for delta in concurrent:
            if submission.key is None and delta.author == address and delta.operations == operations:
                return Repeated(delta)
            operations = self.transform(operations, address, delta)
        return _Rebased(operations, encoded, bool(concurrent))

    def _repeated(self, submission: Submission, author: str, concurrent: Sequence[Delta]) -> Delta | None:
        """What a provider's submission, which has no key, repeats: equal operations of one author, met on the way."""
        if submission.key is not None or all(delta.author != author for delta in concurrent):
            return None
        operations: Operations = submission.operations
        try:
            _check_form(operations)
            self.check_work(operations, concurrent)
            for delta in concurrent:
                if delta.author == author and delta.operations == operations:
                    return delta
                operations = self.transform(operations, author, delta)
        except WaveError:  # then it is none
            return None
        return None

    def _authorise(self, author: WaveAddress, operations: Operations) -> WaveError | None:
        if self.is_copy:
            return access.check_forwarding(self.name, author, self.participants, operations, self._domain)
        if self.head.version == 0:
            return access.check_creation(self.name, author, operations, self._domain)
        return access.check_write(self.name, author, self.participants, operations)

    def _check_shape(self, submission: Submission) -> None:
        self.check_operations(submission.operations)
        key = submission.key
        if key is not None and not (0 < len(key) <= self._limits.key_characters and key.isprintable()):
            raise InvalidRequest(f"a submission key has 1 to {self._limits.key_characters} printable characters")

    def _encoded(self, submission: Submission, author: str) -> bytes:
        if submission.original is not None:
            if submission.original.delta.author != author:
                raise Forbidden(f"this delta is signed for {submission.original.delta.author}, not for {author}")
            encoded = submission.original.signed.delta
        else:
            try:
                encoded = encode_delta(WaveletDelta(submission.target, author, submission.operations))
            except MalformedOperation as error:
                raise InvalidOperation(str(error)) from error
        self.check_size(encoded)
        return encoded

    def _signed(self, submission: Submission, encoded: bytes) -> SignedDelta:
        if submission.original is not None:
            return submission.original.signed
        return SignedDelta(encoded, self._signer.sign(encoded))

    def _take_back(self, operations: Operations, before: Participants) -> None:
        """Undo operations that have just been applied."""
        for operation in reversed(operations):
            if isinstance(operation, MutateDocument):
                self._documents.take_back(operation.document_id, operation.op)
        self.participants = before

    def _move(self, delta: Delta) -> None:
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
