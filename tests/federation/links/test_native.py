"""Links between servers of ours, and to peers made by hand, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import uvloop

from peers.credentials import Certify
from s2s.name_server import SILENCE, NameServer
from s2s.native import NativeServer, native_server
from s2s.raw_host import raw_host, receive_stream, server_context
from wave_federation.errors import QueueFull, StanzaRefused
from wave_federation.links.backoff import Backoff
from wave_federation.links.candidates import Endpoint
from wave_federation.links.dns_resolver import DnsResolver
from wave_federation.links.link import LinkSettings
from wave_federation.links.policy import DomainPolicy
from wave_federation.links.queue import QueueLimits
from wave_federation.links.transport import Direction, LinkChanged, LinkState
from wave_federation.routing.answers import read_refusal
from wave_federation.stanzas import Kind, Stanza

ALPHA, BETA = "alpha.test", "beta.test"


class World:
    """Servers that find each other by routes, and stop with the test."""

    def __init__(self, certify: Certify, authority: Path, stack: AsyncExitStack) -> None:
        self.routes: dict[str, Endpoint] = {}
        self._certify = certify
        self._authority = authority
        self._stack = stack

    async def server(self, *domains: str, direct_tls: bool = False, **settings: Any) -> NativeServer:
        hosts = [self._certify(domain) for domain in domains]
        starting = native_server(hosts, self._authority, **{"routes": self.routes, **settings})
        server = await self._stack.enter_async_context(starting)
        for domain in domains:
            self.routes[domain] = server.direct_route if direct_tls else server.route
        return server


@pytest.fixture
async def world(certify: Certify, authority_file: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(certify, authority_file, stack)


def refusal(stanza: Stanza) -> tuple[str, str, str]:
    """Condition, type and text of an error."""
    assert stanza.is_error
    error = read_refusal(stanza)
    return error.condition, error.type, error.text


def fill(server: NativeServer, domain: str) -> None:
    """Send stanzas until no more are taken."""
    for _ in range(100_000):
        server.say(ALPHA, domain, "x" * 10_000)


# ---- stanzas ----


@pytest.mark.parametrize("direct_tls", [False, True], ids=["STARTTLS", "direct TLS"])
async def test_stanzas_arrive_and_answers_take_a_stream_of_their_own(world: World, direct_tls: bool) -> None:
    alpha = await world.server(ALPHA, direct_tls=direct_tls)
    beta = await world.server(BETA, direct_tls=direct_tls)
    alpha.say(f"anna@{ALPHA}", f"bert@{BETA}", "question")
    assert await beta.hear() == (f"anna@{ALPHA}", f"bert@{BETA}", "question")
    beta.say(f"bert@{BETA}", f"anna@{ALPHA}", "answer")
    assert await alpha.hear() == (f"bert@{BETA}", f"anna@{ALPHA}", "answer")
    links = [(link.local, link.remote, link.direction, link.state) for link in alpha.transport.status()]
    assert links == [
        (ALPHA, BETA, Direction.INCOMING, LinkState.READY),
        (ALPHA, BETA, Direction.OUTGOING, LinkState.READY),
    ]


async def test_a_link_is_described_for_administrators(world: World) -> None:
    alpha, beta = await world.server(ALPHA), await world.server(BETA)
    alpha.say(ALPHA, BETA, "1")
    await beta.hear()
    (link,) = alpha.transport.status()
    assert link.address == f"127.0.0.1:{beta.transport.ports[0]}"
    assert link.tls_version == "TLSv1.3"
    assert link.certificate_expires is not None
    assert 0 < link.since < link.certificate_expires
    assert (link.attempts, link.queued, link.last_error) == (0, 0, "")


async def test_many_stanzas_arrive_in_the_order_in_which_they_were_sent(world: World) -> None:
    alpha, beta = await world.server(ALPHA), await world.server(BETA)
    for number in range(500):
        alpha.say(ALPHA, BETA, str(number))
    assert [(await beta.hear())[2] for _ in range(500)] == [str(number) for number in range(500)]
    alpha.say(ALPHA, BETA, "last")
    assert (await beta.hear())[2] == "last"


async def test_domains_in_other_scripts_are_the_same_however_they_are_written(world: World) -> None:
    alpha, beta = await world.server(ALPHA), await world.server("xn--bcher-kva.test")
    for written in ("bücher.test", "BÜCHER.test", "xn--bcher-kva.test"):
        alpha.say(ALPHA, f"bert@{written}", written)
        assert (await beta.hear())[2] == written
    assert [link.remote for link in alpha.transport.status()] == ["xn--bcher-kva.test"]


async def test_every_domain_of_a_server_has_links_of_its_own(world: World) -> None:
    alpha = await world.server(ALPHA, f"wave.{ALPHA}")
    beta = await world.server(BETA, f"wave.{BETA}")
    pairs = [(one, other) for one in (ALPHA, f"wave.{ALPHA}") for other in (BETA, f"wave.{BETA}")]
    for one, other in pairs:
        alpha.say(one, other, "1")
    assert {(await beta.hear())[:2] for _ in pairs} == set(pairs)
    assert sorted((link.remote, link.local) for link in beta.transport.status()) == sorted(pairs)


async def test_those_who_observe_hear_of_links_in_both_directions(world: World) -> None:
    alpha, beta = await world.server(ALPHA), await world.server(BETA)
    alpha.say(ALPHA, BETA, "1")
    assert await alpha.changes.get() == LinkChanged(ALPHA, BETA, Direction.OUTGOING, up=True)
    assert await beta.changes.get() == LinkChanged(BETA, ALPHA, Direction.INCOMING, up=True)
    await alpha.transport.stop()
    assert await beta.changes.get() == LinkChanged(BETA, ALPHA, Direction.INCOMING, up=False)


# ---- finding the other server ----


async def test_servers_are_found_by_srv_and_the_next_is_tried_when_one_is_no_good(
    world: World, certify: Certify, authority_file: Path, name_server: NameServer
) -> None:
    """The first does not listen, the second proves another name, the third takes stanzas."""
    wrong = await world.server("wrong.test")
    beta = await world.server("found.test")
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    name_server.put(
        "_xmpp-server._tcp.found.test",
        "SRV",
        f"0 0 {closed} host.found.test.",
        f"10 0 {wrong.transport.ports[0]} host.found.test.",
        f"30 0 {beta.transport.ports[0]} host.found.test.",
    )
    name_server.put("_xmpps-server._tcp.found.test", "SRV", f"20 0 {wrong.transport.ports[1]} host.found.test.")
    name_server.put("host.found.test", "A", "127.0.0.1")
    resolver = DnsResolver([name_server.address], port=name_server.port)
    alpha = await world.server(ALPHA, routes={}, resolver=resolver)
    alpha.say(ALPHA, "found.test", "1")
    assert (await beta.hear())[2] == "1"
    (link,) = alpha.transport.status()
    assert (link.address, link.attempts) == (f"127.0.0.1:{beta.transport.ports[0]}", 0)


async def test_a_stanza_for_a_domain_that_does_not_exist_comes_back_from_it(
    world: World, name_server: NameServer
) -> None:
    alpha = await world.server(ALPHA, resolver=DnsResolver([name_server.address], port=name_server.port))
    alpha.say(f"anna@{ALPHA}", "bert@void.test", "1", kind=Kind.IQ, type="get")
    error = await alpha.heard.get()
    assert (error.type, str(error.sender), str(error.recipient), error.id) == (
        "error", "bert@void.test", f"anna@{ALPHA}", "1",
    )  # fmt: skip
    assert refusal(error)[:2] == ("remote-server-not-found", "cancel")


async def test_a_stanza_for_an_address_that_cannot_be_a_domain_comes_back(world: World) -> None:
    alpha = await world.server(ALPHA)
    alpha.say(ALPHA, "192.0.2.1", "1")
    condition, type_, text = refusal(await alpha.heard.get())
    assert (condition, type_) == ("remote-server-not-found", "cancel")
    assert "192.0.2.1" in text


# ---- failures ----


NO_SECOND_ATTEMPT = LinkSettings(backoff=Backoff(first=3600.0, cap=3600.0))  # what waits goes back at the first failure


async def test_a_dead_domain_delays_nobody_and_its_stanzas_come_back(world: World) -> None:
    beta = await world.server(BETA)
    alpha = await world.server(ALPHA, link=NO_SECOND_ATTEMPT)
    with raw_host() as host:
        world.routes["silent.test"] = Endpoint("127.0.0.1", host.port)
        alpha.say(ALPHA, "silent.test", "lost")
        peer = await asyncio.to_thread(host.accept)  # and says nothing
        alpha.say(ALPHA, BETA, "1")
        assert (await beta.hear())[2] == "1"
        assert alpha.heard.empty()
        peer.close()
    error = await alpha.heard.get()
    assert (str(error.sender), error.id) == ("silent.test", "lost")
    assert refusal(error)[:2] == ("remote-server-timeout", "wait")


async def test_what_waits_too_long_for_a_silent_domain_comes_back(world: World) -> None:
    with raw_host() as host:
        world.routes["silent.test"] = Endpoint("127.0.0.1", host.port)
        alpha = await world.server(ALPHA, link=LinkSettings(queue=QueueLimits(patience=0.01)))
        alpha.say(ALPHA, "silent.test", "lost")
        assert refusal(await alpha.heard.get()) == (
            "remote-server-timeout", "wait", "no stream to the other server could be opened in time",
        )  # fmt: skip


async def test_the_reason_of_a_failure_is_told_to_those_who_sent(
    world: World, certify: Certify, authority_file: Path
) -> None:
    with raw_host() as host:
        world.routes["impostor.test"] = Endpoint("127.0.0.1", host.port)
        alpha = await world.server(ALPHA, link=NO_SECOND_ATTEMPT)
        alpha.say(ALPHA, "impostor.test", "1")

        def impersonate() -> None:
            with host.accepted() as peer, pytest.raises(Exception):  # noqa: B017, PT011 - whichever way it is thrown out
                receive_stream(peer, server_context(certify("other.test")))

        await asyncio.to_thread(impersonate)
        error = await alpha.heard.get()
    condition, type_, text = refusal(error)
    assert (condition, type_) == ("remote-server-timeout", "wait")
    assert "does not name impostor.test but other.test" in text


@pytest.mark.parametrize(("kind", "type_"), [(Kind.IQ, "error"), (Kind.MESSAGE, "error"), (Kind.IQ, "result")])
async def test_nothing_comes_back_for_errors_and_results(world: World, kind: Kind, type_: str) -> None:
    alpha = await world.server(ALPHA)
    alpha.say(ALPHA, "192.0.2.1", "unheard", kind=kind, type=type_)
    alpha.say(ALPHA, "192.0.2.1", "heard")
    assert (await alpha.hear())[2] == "heard"


async def test_a_domain_that_is_heard_from_is_not_made_to_wait_for_its_failures(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        world.routes[BETA] = Endpoint("127.0.0.1", free.getsockname()[1])
    alpha = await world.server(ALPHA, link=NO_SECOND_ATTEMPT)
    alpha.say(ALPHA, BETA, "1")
    assert refusal(await alpha.heard.get())[0] == "remote-server-timeout"
    (link,) = alpha.transport.status()
    assert (link.state, link.attempts) == (LinkState.WAITING, 1)
    beta = await world.server(BETA)
    beta.say(BETA, ALPHA, "2")
    assert (await alpha.hear())[2] == "2"
    (link,) = (link for link in alpha.transport.status() if link.direction is Direction.OUTGOING)
    assert (link.state, link.attempts) == (LinkState.WAITING, 0)


async def test_a_server_that_comes_back_is_found_again(world: World, certify: Certify, authority_file: Path) -> None:
    alpha = await world.server(ALPHA)
    async with native_server([certify(BETA)], authority_file, routes=world.routes) as beta:
        port = beta.transport.ports[0]
        world.routes[BETA] = beta.route
        alpha.say(ALPHA, BETA, "1")
        await beta.hear()
    await alpha.until(Direction.OUTGOING, up=False)
    alpha.say(ALPHA, BETA, "2")  # it has to wait until somebody is there
    async with native_server([certify(BETA)], authority_file, routes=world.routes, port=port) as beta:
        assert (await beta.hear())[2] == "2"


async def test_a_peer_that_reads_nothing_fills_its_own_queue_only(world: World, certify: Certify) -> None:
    beta = await world.server(BETA)
    with raw_host() as host:
        world.routes["slow.test"] = Endpoint("127.0.0.1", host.port)
        alpha = await world.server(ALPHA, link=LinkSettings(queue=QueueLimits(stanzas=5)))
        alpha.say(ALPHA, "slow.test", "1")
        peer = await asyncio.to_thread(host.accept)
        await asyncio.to_thread(receive_stream, peer, server_context(certify("slow.test")))
        await alpha.until(Direction.OUTGOING, up=True)
        with pytest.raises(QueueFull):
            fill(alpha, "slow.test")
        alpha.say(ALPHA, BETA, "2")
        assert (await beta.hear())[2] == "2"
        queued = {link.remote: link.queued for link in alpha.transport.status()}
        assert queued == {"slow.test": 5, BETA: 0}
        peer.close()


async def test_a_link_that_nothing_is_sent_on_is_closed_and_made_again_on_demand(world: World) -> None:
    beta = await world.server(BETA)
    alpha = await world.server(ALPHA, link=LinkSettings(idle_time=0.05))
    for number in ("1", "2"):
        alpha.say(ALPHA, BETA, number)
        assert (await beta.hear())[2] == number
        await alpha.until(Direction.OUTGOING, up=False)
        (link,) = alpha.transport.status()
        assert (link.state, link.last_error) == (LinkState.IDLE, "")


async def test_a_domain_that_opens_too_many_streams_loses_its_oldest(world: World) -> None:
    beta = await world.server(BETA, streams_per_pair=1)
    first, second = await world.server(ALPHA), await world.server(ALPHA)  # two servers for one domain
    first.say(ALPHA, BETA, "1")
    await beta.hear()
    second.say(ALPHA, BETA, "2")
    await beta.hear()
    await first.until(Direction.OUTGOING, up=False)
    (link,) = first.transport.status()
    assert "conflict" in link.last_error
    assert [link.direction for link in beta.transport.status()] == [Direction.INCOMING]


async def test_when_there_are_too_many_links_no_new_ones_are_made(world: World, name_server: NameServer) -> None:
    resolver = DnsResolver([name_server.address], port=name_server.port)
    name_server.fail("_xmpp-server._tcp.pending.test", SILENCE)
    alpha = await world.server(ALPHA, resolver=resolver, most_links=1)
    alpha.say(ALPHA, "pending.test", "1")
    with pytest.raises(QueueFull):
        alpha.say(ALPHA, BETA, "2")


# ---- policy ----


class Lists:
    """A policy that changes."""

    def __init__(self) -> None:
        self.policy = DomainPolicy()

    def refusal(self, domain: str) -> str | None:
        return self.policy.refusal(domain)


async def test_nothing_is_sent_to_a_blocked_domain(world: World) -> None:
    await world.server(BETA)
    alpha = await world.server(ALPHA, policy=DomainPolicy(block=[BETA]))
    with pytest.raises(StanzaRefused, match=r"beta\.test is blocked") as raised:
        alpha.say(ALPHA, f"bert@{BETA}", "1")
    assert (raised.value.condition, raised.value.type) == ("not-allowed", "cancel")
    assert alpha.transport.status() == []


async def test_a_blocked_domain_is_told_so_when_it_opens_a_stream(world: World) -> None:
    await world.server(BETA, policy=DomainPolicy(block=[ALPHA]))
    alpha = await world.server(ALPHA, link=NO_SECOND_ATTEMPT)
    alpha.say(ALPHA, BETA, "1")
    condition, _, text = refusal(await alpha.heard.get())
    assert condition == "remote-server-timeout"
    assert "alpha.test is blocked by this server's policy" in text


async def test_a_block_closes_the_links_that_there_are(world: World) -> None:
    lists = Lists()
    alpha, beta = await world.server(ALPHA, policy=lists), await world.server(BETA)
    alpha.say(ALPHA, BETA, "1")
    await beta.hear()
    beta.say(BETA, ALPHA, "2")
    await alpha.hear()
    lists.policy = DomainPolicy(block=[BETA])
    alpha.transport.enforce_policy()
    await alpha.until(Direction.INCOMING, up=False)
    await beta.until(Direction.INCOMING, up=False)
    assert [(link.direction, link.state) for link in alpha.transport.status()] == [(Direction.OUTGOING, LinkState.IDLE)]


# ---- administrators, and the end ----


async def test_an_administrator_has_the_next_attempt_made_now(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        world.routes[BETA] = Endpoint("127.0.0.1", free.getsockname()[1])
    alpha = await world.server(ALPHA, link=NO_SECOND_ATTEMPT)
    alpha.say(ALPHA, BETA, "1")
    assert refusal(await alpha.heard.get())[0] == "remote-server-timeout"
    beta = await world.server(BETA)
    assert alpha.transport.retry(BETA) == 1
    await alpha.until(Direction.OUTGOING, up=True)
    alpha.say(ALPHA, BETA, "2")
    assert (await beta.hear())[2] == "2"
    assert alpha.transport.retry(BETA) == 0


async def test_a_server_that_stops_closes_its_streams_in_order_and_hears_nothing_more(world: World) -> None:
    alpha, beta = await world.server(ALPHA), await world.server(BETA)
    alpha.say(ALPHA, BETA, "1")
    await beta.hear()
    beta.say(BETA, ALPHA, "2")
    await alpha.hear()
    beta.say(BETA, ALPHA, "3")
    await alpha.transport.stop()
    assert alpha.heard.qsize() <= 1  # what came before the end
    await beta.until(Direction.INCOMING, up=False)
    await beta.until(Direction.OUTGOING, up=False)
    alpha.say(ALPHA, BETA, "4")  # is dropped: nobody opens a stream any more
    assert beta.heard.empty()


async def test_a_server_that_stops_gives_up_its_attempts(world: World) -> None:
    with raw_host() as host:
        world.routes["silent.test"] = Endpoint("127.0.0.1", host.port)
        alpha = await world.server(ALPHA)
        alpha.say(ALPHA, "silent.test", "1")
        peer = await asyncio.to_thread(host.accept)
        await alpha.transport.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        peer.close()


# ---- on the event loop that the server uses ----

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.mark.parametrize("loop", LOOPS)
def test_connections_that_are_reset_at_once_leave_nothing_behind_and_delay_nobody(
    certify: Certify, authority_file: Path, caplog: pytest.LogCaptureFixture, loop: str
) -> None:
    async def exchange() -> None:
        async with AsyncExitStack() as stack:
            world = World(certify, authority_file, stack)
            alpha, beta = await world.server(ALPHA), await world.server(BETA)
            for _ in range(10):
                with socket.create_connection(("127.0.0.1", beta.transport.ports[0])) as connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            alpha.say(ALPHA, BETA, "1")
            assert (await beta.hear())[2] == "1"

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(exchange())
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
