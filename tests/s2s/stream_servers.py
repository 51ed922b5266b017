"""Two servers of ours on sockets: alpha.test listens, beta.test connects, and both write down what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from s2s.stream_pairs import Servers, judge
from wave_federation.errors import LinkFailed
from wave_federation.stanzas import Stanza
from wave_federation.streams.admission import AdmissionLimits
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.connector import Connector
from wave_federation.streams.effects import Ending
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.listener import ListeningAddress, StreamListener
from wave_federation.streams.receiving import Reception
from wave_federation.tls.certificate_faults import Role


@dataclass(frozen=True, slots=True)
class Address:
    """Where a stream is opened to."""

    address: str
    port: int
    direct_tls: bool = False


@dataclass
class Host:
    """The user of a listener."""

    streams: asyncio.Queue[StreamConnection] = field(default_factory=asyncio.Queue)
    stanzas: asyncio.Queue[Stanza] = field(default_factory=asyncio.Queue)
    endings: asyncio.Queue[Ending] = field(default_factory=asyncio.Queue)
    failures: asyncio.Queue[Ending] = field(default_factory=asyncio.Queue)
    on_established: Callable[[StreamConnection], None] = lambda _stream: None

    def established(self, stream: StreamConnection) -> None:
        self.on_established(stream)
        self.streams.put_nowait(stream)

    def arrived(self, _stream: StreamConnection, stanza: Stanza) -> None:
        self.stanzas.put_nowait(stanza)

    def failed(self, _stream: StreamConnection, ending: Ending) -> None:
        self.failures.put_nowait(ending)

    def ended(self, _stream: StreamConnection, ending: Ending) -> None:
        self.endings.put_nowait(ending)


@dataclass
class Caller:
    """The user of an outgoing stream."""

    writable: asyncio.Event = field(default_factory=asyncio.Event)
    endings: asyncio.Queue[LinkFailed | None] = field(default_factory=asyncio.Queue)

    def stream_writable(self) -> None:
        self.writable.set()

    def stream_ended(self, error: LinkFailed | None) -> None:
        self.endings.put_nowait(error)


class Alpha:
    """alpha.test, listening, with STARTTLS and with TLS from the first byte."""

    def __init__(self, listener: StreamListener, host: Host) -> None:
        self.host: Final = host
        self.listener: Final = listener
        plain, direct = listener.ports
        self.plain: Final = Address("127.0.0.1", plain)
        self.direct: Final = Address("127.0.0.1", direct, direct_tls=True)


@asynccontextmanager
async def listening(
    servers: Servers,
    *,
    limits: StreamLimits | None = None,
    admission: AdmissionLimits | None = None,
    refusal: Callable[[str], str | None] = lambda _domain: None,
    on_established: Callable[[StreamConnection], None] = lambda _stream: None,
) -> AsyncIterator[Alpha]:
    """alpha.test, until the block ends."""
    host = Host(on_established=on_established)
    listener = StreamListener(
        [ListeningAddress("127.0.0.1", 0), ListeningAddress("127.0.0.1", 0, direct_tls=True)],
        Reception(("alpha.test", "wave.alpha.test"), refusal),
        servers.alpha,
        judge(servers.authority, Role.CLIENT),
        host,
        limits=limits or StreamLimits(close_seconds=1),
        admission=admission or AdmissionLimits(),
    )
    await listener.start()
    try:
        yield Alpha(listener, host)
    finally:
        await listener.stop()


def connector(servers: Servers, limits: StreamLimits | None = None) -> Connector:
    """What beta.test opens streams with."""
    return Connector(servers.beta, judge(servers.authority, Role.SERVER), limits or StreamLimits(close_seconds=1))
