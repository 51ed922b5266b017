"""One WebSocket connection of protocol ``wave.v1``: messages in, frames out. No socket, no clock, no tasks.

The transport is an ``Outlet``; what must be awaited (opening a wave) is handed to it as a coroutine. The host
calls back into the ``WaveReader`` of each open wave. A message that is refused is answered with an error and
changes nothing; the connection goes on. Source: DESIGN.md, section 8; docs/protocol.md.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Final, Protocol, TypeAlias, final

from msgspec import UNSET

from wave_ot.deltas import HashedVersion
from wave_server.digests import Digest
from wave_server.errors import Conflict, Forbidden, InvalidRequest, TooLarge, WaveError
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.submission import Acknowledgement, Cursor, Delta, Reader, Submission, WaveletSnapshot
from wave_server.troubles import WaveletTroubles
from wave_web import socket_protocol as protocol
from wave_web.authentication import WRITE_SCOPE
from wave_web.delta_frames import SharedFrames, ack_frame, snapshot_frame
from wave_web.errors import NotOpen, Throttled
from wave_web.frames import text_frame
from wave_web.rate_limits import BucketTable, TokenBucket
from wave_web.settings import SocketLimits
from wave_web.socket_protocol import (
    Close,
    DigestMessage,
    ErrorMessage,
    Open,
    Opened,
    Ping,
    PlaceCursor,
    Pong,
    Submit,
    TroubleJson,
    TroublesMessage,
    Watch,
    Watching,
)

_log: Final = logging.getLogger(__name__)

_ToOpen: TypeAlias = "deque[tuple[WaveReader, Mapping[WaveletName, HashedVersion]]]"
Reply: TypeAlias = Callable[[Acknowledgement | WaveError], None]


class Host(Protocol):
    """What a connection asks of the core; ``wave_server.WaveHost`` is it."""

    async def open(self, wave: WaveId, reader: Reader, known: Mapping[WaveletName, HashedVersion]) -> None:
        """Start reading a wave."""

    def close(self, wave: WaveId, reader: Reader) -> None:
        """Stop reading it."""

    def submit(
        self, name: WaveletName, submission: Submission, submitter: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        """Apply operations; ``reply`` is called once."""

    def cursor(self, name: WaveletName, document: str, anchor: int, head: int, origin: Reader) -> None:
        """Show the wavelet's other readers where the selection is. Raises WaveError."""


class DigestFeed(Protocol):
    """Where changes of inboxes come from; ``wave_server.live_digests.LiveDigests`` is it."""

    def watch(self, address: WaveAddress, watcher: Callable[[str, Digest | None], None]) -> None:
        """Tell ``watcher`` of each wave of the address's inbox that changes."""

    def unwatch(self, address: WaveAddress, watcher: Callable[[str, Digest | None], None]) -> None:
        """Tell it no more."""


