"""The sockets on which other servers open streams to us, with STARTTLS and with TLS from the first byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, final

from wave_federation.stanzas import Stanza
from wave_federation.streams.admission import Admission, AdmissionLimits
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.effects import Ending
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.live_streams import LiveStreams
from wave_federation.streams.receiving import ReceivingMachine, Reception
from wave_federation.streams.session import Judge, StreamSession
from wave_federation.tls.session import TlsSessions

_BACKLOG: Final = 512


@final
@dataclass(frozen=True, slots=True)
class ListeningAddress:
    """Where to listen. Port 0 stands for any free one."""

    host: str
    port: int
    direct_tls: bool = False


class IncomingUser(Protocol):
    """Who gets what arrives. No method may raise or block; any may close the stream."""

    def established(self, stream: StreamConnection) -> None:
        """A peer has authenticated as ``stream.remote``, and will send to ``stream.local``."""

    def arrived(self, stream: StreamConnection, stanza: Stanza) -> None:
        """A stanza came, from ``stream.remote`` to ``stream.local``."""

    def failed(self, stream: StreamConnection, ending: Ending) -> None:
        """A connection ended before it was established. ``stream.remote`` is what it claimed to be, if anything."""

    def ended(self, stream: StreamConnection, ending: Ending) -> None:
        """An established stream has ended."""


@final
class StreamListener:
    """Listening sockets and the streams on them."""

    def __init__(
        self,
        addresses: Sequence[ListeningAddress],
        reception: Reception,
        sessions: TlsSessions,
        judge: Judge,
        user: IncomingUser,
        *,
        limits: StreamLimits,
        admission: AdmissionLimits,
    ) -> None:
        """``judge`` judges the certificates of clients."""
        self._addresses: Final = tuple(addresses)
        self._reception: Final = reception
        self._sessions: Final = sessions
        self._judge: Final = judge
        self._user: Final = user
        self._limits: Final = limits
        self._admission: Final[Admission[StreamConnection]] = Admission(admission)
        self._servers: list[asyncio.Server] = []
        self._live: Final = LiveStreams()

    async def start(self) -> None:
        """Listen. Raises OSError when an address cannot be listened on; none is, then."""
        loop = asyncio.get_running_loop()
        try:
            for address in self._addresses:
                make = partial(self._make_connection, direct_tls=address.direct_tls)
                server = await loop.create_server(make, address.host, address.port, backlog=_BACKLOG)
                self._servers.append(server)
        except OSError:
            self._close_servers()
            raise

    @property
    def ports(self) -> list[int]:
        """The port of each listening address, in the order in which they were given."""
        return [int(server.sockets[0].getsockname()[1]) for server in self._servers]

    async def stop(self) -> None:
        """Listen no more, tell every peer that the server stops, and wait until the connections are gone."""
        self._close_servers()
        await self._live.stop()

    def _close_servers(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _make_connection(self, *, direct_tls: bool) -> StreamConnection:
        def make_session(now: float) -> StreamSession:
            machine = ReceivingMachine(self._reception, self._limits, now, direct_tls=direct_tls)
            return StreamSession(machine, self._sessions, self._judge, self._limits, now)

        return StreamConnection(make_session, self, self._limits)

    # ---- as the observer of its streams ----

    def connected(self, stream: StreamConnection) -> None:
        """One more that has not authenticated: the oldest of them may have to go."""
        self._live.add(stream)
        gives_way = self._admission.enter(stream.address, stream)
        if gives_way is not None:
            gives_way.abort("it gave way to newer connections")

    def established(self, stream: StreamConnection) -> None:
        """One less."""
        self._admission.leave(stream.address, stream)
        self._user.established(stream)

    def arrived(self, stream: StreamConnection, stanza: Stanza) -> None:
        """For the user."""
        self._user.arrived(stream, stanza)

    def writable(self, stream: StreamConnection) -> None:
        """Nothing is written here but negotiation."""

    def failed(self, stream: StreamConnection, ending: Ending) -> None:
        """For the user."""
        self._user.failed(stream, ending)

    def ended(self, stream: StreamConnection, ending: Ending) -> None:
        """For the user."""
        self._user.ended(stream, ending)

    def gone(self, stream: StreamConnection) -> None:
        """The connection is closed, authenticated or not."""
        self._admission.leave(stream.address, stream)
        self._live.discard(stream)
