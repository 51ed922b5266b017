"""Real servers of several domains that federate over TLS on loopback, each in a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from running.server_process import SCOPES, ServerProcess, free_port
from s2s.pki import Authority, dns
from wave_server.accounts import Accounts
from wave_server.store import Store, migrate

PASSWORD = "a password for tests"
FEDERATION = """\
[federation]
listen = ["127.0.0.1:{port}"]
certificate = "{folder}/{domain}.crt"
private_key = "{folder}/{domain}.key"
ca_file = "{folder}/ca.crt"
[federation.routes]
{routes}
"""


def routes(ports: dict[str, int]) -> str:
    """Each domain, and its wave service, at its port of this machine."""
    return "".join(
        f'"{prefix}{domain}" = "127.0.0.1:{port}"\n' for domain, port in ports.items() for prefix in ("", "wave.")
    )


class FederatedServer:
    """One of them. ``process`` comes and goes; ``port`` is the one for other servers."""

    def __init__(self, domain: str, folder: Path, ports: dict[str, int]) -> None:
        self.domain = domain
        self.port = ports[domain]
        directory = folder / domain
        directory.mkdir()
        self.database = f"sqlite+aiosqlite:///{directory / 'groundswell.db'}"
        others = routes({other: port for other, port in ports.items() if other != domain})
        more = FEDERATION.format(port=self.port, folder=folder, domain=domain, routes=others)
        self.process = ServerProcess(directory, self.database, domain=domain, more=more)

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


def federated(folder: Path, domains: Iterable[str]) -> dict[str, FederatedServer]:
    """Servers of these domains, not started, with certificates of one authority in ``folder``."""
    authority = Authority.new()
    authority.write(folder)
    ports = {domain: free_port() for domain in domains}
    for domain in ports:
        authority.issue(domain, names=[dns(domain), dns(f"wave.{domain}")]).write(folder, domain)
    return {domain: FederatedServer(domain, folder, ports) for domain in ports}


@asynccontextmanager
async def running(servers: Iterable[FederatedServer]) -> AsyncIterator[None]:
    """The servers run within the block."""
    async with AsyncExitStack() as stack:
        processes = [server.process for server in servers]
        for process in processes:
            stack.push_async_callback(process.stop)
        await asyncio.gather(*(process.start() for process in processes))
        yield
