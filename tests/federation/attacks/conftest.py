"""A server of ours under attack, the attacker, and an honest peer that is not to notice any of it."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from peers.credentials import Certify
from s2s.attacking import Correspondent, Target
from s2s.name_server import NameServer
from s2s.our_server import OurServer, running_server, settings_for
from s2s.pki import Authority, md5_authority
from s2s.raw_host import raw_host
from s2s.raw_peer import SECONDS, RawPeer
from wave_federation.links.native import NativeSettings
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.session import StreamSession
from wave_federation.xml.stream_parser import StreamParser

DOMAINS = ("b.test", "second.test", "wave.b.test")
HONEST_ADDRESS = "127.0.0.9"


@dataclass(frozen=True)
class Scene:
    """Server, attacker (a.test) and honest peer (honest.test), whose streams are both up."""

    server: OurServer
    target: Target
    attacker: Correspondent
    honest: Correspondent
    honest_stream: RawPeer

    def honest_ping(self) -> None:
        """The honest peer pings on its stream, and has the answer on the one to it. Raises when it does not come."""
        self.honest.ping(self.honest_stream)


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def stream_objects() -> Counter[str]:
    """How many objects there are that belong to streams."""
    gc.collect()
    kinds = (StreamConnection, StreamSession, StreamParser)
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, kinds))


def settle(descriptors: int) -> None:
    """Wait until no more are open: nothing tells one end of a connection that the other end's descriptor is closed."""
    deadline = time.monotonic() + SECONDS
    while open_descriptors() > descriptors:
        assert time.monotonic() < deadline, "a connection was not closed"
        time.sleep(0.002)


@pytest.fixture(scope="session")
def attacked_settings(
    certify: Certify, authority: Authority, name_server: NameServer, tmp_path_factory: pytest.TempPathFactory
) -> NativeSettings:
    """The usual settings; MD5 certificates fail for MD5, not for their authority."""
    directory = tmp_path_factory.mktemp("authorities")
    bundle = directory / "bundle.crt"
    files: list[Path] = [authority.write(directory), md5_authority().write(directory, "md5")]
    bundle.write_bytes(b"".join(path.read_bytes() for path in files))
    return settings_for([certify(domain) for domain in DOMAINS], bundle, name_server)


def staged(settings: NativeSettings, certify: Certify, name_server: NameServer) -> Iterator[Scene]:
    """Start a server, and a correspondent of it at either end of the moral scale."""
    with ExitStack() as stack:
        server = stack.enter_context(running_server(settings, domain=DOMAINS[0]))
        target = server.target(DOMAINS[0])
        correspondents = []
        for domain in ("a.test", "honest.test"):
            host = stack.enter_context(raw_host())
            name_server.put_server(domain, host.address, host.port)
            correspondent = Correspondent(target, certify(domain), host)
            stack.callback(correspondent.hang_up)
            correspondents.append(correspondent)
        attacker, honest = correspondents
        with attacker.stream() as peer:
            attacker.ping(peer)  # the stream for what it is answered is there from now on
        stream = stack.enter_context(honest.stream(source=HONEST_ADDRESS))
        scene = Scene(server, target, attacker, honest, stream)
        scene.honest_ping()
        before = stream_objects()
        yield scene
        assert not stream_objects() - before, "objects of streams that are over"


@pytest.fixture(scope="module")
def one_scene(attacked_settings: NativeSettings, certify: Certify, name_server: NameServer) -> Iterator[Scene]:
    """For all attacks of a module."""
    yield from staged(attacked_settings, certify, name_server)


@pytest.fixture(scope="module")
def one_strict_scene(attacked_settings: NativeSettings, certify: Certify, name_server: NameServer) -> Iterator[Scene]:
    """The same, and the server wants certificates that are for clients."""
    yield from staged(replace(attacked_settings, strict_usage=True), certify, name_server)


def unharmed(scene: Scene) -> Iterator[Scene]:
    """Lend the scene to a test, and see that it leaves nothing behind."""
    descriptors = open_descriptors()
    yield scene
    settle(descriptors)
    scene.honest_ping()
    assert scene.server.complaints.seen == []


@pytest.fixture
def scene(one_scene: Scene) -> Iterator[Scene]:
    """The module's scene, unharmed."""
    yield from unharmed(one_scene)


@pytest.fixture
def strict_scene(one_strict_scene: Scene) -> Iterator[Scene]:
    """The module's strict scene, unharmed."""
    yield from unharmed(one_strict_scene)
