"""Several clients on one wavelet, from a seed: cuts, lost acknowledgements, repetitions; all end alike."""

from __future__ import annotations

from collections import deque
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import (
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    Retain,
)
from wave_ot.composition import compose
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.transformation import transform
from wave_ot.wavelet_operations import MutateDocument
from wave_server.names import WaveAddress
from wave_server.submission import Delta, Submission
from wave_server.wavelet import Prepared, Wavelet

from .making import ALICE, BOB, CAROL, edit, wavelet_of

PEOPLE = (ALICE, BOB, CAROL, ALICE)  # the last is Alice's second tab


class Client:
    """One tab: its document runs ahead of ``version`` by what is in flight and what was typed since."""

    def __init__(self, number: int, author: WaveAddress, server: Server) -> None:
        self.author = author
        self.document = Document.empty()
        self.version = server.wavelet.head
        self.inbox: deque[Delta] = deque()
        self.sent: Submission | None = None  # in flight, as it was first sent
        self.in_flight: DocOp | None = None  # the same, on the state at ``version``
        self.buffer: DocOp | None = None
        self._number = number
        self.count = 0
        self._server = server

    def type(self, random: Random) -> None:
        op = random_edit(self.document, random)
        self.document.apply(op)
        self.buffer = op if self.buffer is None else compose(self.buffer, op)
        self.send()

    def send(self) -> None:
        if self.sent is None and self.buffer is not None:
            self.count += 1
            self.in_flight, self.buffer = self.buffer, None
            self.sent = Submission(self.version, (edit(self.in_flight),), f"{self._number}.{self.count}")
        if self.sent is not None:
            self._server.submit(self.sent, self.author)

    def receive(self) -> None:
        """Take in the next delta. One's own, recognised by its key, is the acknowledgement."""
        delta = self.inbox.popleft()
        assert delta.at == self.version.version
        self.version = HashedVersion(delta.version, delta.history_hash)
        if self.sent is not None and delta.author == str(self.author) and delta.key == self.sent.key:
            self.sent = self.in_flight = None
            return
        for operation in delta.operations:
            assert isinstance(operation, MutateDocument)
            self.document.apply(self._over_mine(operation.op))

    def _over_mine(self, theirs: DocOp) -> DocOp:
        if self.in_flight is not None:
            self.in_flight, theirs = transform(self.in_flight, theirs)
        if self.buffer is not None:
            self.buffer, theirs = transform(self.buffer, theirs)
        return theirs

    def reconnect(self) -> None:
        """The connection is lost, with what was on it; resuming gives the deltas after ``version``."""
        self.inbox = deque(self._server.wavelet.recent.after(self.version) or ())


class Server:
    """The wavelet, and the connections to its clients."""

    def __init__(self) -> None:
        self.wavelet: Wavelet = wavelet_of(ALICE, BOB, CAROL)
        self.clients = [Client(number, author, self) for number, author in enumerate(PEOPLE)]

    def submit(self, submission: Submission, author: WaveAddress) -> None:
        result = self.wavelet.prepare(submission, author, 1)
        if isinstance(result, Prepared):
            for client in self.clients:
                client.inbox.append(result.delta)

    def step(self, random: Random) -> None:
        client = random.choice(self.clients)
        match random.randrange(8):
            case 0 | 1 | 2:
                client.type(random)
            case 3:
                client.reconnect()
            case 4:
                client.send()  # once more, perhaps: nobody knows whether the last got there
            case _:
                if client.inbox:
                    client.receive()

    def settle(self) -> None:
        """Let everything arrive."""
        while any(client.inbox or client.buffer is not None or client.sent for client in self.clients):
            for client in self.clients:
                client.send()
                while client.inbox:
                    client.receive()


def random_edit(document: Document, random: Random) -> DocOp:
    """Insert letters or an element somewhere, or delete an item or two."""
    at = random.randint(0, document.size)
    rest = document.size - at
    middle: list[Component] = [Characters(random.choice("abcdé👋") * random.randint(1, 3))]
    if random.random() < 0.2:
        middle = [ElementStart("p", ()), *middle, ElementEnd()]
    elif random.random() < 0.4:
        deleted = _deletable(document, at)
        if deleted:
            middle = deleted
            rest -= sum(len(each.text) if isinstance(each, DeleteCharacters) else 1 for each in deleted)
    before: list[Component] = [Retain(at)] if at else []
    after: list[Component] = [Retain(rest)] if rest else []
    return DocOp([*before, *middle, *after])


def _deletable(document: Document, at: int) -> list[Component]:
    """The deletion of one letter at ``at``, or of an empty element there; nothing when neither is there."""
    if at == document.size:
        return []
    letter = document.text(at, at + 1)
    if letter:
        return [DeleteCharacters(letter)]
    depth = len(document.enclosing(at))
    starts = len(document.enclosing(at + 1)) > depth
    if starts and at + 2 <= document.size and len(document.enclosing(at + 2)) == depth:
        return [DeleteElementStart("p", ()), DeleteElementEnd()]
    return []


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 80))
def test_all_clients_and_the_server_end_with_the_same_document(seed: int, steps: int) -> None:
    random = Random(seed)
    server = Server()
    for _ in range(steps):
        server.step(random)
    server.settle()
    expected = server.wavelet.snapshot().documents.get("notes", DocOp())
    for client in server.clients:
        assert client.version == server.wavelet.head
        assert client.document.to_op() == expected


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 80))
def test_every_submission_is_in_the_history_once_however_often_it_was_sent(seed: int, steps: int) -> None:
    random = Random(seed)
    server = Server()
    start = server.wavelet.head
    for _ in range(steps):
        server.step(random)
        if random.random() < 0.3:
            server.clients[0].send()
    server.settle()
    keys = [delta.key for delta in server.wavelet.recent.after(start) or ()]
    assert len(keys) == len(set(keys))
    assert len(keys) == sum(client.count for client in server.clients)
