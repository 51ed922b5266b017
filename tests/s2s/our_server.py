"""Our own server as other domains see it: native streams, router, ping, disco and version, on an event loop of its own.

It runs in a thread, so that tests can be raw peers on plain sockets meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from peers.credentials import Credentials
from s2s.attacking import Target
from s2s.name_server import NameServer
from wave_federation.links.dns_resolver import DnsResolver
from wave_federation.links.journal import LOGGER
from wave_federation.links.native import NativeSettings, NativeTransport
from wave_federation.links.transport import Direction, LinkStatus
from wave_federation.routing.disco import Disco
from wave_federation.routing.ping import serve_pings
from wave_federation.routing.router import Router
from wave_federation.routing.version import serve_version
from wave_federation.stanzas import Element, Kind, Stanza
from wave_federation.streams.listener import ListeningAddress
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.trust import TrustStore
from wave_federation.xml.validation import validate

ADDRESS: Final = "127.0.0.1"
_SECONDS: Final = 60.0

T = TypeVar("T")


class Complaints(logging.Handler):
    """What is logged as an error or worse, by us or by asyncio: nothing that a peer does may cause that."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: Final[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


class Journal(logging.Handler):
    """What is noted of links, for tests that wait for it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._noted: list[dict[str, object]] = []
        self._news = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self._news:
            self._noted.append(record.__dict__["link"])
            self._news.notify_all()

    def wait_for(self, event: str, local: str, remote: str) -> dict[str, object]:
        """The facts of the first such event between the two domains, as soon as it has happened."""
        wanted = {"event": event, "local": local, "remote": remote}

        def found() -> dict[str, object] | None:
            return next((facts for facts in self._noted if wanted.items() <= facts.items()), None)

        with self._news:
            facts = self._news.wait_for(found, _SECONDS)
        assert facts is not None, f"{wanted} was not noted"
        return facts


class OurServer:
    """A running server for one or several domains. The methods are for other threads than its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: NativeTransport, router: Router) -> None:
        self.transport: Final = transport
        self.router: Final = router
        self.messages: Final[queue.Queue[Stanza]] = queue.Queue()
        self.complaints: Final = Complaints()
        self.journal: Final = Journal()
        self._loop: Final = loop

    def target(self, domain: str) -> Target:
        """Where it is, to be reached as ``domain``."""
        port, direct_tls_port = self.transport.ports
        return Target(ADDRESS, port, direct_tls_port, domain)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop, and wait for what it returns or raises."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(_SECONDS)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function on the server's loop."""

        async def called() -> T:
            return function()

        return self.run(called())

    def link(self, local: str, remote: str, direction: Direction) -> LinkStatus | None:
        """The status of a link, if it is there."""
        for link in self.call(self.transport.status):
            if (link.local, link.remote, link.direction) == (local, remote, direction):
                return link
        return None

    async def take_message(self, stanza: Stanza) -> Element | None:
        """Serve messages: the tests read them from ``messages``."""
        self.messages.put(stanza)
        return None


def settings_for(domains: Sequence[Credentials], authorities: Path, name_server: NameServer) -> NativeSettings:
    """The usual settings: STARTTLS and direct TLS on free ports, names from ``name_server``."""
    files = {each.domain: CredentialFiles(each.certificate, each.private_key) for each in domains}
    return NativeSettings(
        CredentialStore(files, now=time.time()),
        TrustStore.from_file(authorities),
        listen=(ListeningAddress(ADDRESS, 0), ListeningAddress(ADDRESS, 0, direct_tls=True)),
        resolver=DnsResolver([name_server.address], port=name_server.port),
    )


@contextmanager
def running_server(settings: NativeSettings, *, domain: str) -> Iterator[OurServer]:
    """Serve until the block ends. ``domain`` is the one with a wave service at ``wave.<domain>``.

    Raises AssertionError at the end for anything that was logged as an error.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="our server", daemon=True)
    thread.start()

    async def start() -> OurServer:
        transport = NativeTransport(settings)
        router = Router(transport, validate)
        server = OurServer(loop, transport, router)
        serve_pings(router)
        serve_version(router, "Groundswell", "of the tests")
        Disco(router, domain=domain, service=f"wave.{domain}")
        router.handle(Kind.MESSAGE, "normal", None, server.take_message)
        await transport.start()
        return server

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(_SECONDS)
    try:
        with logged(server):
            yield server
            server.run(server.router.stop())
            server.run(server.transport.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert server.complaints.seen == []


@contextmanager
def logged(server: OurServer) -> Iterator[None]:
    """Give the server what is logged."""
    root, links = logging.getLogger(), logging.getLogger(LOGGER)
    level = links.level
    links.setLevel(logging.INFO)
    root.addHandler(server.complaints)
    links.addHandler(server.journal)
    try:
        yield
    finally:
        links.removeHandler(server.journal)
        root.removeHandler(server.complaints)
        links.setLevel(level)
