"""Many, slow, silent, deaf: who takes up room and time loses them, and the honest peer never waits for others."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from peers.credentials import Certify
from s2s.attacking import Correspondent, HungUp, Outcome, Stage, StreamError, check
from s2s.name_server import NOBODY, SILENCE, NameServer
from s2s.raw_host import raw_host
from s2s.raw_peer import STARTTLS, STARTTLS_COMMAND, RawPeer, connected, header, ping
from wave_federation.links.native import NativeSettings
from wave_federation.links.queue import QueueLimits
from wave_federation.links.transport import Direction
from wave_federation.streams.admission import AdmissionLimits
from wave_federation.streams.limits import StreamLimits

from .conftest import HONEST_ADDRESS, Scene, staged, unharmed

PER_NETWORK, TOTAL, PER_PAIR = 20, 60, 4
TIMEOUT = StreamError("connection-timeout", "3 seconds")


@pytest.fixture(scope="module")
def one_small_scene(attacked_settings: NativeSettings, certify: Certify, name_server: NameServer) -> Iterator[Scene]:
    """A server with little patience and little room."""
    settings = replace(
        attacked_settings,
        stream=StreamLimits(negotiation_seconds=3, close_seconds=1),
        admission=AdmissionLimits(total=TOTAL, per_network=PER_NETWORK),
        streams_per_pair=PER_PAIR,
    )
    yield from staged(settings, certify, name_server)


@pytest.fixture
def scene(one_small_scene: Scene) -> Iterator[Scene]:
    yield from unharmed(one_small_scene)


def newcomer(scene: Scene) -> None:
    """The honest peer gets another stream, too, and is answered."""
    with scene.honest.stream(source=HONEST_ADDRESS) as peer:
        scene.honest.ping(peer)


def has_news(peer: RawPeer) -> bool:
    """Whether something can be read, the end included."""
    return bool(select.select([peer.socket], [], [], 0)[0])


def test_who_stops_on_the_way_is_told_that_time_is_up(scene: Scene) -> None:
    waiting: list[tuple[RawPeer, Outcome]] = []
    with ExitStack() as stack:
        stages = [stage for stage in Stage if stage is not Stage.READY]
        waiting += [(stack.enter_context(scene.attacker.stream(stage)), TIMEOUT) for stage in stages]
        half = stack.enter_context(scene.attacker.stream(Stage.CONNECTED))
        half.send(header("a.test", "b.test")[:-1])
        waiting.append((half, TIMEOUT))
        direct = stack.enter_context(connected(scene.target.address, scene.target.direct_tls_port))
        direct.send(b"\x16\x03\x01\x02\x00\x01")  # the first bytes of a handshake, of more than they are
        waiting.append((direct, HungUp()))
        in_tls = stack.enter_context(scene.attacker.stream(Stage.OPENED))
        in_tls.send(STARTTLS_COMMAND)
        in_tls.read(STARTTLS + "proceed")
        waiting.append((in_tls, HungUp()))
        newcomer(scene)
        for peer, outcome in waiting:
            scene.honest_ping()
            check(outcome, peer, scene.attacker)


def test_dripping_bytes_buys_no_time(scene: Scene) -> None:
    with scene.attacker.stream(Stage.CONNECTED) as plain, scene.attacker.stream(Stage.OFFERED) as secured:
        dripping = [plain, secured]
        while dripping:
            for peer in dripping:
                peer.send(b" ")
            for _ in range(20):  # so slowly that the limit of bytes is not what ends it
                scene.honest_ping()
            dripping = [peer for peer in dripping if not has_news(peer)]
        check(TIMEOUT, plain, scene.attacker)
        check(TIMEOUT, secured, scene.attacker)


def test_a_flood_from_one_network_pushes_out_its_own(scene: Scene) -> None:
    with ExitStack() as stack:
        flood = [
            stack.enter_context(scene.attacker.stream(Stage.OPENED, source="127.0.0.66"))
            for _ in range(3 * PER_NETWORK)
        ]
        scene.honest_ping()
        newcomer(scene)
        gone = flood[:-PER_NETWORK]
        for peer in gone:
            check(HungUp(), peer, scene.attacker)
        assert not any(has_news(peer) for peer in flood[-PER_NETWORK:])


def test_a_flood_from_many_networks_lets_new_ones_in(scene: Scene) -> None:
    with ExitStack() as stack:
        flood = [
            stack.enter_context(scene.attacker.stream(Stage.OPENED, source=f"127.0.{network}.1"))
            for network in range(100, 100 + 2 * TOTAL)
        ]
        scene.honest_ping()
        newcomer(scene)
        for peer in flood[:TOTAL]:
            check(HungUp(), peer, scene.attacker)


def test_a_flood_of_connections_that_say_nothing_lets_new_ones_in(scene: Scene) -> None:
    with ExitStack() as stack:
        for port in (scene.target.port, scene.target.direct_tls_port):
            for _ in range(2 * PER_NETWORK):
                stack.enter_context(connected(scene.target.address, port, source="127.0.0.67"))
        scene.honest_ping()
        newcomer(scene)


def test_a_domain_keeps_only_its_newest_streams(scene: Scene) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(scene.attacker.stream()) for _ in range(3 * PER_PAIR)]
        scene.honest_ping()
        for peer in streams[:-PER_PAIR]:
            check(StreamError("conflict", "newer streams"), peer, scene.attacker)
        scene.attacker.ping(streams[-1])


def test_who_does_not_read_answers_delays_nobody_and_fills_no_memory(
    scene: Scene, certify: Certify, name_server: NameServer
) -> None:
    """Its server takes our stream and then reads nothing: answers wait, to a limit, and then there are none."""
    with raw_host() as host, name_server.announced("deaf.test", host.address, host.port):
        deaf = Correspondent(scene.target, certify("deaf.test"), host)
        with deaf.stream() as peer:
            deaf.ping(peer)
            burst = ping(deaf.domain, scene.target.domain, "i" * 20_000) * 20
            for _ in range(50):
                peer.send(burst)
                scene.honest_ping()
            link = scene.server.link(scene.target.domain, deaf.domain, Direction.OUTGOING)
            assert link is not None
            assert 0 < link.queued * 20_000 <= QueueLimits().bytes
        deaf.hang_up()


@pytest.mark.parametrize("how", ["its name server is silent", "its server is mute", "nobody listens there"])
def test_a_domain_that_cannot_be_reached_delays_nobody(
    how: str, scene: Scene, certify: Certify, name_server: NameServer
) -> None:
    domain = f"{how.replace(' ', '-')}.test"
    with raw_host() as mute, name_server.announced(domain, mute.address, mute.port):  # it never accepts
        if how == "nobody listens there":
            name_server.put_server(domain, mute.address, NOBODY)
        if how == "its name server is silent":
            name_server.fail(f"_xmpps-server._tcp.{domain}", SILENCE)
        unreachable = Correspondent(scene.target, certify(domain), mute)
        with unreachable.stream() as peer:
            for number in range(50):
                peer.send(ping(domain, scene.target.domain, f"{number}"))
                scene.honest_ping()
            newcomer(scene)
            link = scene.server.link(scene.target.domain, domain, Direction.OUTGOING)
            assert link is not None
            assert link.queued == 50
