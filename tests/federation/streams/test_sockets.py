"""Streams on real sockets: our listener and our connector with each other, and with peers that misbehave."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvloop
from lxml import etree

from s2s.pki import Authority
from s2s.stream_pairs import Servers
from s2s.stream_servers import Address, Alpha, Caller, connector, listening
from wave_federation.errors import LinkFailed, QueueFull
from wave_federation.namespaces import SERVER, qualified
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.streams.admission import AdmissionLimits
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.listener import ListeningAddress, StreamListener

HEADER = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
    b" from='beta.test' to='alpha.test' version='1.0'>"
)


LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def on_both_loops(scenario: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a coroutine function: on the loop of the standard library, and on the one that the server uses."""

    @functools.wraps(scenario)
    def run(*, loop: str, **arguments: Any) -> None:
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(scenario(**arguments))

    signature = inspect.signature(scenario)
    loop_name = inspect.Parameter("loop", inspect.Parameter.KEYWORD_ONLY)
    parameters = [*signature.parameters.values(), loop_name]
    setattr(run, "__signature__", signature.replace(parameters=parameters))  # noqa: B010 - functions do not declare it
    parametrized: Callable[..., None] = pytest.mark.parametrize("loop", LOOPS)(run)
    return parametrized


@pytest.fixture(scope="module")
def servers(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Servers:
    return Servers.new(authority, tmp_path_factory.mktemp("sockets"))


def message(text: str) -> Stanza:
    body = etree.Element(qualified(SERVER, "body"))
    body.text = text
    return make_stanza(Kind.MESSAGE, "ann@beta.test", "bob@alpha.test", body)


def texts() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{number:06}" + "x" * 5000


async def hear(alpha: Alpha) -> str:
    stanza = await alpha.host.stanzas.get()
    return stanza.element[0].text or ""


@pytest.mark.parametrize("kind", ["plain", "direct"])
@on_both_loops
async def test_two_servers_speak(servers: Servers, kind: str) -> None:
    async with listening(servers) as alpha:
        caller = Caller()
        stream = await connector(servers).connect("beta.test", "alpha.test", getattr(alpha, kind), caller)
        incoming = await alpha.host.streams.get()
        assert (stream.local, stream.remote) == ("beta.test", "alpha.test")
        assert (incoming.local, incoming.remote) == ("alpha.test", "beta.test")
        for number in range(100):
            stream.send(message(f"number {number}"))
        assert [await hear(alpha) for _ in range(100)] == [f"number {number}" for number in range(100)]
        assert stream.facts.address == f"127.0.0.1:{getattr(alpha, kind).port}"
        assert stream.facts.tls_version == incoming.facts.tls_version == "TLSv1.3"
        assert stream.facts.certificate_expires is not None
        stream.close()
        assert not stream.writable
        assert await caller.endings.get() is None
        assert (await alpha.host.endings.get()).orderly


@on_both_loops
async def test_a_server_that_stops_says_so(servers: Servers) -> None:
    caller = Caller()
    async with listening(servers) as alpha:
        stream = await connector(servers).connect("beta.test", "alpha.test", alpha.plain, caller)
    error = await caller.endings.get()
    assert str(error) == "alpha.test ended the stream: system-shutdown: the server stops"
    with pytest.raises(QueueFull):
        stream.send(message("too late"))


@on_both_loops
async def test_no_stream_outlives_the_stop_that_it_was_opened_during(servers: Servers) -> None:
    async with listening(servers) as alpha:
        stopped = connector(servers)
        await stopped.stop()
        with pytest.raises(LinkFailed, match="the server stops"):
            await stopped.connect("beta.test", "alpha.test", alpha.plain, Caller())
        await stopped.stop()


@on_both_loops
async def test_policy_is_told_to_the_peer(servers: Servers) -> None:
    async with listening(servers, refusal=lambda domain: f"{domain} is blocked here") as alpha:
        with pytest.raises(LinkFailed, match=r"policy-violation: beta\.test is blocked here"):
            await connector(servers).connect("beta.test", "alpha.test", alpha.direct, Caller())


@on_both_loops
async def test_a_certificate_that_is_not_trusted_is_named_on_both_sides(servers: Servers, tmp_path: Path) -> None:
    strangers = Servers.new(Authority.new("Another CA"), tmp_path)
    async with listening(servers) as alpha:
        with pytest.raises(LinkFailed, match=r"certificate of alpha\.test is refused.*neither presented nor trusted"):
            await connector(strangers).connect("beta.test", "alpha.test", alpha.plain, Caller())
        trusting = connector(Servers(servers.authority, servers.alpha, strangers.beta))
        with pytest.raises(LinkFailed, match=r"not-authorized.*neither presented nor trusted"):
            await trusting.connect("beta.test", "alpha.test", alpha.plain, Caller())
        reasons = [(await alpha.host.failures.get()).reason for _ in range(2)]
        assert "beta.test closed the connection" in reasons[0]
        assert "neither presented nor trusted" in reasons[1]


@on_both_loops
async def test_where_nobody_listens_is_said_in_one_sentence(servers: Servers) -> None:
    async with listening(servers) as alpha:
        port = alpha.plain.port
    with pytest.raises(LinkFailed, match="no connection could be made: Connection refused"):
        await connector(servers).connect("beta.test", "alpha.test", Address("127.0.0.1", port), Caller())


@on_both_loops
async def test_a_server_of_another_protocol_is_recognised(servers: Servers) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for direct_tls, fault in ((False, "a stream begins with '<'"), (True, "TLS with alpha.test failed")):
            target = Address("127.0.0.1", port, direct_tls)
            with pytest.raises(LinkFailed, match=fault):
                await connector(servers).connect("beta.test", "alpha.test", target, Caller())


@pytest.mark.parametrize("direct_tls", [False, True])
@on_both_loops
async def test_a_server_that_says_nothing_is_left(servers: Servers, *, direct_tls: bool) -> None:
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        target = Address("127.0.0.1", server.sockets[0].getsockname()[1], direct_tls)
        patience = connector(servers, StreamLimits(negotiation_seconds=0.1))
        with pytest.raises(LinkFailed, match=r"within 0\.1 seconds"):
            await patience.connect("beta.test", "alpha.test", target, Caller())
        await gone.wait()


@on_both_loops
async def test_an_attempt_that_is_given_up_leaves_nothing_behind(servers: Servers) -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        target = Address("127.0.0.1", server.sockets[0].getsockname()[1])
        attempt = asyncio.create_task(connector(servers).connect("beta.test", "alpha.test", target, Caller()))
        await came.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await gone.wait()


@on_both_loops
async def test_a_caller_that_says_nothing_is_shown_out(servers: Servers) -> None:
    async with listening(servers, limits=StreamLimits(negotiation_seconds=0.1, close_seconds=1)) as alpha:
        for target in (alpha.plain, alpha.direct):
            reader, writer = await asyncio.open_connection(target.address, target.port)
            with closing(writer):
                said = await reader.read()
            assert (b"<connection-timeout " in said) is not target.direct_tls
            assert (await alpha.host.failures.get()).condition == "connection-timeout"


@on_both_loops
async def test_a_caller_that_drips_is_shown_out_as_well(servers: Servers) -> None:
    """A byte now and then does not buy time."""
    async with listening(servers, limits=StreamLimits(negotiation_seconds=0.1, close_seconds=1)) as alpha:
        reader, writer = await asyncio.open_connection(alpha.plain.address, alpha.plain.port)
        said = asyncio.create_task(reader.read())
        with closing(writer):
            for byte in HEADER[:-1]:
                writer.write(bytes((byte,)))
                await writer.drain()
            assert b"<connection-timeout " in await said


@on_both_loops
async def test_the_last_word_is_read_before_the_connection_closes(servers: Servers) -> None:
    """The connection lingers, so that what the peer still sends does not wipe out what it has not read yet."""
    async with listening(servers) as alpha:
        reader, writer = await asyncio.open_connection(alpha.plain.address, alpha.plain.port)
        with closing(writer):
            writer.write(HEADER + b"<!-- no -->")
            said = await reader.read()
            assert b"<restricted-xml " in said
            assert said.endswith(b"</stream:stream>")
            writer.write(b"x" * 100_000)
            await writer.drain()
        assert (await alpha.host.failures.get()).condition == "restricted-xml"


@on_both_loops
async def test_a_peer_that_does_not_leave_after_the_last_word_is_cut_off(servers: Servers) -> None:
    async with listening(servers, limits=StreamLimits(close_seconds=0.05)) as alpha:
        reader, writer = await asyncio.open_connection(alpha.plain.address, alpha.plain.port)
        writer.write(HEADER + b"<!-- no -->")
        await reader.read()
    writer.close()  # the listener has stopped, which it only does when its connections are gone


@on_both_loops
async def test_half_open_connections_do_not_keep_an_honest_peer_out(servers: Servers) -> None:
    async with listening(servers, admission=AdmissionLimits(total=8, per_network=4)) as alpha:
        stalled = []
        for number in range(40):
            source = (f"127.0.0.{2 + number % 10}", 0)
            stalled.append(await asyncio.open_connection(alpha.plain.address, alpha.plain.port, local_addr=source))
        for number in range(3):
            stream = await connector(servers).connect("beta.test", "alpha.test", alpha.plain, Caller())
            stream.send(message(str(number)))
            assert await hear(alpha) == str(number)
        evicted = [await alpha.host.failures.get() for _ in range(32)]
        assert {ending.reason for ending in evicted} == {"it gave way to newer connections"}
        assert [await reader.read() for reader, _ in stalled[:20]] == [b""] * 20
        for _, writer in stalled:
            writer.close()


@on_both_loops
async def test_a_reader_that_pauses_is_not_overrun_and_gets_everything(servers: Servers) -> None:
    pause: list[StreamConnection] = []

    def on_established(stream: StreamConnection) -> None:
        pause.append(stream)
        stream.pause_reading()

    async with listening(servers, on_established=on_established) as alpha:
        caller = Caller()
        stream = await connector(servers).connect("beta.test", "alpha.test", alpha.plain, caller)
        source = texts()
        sent = []
        while stream.writable:
            sent.append(next(source))
            stream.send(message(sent[-1]))
        with pytest.raises(QueueFull):
            stream.send(message("one too many"))
        assert not caller.writable.is_set()
        assert alpha.host.stanzas.empty()
        pause[0].resume_reading()
        await caller.writable.wait()
        assert stream.writable
        assert [await hear(alpha) for _ in sent] == sent


@on_both_loops
async def test_a_peer_that_takes_nothing_is_given_up(servers: Servers) -> None:
    async with listening(servers, on_established=lambda stream: stream.pause_reading()) as alpha:
        caller = Caller()
        opener = connector(servers, StreamLimits(stall_seconds=0.1))
        stream = await opener.connect("beta.test", "alpha.test", alpha.plain, caller)
        source = texts()
        while stream.writable:
            stream.send(message(next(source)))
        error = await caller.endings.get()
        assert str(error) == "alpha.test takes nothing of what is sent to it"
        incoming = await alpha.host.streams.get()
        incoming.abort("the test is over")


@on_both_loops
async def test_a_silent_caller_is_let_go_in_good_order(servers: Servers) -> None:
    async with listening(servers, limits=StreamLimits(silence_seconds=0.1, close_seconds=1)) as alpha:
        caller = Caller()
        await connector(servers).connect("beta.test", "alpha.test", alpha.plain, caller)
        assert await caller.endings.get() is None
        ending = await alpha.host.endings.get()
        assert ending.reason == "beta.test was silent for 0.1 seconds"


@on_both_loops
async def test_an_address_that_is_taken_is_an_error_and_none_is_listened_on(servers: Servers) -> None:
    async with listening(servers) as alpha:
        taken = ListeningAddress("127.0.0.1", alpha.plain.port)
        listener = StreamListener(
            [ListeningAddress("127.0.0.1", 0), taken],
            alpha.listener._reception,
            servers.alpha,
            lambda _chain, _domain: None,
            alpha.host,
            limits=StreamLimits(),
            admission=AdmissionLimits(),
        )
        with pytest.raises(OSError, match="in use"):
            await listener.start()
        assert listener.ports == []
