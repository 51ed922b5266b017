"""All WebSocket connections of this server: how many an account has, who is silent, whose credential has ended."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, final

from wave_server.errors import Unavailable, WaveError
from wave_server.names import WaveAddress
from wave_web import frames
from wave_web.authentication import WRITE_SCOPE, Account, Credential, Credentials, has_scope, identify
from wave_web.errors import Throttled, Unauthenticated
from wave_web.settings import SocketLimits
from wave_web.socket_connection import DigestFeed, Host, SharedState, SocketConnection
from wave_web.socket_transport import Outbox, SocketTransport

_log: Final = logging.getLogger(__name__)


@final
class Sockets:
    """Admits, watches and closes connections. One watch for all of them: no timers per connection."""

    def __init__(
        self,
        host: Host,
        digests: DigestFeed,
        credentials: Credentials,
        limits: SocketLimits,
        clock: Callable[[], float],
    ) -> None:
        """For the running event loop. ``clock`` gives seconds, and never goes back."""
        self._credentials: Final = credentials
        self._limits: Final = limits
        self._clock: Final = clock
        self._shared: Final = SharedState(host, digests, limits)
        self._transports: Final[dict[SocketTransport, Credential]] = {}
        self._per_account: Final = Counter[WaveAddress]()
        self._tasks: list[asyncio.Task[None]] = []
        self._all_gone = asyncio.Event()
        self._outbox: Final = Outbox(asyncio.get_running_loop())

    def __len__(self) -> int:
        return len(self._transports)

    def __iter__(self) -> Iterator[SocketTransport]:
        return iter(list(self._transports))

    def check_room(self, address: WaveAddress) -> None:
        """Raise Unavailable or Throttled when there is no room for one more connection of this account."""
        if len(self._transports) >= self._limits.connections:
            raise Unavailable("the server has as many connections as it can serve: try again later")
        if self._per_account[address] >= self._limits.connections_per_account:
            raise Throttled("the account has too many connections: close one", self._limits.ping_after)

    def admit(self, transport: asyncio.Transport, account: Account, credential: Credential) -> SocketTransport:
        """A new connection, whose handshake is done."""
        address = account.address
        admitted = SocketTransport(transport, self._limits, self._clock, self._outbox, self._gone)
        admitted.connection = SocketConnection(
            address, self._shared, admitted, self._clock(), may_write=has_scope(account, WRITE_SCOPE)
        )
        self._transports[admitted] = credential
        self._per_account[address] += 1
        return admitted

    def start(self) -> None:
        """Start watching."""
        self._tasks = [asyncio.create_task(self._watch_silence()), asyncio.create_task(self._watch_credentials())]

    async def stop(self) -> None:
        """Close all connections, and wait until they are gone."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        for transport in self:
            transport.close(frames.GOING_AWAY, "the server is stopping: connect again, and resume")
        if self._transports:
            self._all_gone.clear()
            await self._all_gone.wait()

    def end_credential(self, credential: Credential) -> None:
        """The session or token has ended: so do its connections."""
        for transport in [transport for transport, its in self._transports.items() if its == credential]:
            transport.close(frames.UNAUTHENTICATED, "the session or token has ended: sign in again")

    def check_silence(self, now: float) -> None:
        """Ping who has been silent for long; drop who has not answered."""
        for transport in self:
            silent = now - transport.heard
            if silent >= self._limits.dead_after and transport.since_ping:
                transport.abort()
            elif silent >= self._limits.ping_after:
                transport.ping()

    async def check_credentials(self, of: WaveAddress | None = None) -> None:
        """End the connections, of everybody or of one account, whose credential is not valid any more."""
        watched = self._transports.items()
        for credential in {its for transport, its in watched if of in (None, transport.connection.address)}:
            try:
                await identify(credential, self._credentials)
            except Unauthenticated:
                self.end_credential(credential)

    async def _watch_silence(self) -> None:
        while True:
            await asyncio.sleep(self._limits.ping_after / 5)
            self.check_silence(self._clock())

    async def _watch_credentials(self) -> None:
        while True:
            await asyncio.sleep(self._limits.recheck_after)
            try:
                await self.check_credentials()
            except WaveError as error:  # the store is away: nobody is thrown out for that
                _log.warning("credentials could not be checked again: %s", error)

    def _gone(self, transport: SocketTransport) -> None:
        del self._transports[transport]
        address = transport.connection.address
        self._per_account[address] -= 1
        if not self._per_account[address]:
            del self._per_account[address]
        if not self._transports:
            self._all_gone.set()
