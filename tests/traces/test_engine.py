"""Real sessions through the engine alone: every edit an operation on a blip."""

from __future__ import annotations

from collections import deque

from traces.sessions import Concurrent, Turn, concurrent, generated_concurrent, sequential
from traces.text_blip import EMPTY_BLIP, edit_operation, text_of
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.transformation import transform


class Copy:
    """What one of two people sees, and what the other has made that is not shown yet."""

    def __init__(self) -> None:
        self.blip = Document.from_op(EMPTY_BLIP)
        self.text = ""
        self.shown = 0  # edits of the other
        self.held: deque[DocOp] = deque()

    def show(self, seen: int) -> None:
        """Take in the other's edits up to its first ``seen``."""
        if self.shown == seen:
            return
        while self.shown < seen:
            self.blip.apply(self.held.popleft())
            self.shown += 1
        self.text = text_of(self.blip.to_op())

    def make(self, turn: Turn) -> list[DocOp]:
        """Make the edits of a turn. Returns them as they apply after all that is held back."""
        rebased = []
        for edit in turn.edits:
            operation = edit_operation(self.text, edit)
            self.blip.apply(operation)
            self.text = edit.applied(self.text)
            for place, theirs in enumerate(self.held):
                operation, self.held[place] = transform(operation, theirs)
            rebased.append(operation)
        return rebased


def replayed(session: Concurrent) -> tuple[str, str, str]:
    """The texts of both people and of a server that applies edits in the order of the session."""
    server = Document.from_op(EMPTY_BLIP)
    copies = (Copy(), Copy())
    for turn in session.turns:
        copies[turn.agent].show(turn.seen)
        for operation in copies[turn.agent].make(turn):
            server.apply(operation)
            copies[1 - turn.agent].held.append(operation)
    for copy in copies:
        copy.show(copy.shown + len(copy.held))
    return copies[0].text, copies[1].text, text_of(server.to_op())


def test_two_people_who_see_each_other_late_end_with_the_text_that_their_session_records() -> None:
    session = concurrent("friendsforever")
    assert replayed(session) == (session.end,) * 3


def test_generated_sessions_of_two_end_as_they_were_made_to() -> None:
    for seed in range(20):
        session = generated_concurrent(seed, edits=200)
        assert replayed(session) == (session.end,) * 3


def test_a_long_session_of_one_person_ends_with_its_text() -> None:
    session = sequential("automerge-paper").prefix(40_000)  # whole, it is typed into a server in test_server.py
    blip, text = Document.from_op(EMPTY_BLIP), ""
    for edit in session.edits:
        blip.apply(edit_operation(text, edit))
        text = edit.applied(text)
    assert text == session.end
    assert text_of(blip.to_op()) == session.end
