"""Opening streams to other servers."""

from __future__ import annotations

import asyncio
import os
from typing import Final, Protocol, final

from wave_federation.errors import LinkFailed
from wave_federation.stanzas import Stanza
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.effects import Ending
from wave_federation.streams.initiating import InitiatingMachine
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.live_streams import LiveStreams
from wave_federation.streams.session import Judge, StreamSession
from wave_federation.tls.session import TlsSessions


class Target(Protocol):
    """A socket address that may be a server of the domain; ``links.candidates.Candidate`` is one."""

    @property
    def address(self) -> str:
        """An IP address."""

    @property
    def port(self) -> int:
        """The port."""

    @property
    def direct_tls(self) -> bool:
        """Whether TLS begins with the first byte, XEP-0368."""


class OutgoingUser(Protocol):
    """Who is told of an outgoing stream's life, perhaps before ``connect`` has returned it. No method may raise."""

    def stream_writable(self) -> None:
        """It has become writable again."""

    def stream_ended(self, error: LinkFailed | None) -> None:
        """It is over: with an error, or (None) because it was closed in order. Said once."""


@final
class Connector:
    """Opens streams with the credentials of our domains. ``judge`` judges the certificates of servers."""

    def __init__(self, sessions: TlsSessions, judge: Judge, limits: StreamLimits) -> None:
        self._sessions: Final = sessions
        self._judge: Final = judge
        self._limits: Final = limits
        self._live: Final = LiveStreams()

    async def stop(self) -> None:
        """Close all streams, telling the peers that the server stops, and wait until the connections are gone."""
        await self._live.stop()

    async def connect(self, local: str, remote: str, target: Target, user: OutgoingUser) -> StreamConnection:
        """An established stream from ``local``, one of ours, to ``remote``, both canonical, by way of ``target``.

        Takes at most ``connect_seconds`` and ``negotiation_seconds``. Raises LinkFailed, which names the fault in one
        sentence; nothing is left behind then, nor after a cancellation.
        """
        attempt = _Attempt(user, self._live)

        def make_session(now: float) -> StreamSession:
            machine = InitiatingMachine(local, remote, self._limits, now, direct_tls=target.direct_tls)
            return StreamSession(machine, self._sessions, self._judge, self._limits, now)

        def make_connection() -> StreamConnection:
            return StreamConnection(make_session, attempt, self._limits)

        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                _, stream = await loop.create_connection(make_connection, target.address, target.port)
        except TimeoutError as error:
            raise LinkFailed(f"nothing answered within {self._limits.connect_seconds:g} seconds") from error
        except OSError as error:
            raise LinkFailed(f"no connection could be made: {_reason(error)}") from error
        try:
            await attempt.outcome
        except BaseException:
            stream.abort("the attempt was given up")
            raise
        return stream


@final
class _Attempt:
    """Observes one stream: its outcome first, then what happens to it."""

    def __init__(self, user: OutgoingUser, live: LiveStreams) -> None:
        self._user: Final = user
        self._live: Final = live
        self.outcome: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

    def connected(self, stream: StreamConnection) -> None:
        """Nothing is known yet."""
        self._live.add(stream)

    def established(self, stream: StreamConnection) -> None:
        """It can be used."""
        if not self.outcome.done():
            self.outcome.set_result(None)

    def arrived(self, stream: StreamConnection, stanza: Stanza) -> None:
        """The state machine lets nothing arrive on a stream that we opened."""
        raise AssertionError("a stanza arrived on an outgoing stream")

    def writable(self, stream: StreamConnection) -> None:
        """For the user."""
        self._user.stream_writable()

    def failed(self, stream: StreamConnection, ending: Ending) -> None:
        """It cannot."""
        if not self.outcome.done():
            self.outcome.set_exception(LinkFailed(ending.reason))

    def ended(self, stream: StreamConnection, ending: Ending) -> None:
        """For the user."""
        self._user.stream_ended(None if ending.orderly else LinkFailed(ending.reason))

    def gone(self, stream: StreamConnection) -> None:
        """Nothing is left to do."""
        self._live.discard(stream)


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
