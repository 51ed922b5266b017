"""WaveClient: keeps a connection to a server, and the waves that are open on it, through cuts and refusals."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, final

import aiohttp
import msgspec
from msgspec import UnsetType

from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.errors import InvalidOperation, MalformedOperation
from wave_ot.history import version_zero
from wave_ot.wavelet_json import operations_to_json
from wave_ot.wavelet_operations import AddParticipant, WaveletOperation
from wave_server.errors import InvalidRequest
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_web import socket_protocol as protocol
from wave_web.client.backoff import Backoff
from wave_web.client.concurrency import Committed, OutOfStep, Submission
from wave_web.client.errors import ClientClosed, ClientError, ConnectionRefused, EditRefused, WaveletEnded, WaveRefused
from wave_web.client.replica import Replica
from wave_web.client.wavelet import Wavelet, WaveView
from wave_web.frames import UNAUTHENTICATED

_log: Final = logging.getLogger(__name__)

HEARTBEAT: Final = 20.0  # seconds between pings; an unanswered one ends the connection
PASSING_TROUBLES: Final = frozenset({"rate-limited", "unavailable"})
"""Error codes after which the same message may succeed."""
FAULTS_BORNE: Final = 5  # faults of the server's in a row, until an edit counts as refused


@dataclass(frozen=True, slots=True)
class _OpenRequest:
    view: WaveView


@dataclass(frozen=True, slots=True)
class _SubmitRequest:
    wavelet: Wavelet
    key: str


@final
class WaveClient:
    """A user's connection to a server. Make it with ``connect``; use it in ``async with``, or ``close`` it."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        token: str,
        address: WaveAddress,
        backoff: Backoff,
        new_key: Callable[[], str],
    ) -> None:
        """Use ``connect``."""
        self.address: Final = address
        self.connects = 0  # connections made so far
        self._http: Final = http
        self._url: Final = url
        self._headers: Final = {"Authorization": f"Bearer {token}"}
        self._backoff: Final = backoff
        self._new_key: Final = new_key
        self._chance: Final = random.Random().random  # noqa: S311 - spreads reconnections, guards nothing
        self._views: Final[dict[WaveId, WaveView]] = {}
        self._requests: dict[int, _OpenRequest | _SubmitRequest] = {}
        self._outgoing: asyncio.Queue[bytes] | None = None  # None: not connected
        self._last_id = 0
        self._failures = 0  # in a row
        self._out_of_step = False
        self._resends: set[asyncio.TimerHandle] = set()
        self._ended: ClientError | None = None
        self._ready = asyncio.Event()  # connected, or never to be
        self._running: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        url: str,
        token: str,
        *,
        backoff: Backoff | None = None,
        new_key: Callable[[], str] = lambda: secrets.token_urlsafe(12),
    ) -> WaveClient:
        """Connect to the server at ``url`` (``http://…`` or ``https://…``) with a bearer token.

        Raises ConnectionRefused when it does not let the token in, OSError when it cannot be reached.
        """
        http = aiohttp.ClientSession()
        try:
            address = await _own_address(http, url, token)
            client = cls(http, url.rstrip("/"), token, address, backoff or Backoff(), new_key)
            client._running = asyncio.create_task(client._run())
            await client._ready.wait()
            if client._ended is not None:
                raise client._ended
        except BaseException:
            await http.close()
            raise
        return client

    async def __aenter__(self) -> WaveClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection. What was not settled stays unsent."""
        self._end(ClientClosed("the client has been closed"))
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self._http.close()

    # ---- waves ----

    async def open(self, wave: WaveId | str) -> WaveView:
        """Open a wave, and keep it open through cuts. Raises WaveRefused."""
        wave_id = WaveId.parse(wave) if isinstance(wave, str) else wave
        if self._ended is not None:
            raise self._ended
        view = self._views.get(wave_id)
        if view is None:
            view = self._views[wave_id] = WaveView(wave_id)
            self._send_open(view)
        await asyncio.shield(view.opened)
        return view

    def close_wave(self, view: WaveView) -> None:
        """Close a wave. What was not settled stays unsent."""
        if self._views.pop(view.wave, None) is not None:
            self._send(protocol.Close(str(view.wave)))
            view.fail(ClientClosed("the wave has been closed"))

    async def create(self, view: WaveView, name: WaveletName, *operations: WaveletOperation) -> Wavelet:
        """Make a wavelet of an open wave, with oneself as participant, and ``operations`` in its first delta.

        Raises EditRefused, for instance when it exists.
        """
        if name.wave != view.wave or name in view.wavelets:
            raise ValueError(f"{name.path} cannot be made here: it is of another wave, or there already")
        wavelet = self._new_wavelet(view, name)
        wavelet.replica.snapshot(version_zero(name.uri), [], {})
        wavelet.apply(AddParticipant(str(self.address)), *operations)
        try:
            await wavelet.settled()
        except EditRefused:
            view.wavelets.pop(name, None)
            raise
        view.appeared(wavelet)
        return wavelet

    # ---- the connection ----

    async def _run(self) -> None:
        """Connect, serve, and connect again, until the client is closed or not let in any more."""
        while self._ended is None:
            try:
                await self._connection()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                _log.debug("connection to %s failed: %s", self._url, error)
            except ConnectionRefused as refusal:
                self._end(refusal)
            self._outgoing = None
            for view in self._views.values():
                view.requested = False
            if self._ended is None:
                self._failures += 1
                await asyncio.sleep(self._backoff.delay(self._failures, self._chance()))

    async def _connection(self) -> None:
        """One connection, from its handshake to its end. Raises ConnectionRefused, or what aiohttp raises."""
        try:
            socket = await self._http.ws_connect(
                f"{self._url}/socket",
                protocols=(protocol.SUBPROTOCOL,),
                headers=self._headers,
                heartbeat=HEARTBEAT,
                max_msg_size=0,
                compress=0,
            )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (400, 401, 403, 404):
                raise ConnectionRefused(_refusal(self._url, error.status)) from error
            raise
        outgoing = self._connected()
        sending = asyncio.create_task(_send_all(socket, outgoing))
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._receive(message.data)
                    if self._out_of_step:
                        break
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await sending
            await socket.close()
        if socket.close_code == UNAUTHENTICATED:
            raise ConnectionRefused("the token has been revoked, or has expired")

    def _connected(self) -> asyncio.Queue[bytes]:
        outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._outgoing = outgoing
        self._requests = {}
        self._out_of_step = False
        self.connects += 1
        for view in self._views.values():
            self._send_open(view)
        self._ready.set()
        return outgoing

    def _end(self, error: ClientError) -> None:
        if self._ended is None:
            self._ended = error
            self._ready.set()
            for timer in self._resends:
                timer.cancel()
            for view in self._views.values():
                view.fail(error)

    # ---- sending ----

    def _send(self, message: protocol.ClientMessage) -> None:
        if self._outgoing is not None:
            self._outgoing.put_nowait(protocol.encode(message))

    def _request(self, request: _OpenRequest | _SubmitRequest) -> int:
        self._last_id += 1
        self._requests[self._last_id] = request
        return self._last_id

    def _send_open(self, view: WaveView) -> None:
        known = {}
        for name, wavelet in view.wavelets.items():
            if wavelet.replica.loaded:
                version = wavelet.replica.version
                known[name.path] = (version.version, protocol.encode_hash(version.history_hash))
        if self._outgoing is not None:
            view.requested = True
            self._send(protocol.Open(self._request(_OpenRequest(view)), str(view.wave), known))

    def _submit(self, wavelet: Wavelet, submission: Submission) -> None:
        """Send it, if there is a connection that the wave is open on; ``_opened`` sends it otherwise.

        It waits for the answer to the wavelet's submission before, which is still to come where that one was sent
        again after a cut and what was missed meanwhile has told that it had landed: the answer then sends it.
        """
        view = self._views.get(wavelet.name.wave)
        if self._outgoing is not None and view is not None and view.requested and not self._awaits_answer(wavelet):
            message = protocol.Submit(
                self._request(_SubmitRequest(wavelet, submission.key)),
                wavelet.name.path,
                submission.key,
                submission.target.version,
                protocol.encode_hash(submission.target.history_hash),
                operations_to_json(submission.operations),
            )
            self._send(message)

    def _send_cursor(self, wavelet: Wavelet, document_id: str, anchor: int, head: int) -> None:
        self._send(protocol.PlaceCursor(wavelet.name.path, document_id, anchor, head))

    def _later(self, failures: int, wait: int | UnsetType, action: Callable[[], None]) -> None:
        """Do it when the server may be ready for it: after ``wait`` ms, or as the backoff says."""
        delay = self._backoff.delay(failures, self._chance())
        if not isinstance(wait, UnsetType):
            delay = max(delay, wait / 1000)

        def act() -> None:
            self._resends.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay, act)
        self._resends.add(timer)

    # ---- receiving ----

    def _receive(self, text: str) -> None:
        try:
            message = protocol.decode_server_message(text)
            if isinstance(message, protocol.DeltaMessage):
                self._delta(message)
            elif isinstance(message, protocol.Ack):
                self._ack(message)
            elif isinstance(message, protocol.ErrorMessage):
                self._error(message)
            elif isinstance(message, protocol.Snapshot):
                self._snapshot(message)
            elif isinstance(message, protocol.Opened):
                self._opened(message)
            else:
                self._cursor(message)
        except (InvalidRequest, MalformedOperation, InvalidOperation) as error:
            _log.warning("%s sent what this client cannot read: %s", self._url, error)
            self._out_of_step = True

    def _opened(self, message: protocol.Opened) -> None:
        self._failures = 0
        request = self._requests.pop(message.id, None)
        if not isinstance(request, _OpenRequest):
            return
        view = request.view
        visible = set(message.wavelets)
        for name, wavelet in list(view.wavelets.items()):
            unborn = wavelet.replica.loaded and wavelet.replica.version.version == 0
            if name.path in visible or unborn:
                self._resend(wavelet)
            else:
                self._end_wavelet(view, wavelet, "forbidden", "you are no longer a participant")
        if not view.opened.done():
            view.opened.set_result(None)

    def _snapshot(self, message: protocol.Snapshot) -> None:
        name = WaveletName.parse_path(message.wavelet)
        view = self._views.get(name.wave)
        if view is None:
            return
        wavelet = view.wavelets.get(name) or self._new_wavelet(view, name)
        documents = {document_id: DocOp.from_json(op) for document_id, op in message.documents.items()}
        version = protocol.decode_hashed_version(message.version, message.hash)
        wavelet.replica.snapshot(version, message.participants, documents)
        wavelet.stir()
        view.appeared(wavelet)

    def _delta(self, message: protocol.DeltaMessage) -> None:
        wavelet = self._wavelet(message.wavelet)
        if wavelet is not None and wavelet.replica.loaded:
            committed = _committed(message)
            key = None if isinstance(message.key, UnsetType) else message.key
            operations = protocol.decode_operations(message.ops)
            self._step(wavelet, lambda: wavelet.replica.delta(operations, committed, key))

    def _ack(self, message: protocol.Ack) -> None:
        request = self._requests.pop(message.id, None)
        if isinstance(request, _SubmitRequest) and request.wavelet.replica.loaded:
            self._failures = 0
            committed = _committed(message)
            self._step(request.wavelet, lambda: request.wavelet.replica.acknowledged(request.key, committed))
            self._resend(request.wavelet)

    def _cursor(self, message: protocol.CursorMessage) -> None:
        wavelet = self._wavelet(message.wavelet)
        if wavelet is not None and wavelet.on_cursor is not None:
            wavelet.on_cursor(message.author, message.doc, message.anchor, message.head)

    def _error(self, message: protocol.ErrorMessage) -> None:
        request = None if isinstance(message.id, UnsetType) else self._requests.pop(message.id, None)
        if isinstance(request, _SubmitRequest):
            self._submission_failed(request, message)
        elif isinstance(request, _OpenRequest):
            self._open_failed(request.view, message)
        elif not isinstance(message.wavelet, UnsetType):
            self._wavelet_failed(message.wavelet, message)
        else:
            _log.warning("%s: %s (%s)", self._url, message.message, message.code)

    def _submission_failed(self, request: _SubmitRequest, message: protocol.ErrorMessage) -> None:
        wavelet, key = request.wavelet, request.key
        if message.code in PASSING_TROUBLES or (message.code == "internal" and self._failures < FAULTS_BORNE):
            self._failures += 1
            self._later(self._failures, message.retry_after, lambda: self._resend(wavelet))
        elif message.code == "not-open":  # opening the wave failed, or it has been closed: it is sent when it is open
            return
        elif message.code == "bad-version":  # what is here is not the server's history: start anew from its state
            wavelet.replica.abandon(message.code, message.message)
            self._out_of_step = True
        else:
            self._step(wavelet, lambda: wavelet.replica.refused(key, message.code, message.message))
            self._resend(wavelet)

    def _resend(self, wavelet: Wavelet) -> None:
        """Send what is in flight, perhaps again, unless an answer is still to come on this connection."""
        wavelet.submit(wavelet.replica.in_flight)

    def _awaits_answer(self, wavelet: Wavelet) -> bool:
        requests = self._requests.values()
        return any(isinstance(request, _SubmitRequest) and request.wavelet is wavelet for request in requests)

    def _open_failed(self, view: WaveView, message: protocol.ErrorMessage) -> None:
        if message.code in PASSING_TROUBLES:
            view.requested = False
            self._failures += 1
            self._later(self._failures, message.retry_after, lambda: self._reopen(view))
        else:
            self._views.pop(view.wave, None)
            view.fail(WaveRefused(message.code, message.message))

    def _wavelet_failed(self, path: str, message: protocol.ErrorMessage) -> None:
        wavelet = self._wavelet(path)
        if wavelet is None:
            return
        view = self._views[wavelet.name.wave]
        if message.code in PASSING_TROUBLES:
            self._send(protocol.Close(str(view.wave)))
            view.requested = False
            self._failures += 1
            self._later(self._failures, message.retry_after, lambda: self._reopen(view))
        else:
            self._end_wavelet(view, wavelet, message.code, message.message)

    def _reopen(self, view: WaveView) -> None:
        if self._views.get(view.wave) is view and not view.requested:
            self._send_open(view)

    def _end_wavelet(self, view: WaveView, wavelet: Wavelet, code: str, message: str) -> None:
        del view.wavelets[wavelet.name]
        wavelet.replica.abandon(code, message)
        wavelet.end(WaveletEnded(code, f"{wavelet.name.path}: {message}"))

    def _step(self, wavelet: Wavelet, step: Callable[[], Submission | None]) -> None:
        """Take a step of the replica's, send what follows from it, and wake who waits for it."""
        try:
            wavelet.submit(step())
        except OutOfStep as error:
            _log.warning("%s: %s", wavelet.name.path, error)
            replica = wavelet.replica
            # Connecting again fills a gap. Where it does not, only a new snapshot helps.
            if wavelet.stumbled_at == replica.version.version:
                replica.abandon("bad-version", str(error))
            else:
                wavelet.stumbled_at = replica.version.version
            self._out_of_step = True
        wavelet.stir()

    def _wavelet(self, path: str) -> Wavelet | None:
        name = WaveletName.parse_path(path)
        view = self._views.get(name.wave)
        return None if view is None else view.wavelets.get(name)

    def _new_wavelet(self, view: WaveView, name: WaveletName) -> Wavelet:
        replica = Replica(name, str(self.address), self._new_key)
        wavelet = view.wavelets[name] = Wavelet(replica, self._submit, self._send_cursor)
        return wavelet


class _SessionAnswer(msgspec.Struct):
    address: str


async def _own_address(http: aiohttp.ClientSession, url: str, token: str) -> WaveAddress:
    headers = {"Authorization": f"Bearer {token}"}
    async with http.get(f"{url.rstrip('/')}/api/v1/session", headers=headers) as response:
        if response.status != 200:
            raise ConnectionRefused(_refusal(url, response.status))
        return WaveAddress.parse(msgspec.json.decode(await response.read(), type=_SessionAnswer).address)


async def _send_all(socket: aiohttp.ClientWebSocketResponse, outgoing: asyncio.Queue[bytes]) -> None:
    while True:
        await socket.send_frame(await outgoing.get(), aiohttp.WSMsgType.TEXT)


def _committed(message: protocol.DeltaMessage | protocol.Ack) -> Committed:
    return Committed(message.at, HashedVersion(message.version, protocol.decode_hash(message.hash)))


def _refusal(url: str, status: int) -> str:
    return f"{url} answered {status}: check the address and the token"
