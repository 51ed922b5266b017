"""The client's half of concurrency control for one wavelet: one submission in flight, the rest composed. Pure.

What a person sees is the server's state at ``version``, then the submission in flight, then the buffer::

    Synced      nothing in flight, nothing in the buffer
    Awaiting    a submission is in flight
    Buffering   one is in flight, and more has been typed meanwhile

Each remote delta is transformed against both, and both against it, delta by delta as the server does it, so
that both ends arrive at the same operations. A submission is named by its key: it may be sent again, as it
then reads, until the server says what became of it. Source: DESIGN.md, sections 4 and 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import final

from wave_ot.deltas import HashedVersion
from wave_ot.errors import OperationError
from wave_ot.wavelet_operations import transform_operations
from wave_web.client.operations import Operations, inverted, joined


class State(Enum):
    """How much of what was typed here the server has not confirmed."""

    SYNCED = "synced"
    AWAITING = "awaiting"
    BUFFERING = "buffering"


@final
@dataclass(frozen=True, slots=True)
class Submission:
    """What is sent, and sent again after a cut: operations for the state at ``target``, named by ``key``."""

    key: str
    target: HashedVersion
    operations: Operations


@final
@dataclass(frozen=True, slots=True)
class Committed:
    """A place in the history: the delta applied at ``at`` led to ``version``."""

    at: int
    version: HashedVersion


class OutOfStep(Exception):
    """The server's messages leave a gap, or contradict what is known: connect again, or start from a snapshot."""


@final
class Concurrency:
    """The concurrency control of one wavelet, seen from ``author``. ``new_key()`` names submissions."""

    __slots__ = ("_author", "_buffer", "_early", "_in_flight", "_new_key", "version")

    def __init__(self, author: str, version: HashedVersion, new_key: Callable[[], str]) -> None:
        self._author = author
        self._new_key = new_key
        self.version = version
        self._in_flight: Submission | None = None
        self._buffer: Operations = ()
        self._early: Committed | None = None  # an acknowledgement that overtook deltas before it

    @property
    def state(self) -> State:
        """Where the client stands."""
        if self._in_flight is None:
            return State.SYNCED
        return State.BUFFERING if self._buffer else State.AWAITING

    @property
    def in_flight(self) -> Submission | None:
        """The submission that the server has not answered, as it reads at ``version``: what to send after a cut."""
        return self._in_flight

    @property
    def pending(self) -> Operations:
        """All operations that the server has not confirmed, oldest first."""
        return (*(self._in_flight.operations if self._in_flight else ()), *self._buffer)

    def edit(self, operations: Operations) -> Submission | None:
        """Take in a local edit, already applied to what the person sees. Returns what to send, if anything.

        Raises ComposeError when it cannot follow what is pending; nothing has changed then.
        """
        buffer = self._buffer
        for operation in operations:
            buffer = joined(buffer, operation)
        self._buffer = buffer
        return self._submit()

    def remote(self, operations: Operations, committed: Committed) -> Operations:
        """Take in somebody else's delta. Returns its operations as they apply to what the person sees.

        A delta that is known already gives none. Raises OutOfStep when deltas between are missing, or when it
        cannot be reconciled with what is pending; nothing has changed then.
        """
        if committed.version.version <= self.version.version:
            return ()
        self._check_next(committed)
        in_flight = self._in_flight
        try:
            if in_flight is not None:
                sent, operations = transform_operations(in_flight.operations, self._author, operations)
                buffer, operations = transform_operations(self._buffer, self._author, operations)
        except OperationError as error:
            raise OutOfStep(f"a remote delta contradicts what is pending here: {error}") from error
        if in_flight is not None:
            self._in_flight = Submission(in_flight.key, committed.version, sent)
            self._buffer = buffer
        self.version = committed.version
        return operations

    def acknowledged(self, key: str, committed: Committed) -> Submission | None:
        """The submission ``key`` has landed. Returns the next one to send, if something is in the buffer.

        News of a submission that is settled is not news. Both an ``ack`` and, after a cut, one's own delta among
        those missed tell it, in any order. Raises OutOfStep when it contradicts what is known.
        """
        if self._in_flight is None or self._in_flight.key != key:
            return None
        if committed.at > self.version.version:
            self._early = committed
            return None
        self._check_next(committed)
        self._in_flight = None
        self._early = None
        self.version = committed.version
        return self._submit()

    def overtaken(self) -> Submission | None:
        """After ``remote``: settle an acknowledgement that came before the deltas it counted on."""
        early = self._early
        if early is None or self._in_flight is None or early.at != self.version.version:
            return None
        return self.acknowledged(self._in_flight.key, early)

    def refused(self, key: str) -> tuple[Operations, Submission | None]:
        """The server will never apply the submission ``key``: take it out from under what was typed since.

        Returns what to apply to what the person sees, to undo it, and the next submission to send.
        Raises OutOfStep when what was typed since cannot stand without it.
        """
        in_flight = self._in_flight
        if in_flight is None or in_flight.key != key:
            return (), None
        undo = inverted(in_flight.operations)
        try:
            buffer, undo = transform_operations(self._buffer, self._author, undo)
        except OperationError as error:
            raise OutOfStep(f"what was typed after a refused edit depends on it: {error}") from error
        self._in_flight = None
        self._early = None
        self._buffer = buffer
        return undo, self._submit()

    def _check_next(self, committed: Committed) -> None:
        if committed.at != self.version.version:
            raise OutOfStep(f"expected the delta at version {self.version.version}, got the one at {committed.at}")

    def _submit(self) -> Submission | None:
        if self._in_flight is not None or not self._buffer:
            return None
        self._in_flight = Submission(self._new_key(), self.version, self._buffer)
        self._buffer = ()
        return self._in_flight
