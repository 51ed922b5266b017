"""The whole web edge as the program wires it, on SQLite and a free port of 127.0.0.1, in this process."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher

from databases import sqlite_database
from groundswell.api import api_parts
from groundswell.config import EMBEDDED_DATABASE, Config
from groundswell.serving import REQUEST_LINE
from groundswell.settings import host_limits, web_settings
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant
from wave_server.accounts import Accounts
from wave_server.host import WaveHost
from wave_server.indexing import Indexer
from wave_server.live_digests import LiveDigests
from wave_server.names import WaveAddress, WaveletName
from wave_server.passwords import Passwords
from wave_server.store import Store
from wave_server.submission import Submission
from wave_web.app import build_app

DOMAIN = "example.com"
PASSWORD = "correct horse"
API = "/api/v1"


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Answer:
    """What a request was answered with."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """The status and the code."""
        return self.status, self.json["code"]


class Client:
    """Somebody who sends requests, with cookies of their own, from the server's own pages; or with a token."""

    def __init__(self, url: str, http: aiohttp.ClientSession, token: str | None = None) -> None:
        self.url = url
        self.http = http
        self.headers = {"Origin": url} if token is None else {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any) -> Answer:
        sent = {**self.headers, **(headers or {})}
        async with self.http.request(method, self.url + path, headers=sent, **given) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def api(self, method: str, path: str, **given: Any) -> Answer:
        return await self.ask(method, API + path, **given)


@dataclass
class ApiServer:
    """A server that runs."""

    url: str
    app: web.Application
    store: Store
    host: WaveHost
    accounts: Accounts
    config: Config
    sessions: list[aiohttp.ClientSession]

    async def client(self, token: str | None = None) -> Client:
        """Somebody who is not signed in; or a program with a token."""
        http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.sessions.append(http)
        return Client(self.url, http, token)

    async def person(self, name: str) -> Client:
        """Somebody with an account, who is signed in."""
        await self.accounts.register(f"{name}@{DOMAIN}", PASSWORD)
        person = await self.client()
        answer = await person.api("POST", "/session", json={"address": name, "password": PASSWORD})
        assert answer.status == 200, answer.body
        return person

    async def program(self, name: str, *scopes: str) -> Client:
        """A program with a token of an account that is there."""
        return await self.client(await self.accounts.create_token(f"{name}@{DOMAIN}", "a program", scopes))

    async def wavelet(self, path: str, participants: Sequence[str]) -> WaveletName:
        """A wavelet without documents, made by the first of its participants."""
        name = WaveletName.parse_path(path)
        addresses = [WaveAddress(one, DOMAIN) for one in participants]
        operations = tuple(AddParticipant(str(address)) for address in addresses)
        submission = Submission(version_zero(name.uri), operations, "create")
        await self.host.submit_and_wait(name, submission, addresses[0])
        return name


@asynccontextmanager
async def api_server(directory: Path, **sections: Any) -> AsyncIterator[ApiServer]:
    """Run a server whose data is in ``directory``; ``sections`` are those of its configuration."""
    config = Config(domain=DOMAIN, data_dir=str(directory), **sections)
    store = await Store.open(await sqlite_database(directory / EMBEDDED_DATABASE))
    indexer, digests = Indexer(store, DOMAIN), LiveDigests()
    indexer.listen(digests.changed)
    host = WaveHost(
        domain=DOMAIN, store=store, clock=milliseconds, limits=host_limits(config), observers=[indexer.note]
    )
    await host.start()
    indexer.start(host.read)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts = Accounts(store, domain=DOMAIN, clock=milliseconds, passwords=cheap)
    parts = api_parts(config, store, host, indexer, accounts, milliseconds)
    app = build_app(host, accounts, web_settings(config), parts, digests=digests)
    runner = web.AppRunner(app, access_log=None, max_line_size=REQUEST_LINE)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sessions: list[aiohttp.ClientSession] = []
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield ApiServer(url, app, store, host, accounts, config, sessions)
    finally:
        for http in sessions:
            await http.close()
        await runner.cleanup()
        await indexer.stop()
        await host.stop()
        await store.close()
