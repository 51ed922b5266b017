"""Links at work, on streams whose life the test decides. Over real sockets: test_native.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from wave_federation.errors import LinkFailed, QueueFull, StanzaRefused
from wave_federation.links.backoff import Backoff
from wave_federation.links.link import LinkSettings
from wave_federation.links.outgoing import OutgoingLink, StreamUser
from wave_federation.links.queue import QueueLimits
from wave_federation.links.transport import LinkState
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.streams.connection import StreamFacts

QUICK = Backoff(first=0.001, cap=0.002)  # seconds
SETTINGS = LinkSettings(queue=QueueLimits(stanzas=3), backoff=QUICK)


def numbered(number: int) -> Stanza:
    return make_stanza(Kind.MESSAGE, "alpha.test", "beta.test", id=str(number))


@dataclass(eq=False)
class Stream:
    """Holds what is written on it."""

    user: StreamUser
    room: int = 1000  # stanzas, until it is not writable
    written: list[str | None] = field(default_factory=list)
    closed: bool = False
    facts = StreamFacts("192.0.2.1:5269", "TLSv1.3", None)

    @property
    def writable(self) -> bool:
        return self.room > 0

    def send(self, stanza: Stanza) -> None:
        self.room -= 1
        self.written.append(stanza.id)

    def close(self) -> None:
        self.closed = True


class Domain:
    """The other side, as attempts find it, and the owner of the link."""

    def __init__(self) -> None:
        self.attempts: asyncio.Queue[tuple[StreamUser, asyncio.Future[Stream]]] = asyncio.Queue()
        self.changes: asyncio.Queue[bool] = asyncio.Queue()
        self.returned: asyncio.Queue[tuple[str | None, StanzaRefused]] = asyncio.Queue()

    async def open(self, user: StreamUser) -> Stream:
        result: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
        self.attempts.put_nowait((user, result))
        return await result

    async def accept(self, room: int = 1000) -> Stream:
        """Let the next attempt succeed."""
        user, result = await self.attempts.get()
        stream = Stream(user, room)
        result.set_result(stream)
        assert await self.changes.get() is True
        return stream

    async def refuse(self, error: Exception) -> None:
        _, result = await self.attempts.get()
        result.set_exception(error)

    def give_back(self, stanza: Stanza, reason: StanzaRefused) -> None:
        self.returned.put_nowait((stanza.id, reason))

    def outgoing_changed(self, local: str, remote: str, *, up: bool) -> None:
        assert (local, remote) == ("alpha.test", "beta.test")
        self.changes.put_nowait(up)


def link_to(domain: Domain, settings: LinkSettings = SETTINGS) -> OutgoingLink:
    return OutgoingLink("alpha.test", "beta.test", settings, lambda: 0.0, domain.open, domain)


async def test_what_is_sent_opens_a_stream_and_goes_out_on_it() -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    link.send(numbered(2))
    stream = await domain.accept()
    link.send(numbered(3))
    assert stream.written == ["1", "2", "3"]
    assert link.stream is stream
    link.stop()
    assert stream.closed


async def test_after_a_failure_it_tries_again_by_itself() -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    await domain.refuse(LinkFailed("nobody listens"))
    await domain.refuse(LinkFailed("nobody listens"))
    stream = await domain.accept()
    assert stream.written == ["1"]
    link.stop()


async def test_a_fault_of_ours_in_an_attempt_is_logged_and_counts_as_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    await domain.refuse(ZeroDivisionError())
    stream = await domain.accept()
    assert stream.written == ["1"]
    assert "the attempt to reach beta.test broke off" in caplog.text
    link.stop()


async def test_a_stream_that_takes_no_more_makes_the_rest_wait_in_order() -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    stream = await domain.accept(room=2)
    for number in (2, 3, 4, 5):
        link.send(numbered(number))
    assert stream.written == ["1", "2"]
    assert link.link.queued == 3
    with pytest.raises(QueueFull):
        link.send(numbered(6))
    stream.room = 2
    stream.user.stream_writable()
    assert stream.written == ["1", "2", "3", "4"]
    stream.room = 10
    stream.user.stream_writable()
    link.send(numbered(7))
    assert stream.written == ["1", "2", "3", "4", "5", "7"]
    link.stop()


async def test_when_the_stream_ends_the_owner_hears_it_and_what_waits_gets_a_new_one() -> None:
    domain = Domain()
    link = link_to(domain, LinkSettings(backoff=QUICK, settling_time=0.0))
    link.send(numbered(1))
    first = await domain.accept(room=1)
    link.send(numbered(2))
    first.user.stream_ended(LinkFailed("the connection was reset"))
    assert await domain.changes.get() is False
    second = await domain.accept()
    assert second.written == ["2"]
    first.user.stream_writable()  # nobody listens to the old one any more
    first.user.stream_ended(None)
    assert link.stream is second
    link.stop()


async def test_a_stream_that_is_over_before_it_is_used_counts_as_a_failed_attempt() -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    user, result = await domain.attempts.get()
    user.stream_ended(LinkFailed("the other server closed the stream"))
    result.set_result(Stream(user, room=0))
    assert [await domain.changes.get(), await domain.changes.get()] == [True, False]
    assert (link.link.state, link.link.attempts) == (LinkState.WAITING, 1)
    assert (await domain.accept()).written == ["1"]
    link.stop()


async def test_a_link_that_is_not_used_is_closed_and_opened_again_on_demand() -> None:
    domain = Domain()
    link = link_to(domain, LinkSettings(backoff=QUICK, idle_time=0.01))
    link.send(numbered(1))
    stream = await domain.accept()
    assert await domain.changes.get() is False
    assert stream.closed
    link.send(numbered(2))
    assert (await domain.accept()).written == ["2"]
    link.stop()


async def test_what_waits_too_long_goes_back_while_the_attempt_goes_on() -> None:
    domain = Domain()
    link = link_to(domain, LinkSettings(queue=QueueLimits(patience=0.01)))
    link.send(numbered(1))
    returned, reason = await domain.returned.get()
    assert (returned, reason.condition) == ("1", "remote-server-timeout")
    assert (await domain.accept()).written == []
    link.stop()


async def test_stopping_gives_an_attempt_up() -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    _, result = await domain.attempts.get()
    link.stop()
    with pytest.raises(asyncio.CancelledError):
        await result
    assert domain.changes.empty()
    assert domain.returned.empty()


async def test_a_link_that_policy_shuts_gives_back_what_waits() -> None:
    domain = Domain()
    link = link_to(domain)
    link.send(numbered(1))
    stream = await domain.accept(room=1)
    link.send(numbered(2))
    link.shut(StanzaRefused("beta.test is blocked", condition="not-allowed"))
    assert stream.closed
    assert (await domain.returned.get())[0] == "2"
    assert await domain.changes.get() is False
    link.stop()


async def test_signs_of_life_and_administrators_bring_the_next_attempt() -> None:
    domain = Domain()
    link = link_to(domain, LinkSettings(backoff=Backoff(first=3600.0, cap=3600.0)))
    link.send(numbered(1))
    await domain.refuse(LinkFailed("nobody listens"))
    assert str((await domain.returned.get())[1]) == "nobody listens"  # it cannot wait for the next attempt
    link.heard()
    assert link.link.state is LinkState.WAITING  # no sooner than a first pause
    link.retry()
    link.send(numbered(2))
    assert (await domain.accept()).written == ["2"]
    link.stop()
