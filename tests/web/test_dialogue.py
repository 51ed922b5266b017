"""What a client says after what it hears, without any connection."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from wave_ot.wavelet_operations import AddParticipant, NoOp
from wave_server.names import WaveletName
from wave_web.client.dialogue import FAULTS_BORNE, Dialogue
from wave_web.client.wavelet import Wavelet, WaveView
from wave_web.socket_protocol import ClientMessage, encode

PATH = "example.com/w+a/~/conv+root"
NAME = WaveletName.parse_path(PATH)


class Line:
    """A dialogue with the test as its server."""

    def __init__(self) -> None:
        keys = itertools.count(1)
        self.said: list[dict[str, Any]] = []
        self.last_id = 0
        self.waiting: list[tuple[int, int, Callable[[], None]]] = []
        self.dialogue = Dialogue("alice@example.com", lambda: f"k{next(keys)}", self._say, self._later)

    def _say(self, message: ClientMessage) -> None:
        self.said.append(msgspec.json.decode(encode(message)))
        self.last_id = self.said[-1].get("id", self.last_id)

    def _later(self, failures: int, least: int, action: Callable[[], None]) -> None:
        self.waiting.append((failures, least, action))

    def hear(self, **message: Any) -> None:
        self.dialogue.receive(msgspec.json.encode(message).decode())

    def heard_since(self) -> list[tuple[str, str]]:
        """What was said since the last time: types, with the key of submissions."""
        said, self.said = self.said, []
        return [(message["type"], message.get("key", "")) for message in said]

    def wait(self) -> None:
        """Let the time pass that the dialogue asked for."""
        _, _, action = self.waiting.pop(0)
        action()


@pytest.fixture
async def line() -> Line:
    return Line()


def opened(line: Line) -> tuple[WaveView, Wavelet]:
    """The wave is open, and its wavelet is at version 3."""
    view = line.dialogue.open_wave(NAME.wave)
    line.dialogue.connected()
    line.hear(type="opened", id=line.said[-1]["id"], wave="example.com/w+a", wavelets=[PATH])
    line.hear(type="snapshot", wavelet=PATH, version=3, hash="aaaa", participants=["alice@example.com"], documents={})
    assert line.heard_since() == [("open", "")]
    return view, view.wavelets[NAME]


def landed(line: Line, kind: str, at: int, **more: Any) -> None:
    line.hear(type=kind, wavelet=PATH, at=at, version=at + 1, hash="aaaa", timestamp=1, **more)


def reconnected(line: Line) -> list[tuple[str, str]]:
    """A cut, and a new connection on which the wave is open again; what the client said on it."""
    line.dialogue.disconnected()
    line.dialogue.connected()
    line.hear(type="opened", id=line.said[-1]["id"], wave="example.com/w+a", wavelets=[PATH])
    return line.heard_since()


async def test_after_a_cut_the_submission_in_flight_is_sent_again_with_its_key(line: Line) -> None:
    _, wavelet = opened(line)
    wavelet.apply(NoOp())
    assert line.heard_since() == [("submit", "k1")]
    assert reconnected(line) == [("open", ""), ("submit", "k1")]


async def test_the_next_submission_waits_for_the_answer_to_the_one_sent_again(line: Line) -> None:
    _, wavelet = opened(line)
    wavelet.apply(NoOp())
    wavelet.apply(NoOp())
    reconnected(line)
    landed(line, "delta", 3, author="alice@example.com", ops=[{"noop": True}], key="k1")
    assert line.heard_since() == []  # the server still has k1 in flight: k2 would be a conflict
    landed(line, "ack", 3, id=line.last_id)
    assert line.heard_since() == [("submit", "k2")]


async def test_what_is_typed_without_a_connection_is_sent_with_the_next_one(line: Line) -> None:
    _, wavelet = opened(line)
    line.dialogue.disconnected()
    wavelet.apply(NoOp())
    assert line.heard_since() == []
    line.dialogue.connected()
    assert line.said[-1]["known"] == {PATH: [3, "aaaa"]}
    line.hear(type="opened", id=line.said[-1]["id"], wave="example.com/w+a", wavelets=[PATH])
    assert line.heard_since() == [("open", ""), ("submit", "k1")]


async def test_a_gap_asks_for_a_new_connection_and_a_second_one_for_a_new_snapshot(line: Line) -> None:
    _, wavelet = opened(line)
    landed(line, "delta", 7, author="bob@example.com", ops=[{"noop": True}])
    assert line.dialogue.out_of_step
    assert reconnected(line) == [("open", "")]
    assert not line.dialogue.out_of_step
    landed(line, "delta", 7, author="bob@example.com", ops=[{"noop": True}])
    assert line.dialogue.out_of_step
    assert not wavelet.replica.loaded
    line.dialogue.connected()
    assert "known" not in line.said[-1]


async def test_a_passing_trouble_is_waited_for_and_the_same_key_sent_again(line: Line) -> None:
    _, wavelet = opened(line)
    wavelet.apply(NoOp())
    line.hear(type="error", id=line.said[-1]["id"], code="rate-limited", message="wait", retry_after=700)
    assert [(failures, least) for failures, least, _ in line.waiting] == [(1, 700)]
    line.wait()
    assert line.heard_since() == [("submit", "k1"), ("submit", "k1")]


async def test_a_server_that_fails_again_and_again_has_refused_the_edit(line: Line) -> None:
    _, wavelet = opened(line)
    wavelet.apply(AddParticipant("bob@example.com"))
    for _ in range(FAULTS_BORNE):
        line.hear(type="error", id=line.said[-1]["id"], code="internal", message="a fault")
        line.wait()
    line.hear(type="error", id=line.said[-1]["id"], code="internal", message="a fault")
    assert [edit.code for edit in wavelet.replica.refused_edits] == ["internal"]
    assert wavelet.participants == ("alice@example.com",)


async def test_a_wavelet_that_failed_is_opened_anew_and_nothing_is_sent_before(line: Line) -> None:
    _, wavelet = opened(line)
    line.hear(type="error", wavelet=PATH, code="unavailable", message="loaded again")
    wavelet.apply(NoOp())
    assert line.heard_since() == [("close", "")]
    line.wait()
    line.hear(type="opened", id=line.said[-1]["id"], wave="example.com/w+a", wavelets=[PATH])
    assert line.heard_since() == [("open", ""), ("submit", "k1")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type":"opened","id":"x"}'])
async def test_what_cannot_be_read_asks_for_a_new_connection(line: Line, text: str) -> None:
    line.dialogue.receive(text)
    assert line.dialogue.out_of_step


async def test_messages_of_a_later_protocol_are_passed_over(line: Line) -> None:
    line.hear(type="dance", with_whom="everybody")
    assert not line.dialogue.out_of_step