class Outlet(Protocol):
    """The transport of a connection. No method blocks or raises, also when the peer is gone."""

    def send(self, frame: bytes) -> None:
        """Send a frame, or cut the connection when its peer reads too slowly."""

    def send_requested(self, frame: bytes) -> None:
        """Send a frame that the peer asked for, and that does not count as being slow."""

    async def caught_up(self) -> None:
        """Wait until the peer has not much left to read, or is gone."""

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run it as a task."""


@final
class SharedState:
    """What the connections of one server share."""

    __slots__ = ("account_bytes", "account_messages", "account_operations", "digests", "frames", "host", "limits")

    def __init__(self, host: Host, digests: DigestFeed, limits: SocketLimits) -> None:
        self.host: Final = host
        self.digests: Final = digests
        self.limits: Final = limits
        self.frames: Final = SharedFrames()
        self.account_messages: Final = BucketTable[WaveAddress](limits.account_messages)
        self.account_bytes: Final = BucketTable[WaveAddress](limits.account_bytes)
        self.account_operations: Final = BucketTable[WaveAddress](limits.account_operations)


@final
class SocketConnection:
    """One authenticated connection. Feed it text messages; tell it when the peer is gone."""

    __slots__ = (
        "_bytes",
        "_in_flight",
        "_may_write",
        "_messages",
        "_names",
        "_operations",
        "_readers",
        "_shared",
        "_to_open",
        "_watching",
        "address",
        "outlet",
    )

    def __init__(
        self, address: WaveAddress, shared: SharedState, outlet: Outlet, now: float, *, may_write: bool = True
    ) -> None:
        self.address: Final = address
        self._may_write: Final = may_write
        self.outlet: Final = outlet
        self._shared: Final = shared
        self._readers: Final[dict[WaveId, WaveReader]] = {}
        self._names: Final[dict[str, WaveletName]] = {}  # of wavelets in open waves, by path
        self._in_flight: Final[set[WaveletName]] = set()
        self._to_open: _ToOpen | None = None  # None: no task is at it
        self._watching = False
        limits = shared.limits
        self._messages: Final = TokenBucket(limits.connection_messages, now)
        self._bytes: Final = TokenBucket(limits.connection_bytes, now)
        self._operations: Final = TokenBucket(limits.connection_operations, now)

    # ---- what the peer sends ----

    def text(self, payload: bytes, now: float) -> None:
        """Carry out one text message. Raises UnicodeDecodeError when it is not UTF-8, and nothing else."""
        request_id: int | None = None
        try:
            self._limit_message(len(payload), now)
            message = protocol.decode_client_message(payload)
            if isinstance(message, Submit):
                request_id = message.id
                self._submit(message, now)
            elif isinstance(message, PlaceCursor):
                self._place_cursor(message)
            elif isinstance(message, Open):
                request_id = message.id
                self._open(message)
            elif isinstance(message, Watch):
                request_id = message.id
                self._watch(message)
            elif isinstance(message, Ping):
                self.outlet.send(text_frame(protocol.encode(Pong(message.id))))
            else:
                self._close(message)
        except protocol.MalformedMessage as error:
            self.refuse(error, error.id)
        except Throttled as error:
            self.refuse(error, protocol.request_id(payload) if request_id is None else request_id)
        except WaveError as error:
            self.refuse(error, request_id)

    def binary(self) -> None:
        """A binary message came."""
        self.refuse(InvalidRequest(f"{protocol.SUBPROTOCOL} has text messages only"), None)

    def oversized(self) -> None:
        """A message came that was too long, and has been skipped."""
        limit = self._shared.limits.message_bytes
        self.refuse(TooLarge(f"a message has at most {limit} bytes: submit in smaller parts"), None)

    def lost(self) -> None:
        """The peer is gone: stop reading on its behalf. What it submitted is carried out all the same."""
        for reader in list(self._readers.values()):
            self._forget(reader)
        if self._watching:
            self._shared.digests.unwatch(self.address, self.digest)

    # ---- what it gets ----

    def refuse(self, error: WaveError, request_id: int | None, *, wave: str = "", wavelet: str = "") -> None:
        """Send an error: about a request, about a wave or wavelet, or about the message that was read last."""
        message = ErrorMessage(
            error.code,
            str(error),
            UNSET if request_id is None else request_id,
            wave or UNSET,
            wavelet or UNSET,
            math.ceil(error.retry_after * 1000) if isinstance(error, Throttled) else UNSET,
        )
        self.outlet.send(text_frame(protocol.encode(message)))

    def learn(self, name: WaveletName) -> None:
        """Remember a wavelet's name by its path, so that it need not be read anew in every message."""
        self._names[name.path] = name

    def digest(self, wave: str, digest: Digest | None) -> None:
        """A wave of the inbox that is watched has changed."""
        self.outlet.send(text_frame(protocol.encode(DigestMessage(wave, digest))))

    def answer_submission(self, request_id: int, name: WaveletName, answer: Acknowledgement | WaveError) -> None:
        """The host's answer to a submission."""
        self._in_flight.discard(name)
        if isinstance(answer, WaveError):
            self.refuse(answer, request_id)
        else:
            if name.wave in self._readers:  # perhaps this made the wavelet
                self.learn(name)
            self.outlet.send(ack_frame(request_id, answer))

    # ---- the messages ----

    def _open(self, message: Open) -> None:
        wave = WaveId.parse(message.wave)
        if wave in self._readers:
            raise Conflict(f"the wave {wave} is open on this connection already")
        if len(self._readers) >= self._shared.limits.open_waves:
            raise TooLarge(f"a connection has at most {self._shared.limits.open_waves} open waves: close one")
        known: dict[WaveletName, HashedVersion] = {}
        for path, (version, history_hash) in message.known.items():
            name = WaveletName.parse_path(path)
            if name.wave != wave:
                raise InvalidRequest(f"known: {path} is not a wavelet of {wave}")
            known[name] = protocol.decode_hashed_version(version, history_hash)
        reader = WaveReader(self, wave, self._shared.frames, message.id)
        self._readers[wave] = reader
        if self._to_open is None:
            self._to_open = deque()
            self.outlet.start(self._open_all(self._to_open))
        self._to_open.append((reader, known))

    async def _open_all(self, to_open: _ToOpen) -> None:
        """Open one wave after the other, each when the peer has read what came of those before."""
        try:
            while to_open:
                reader, known = to_open.popleft()
                if not reader.closed:
                    await self._open_at_host(reader, known)
                    await self.outlet.caught_up()
        finally:
            self._to_open = None

    async def _open_at_host(self, reader: WaveReader, known: Mapping[WaveletName, HashedVersion]) -> None:
        host = self._shared.host
        try:
            await host.open(reader.wave, reader, known)
        except WaveError as error:
            self._not_opened(reader, error)
        except Exception:  # a fault of ours must not keep the connection's other waves from being opened
            _log.exception("opening %s for %s failed", reader.wave, self.address)
            self._not_opened(reader, WaveError("the server failed on this message"))
        if reader.closed:  # perhaps while the host was opening it
            host.close(reader.wave, reader)

    def _not_opened(self, reader: WaveReader, error: WaveError) -> None:
        if not reader.closed:
            self._forget(reader)
            self.refuse(error, reader.request_id)

    def _close(self, message: Close) -> None:
        self._forget(self._reader_of(WaveId.parse(message.wave)))

    def _forget(self, reader: WaveReader) -> None:
        wave = reader.wave
        reader.closed = True
        del self._readers[wave]
        for path in [path for path, name in self._names.items() if name.wave == wave]:
            del self._names[path]
        self._shared.host.close(wave, reader)

    def _submit(self, message: Submit, now: float) -> None:
        name = self._names.get(message.wavelet) or WaveletName.parse_path(message.wavelet)
        reader = self._reader_of(name.wave)
        if not self._may_write:
            raise Forbidden(f"this token may only read: submitting needs one with the scope {WRITE_SCOPE}")
        if name in self._in_flight:
            raise Conflict(f"a submission to {name.path} is in flight on this connection: await its answer")
        target = protocol.decode_hashed_version(message.at, message.hash)
        submission = Submission(target, protocol.decode_operations(message.ops), message.key)
        self._limit_operations(len(message.ops), now)
        self._in_flight.add(name)
        reply = _SubmissionReply(self, message.id, name)
        try:
            self._shared.host.submit(name, submission, self.address, reader, reply)
        except BaseException:
            self._in_flight.discard(name)
            raise

    def _place_cursor(self, message: PlaceCursor) -> None:
        name = self._names.get(message.wavelet) or WaveletName.parse_path(message.wavelet)
        reader = self._reader_of(name.wave)
        self._shared.host.cursor(name, message.doc, message.anchor, message.head, reader)

    def _watch(self, message: Watch) -> None:
        if self._watching:
            raise Conflict("this connection watches the inbox already")
        self._watching = True
        self._shared.digests.watch(self.address, self.digest)
        self.outlet.send(text_frame(protocol.encode(Watching(message.id))))

    def _reader_of(self, wave: WaveId) -> WaveReader:
        reader = self._readers.get(wave)
        if reader is None:
            raise NotOpen(f"the wave {wave} is not open on this connection: open it first")
        return reader

    # ---- rates ----

    def _limit_message(self, size: int, now: float) -> None:
        shared = self._shared
        _limit(self._messages, shared.account_messages.bucket(self.address, now), 1, now, "messages")
        _limit(self._bytes, shared.account_bytes.bucket(self.address, now), size, now, "bytes")

    def _limit_operations(self, count: int, now: float) -> None:
        bucket = self._shared.account_operations.bucket(self.address, now)
        _limit(self._operations, bucket, count, now, "operations")


