"""A wavelet as a client has it: what the person sees, and the concurrency control beneath it. Pure.

Edits are local first: ``edit`` changes the documents at once and returns what is to be sent, if anything. The
server's messages come in by ``delta``, ``acknowledged`` and ``refused``; each returns what to send next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, final

from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import InvalidOperation, OperationError
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, WaveletOperation
from wave_server.names import WaveletName
from wave_web.client.concurrency import Committed, Concurrency, OutOfStep, State, Submission
from wave_web.client.delivery import Delivery
from wave_web.client.operations import Operations, inverted


@final
@dataclass(frozen=True, slots=True)
class RefusedEdit:
    """Operations that the server refused, with its reason. They have been undone here."""

    wavelet: WaveletName
    operations: Operations
    code: str
    message: str


class Watcher(Protocol):
    """Somebody who is told what changes in a replica, right after the change. Must not edit it from within."""

    def changed(self, operation: WaveletOperation, *, local: bool) -> None:
        """``operation`` has been applied to what the person sees."""

    def replaced(self) -> None:
        """The whole state is new, from a snapshot."""


@final
class Replica:
    """One wavelet on one client. Documents that are absent and documents that are empty are the same."""

    def __init__(self, name: WaveletName, author: str, new_key: Callable[[], str]) -> None:
        self.name = name
        self.participants: list[str] = []
        self.refused_edits: list[RefusedEdit] = []
        self.watchers: list[Watcher] = []
        self._author = author
        self._new_key = new_key
        self._documents: dict[str, Document] = {}
        self._concurrency: Concurrency | None = None
        self._delivery = Delivery(author)

    # ---- what the person sees ----

    @property
    def loaded(self) -> bool:
        """Whether the state has arrived; before that, nothing can be edited."""
        return self._concurrency is not None

    def document(self, document_id: str) -> Document:
        """A document, to read. Change it only with ``edit``."""
        return self._documents.get(document_id) or Document.empty()

    @property
    def documents(self) -> dict[str, DocOp]:
        """Every document that is not empty, as the insertion-only operation that makes it."""
        return {
            document_id: document.to_op() for document_id, document in sorted(self._documents.items()) if document.size
        }

    # ---- where the server is ----

    @property
    def version(self) -> HashedVersion:
        """The last version of the history that has arrived, all of it durable."""
        return self._control.version

    @property
    def state(self) -> State:
        """Whether anything is waiting for the server."""
        return self._control.state

    @property
    def settled(self) -> bool:
        """Whether the server has everything that was typed here."""
        return self._concurrency is None or self._concurrency.state is State.SYNCED

    @property
    def in_flight(self) -> Submission | None:
        """What to send again after a cut."""
        return None if self._concurrency is None else self._concurrency.in_flight

    # ---- edits ----

    def edit(self, *operations: WaveletOperation) -> Submission | None:
        """Apply operations, one after the other, to what the person sees. Returns what to send, if anything.

        They reach the server in one delta. Raises InvalidOperation when one does not apply, OutOfStep when they
        contradict what is held back; nothing has changed then.
        """
        control = self._control
        self._apply_all(operations)
        try:
            submission = control.edit(self._delivery.edited(operations))
        except OperationError as error:
            self._apply_all(inverted(operations))
            raise OutOfStep(f"the edit contradicts what is held back or pending: {error}") from error
        for operation in operations:
            self._tell(operation, local=True)
        return submission

    # ---- what the server says ----

    def snapshot(self, version: HashedVersion, participants: list[str], documents: Mapping[str, DocOp]) -> None:
        """Start from this state, or start anew: what was pending is reported as refused, since it has no base now.

        Raises InvalidOperation when a document is not one; nothing has changed then.
        """
        fresh = {document_id: Document.from_op(op) for document_id, op in documents.items()}
        self.abandon("bad-version", "the server has replaced the wavelet's state: what was pending has no base")
        self._documents = fresh
        self.participants = list(participants)
        self._concurrency = Concurrency(self._author, version, self._new_key)
        self._delivery = Delivery(self._author)
        for watcher in self.watchers:
            watcher.replaced()

    def delta(self, operations: Operations, committed: Committed, key: str | None) -> Submission | None:
        """A delta of the history; ``key`` when it is one's own. Returns what to send, if anything.

        Raises OutOfStep when it does not follow what is known.
        """
        control = self._control
        in_flight = control.in_flight
        if key is not None and in_flight is not None and in_flight.key == key:
            return control.acknowledged(key, committed)
        arrived = control.remote(operations, committed)
        self._show(self._delivery.arrived(arrived, committed.version.version))
        return control.overtaken()

    def acknowledged(self, key: str, committed: Committed) -> Submission | None:
        """The submission ``key`` is durable. Returns what to send next, if anything. Raises OutOfStep."""
        return self._control.acknowledged(key, committed)

    def refused(self, key: str, code: str, message: str) -> Submission | None:
        """The server refused the submission ``key``: undo it and note it in ``refused_edits``.

        Returns what to send next, if anything. Raises OutOfStep when what was typed since depends on it.
        """
        in_flight = self._control.in_flight
        if in_flight is None or in_flight.key != key:
            return None
        undo, submission = self._control.refused(key)
        self.refused_edits.append(RefusedEdit(self.name, in_flight.operations, code, message))
        self._show(self._delivery.arrived(undo, self.version.version))
        return submission

    def abandon(self, code: str, message: str) -> None:
        """Give up what is pending, and note it in ``refused_edits``. Edit no more before the next snapshot."""
        if self._concurrency is not None and self._concurrency.pending:
            self.refused_edits.append(RefusedEdit(self.name, self._concurrency.pending, code, message))
        self._concurrency = None

    # ---- what is shown when ----

    def pause_delivery(self) -> None:
        """Hold back remote changes: the server's state moves on, what the person sees does not."""
        self._delivery.pause()

    def deliver_through(self, version: int) -> None:
        """Show remote changes that led to versions up to ``version``, also those to come; hold back later ones."""
        self._show(self._delivery.through(version))

    def resume_delivery(self) -> None:
        """Show everything, as it arrives."""
        self._show(self._delivery.through(None))

    # ----

    @property
    def _control(self) -> Concurrency:
        if self._concurrency is None:
            raise InvalidOperation(f"the wavelet {self.name.path} is not open here: wait for its snapshot")
        return self._concurrency

    def _show(self, operations: Operations) -> None:
        for operation in operations:
            try:
                self._apply(operation)
            except InvalidOperation as error:
                raise OutOfStep(f"a remote delta does not apply here: {error}") from error
            self._tell(operation, local=False)

    def _apply_all(self, operations: Operations) -> None:
        """Apply all operations or none."""
        for done, operation in enumerate(operations):
            try:
                self._apply(operation)
            except InvalidOperation:
                for undo in inverted(operations[:done]):
                    self._apply(undo)
                raise

    def _apply(self, operation: WaveletOperation) -> None:
        if isinstance(operation, MutateDocument):
            document = self._documents.get(operation.document_id)
            if document is None:
                document = Document.empty()
                document.apply(operation.op)
                self._documents[operation.document_id] = document
            else:
                document.apply(operation.op)
        elif isinstance(operation, AddParticipant):
            if operation.address in self.participants:
                raise InvalidOperation(f"{operation.address} is a participant already")
            self.participants.append(operation.address)
        elif isinstance(operation, RemoveParticipant):
            if operation.address not in self.participants:
                raise InvalidOperation(f"{operation.address} is not a participant")
            self.participants.remove(operation.address)

    def _tell(self, operation: WaveletOperation, *, local: bool) -> None:
        for watcher in self.watchers:
            watcher.changed(operation, local=local)
