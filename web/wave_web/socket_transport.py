"""The asyncio side of a WebSocket connection: bytes between a transport and a SocketConnection.

After the handshake the connection no longer belongs to aiohttp: this protocol takes its transport over. So a
connection costs no task, no parser and no request object, a message is carried out in the callback that
brought it, and a frame is written as it is. What a connection is sent during one round of the event loop is
written at its end, by one system call: a group commit tells every reader of many deltas at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Final, final

from wave_server.errors import WaveError
from wave_web import frames
from wave_web.frames import FrameError, FrameReader
from wave_web.settings import SocketLimits
from wave_web.socket_connection import SocketConnection
from wave_web.socket_protocol import request_id

_log: Final = logging.getLogger(__name__)
_LOW_WATER: Final = 65_536  # bytes unsent below which a peer is not behind


@final
class Outbox:
    """The connections that have something to write at the end of this round of the event loop."""

    __slots__ = ("_loop", "_transports")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Final = loop
        self._transports: list[SocketTransport] = []

    def add(self, transport: SocketTransport) -> None:
        """Have its frames written soon."""
        if not self._transports:
            self._loop.call_soon(self._flush)
        self._transports.append(transport)

    def _flush(self) -> None:
        transports, self._transports = self._transports, []
        for transport in transports:
            transport.flush()


@final
class SocketTransport(asyncio.Protocol):
    """One WebSocket connection's bytes. Bounded: what a peer does not read in time ends the connection."""

    __slots__ = (
        "__weakref__",
        "_allowed",
        "_behind",
        "_caught_up",
        "_clock",
        "_closing",
        "_ended",
        "_limits",
        "_outbox",
        "_reader",
        "_tasks",
        "_transport",
        "_unwritten",
        "connection",
        "heard",
        "since_ping",
    )

    connection: SocketConnection

    def __init__(
        self,
        transport: asyncio.Transport,
        limits: SocketLimits,
        clock: Callable[[], float],
        outbox: Outbox,
        ended: Callable[[SocketTransport], None],
    ) -> None:
        """``clock`` gives seconds; ``ended`` is called once, when the transport is gone. Set ``connection`` next."""
        self._transport: Final = transport
        self._limits: Final = limits
        self._clock: Final = clock
        self._ended: Final = ended
        self._outbox: Final = outbox
        self._unwritten: list[bytes] = []
        self._reader: Final = FrameReader(limits.message_bytes, limits.skipped_bytes)
        self._allowed = limits.unsent_bytes
        self._behind = False
        self._caught_up: asyncio.Future[None] | None = None
        self._closing = False
        self._tasks: set[asyncio.Task[None]] | None = None
        self.heard = clock()
        self.since_ping = False  # a ping has been sent since the peer was heard last
        transport.set_write_buffer_limits(high=_LOW_WATER, low=_LOW_WATER // 4)

    # ---- what the loop calls ----

    def data_received(self, data: bytes) -> None:
        """Bytes of the peer's."""
        self.heard = now = self._clock()
        self.since_ping = False
        try:
            for opcode, payload in self._reader.feed(data):
                if not self._closing:
                    self._carry_out(opcode, payload, now)
                elif opcode == frames.CLOSE:  # the peer's answer to our close, RFC 6455 §7.1.1
                    self._transport.close()
        except FrameError as error:
            self.close(error.close_code, str(error))
            self._transport.close()  # what follows cannot be read

    def eof_received(self) -> bool:
        """The peer has closed its half: so do we."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self._closing = True
        self.resume_writing()
        self.connection.lost()
        self._ended(self)

    def pause_writing(self) -> None:
        """More is unsent than a peer that keeps up leaves."""
        self._behind = True

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._behind = False
        if self._caught_up is not None:
            self._caught_up.set_result(None)
            self._caught_up = None

    # ---- Outlet ----

    def send(self, frame: bytes) -> None:
        """Send a frame; cut the connection when its peer is too far behind."""
        if self._closing:
            return
        if self._behind and self._unsent() + len(frame) > self._allowed:
            _log.info("%s reads too slowly: connection cut", self.connection.address)
            self.close(frames.SLOW_READER, "you read too slowly: connect again, and resume")
            return
        self._put(frame)

    def send_requested(self, frame: bytes) -> None:
        """Send a frame that the peer asked for; however long it is, the peer has time to read it."""
        if not self._closing:
            if not self._behind:
                self._allowed = self._limits.unsent_bytes
            self._allowed += len(frame)
            self._put(frame)

    async def caught_up(self) -> None:
        """Wait until the peer has not much left to read, or is gone."""
        self.flush()
        while self._behind and not self._transport.is_closing():
            if self._caught_up is None:
                self._caught_up = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._caught_up)

    def flush(self) -> None:
        """Write what has been sent. Nothing happens once the transport is closing."""
        unwritten = self._unwritten
        # uvloop raises when its transport has closed already, which here would cost others their frames.
        if unwritten and not self._transport.is_closing():
            self._transport.write(unwritten[0] if len(unwritten) == 1 else b"".join(unwritten))
        unwritten.clear()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run it as a task, which outlives the connection if it must."""
        if self._tasks is None:
            self._tasks = set()
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    # ---- the server's will ----

    def ping(self) -> None:
        """Ask the peer for a sign of life."""
        if not self._closing:
            self.since_ping = True
            self._put(frames.frame(frames.PING, b""))

    def close(self, code: int, reason: str) -> None:
        """Close the connection: send the code, and drop the peer when it does not take it in time."""
        if self._closing:
            return
        self._closing = True
        self._unwritten.append(frames.close_frame(code, reason))
        self.flush()
        asyncio.get_running_loop().call_later(self._limits.grace, self._transport.abort)

    def abort(self) -> None:
        """Drop the peer at once."""
        self._transport.abort()

    def _put(self, frame: bytes) -> None:
        if not self._unwritten:
            self._outbox.add(self)
        self._unwritten.append(frame)

    def _unsent(self) -> int:
        """Bytes that the operating system has not taken."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._unwritten))

    def _carry_out(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == frames.TEXT:
            self._text(payload, now)
        elif opcode == frames.CLOSE:
            code = frames.close_code(payload)
            self.close(frames.NORMAL_CLOSURE if code == 1005 else code, "")  # RFC 6455 §5.5.1: echo it
            self._transport.close()
        elif opcode == frames.PING:
            self.send(frames.frame(frames.PONG, payload))
        elif opcode == frames.BINARY:
            self.connection.binary()
        elif opcode == frames.OVERSIZED:
            self.connection.oversized()

    def _text(self, payload: bytes, now: float) -> None:
        try:
            self.connection.text(payload, now)
        except UnicodeDecodeError:
            raise FrameError(frames.INVALID_TEXT, "a text message is not UTF-8") from None
        except Exception:  # a fault of ours must not take the connection with it
            _log.exception("carrying out a message of %s failed", self.connection.address)
            self.connection.refuse(WaveError("the server failed on this message"), request_id(payload))

    def _finished(self, task: asyncio.Task[None]) -> None:
        assert self._tasks is not None
        self._tasks.discard(task)
        if not self._tasks:
            self._tasks = None
        if not task.cancelled() and task.exception() is not None:
            _log.error("opening a wave for %s failed", self.connection.address, exc_info=task.exception())
            self.connection.refuse(WaveError("the server failed on this message"), None)
