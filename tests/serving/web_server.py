"""The web edge over a real host and a real SQLite store, on a free port of 127.0.0.1, in this process."""

from __future__ import annotations

import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from databases import sqlite_database
from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_server.accounts import Account, NoSuchAccount
from wave_server.host import WaveHost
from wave_server.inbox import Inbox
from wave_server.indexing import Indexer
from wave_server.limits import HostLimits
from wave_server.live_digests import LiveDigests
from wave_server.names import WaveAddress, WaveletName
from wave_server.people import People
from wave_server.profiles import Profile
from wave_server.store import NewDelta, Store, StoreUnavailable
from wave_web.api import ApiPart
from wave_web.app import build_app
from wave_web.errors import Unauthenticated
from wave_web.inbox_api import INBOX, InboxPorts
from wave_web.inbox_api import routes as inbox_routes
from wave_web.requests import SOCKETS
from wave_web.settings import WebSettings
from wave_web.socket_protocol import SUBPROTOCOL, encode_hash
from wave_web.sockets import Sockets

DOMAIN = "example.com"
PASSWORD = "correct horse"
EVERY_SCOPE = frozenset({"waves:read", "waves:write"})
WAVE = "example.com/w+a"
PATH = "example.com/w+a/~/conv+root"
NAME = WaveletName.parse_path(PATH)
ZERO = version_zero(NAME.uri)


@dataclass(frozen=True)
class Known:
    """An account that these tests know."""

    address: WaveAddress
    scopes: frozenset[str] | None = None


class AccountsInMemory:
    """Accounts that can be changed from a test: whoever signs in with the password has one, a token is a name."""

    def __init__(self) -> None:
        self.sessions: dict[str, WaveAddress] = {}
        self.revoked: set[str] = set()
        self.scopes: dict[str, frozenset[str]] = {}  # of tokens that do not have every one

    async def authenticate(self, address: WaveAddress, password: str) -> Known:
        if password != PASSWORD:
            raise Unauthenticated("the address or the password is wrong")
        return Known(address)

    async def create_session(self, address: WaveAddress, user_agent: str) -> str:
        secret = f"session-{len(self.sessions)}"
        self.sessions[secret] = address
        return secret

    async def session(self, secret: str) -> Known | None:
        address = self.sessions.get(secret)
        return None if address is None else Known(address)

    async def end_session(self, secret: str) -> None:
        del self.sessions[secret]

    async def token(self, secret: str) -> Known | None:
        if secret in self.revoked or not secret.isalpha():
            return None
        return Known(WaveAddress(secret, DOMAIN), self.scopes.get(secret, EVERY_SCOPE))


class Directory:
    """Accounts to suggest: those with a name here."""

    names: ClassVar = {"zoe": "Zoë Ångström"}

    async def get(self, address: WaveAddress) -> Account:
        if address.name not in self.names:
            raise NoSuchAccount(f"there is no account {address}")
        return Account(address, 0, None)

    async def find(self, addresses: Iterable[WaveAddress]) -> list[Profile]:
        return [Profile(str(address), self.names.get(address.name)) for address in addresses]


class FaultyStore(Store):
    """A store whose next ``failures`` appends fail."""

    failures = 0

    async def append(self, batch: Sequence[NewDelta]) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the database is away: this is a test")
        await super().append(batch)


class Socket:
    """A connection that speaks bare messages, as dictionaries."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def get(self) -> dict[str, Any]:
        """The next message. Fails when the connection ends instead."""
        message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, message
        found = json.loads(message.data)
        assert isinstance(found, dict)
        return found

    async def ask(self, **message: Any) -> dict[str, Any]:
        await self.send(**message)
        return await self.get()

    def stop_reading(self) -> None:
        """Take nothing more from the network."""
        transport = self.socket._response.connection.transport  # type: ignore[union-attr]
        transport.pause_reading()  # type: ignore[union-attr]

    async def close_code(self) -> int:
        """The code that the server closes with, whatever it sends before."""
        while True:
            message = await self.socket.receive()
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                assert self.socket.close_code is not None
                return self.socket.close_code

    async def create(self, *documents: tuple[str, list[dict[str, Any]]], add: tuple[str, ...]) -> dict[str, Any]:
        """Open the wave and make the wavelet; its acknowledgement."""
        assert (await self.ask(type="open", id=1, wave=WAVE))["type"] == "opened"
        ops = [{"add": f"{name}@{DOMAIN}"} for name in add] + [{"doc": name, "op": op} for name, op in documents]
        ack = await self.ask(type="submit", id=2, wavelet=PATH, key="create", **target(ZERO), ops=ops)
        assert ack["type"] == "ack", ack
        return ack


def target(version: HashedVersion) -> dict[str, Any]:
    return {"at": version.version, "hash": encode_hash(version.history_hash)}


@dataclass
class WebServer:
    """A server that runs."""

    url: str
    accounts: AccountsInMemory
    sockets: Sockets
    store: FaultyStore
    indexer: Indexer
    http: aiohttp.ClientSession

    async def connect(self, token: str, **headers: str) -> Socket:
        """A WebSocket connection with a token, whose name is the user's."""
        given = {"Authorization": f"Bearer {token}", **headers}
        return Socket(await self.http.ws_connect(f"{self.url}/socket", protocols=(SUBPROTOCOL,), headers=given))


@asynccontextmanager
async def web_server(
    directory: Path,
    settings: WebSettings | None = None,
    limits: HostLimits | None = None,
    *,
    port: int = 0,
    certificate: Path | None = None,
    access_log: bool = False,
    parts: Callable[[WaveHost, Store], Sequence[ApiPart]] = lambda host, store: (),
) -> AsyncIterator[WebServer]:
    """Run a server on a database in ``directory``; with TLS when there is a ``certificate`` (PEM, with its key).

    ``parts`` makes the parts of the API that it serves besides sessions and inboxes.
    """
    store = await FaultyStore.open(await sqlite_database(directory / "test.db"))
    indexer, digests = Indexer(store, DOMAIN), LiveDigests()
    indexer.listen(digests.changed)
    host = WaveHost(
        domain=DOMAIN,
        store=store,
        clock=lambda: time.time_ns() // 1_000_000,
        limits=limits or HostLimits(),
        observers=[indexer.note],
    )
    await host.start()
    indexer.start(host.read)
    accounts = AccountsInMemory()
    inbox = Inbox(store, indexer, host)
    inboxes = inbox_routes.served_by(INBOX, InboxPorts(inbox, People(inbox, Directory(), Directory())))
    all_parts = [inboxes, *parts(host, store)]
    app = build_app(host, accounts, settings or WebSettings(domain=DOMAIN), all_parts, digests=digests)
    runner = web.AppRunner(app, access_log=logging.getLogger("aiohttp.access") if access_log else None)
    await runner.setup()
    tls = None
    trust: ssl.SSLContext | bool = True
    if certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
        trust = ssl.create_default_context(cafile=str(certificate))
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls, reuse_address=True)
    await site.start()
    scheme = "http" if tls is None else "https"
    url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), connector=aiohttp.TCPConnector(ssl=trust)
        ) as http:
            yield WebServer(url, accounts, app[SOCKETS], store, indexer, http)
    finally:
        await runner.cleanup()
        await indexer.stop()
        await host.stop()
        await store.close()
