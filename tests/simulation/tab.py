"""A browser tab: what somebody sees and types, over one connection after the other.

Concurrency control is the client's own (``wave_web.client.replica``); the rest follows ``wave_web.client.dialogue``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from random import Random
from typing import Final, Protocol

from simulation.server import Server
from simulation.session import Session
from wave_ot.components import Characters, Component, DeleteCharacters, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.errors import OperationError
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, WaveletOperation
from wave_server.errors import BadVersion, Unavailable, WaveError
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.submission import Acknowledgement, Delta, Submission, WaveletSnapshot
from wave_web.client import concurrency
from wave_web.client.concurrency import Committed, OutOfStep
from wave_web.client.replica import Replica

DOCUMENT: Final = "notes"  # of no schema: free text
_AGAIN: Final = 1.0  # seconds until something is tried again, about


class Observer(Protocol):
    """Who is told what a tab says and hears."""

    def submitted(self, tab: Tab, name: WaveletName, submission: concurrency.Submission) -> None:
        """A submission is sent, perhaps again."""

    def acknowledged(self, tab: Tab, key: str, answer: Acknowledgement) -> None:
        """One is acknowledged."""

    def refused(self, tab: Tab, key: str, error: WaveError) -> None:
        """One is refused for good."""

    def abandoned(self, tab: Tab, key: str) -> None:
        """It is not known what becomes of one."""

    def out_of_step(
        self, tab: Tab, name: WaveletName, error: OutOfStep, operations: Sequence[WaveletOperation]
    ) -> None:
        """A delta did not fit what was there; ``operations`` are its and those that were pending."""


class Tab:
    """Of one person, in one wave. ``connect`` it; then it stays connected as far as that is possible."""

    def __init__(
        self,
        address: WaveAddress,
        label: str,
        wave: WaveId,
        server: Server,
        observer: Observer,
        outside: Context,
        random: Random,
    ) -> None:
        self.address = address
        self.label: Final = label
        self.server: Final = server
        self.replicas: Final[dict[WaveletName, Replica]] = {}
        self._wave: Final = wave
        self._observer: Final = observer
        self._outside: Final = outside
        self._random: Final = random
        self._session: Session | None = None
        self._open = False
        self._waiting: Final[dict[WaveletName, str]] = {}  # keys that this connection is to answer
        self._stumbled: Final[dict[WaveletName, int]] = {}
        self._keys = 0

    @property
    def is_settled(self) -> bool:
        """Whether it is connected, and the server has everything that was typed here."""
        return self._open and all(replica.settled for replica in self.replicas.values())

    # Connections

    def connect(self) -> None:
        """Make a connection, now or when the server is there."""
        if self._session is not None:
            return
        server = self.server
        if server.host is None or server.process is None:
            self._later(self.connect)
            return
        self._session = Session(self, server.host, server.process, server.sessions, self._outside, self._random)
        loaded = {name: replica.version for name, replica in self.replicas.items() if replica.loaded}
        self._session.open(self._wave, loaded)

    def disconnect(self) -> None:
        """Cut the connection; another one follows."""
        if self._session is not None:
            self._session.cut()

    def cut(self) -> None:
        self._session = None
        self._open = False
        self._waiting.clear()
        self._later(self.connect)

    def _later(self, function: Callable[[], None]) -> None:
        pause = self._random.uniform(_AGAIN / 2, _AGAIN * 2)
        asyncio.get_running_loop().call_later(pause, function, context=self._outside)

    # What somebody does

    def type(self, name: WaveletName, text: str) -> None:
        """Insert it somewhere."""
        before, after = self._split(name)
        self._edit(name, MutateDocument(DOCUMENT, DocOp([*_kept(before), Characters(text), *_kept(after)])))

    def erase(self, name: WaveletName, letters: str) -> None:
        """Delete one of these letters, if there is one."""
        text = self.text(name)
        places = [place for place, letter in enumerate(text) if letter in letters]
        if places:
            place = self._random.choice(places)
            parts = [*_kept(place), DeleteCharacters(text[place]), *_kept(len(text) - place - 1)]
            self._edit(name, MutateDocument(DOCUMENT, DocOp(parts)))

    def invite(self, name: WaveletName, address: str) -> None:
        """Add somebody, unless they are there."""
        if address not in self.replicas[name].participants:
            self._edit(name, AddParticipant(address))

    def expel(self, name: WaveletName, address: str) -> None:
        """Remove somebody, if they are there."""
        if address in self.replicas[name].participants:
            self._edit(name, RemoveParticipant(address))

    def create(self, name: WaveletName, others: Sequence[str], text: str) -> None:
        """Make a wavelet of the wave that is open, hosted here, in which these others take part."""
        replica = self.replicas[name] = Replica(name, str(self.address), self._new_key)
        replica.snapshot(version_zero(name.uri), [], {})
        everybody = [AddParticipant(each) for each in (str(self.address), *others)]
        self._edit(name, *everybody, MutateDocument(DOCUMENT, DocOp([Characters(text)])))

    def point(self, name: WaveletName) -> None:
        """Move the cursor."""
        if self._session is not None and self._open:
            self._session.place_cursor(name, DOCUMENT, self._split(name)[0])

    def editable(self) -> list[WaveletName]:
        """The wavelets that somebody can type into here."""
        me = str(self.address)
        return [name for name, replica in self.replicas.items() if replica.loaded and me in replica.participants]

    def text(self, name: WaveletName) -> str:
        """What is seen."""
        return text_of(self.replicas[name].document(DOCUMENT).to_op())

    def _split(self, name: WaveletName) -> tuple[int, int]:
        size = self.replicas[name].document(DOCUMENT).size
        place = self._random.randint(0, size)
        return place, size - place

    def _edit(self, name: WaveletName, *operations: WaveletOperation) -> None:
        try:
            submission = self.replicas[name].edit(*operations)
        except OperationError:
            return  # with what is pending it cannot be said in one delta
        self._submit(name, submission)

    def _new_key(self) -> str:
        self._keys += 1
        return f"{self.label}.{self._keys}"

    def _submit(self, name: WaveletName, submission: concurrency.Submission | None) -> None:
        if submission is None or self._session is None or not self._open or name in self._waiting:
            return
        self._waiting[name] = submission.key
        self._observer.submitted(self, name, submission)
        self._session.submit(name, Submission(submission.target, submission.operations, submission.key))

    # What the server says

    def opened(self, names: Sequence[WaveletName]) -> None:
        self._open = True
        for name, replica in list(self.replicas.items()):
            unborn = replica.loaded and replica.version.version == 0
            if name in names or unborn:
                self._submit(name, replica.in_flight)
            else:
                self._lose(name)

    def not_opened(self, error: WaveError) -> None:
        assert isinstance(error, Unavailable), error
        self.disconnect()

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        name = snapshot.wavelet
        replica = self.replicas.get(name)
        if replica is None:
            replica = self.replicas[name] = Replica(name, str(self.address), self._new_key)
        self._give_up(name)
        version = HashedVersion(snapshot.version, snapshot.history_hash)
        replica.snapshot(version, list(snapshot.participants), snapshot.documents)

    def delta(self, delta: Delta) -> None:
        replica = self.replicas.get(delta.wavelet)
        if replica is None or not replica.loaded:
            return
        committed = Committed(delta.at, HashedVersion(delta.version, delta.history_hash))
        key = delta.key if delta.author == str(self.address) else None
        in_flight = replica.in_flight
        pending = () if in_flight is None else in_flight.operations
        step = self._step(
            delta.wavelet, lambda: replica.delta(delta.operations, committed, key), (*delta.operations, *pending)
        )
        if in_flight is not None and key == in_flight.key and step:
            answer = (delta.wavelet, delta.at, delta.version, delta.history_hash, delta.timestamp)
            self._observer.acknowledged(self, key, Acknowledgement(*answer))

    def answered(self, name: WaveletName, key: str, answer: Acknowledgement | WaveError) -> None:
        self._waiting.pop(name, None)
        replica = self.replicas.get(name)
        if isinstance(answer, Acknowledgement):
            self._observer.acknowledged(self, key, answer)
            if replica is not None and replica.loaded:
                committed = Committed(answer.at, HashedVersion(answer.version, answer.history_hash))
                self._step(name, lambda: replica.acknowledged(key, committed), ())
                self._submit(name, replica.in_flight)
        elif isinstance(answer, Unavailable):
            self._later(lambda: self._send_again(name))
        elif replica is not None and replica.loaded:
            self._refused(name, replica, key, answer)

    def ended(self, name: WaveletName, error: WaveError) -> None:
        if isinstance(error, Unavailable):
            self.disconnect()
        elif name in self.replicas:
            self._lose(name)

    def _refused(self, name: WaveletName, replica: Replica, key: str, error: WaveError) -> None:
        if isinstance(error, BadVersion):
            self._give_up(name)
            self.disconnect()
            return
        self._observer.refused(self, key, error)
        self._step(name, lambda: replica.refused(key, error.code, str(error)), ())
        if replica.loaded:
            self._submit(name, replica.in_flight)

    def _send_again(self, name: WaveletName) -> None:
        replica = self.replicas.get(name)
        if replica is not None:
            self._submit(name, replica.in_flight)

    def _step(
        self,
        name: WaveletName,
        step: Callable[[], concurrency.Submission | None],
        operations: Sequence[WaveletOperation],
    ) -> bool:
        """Take a step of the replica's. Where it stumbles, connecting anew helps; where not, only a new snapshot."""
        try:
            self._submit(name, step())
        except OutOfStep as error:
            self._observer.out_of_step(self, name, error, operations)
            at = self.replicas[name].version.version
            if self._stumbled.get(name) == at:
                self._give_up(name)
            self._stumbled[name] = at
            self.disconnect()
            return False
        return True

    def _lose(self, name: WaveletName) -> None:
        """It is no longer to be seen."""
        self._give_up(name)
        del self.replicas[name]

    def _give_up(self, name: WaveletName) -> None:
        replica = self.replicas[name]
        if replica.loaded:
            if replica.in_flight is not None:
                self._observer.abandoned(self, replica.in_flight.key)
            replica.abandon("abandoned", "there is nothing that it could be for")


def text_of(document: DocOp) -> str:
    """The characters of a document."""
    return "".join(each.text for each in document.components if isinstance(each, Characters))


def _kept(items: int) -> list[Component]:
    return [Retain(items)] if items else []
