"""Several clients and a server, with messages lost, cut and delayed: nobody loses or doubles a keystroke."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wave_ot.components import Characters, Component, DeleteCharacters, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.errors import InvalidOperation
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, WaveletOperation, transform_operations
from wave_server.names import WaveletName
from wave_web.client.concurrency import Committed, OutOfStep, State, Submission
from wave_web.client.operations import Operations
from wave_web.client.replica import Replica

NAME = WaveletName.parse_path("example.com/w+a/~/conv+root")
REFUSED_LETTER = "#"


def version(number: int) -> HashedVersion:
    return HashedVersion(number, number.to_bytes(20, "big"))


def edit_of(replica: Replica, document_id: str, position: int, deleted: int, inserted: str) -> MutateDocument:
    """An edit at ``position``, both numbers taken as far as the document reaches."""
    document = replica.document(document_id)
    position = min(position, document.size)
    deleted = min(deleted, document.size - position)
    parts: list[Component] = []
    if position:
        parts.append(Retain(position))
    if inserted:
        parts.append(Characters(inserted))
    if deleted:
        parts.append(DeleteCharacters(document.text(position, position + deleted)))
    if document.size - position - deleted:
        parts.append(Retain(document.size - position - deleted))
    return MutateDocument(document_id, DocOp(parts))


@dataclass(frozen=True)
class Landed:
    author: str
    committed: Committed
    operations: Operations
    key: str


@dataclass
class Server:
    """One wavelet at its host: the rules of DESIGN section 4, without documents."""

    history: list[Landed] = field(default_factory=list)
    head: int = 0

    def submit(self, author: str, submission: Submission) -> Landed | None:
        """What became of the submission; None when it is refused."""
        later = [landed for landed in self.history if landed.committed.at >= submission.target.version]
        for landed in later:
            if landed.author == author and landed.key == submission.key:
                return landed
        operations = submission.operations
        if any(REFUSED_LETTER in inserted_text(operation) for operation in operations):
            return None
        for landed in later:
            operations, _ = transform_operations(operations, author, landed.operations)
        at, self.head = self.head, self.head + len(operations)
        landed = Landed(author, Committed(at, version(self.head)), operations, submission.key)
        self.history.append(landed)
        return landed


@dataclass(frozen=True)
class Answer:
    key: str
    landed: Landed | None


class Client:
    """A replica and its connection: two queues, emptied by a cut."""

    def __init__(self, number: int, server: Server) -> None:
        keys = itertools.count()
        self.author = f"user{number}@example.com"
        self.replica = Replica(NAME, self.author, lambda: f"{number}-{next(keys)}")
        self.replica.snapshot(version(0), [], {})
        self.server = server
        self.connected = True
        self.up: deque[Submission] = deque()
        self.down: deque[Landed | Answer] = deque()

    def edit(self, operation: WaveletOperation) -> None:
        self.send(self.replica.edit(operation))

    def send(self, submission: Submission | None) -> None:
        if submission is not None and self.connected:
            self.up.append(submission)

    def take(self) -> None:
        """Read one message of the server's."""
        message = self.down.popleft()
        if isinstance(message, Landed):
            key = message.key if message.author == self.author else None
            self.send(self.replica.delta(message.operations, message.committed, key))
        elif message.landed is None:
            self.send(self.replica.refused(message.key, "invalid-operation", "no"))
        else:
            self.send(self.replica.acknowledged(message.key, message.landed.committed))

    def cut(self) -> None:
        self.connected = False
        self.up.clear()
        self.down.clear()

    def reconnect(self) -> None:
        self.connected = True
        known = self.replica.version.version
        self.down.extend(landed for landed in self.server.history if landed.committed.at >= known)
        self.send(self.replica.in_flight)


class World:
    def __init__(self, clients: int) -> None:
        self.server = Server()
        self.clients = [Client(number, self.server) for number in range(clients)]

    def serve(self, client: Client) -> None:
        """The server reads one message of this client's, and tells everybody."""
        submission = client.up.popleft()
        before = self.server.head
        landed = self.server.submit(client.author, submission)
        client.down.append(Answer(submission.key, landed))
        if landed is not None and self.server.head != before:
            for other in self.clients:
                if other is not client and other.connected:
                    other.down.append(landed)

    def settle(self) -> None:
        for client in self.clients:
            client.replica.resume_delivery()
            if not client.connected:
                client.reconnect()
        while any(client.up or client.down for client in self.clients):
            for client in self.clients:
                while client.up:
                    self.serve(client)
                while client.down:
                    client.take()


def inserted_text(operation: WaveletOperation) -> str:
    if not isinstance(operation, MutateDocument):
        return ""
    return "".join(part.text for part in operation.op.components if isinstance(part, Characters))


steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["type", "type", "erase", "serve", "take", "take", "cut", "reconnect", "pause", "through"]),
        st.integers(0, 12),
        st.integers(0, 3),
    ),
    max_size=60,
)


def play(world: World, plan: list[tuple[int, str, int, int]], letters: list[str]) -> None:
    """Carry out the plan; each insertion is one character that occurs nowhere else, noted in ``letters``."""
    for number, action, first, second in plan:
        client = world.clients[number]
        document_id = f"d{second % 2}"
        if action == "type":
            letter = chr(0x4E00 + len(letters))
            letters.append(letter)
            client.edit(edit_of(client.replica, document_id, first, 0, letter))
        elif action == "erase" and client.replica.document(document_id).size:
            client.edit(edit_of(client.replica, document_id, first % client.replica.document(document_id).size, 1, ""))
        elif action == "serve" and client.up:
            world.serve(client)
        elif action == "take" and client.down:
            client.take()
        elif action == "cut":
            client.cut()
        elif action == "reconnect" and not client.connected:
            client.reconnect()
        elif action == "pause":
            client.replica.pause_delivery()
        elif action == "through":
            client.replica.deliver_through(first)


