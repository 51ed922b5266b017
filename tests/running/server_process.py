"""A real ``groundswell serve`` in a process of its own, for tests that end it, or kill it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from running.ports import free_port
from running.program import Program
from wave_server.accounts import Accounts
from wave_server.passwords import Passwords
from wave_server.store import Store, migrate

CONFIG = """\
domain = "{domain}"
data_dir = "{data}"
[http]
host = "127.0.0.1"
port = {port}
[database]
url = "{database}"
[accounts]
password_cost = "small"
[limits]
# tests type faster than people
messages_per_second = 0
bytes_per_second = 0
registrations_per_hour = 0
sign_ins_per_minute = 0
{more}
"""
PASSWORD = "a password for tests"
SCOPES = ("waves:read", "waves:write")
LOG_LINES = 200


class CommandFailed(AssertionError):
    """A ``groundswell`` command ended with an error; the message holds what it printed."""


def _now() -> int:
    return time.time_ns() // 1_000_000


class ServerProcess:
    """A server that keeps its port, configuration and database while its process comes and goes."""

    def __init__(self, directory: Path, database: str, *, domain: str = "localhost", more: str = "") -> None:
        """``database`` is the URL of a database, which need not have tables yet; files go into ``directory``.

        ``more`` are further sections of the configuration.
        """
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._database = database
        self.config = directory / "groundswell.toml"
        config = CONFIG.format(domain=domain, data=directory, port=self.port, database=database, more=more)
        self.config.write_text(config, encoding="utf-8")
        self._program: Program | None = None
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def prepare(self, users: Iterable[str]) -> dict[str, str]:
        """Make the tables and the accounts ``users``, names at localhost. Returns a bearer token of each."""
        await migrate(self._database)
        store = await Store.open(self._database)
        try:
            accounts = Accounts(store, domain="localhost", clock=_now, passwords=Passwords.costing("small"))
            tokens = {}
            for name in users:
                await accounts.register(f"{name}@localhost", PASSWORD)
                tokens[name] = await accounts.create_token(f"{name}@localhost", "test", SCOPES)
            return tokens
        finally:
            await store.close()

    async def token(self, address: str) -> str:
        """A bearer token of an account that exists; the server may be running."""
        store = await Store.open(self._database)
        try:
            return await Accounts(store, domain="localhost", clock=_now).create_token(address, "test", SCOPES)
        finally:
            await store.close()

    async def command(self, *arguments: str) -> str:
        """Run a ``groundswell`` command on this configuration. Returns its standard output; raises CommandFailed."""
        program = await Program.start(*arguments, "--config", str(self.config))
        output, errors = await asyncio.gather(program.output.read(), program.errors.read())
        if await program.ended():
            raise CommandFailed(f"{' '.join(arguments)}: {errors.decode()}{output.decode()}")
        return output.decode()

    async def start(self) -> None:
        """Start the server and wait until it says where it serves. Raises CommandFailed when it ends instead."""
        self._program = await Program.start("serve", "--config", str(self.config), errors_apart=False)
        ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self._program, ready))
        await ready.wait()
        if self._reading.done():
            raise CommandFailed(f"the server did not start:\n{self.log}")

    async def _read(self, program: Program, ready: asyncio.Event) -> None:
        try:
            async for line in program.output:
                self._log.append(line.decode(errors="replace"))
                self._news.set()
                if self.url in self._log[-1]:
                    ready.set()
            await program.ended()
        finally:
            ready.set()

    @property
    def log(self) -> str:
        """The last lines that the process has printed."""
        return "".join(self._log)

    async def logged(self, text: str) -> None:
        """Wait until the running process has printed ``text``."""
        while text not in self.log:
            self._news.clear()
            await self._news.wait()

    def reload(self) -> None:
        """Send the running process SIGHUP."""
        assert self._program is not None
        self._program.send_signal(signal.SIGHUP)

    async def kill(self) -> None:
        """End the process with SIGKILL: from now on it writes nothing more."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask the process to end, and wait until it has. Nothing happens when none runs."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        program, reading = self._program, self._reading
        self._program = self._reading = None
        if program is None or reading is None:
            return
        program.send_signal(how)
        await reading
