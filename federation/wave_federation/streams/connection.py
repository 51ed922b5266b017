"""One stream on a socket: a thin asyncio shell around ``StreamSession``. It moves bytes and keeps time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, cast, final

from wave_federation.errors import QueueFull, RemoteProtocolError
from wave_federation.stanzas import Stanza
from wave_federation.streams.effects import Deliver, End, Ending, Established
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.session import Happening, StreamSession

_TOGETHER: Final = 16_384  # bytes of stanzas that one turn of the loop gathers before they are written: a TLS record
_NOBODY: Final = ("0.0.0.0", 0)  # noqa: S104 - a peer that was gone before anybody could look who it was


@final
@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What administrators want to know about a stream."""

    address: str  # "192.0.2.7:5269", "[2001:db8::7]:5269"
    tls_version: str  # "TLSv1.3"
    certificate_expires: float | None  # the peer's, seconds since 1970


class StreamObserver(Protocol):
    """Who is told of a stream's life. No method may raise or block; any may close the stream.

    ``connected`` comes first and ``gone`` last. In between comes either ``failed``, or ``established`` and later
    ``ended``.
    """

    def connected(self, stream: StreamConnection) -> None:
        """The connection is made; nothing is negotiated yet."""

    def established(self, stream: StreamConnection) -> None:
        """The stream is authenticated: stanzas may pass from its initiating side."""

    def arrived(self, stream: StreamConnection, stanza: Stanza) -> None:
        """A stanza came, from ``stream.remote`` to ``stream.local``."""

    def writable(self, stream: StreamConnection) -> None:
        """There is room for stanzas again."""

    def failed(self, stream: StreamConnection, ending: Ending) -> None:
        """The stream ended before it was established."""

    def ended(self, stream: StreamConnection, ending: Ending) -> None:
        """The stream has ended: nothing more comes, and nothing more may be sent."""

    def gone(self, stream: StreamConnection) -> None:
        """The connection is no more."""


