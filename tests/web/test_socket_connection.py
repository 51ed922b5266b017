"""The connection's state machine on a host that fails, dawdles and is asked too much at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from typing import Any

import pytest

from wave_ot.deltas import HashedVersion
from wave_server.errors import Unavailable, WaveError
from wave_server.live_digests import LiveDigests
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.submission import Acknowledgement, Reader, Submission
from wave_server.troubles import Trouble, TroubleKind
from wave_web.settings import SocketLimits
from wave_web.socket_connection import Reply, SharedState, SocketConnection

WAVE = "example.com/w+a"
PATH = f"{WAVE}/~/conv+root"


class Host:
    """A host that opens when it is told to, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.readers: list[Reader] = []
        self.replies: list[Reply] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.failure: Exception | None = None

    async def open(self, wave: WaveId, reader: Reader, known: Mapping[WaveletName, HashedVersion]) -> None:
        self.asked.append(f"open {wave}")
        self.readers.append(reader)
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        reader.opened(wave, [])

    def close(self, wave: WaveId, reader: Reader) -> None:
        self.asked.append(f"close {wave}")

    def submit(
        self, name: WaveletName, submission: Submission, submitter: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        if self.failure is not None:
            raise self.failure
        self.replies.append(reply)

    def cursor(self, name: WaveletName, document: str, anchor: int, head: int, origin: Reader) -> None:
        raise NotImplementedError


class Outlet:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.keeps_up = asyncio.Event()
        self.keeps_up.set()

    def send(self, frame: bytes) -> None:
        self.sent.append(json.loads(frame[frame.index(b"{") :]))

    def send_requested(self, frame: bytes) -> None:
        self.send(frame)

    async def caught_up(self) -> None:
        await self.keeps_up.wait()

    def start(self, work: Coroutine[None, None, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    async def done(self) -> None:
        await asyncio.gather(*self.tasks)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def outlet() -> Outlet:
    return Outlet()


@pytest.fixture
def connection(host: Host, outlet: Outlet) -> SocketConnection:
    shared = SharedState(host, LiveDigests(), SocketLimits())
    return SocketConnection(WaveAddress("alice", "example.com"), shared, outlet, 0)


def say(connection: SocketConnection, **message: Any) -> None:
    connection.text(json.dumps(message).encode(), 0)


def submit(connection: SocketConnection, request_id: int) -> None:
    say(connection, type="submit", id=request_id, wavelet=PATH, key="k", at=0, hash="aa", ops=[{"noop": True}])


@pytest.mark.parametrize(
    ("failure", "code"), [(Unavailable("away"), "unavailable"), (RuntimeError("a fault"), "internal")]
)
async def test_a_wave_that_cannot_be_opened_can_be_asked_for_again(
    connection: SocketConnection, host: Host, outlet: Outlet, failure: Exception, code: str
) -> None:
    host.failure = failure
    say(connection, type="open", id=1, wave=WAVE)
    await outlet.done()
    assert [(message["code"], message["id"]) for message in outlet.sent] == [(code, 1)]
    host.failure = None
    say(connection, type="open", id=2, wave=WAVE)
    await outlet.done()
    assert outlet.sent[-1]["type"] == "opened"


async def test_a_wave_closed_while_it_is_being_opened_sends_nothing(
    connection: SocketConnection, host: Host, outlet: Outlet
) -> None:
    host.go_on.clear()
    say(connection, type="open", id=1, wave=WAVE)
    await asyncio.sleep(0)
    say(connection, type="close", wave=WAVE)
    host.go_on.set()
    await outlet.done()
    assert outlet.sent == []
    assert host.asked[-1] == f"close {WAVE}"
    host.readers[0].ended(WaveletName.parse_path(PATH), WaveError("late"))
    assert outlet.sent == []


async def test_a_lost_connection_opens_nothing_more(connection: SocketConnection, host: Host, outlet: Outlet) -> None:
    say(connection, type="open", id=1, wave=WAVE)
    connection.lost()
    await outlet.done()
    assert host.asked == [f"close {WAVE}"]


async def test_the_next_wave_is_opened_when_the_peer_has_read_the_last_one(
    connection: SocketConnection, host: Host, outlet: Outlet
) -> None:
    outlet.keeps_up.clear()
    for number in range(3):
        say(connection, type="open", id=number, wave=f"example.com/w+{number}")
    await asyncio.sleep(0)
    assert host.asked == ["open example.com/w+0"]
    outlet.keeps_up.set()
    await outlet.done()
    assert len(host.asked) == 3


async def test_a_fault_of_the_host_leaves_the_next_submission_free(
    connection: SocketConnection, host: Host, outlet: Outlet
) -> None:
    say(connection, type="open", id=1, wave=WAVE)
    host.failure = RuntimeError("a fault")
    with pytest.raises(RuntimeError):
        submit(connection, 2)
    host.failure = None
    await outlet.done()
    submit(connection, 3)
    submit(connection, 4)
    host.replies[0](Acknowledgement(WaveletName.parse_path(PATH), 0, 1, b"h", 5))
    assert [(message["type"], message["id"], message.get("code")) for message in outlet.sent] == [
        ("opened", 1, None), ("error", 4, "conflict"), ("ack", 3, None),
    ]  # fmt: skip


async def test_an_answer_for_a_closed_wave_still_comes(
    connection: SocketConnection, host: Host, outlet: Outlet
) -> None:
    say(connection, type="open", id=1, wave=WAVE)
    await outlet.done()
    submit(connection, 2)
    say(connection, type="close", wave=WAVE)
    host.replies[0](Unavailable("away"))
    assert (outlet.sent[-1]["id"], outlet.sent[-1]["code"]) == (2, "unavailable")


async def test_troubles_are_told_while_the_wave_is_open(
    connection: SocketConnection, host: Host, outlet: Outlet
) -> None:
    say(connection, type="open", id=1, wave=WAVE)
    await outlet.done()
    name = WaveletName.parse_path(PATH)
    trouble = Trouble(TroubleKind.HOST_UNREACHABLE, "example.com", 5, "it cannot be reached")
    host.readers[0].troubles(name, (trouble,))
    host.readers[0].troubles(name, ())
    say(connection, type="close", wave=WAVE)
    host.readers[0].troubles(name, (trouble,))
    told = {"kind": "host-unreachable", "domain": "example.com", "since": 5, "message": "it cannot be reached"}
    assert outlet.sent[1:] == [
        {"type": "troubles", "wavelet": PATH, "troubles": [told]},
        {"type": "troubles", "wavelet": PATH, "troubles": []},
    ]
