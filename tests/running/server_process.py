"""A real ``groundswell serve`` in a process of its own, for tests that end it, or kill it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from running.ports import free_port
from wave_server.accounts import Accounts
from wave_server.store import Store, migrate

CONFIG = """\
domain = "{domain}"
data_dir = "{data}"
[http]
host = "127.0.0.1"
port = {port}
[database]
url = "{database}"
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
BYTECODE = Path(__file__).parents[2] / "build" / "bytecode"


class CommandFailed(AssertionError):
    """A ``groundswell`` command ended with an error; the message holds what it printed."""


def _now() -> int:
    return time.time_ns() // 1_000_000


def environment() -> dict[str, str]:
    """For servers and commands: their bytecode is kept even where Python is told not to, or each start compiles all."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(BYTECODE), **inherited, "PYTHONUNBUFFERED": "1"}


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
        self._process: Process | None = None
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def prepare(self, users: Iterable[str]) -> dict[str, str]:
        """Make the tables and the accounts ``users``, names at localhost. Returns a bearer token of each."""
        await migrate(self._database)
        store = await Store.open(self._database)
        try:
            accounts = Accounts(store, domain="localhost", clock=_now)
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
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "groundswell", *arguments, "--config", str(self.config),
            stdout=PIPE, stderr=PIPE, env=environment(),
        )  # fmt: skip
        output, errors = await process.communicate()
        if process.returncode:
            raise CommandFailed(f"{' '.join(arguments)}: {errors.decode()}{output.decode()}")
        return output.decode()

    async def start(self) -> None:
        """Start the server and wait until it says where it serves. Raises CommandFailed when it ends instead."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "groundswell", "serve", "--config", str(self.config),
            stdout=PIPE, stderr=asyncio.subprocess.STDOUT, env=environment(),
        )  # fmt: skip
        ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self._process, ready))
        await ready.wait()
        if self._process.returncode is not None or self._reading.done():
            raise CommandFailed(f"the server did not start:\n{self.log}")

    async def _read(self, process: Process, ready: asyncio.Event) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                self._log.append(line.decode(errors="replace"))
                self._news.set()
                if self.url in self._log[-1]:
                    ready.set()
        finally:
            await process.wait()
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
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    async def kill(self) -> None:
        """End the process with SIGKILL: from now on it writes nothing more."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask the process to end, and wait until it has. Nothing happens when none runs."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process, reading = self._process, self._reading
        self._process = self._reading = None
        if process is None or reading is None:
            return
        if process.returncode is None:
            process.send_signal(how)
        await reading