@final
class StreamConnection(asyncio.Protocol):
    """A stream from the connection on. When it has ended it lingers, so that the peer can read why."""

    __slots__ = (
        "_armed",
        "_established",
        "_flushing",
        "_happenings",
        "_limits",
        "_linger_until",
        "_loop",
        "_make_session",
        "_observer",
        "_peer",
        "_session",
        "_stall_at",
        "_telling",
        "_timer",
        "_transport",
    )

    _session: StreamSession  # both from the connection on
    _transport: asyncio.Transport

    def __init__(
        self, make_session: Callable[[float], StreamSession], observer: StreamObserver, limits: StreamLimits
    ) -> None:
        """``make_session`` is given the time of the connection, on the loop's clock."""
        self._make_session: Final = make_session
        self._observer: Final = observer
        self._limits: Final = limits
        self._loop: Final = asyncio.get_running_loop()
        self._established = False  # as the observer was told
        self._flushing = False  # whether what was sent will be written when this turn of the loop is over
        self._happenings: deque[Happening] = deque()  # not told yet
        self._telling = False
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0.0  # when the timer goes off
        self._stall_at: float | None = None  # when to give up a peer that takes nothing
        self._linger_until: float | None = None  # since the stream has ended

    # ---- for its users ----

    @property
    def local(self) -> str:
        """Our domain, canonical; empty while an incoming stream has not named it."""
        return self._session.local or ""

    @property
    def remote(self) -> str:
        """The peer's domain, canonical; empty while an incoming stream has not named it. Proved when established."""
        return self._session.remote or ""

    @property
    def address(self) -> str:
        """The peer's IP address."""
        return self._peer[0]

    @property
    def facts(self) -> StreamFacts:
        """What administrators want to know."""
        host, port = self._peer
        tls = self._session.tls
        chain = tls.peer_chain if tls is not None else ()
        return StreamFacts(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            tls.version if tls is not None else "",
            chain[0].not_valid_after_utc.timestamp() if chain else None,
        )

    @property
    def writable(self) -> bool:
        """Whether there is room for a stanza: not while much waits to be read by the peer, nor after the end."""
        return self._session.established and self._stall_at is None

    def send(self, stanza: Stanza) -> None:
        """Write a stanza on an outgoing stream. Raises QueueFull unless it ``writable``."""
        if not self.writable:
            raise QueueFull(f"{self.remote} has not taken what was sent before")
        self._session.send(stanza, self._loop.time())
        if self._session.unencrypted >= _TOGETHER:
            self._flush()
        elif not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def close(self, reason: str = "it is not needed any more", error: RemoteProtocolError | None = None) -> None:
        """End the stream, without waiting: in good order, or with an error. What was sent before is sent first."""
        self._after(self._session.close(self._loop.time(), reason, error))

    def abort(self, reason: str) -> None:
        """Drop the connection now, without a word to the peer."""
        self._after(self._session.give_up(self._loop.time(), reason))
        self._transport.abort()

    def pause_reading(self) -> None:
        """Take nothing more from the peer for now: whoever gets the stanzas has too many."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        self._transport.resume_reading()

    # ---- for asyncio ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        now = self._loop.time()
        self._transport = cast("asyncio.Transport", transport)
        # Kept, because uvloop asks the socket, which knows it no more when the connection is lost
        host, port = (self._transport.get_extra_info("peername") or _NOBODY)[:2]
        self._peer = (str(host), int(port))
        self._transport.set_write_buffer_limits(high=self._limits.write_bytes)
        self._session = self._make_session(now)
        self._observer.connected(self)
        if not self._session.ended:
            self._after(self._session.start(now))

    def data_received(self, data: bytes) -> None:
        """Take what came. What comes while the connection lingers is for nobody."""
        if self._linger_until is None:
            self._after(self._session.receive_data(data, self._loop.time()))

    def eof_received(self) -> None:
        """Nothing more comes: asyncio closes the connection when what is to be sent has been."""
        self._after(self._session.receive_eof(self._loop.time()))

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._after(self._session.receive_eof(self._loop.time()))
        if self._timer is not None:
            self._timer.cancel()
        self._observer.gone(self)

    def pause_writing(self) -> None:
        """The peer takes less than we send."""
        self._stall_at = self._loop.time() + self._limits.stall_seconds
        self._arm()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        self._stall_at = None
        if self._session.established:
            self._observer.writable(self)

    # ---- what follows from what happened ----

    def _flush(self) -> None:
        self._flushing = False
        data = self._session.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _after(self, happenings: list[Happening]) -> None:
        """Send what is to be sent, tell what happened, in order, and see when something is due."""
        self._flush()
        self._happenings.extend(happenings)
        if self._telling:  # whoever is told may call us: it is told the rest afterwards
            return
        self._telling = True
        try:
            while self._happenings:
                self._tell(self._happenings.popleft())
        finally:
            self._telling = False
        self._arm()

    def _tell(self, happening: Happening) -> None:
        match happening:
            case Established():
                self._established = True
                self._observer.established(self)
            case Deliver(stanza):
                self._observer.arrived(self, stanza)
            case End(ending):
                self._linger()
                if self._established:
                    self._observer.ended(self, ending)
                else:
                    self._observer.failed(self, ending)

    def _linger(self) -> None:
        """Close our half, so that the peer reads to our last word, and leave it some time to close its own."""
        self._linger_until = self._loop.time() + self._limits.close_seconds
        if not self._transport.is_closing():
            self._transport.resume_reading()
            with suppress(OSError):  # the peer has reset the connection: asyncio is about to notice
                self._transport.write_eof()

    def _deadline(self) -> float | None:
        if self._linger_until is not None:
            return self._linger_until
        dues = [due for due in (self._session.next_deadline(), self._stall_at) if due is not None]
        return min(dues, default=None)

    def _arm(self) -> None:
        """Have the timer go off when something is due, or before: a deadline that moves away costs nothing."""
        due = self._deadline()
        if due is None or (self._timer is not None and self._armed <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed = due
        self._timer = self._loop.call_at(due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._loop.time()
        if self._linger_until is not None and now >= self._linger_until:
            self._transport.abort()
        elif self._linger_until is None and self._stall_at is not None and now >= self._stall_at:
            self.abort(f"{self.remote or 'the peer'} takes nothing of what is sent to it")
        elif self._linger_until is None:
            self._after(self._session.handle_timer(now))
        else:
            self._arm()
