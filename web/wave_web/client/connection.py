"""WaveClient: keeps a connection to a server, and the waves that are open on it, through cuts and refusals."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final, final

import aiohttp
import msgspec

from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant, WaveletOperation
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_web import socket_protocol as protocol
from wave_web.client.backoff import Backoff
from wave_web.client.dialogue import Dialogue
from wave_web.client.errors import ClientClosed, ClientError, ConnectionRefused, EditRefused
from wave_web.client.wavelet import Wavelet, WaveView
from wave_web.frames import UNAUTHENTICATED

_log: Final = logging.getLogger(__name__)

HEARTBEAT: Final = 20.0  # seconds between pings; an unanswered one ends the connection


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
        self._chance: Final = random.Random().random  # noqa: S311 - spreads reconnections, guards nothing
        self._dialogue: Final = Dialogue(str(address), new_key, self._send, self._later)
        self._outgoing: asyncio.Queue[bytes] | None = None  # None: not connected
        self._timers: Final[set[asyncio.TimerHandle]] = set()
        self._ended: ClientError | None = None
        self._ready: Final = asyncio.Event()  # connected, or never to be
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
        view = self._dialogue.open_wave(wave_id)
        await asyncio.shield(view.opened)
        return view

    def close_wave(self, view: WaveView) -> None:
        """Close a wave. What was not settled stays unsent."""
        self._dialogue.close_wave(view)

    async def create(self, view: WaveView, name: WaveletName, *operations: WaveletOperation) -> Wavelet:
        """Make a wavelet of an open wave, with oneself as participant, and ``operations`` in its first delta.

        Raises EditRefused, for instance when it exists.
        """
        if name.wave != view.wave or name in view.wavelets:
            raise ValueError(f"{name.path} cannot be made here: it is of another wave, or there already")
        wavelet = self._dialogue.new_wavelet(view, name)
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
            self._dialogue.disconnected()
            if self._ended is None:
                self._dialogue.failures += 1
                await asyncio.sleep(self._backoff.delay(self._dialogue.failures, self._chance()))

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
                    self._dialogue.receive(message.data)
                    if self._dialogue.out_of_step:
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
        self.connects += 1
        self._dialogue.connected()
        self._ready.set()
        return outgoing

    def _end(self, error: ClientError) -> None:
        if self._ended is None:
            self._ended = error
            self._ready.set()
            for timer in self._timers:
                timer.cancel()
            self._dialogue.end(error)

    def _send(self, message: protocol.ClientMessage) -> None:
        if self._outgoing is not None:
            self._outgoing.put_nowait(protocol.encode(message))

    def _later(self, failures: int, least: int, action: Callable[[], None]) -> None:
        """Do it as the backoff says, and not before ``least`` ms have passed."""
        delay = max(self._backoff.delay(failures, self._chance()), least / 1000)

        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay, act)
        self._timers.add(timer)


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


def _refusal(url: str, status: int) -> str:
    return f"{url} answered {status}: check the address and the token"