def _limit(own: TokenBucket, account: TokenBucket, amount: float, now: float, what: str) -> None:
    """Take from both buckets or from neither."""
    wait = own.take(amount, now)
    if wait:
        raise Throttled(f"too many {what} on this connection: wait {wait:.1f} s and send it again", wait)
    wait = account.take(amount, now)
    if wait:
        own.give_back(amount)
        raise Throttled(f"too many {what} on this account's connections: wait {wait:.1f} s and send it again", wait)


@final
class _SubmissionReply:
    """Brings a host's answer back to the connection that submitted."""

    __slots__ = ("_connection", "_name", "_request_id")

    def __init__(self, connection: SocketConnection, request_id: int, name: WaveletName) -> None:
        self._connection = connection
        self._request_id = request_id
        self._name = name

    def __call__(self, answer: Acknowledgement | WaveError) -> None:
        self._connection.answer_submission(self._request_id, self._name, answer)


@final
class WaveReader:
    """Reads one wave for a connection: what the host says goes out as frames."""

    __slots__ = ("_connection", "_frames", "_text", "closed", "request_id", "wave")

    def __init__(self, connection: SocketConnection, wave: WaveId, frames: SharedFrames, request_id: int) -> None:
        self.wave: Final = wave
        self.request_id: Final = request_id
        self.closed = False
        self._connection: Final = connection
        self._frames: Final = frames
        self._text: Final = str(connection.address)

    @property
    def address(self) -> WaveAddress:
        """Who reads."""
        return self._connection.address

    def opened(self, wave: WaveId, names: Sequence[WaveletName]) -> None:
        """The wave is open."""
        if not self.closed:
            for name in names:
                self._connection.learn(name)
            message = Opened(self.request_id, str(wave), [name.path for name in names])
            self._connection.outlet.send(text_frame(protocol.encode(message)))

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        """The state of a wavelet."""
        if not self.closed:
            self._connection.learn(snapshot.wavelet)
            self._connection.outlet.send_requested(snapshot_frame(snapshot))

    def delta(self, delta: Delta) -> None:
        """The next delta of a wavelet, with its key for its author."""
        if not self.closed:
            own = delta.author == self._text
            self._connection.outlet.send(self._frames.keyed_delta(delta) if own else self._frames.delta(delta))

    def cursor(self, cursor: Cursor) -> None:
        """Somebody else's cursor."""
        if not self.closed:
            self._connection.outlet.send(self._frames.cursor(cursor))

    def troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        """What is amiss between a wavelet's providers."""
        if not self.closed:
            told = [TroubleJson(each.kind.value, each.domain, each.since, each.message) for each in troubles]
            self._connection.outlet.send(text_frame(protocol.encode(TroublesMessage(name.path, told))))

    def ended(self, name: WaveletName, error: WaveError) -> None:
        """No more of a wavelet."""
        if not self.closed:
            self._connection.refuse(error, None, wavelet=name.path)
