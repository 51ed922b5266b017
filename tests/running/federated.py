"""Real servers of several domains that federate over TLS on loopback, each in a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from running.server_process import SCOPES, ServerProcess
from s2s.pki import Authority, dns
from wave_server.accounts import Accounts
from wave_server.store import Store, migrate

PASSWORD = "a password for tests"
NATIVE = """\
[federation]
listen = ["127.0.0.1:{port}"]
certificate = "{folder}/{domain}.crt"
private_key = "{folder}/{domain}.key"
ca_file = "{folder}/ca.crt"
[federation.routes]
{routes}
"""
COMPONENT = """\
[federation]
signer_certificate = "{folder}/{domain}.crt"
signer_private_key = "{folder}/{domain}.key"
ca_file = "{folder}/ca.crt"
[federation.component]
host = "{host}"
port = {port}
secret = "{secret}"
"""


def native(folder: Path, domain: str, port: int, others: dict[str, str]) -> str:
    """The configuration of a server with streams of its own, which finds other domains at these ``ip:port``.

    ``folder`` holds its certificate and the authority's.
    """
    routes = "".join(
        f'"{prefix}{domain}" = "{place}"\n' for domain, place in others.items() for prefix in ("", "wave.")
    )
    return NATIVE.format(port=port, folder=folder, domain=domain, routes=routes)


def component(folder: Path, domain: str, host: str, port: int, secret: str) -> str:
    """The configuration of a server that is a component of an XMPP server."""
    return COMPONENT.format(folder=folder, domain=domain, host=host, port=port, secret=secret)


class FederatedServer:
    """One of them. ``process`` comes and goes."""

    def __init__(self, domain: str, folder: Path, federation: str) -> None:
        """``federation`` is what its configuration says about that."""
        self.domain = domain
        directory = folder / domain
        directory.mkdir()
        self.database = f"sqlite+aiosqlite:///{directory / 'groundswell.db'}"
        self.process = ServerProcess(directory, self.database, domain=domain, more=federation)

    @property
    def url(self) -> str:
        return self.process.url

    async def prepare(self, users: Iterable[str]) -> dict[str, str]:
        """Make the tables and accounts of these names. A bearer token of each address."""
        await migrate(self.database)
        store = await Store.open(self.database)
        try:
            accounts = Accounts(store, domain=self.domain, clock=lambda: time.time_ns() // 1_000_000)
            tokens = {}
            for user in users:
                address = f"{user}@{self.domain}"
                await accounts.register(address, PASSWORD)
                tokens[address] = await accounts.create_token(address, "test", SCOPES)
            return tokens
        finally:
            await store.close()


def federated(folder: Path, ports: dict[str, int], reached: dict[str, int] | None = None) -> dict[str, FederatedServer]:
    """Servers of domains, not started, that listen at these ports, with certificates of one authority in ``folder``.

    ``reached`` are the ports at which they find each other, where these are others.
    """
    authority = Authority.new()
    authority.write(folder)
    for domain in ports:
        authority.issue(domain, names=[dns(domain), dns(f"wave.{domain}")]).write(folder, domain)
    places = {domain: f"127.0.0.1:{(reached or ports)[domain]}" for domain in ports}
    return {
        domain: FederatedServer(
            domain,
            folder,
            native(folder, domain, port, {other: places[other] for other in places if other != domain}),
        )
        for domain, port in ports.items()
    }


@asynccontextmanager
async def running(servers: Iterable[FederatedServer]) -> AsyncIterator[None]:
    """The servers run within the block."""
    async with AsyncExitStack() as stack:
        processes = [server.process for server in servers]
        for process in processes:
            stack.push_async_callback(process.stop)
        await asyncio.gather(*(process.start() for process in processes))
        yield
