"""Our own servers for tests: native transports on loopback, and what they heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import Any, Final

from peers.credentials import Credentials
from wave_federation.links.backoff import Backoff
from wave_federation.links.candidates import Endpoint
from wave_federation.links.link import LinkSettings
from wave_federation.links.native import NativeSettings, NativeTransport
from wave_federation.links.transport import Direction, LinkChanged
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.streams.listener import ListeningAddress
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.trust import TrustStore

QUICK: Final = LinkSettings(backoff=Backoff(first=0.01, cap=0.02), settling_time=0.0)  # after failures, in seconds


class NativeServer:
    """A started transport. What it hears waits in queues."""

    def __init__(self, transport: NativeTransport) -> None:
        self.transport: Final = transport
        self.heard: Final[asyncio.Queue[Stanza]] = asyncio.Queue()
        self.changes: Final[asyncio.Queue[LinkChanged]] = asyncio.Queue()
        transport.listen(self.heard.put_nowait)
        transport.observe(self.changes.put_nowait)

    @property
    def route(self) -> Endpoint:
        """Where it takes streams with STARTTLS."""
        return Endpoint("127.0.0.1", self.transport.ports[0])

    @property
    def direct_route(self) -> Endpoint:
        """Where it takes those with TLS from the first byte."""
        return Endpoint("127.0.0.1", self.transport.ports[1], direct_tls=True)

    def say(self, sender: str, recipient: str, id: str, *, kind: Kind = Kind.MESSAGE, type: str | None = None) -> None:  # noqa: A002 - the attributes' names
        """Send a stanza without payload."""
        self.transport.send(make_stanza(kind, sender, recipient, type=type, id=id))

    async def hear(self) -> tuple[str, str, str | None]:
        """Sender, recipient and id of the next stanza."""
        stanza = await self.heard.get()
        return str(stanza.sender), str(stanza.recipient), stanza.id

    async def until(self, direction: Direction, *, up: bool) -> LinkChanged:
        """Wait until a link of this direction changes so."""
        while True:
            change = await self.changes.get()
            if (change.direction, change.up) == (direction, up):
                return change


@asynccontextmanager
async def native_server(
    hosts: Sequence[Credentials], authority: Path, *, port: int = 0, **settings: Any
) -> AsyncIterator[NativeServer]:
    """A server for the domains of ``hosts``; ``settings`` are NativeSettings', beside what each test server has."""
    files = {host.domain: CredentialFiles(host.certificate, host.private_key) for host in hosts}
    transport = NativeTransport(
        NativeSettings(
            CredentialStore(files, now=time()),
            TrustStore.from_file(authority),
            (ListeningAddress("127.0.0.1", port), ListeningAddress("127.0.0.1", 0, direct_tls=True)),
            **{"link": QUICK, **settings},
        )
    )
    server = NativeServer(transport)
    await transport.start()
    try:
        yield server
    finally:
        await transport.stop()