@settings(deadline=None)
@given(plan=steps)
def test_all_clients_converge_whatever_is_lost_or_late(plan: list[tuple[int, str, int, int]]) -> None:
    world = World(3)
    letters: list[str] = []
    play(world, plan, letters)
    world.settle()
    states = [client.replica.documents for client in world.clients]
    assert states[0] == states[1] == states[2]
    assert all(
        client.replica.settled and client.replica.version.version == world.server.head for client in world.clients
    )
    assert not any(client.replica.refused_edits for client in world.clients)


@settings(deadline=None)
@given(plan=steps)
def test_what_is_typed_arrives_exactly_once(plan: list[tuple[int, str, int, int]]) -> None:
    world = World(3)
    letters: list[str] = []
    play(world, [step for step in plan if step[1] != "erase"], letters)
    world.settle()
    replica = world.clients[0].replica
    assert Counter(replica.document("d0").text() + replica.document("d1").text()) == Counter(letters)
    assert len({landed.key for landed in world.server.history}) == len(world.server.history)


@settings(deadline=None)
@given(plan=steps, bad=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), max_size=4))
def test_a_refused_edit_is_undone_and_shown_and_the_rest_survives(
    plan: list[tuple[int, str, int, int]], bad: list[tuple[int, int]]
) -> None:
    world = World(3)
    letters: list[str] = []
    done = 0
    for place, number in sorted(bad):
        play(world, [step for step in plan[done:place] if step[1] != "erase"], letters)
        done = max(done, place)
        client = world.clients[number]
        client.edit(edit_of(client.replica, "d0", 1, 0, REFUSED_LETTER))
    play(world, [step for step in plan[done:] if step[1] != "erase"], letters)
    world.settle()
    states = [client.replica.documents for client in world.clients]
    assert states[0] == states[1] == states[2]
    refused = "".join(
        inserted_text(operation)
        for client in world.clients
        for edit in client.replica.refused_edits
        for operation in edit.operations
    )
    assert refused.count(REFUSED_LETTER) == len(bad)
    replica = world.clients[0].replica
    accepted = replica.document("d0").text() + replica.document("d1").text()
    assert Counter(accepted + refused.replace(REFUSED_LETTER, "")) == Counter(letters)


def test_one_submission_is_in_flight_and_the_rest_is_composed() -> None:
    world = World(1)
    client = world.clients[0]
    for letter in "abc":
        client.edit(edit_of(client.replica, "d", 99, 0, letter))
    client.edit(AddParticipant("user0@example.com"))
    states = [client.replica.state]
    assert [inserted_text(operation) for operation in client.up[0].operations] == ["a"]
    assert len(client.up) == 1
    world.serve(client)
    client.take()
    assert [inserted_text(operation) for operation in client.up[0].operations] == ["bc", ""]
    states.append(client.replica.state)
    assert states == [State.BUFFERING, State.AWAITING]


def test_ones_own_delta_among_those_missed_is_the_acknowledgement() -> None:
    world = World(1)
    client = world.clients[0]
    client.edit(edit_of(client.replica, "d", 0, 0, "a"))
    world.serve(client)
    client.cut()
    client.reconnect()
    assert [landed.key for landed in client.down if isinstance(landed, Landed)] == ["0-0"]
    world.settle()
    assert client.replica.document("d").text() == "a"
    assert len(world.server.history) == 1


def test_held_changes_are_shown_through_the_version_asked_for() -> None:
    world = World(2)
    reader, writer = world.clients
    reader.replica.pause_delivery()
    for letter in "abc":
        writer.edit(edit_of(writer.replica, "d", 99, 0, letter))
        world.serve(writer)
        writer.take()
    while reader.down:
        reader.take()
    assert reader.replica.version.version == 3
    assert reader.replica.document("d").text() == ""
    reader.edit(edit_of(reader.replica, "d", 0, 0, "x"))
    reader.replica.deliver_through(2)
    assert reader.replica.document("d").text() == "xab"
    world.settle()
    assert reader.replica.document("d").text() == writer.replica.document("d").text() == "xabc"


def test_an_edit_that_does_not_apply_changes_nothing() -> None:
    client = World(1).clients[0]
    with pytest.raises(InvalidOperation):
        client.replica.edit(MutateDocument("d", DocOp([Retain(3)])))
    assert client.replica.settled
    assert client.replica.documents == {}


def test_a_gap_in_the_deltas_is_noticed() -> None:
    replica = World(1).clients[0].replica
    with pytest.raises(OutOfStep):
        replica.delta((AddParticipant("a@b"),), Committed(3, version(4)), None)
    assert replica.version.version == 0


def test_a_new_snapshot_reports_what_was_pending_as_refused() -> None:
    replica = World(1).clients[0].replica
    replica.edit(AddParticipant("a@b"))
    replica.snapshot(version(7), ["c@d"], {})
    assert [(edit.code, edit.operations) for edit in replica.refused_edits] == [
        ("bad-version", (AddParticipant("a@b"),))
    ]
    assert replica.participants == ["c@d"]
    assert replica.settled
