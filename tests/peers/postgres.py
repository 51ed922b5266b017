"""A real PostgreSQL, Debian's, started by the tests on a free loopback port with a data directory of its own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from running.ports import free_port

MISSING = "PostgreSQL is missing: install Debian's package `postgresql` (apt-get install postgresql)"
USER = "groundswell"


class PostgresUnavailable(AssertionError):
    """The server cannot be found or started: tests that need it fail, they are never skipped."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. ``processes()`` finds it for CPU accounting: its children belong to ``pid``."""

    port: int
    pid: int

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on this server."""
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/{database}"

    def dsn(self, database: str = "postgres") -> str:
        """The libpq and asyncpg form of the same address."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"


@contextmanager
def running_postgres(*, fsync: bool = True) -> Iterator[Postgres]:
    """Initialise and start a server; stop it and remove its files afterwards.

    Raises PostgresUnavailable, naming Debian's package, when there is no server to start.
    """
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="groundswell-postgres-") as name:
        directory = Path(name)
        _give_to_server(directory)
        data = directory / "data"
        _run(programs / "initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        yield from _serving(programs, data, directory / "log", fsync=fsync)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run; each test makes databases of its own on it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """The SQLAlchemy URL of a new, empty database."""
    name = f"test_{secrets.token_hex(8)}"
    await _execute(postgres, f"CREATE DATABASE {name}")
    yield postgres.url(name)
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(server: Postgres, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _serving(programs: Path, data: Path, log: Path, *, fsync: bool) -> Iterator[Postgres]:
    port = free_port()
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync={'on' if fsync else 'off'}"
        " -c max_connections=200 -c shared_buffers=64MB"
    )
    try:
        _run(programs / "pg_ctl", "-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", options, "start")
    except PostgresUnavailable as error:
        text = log.read_text(errors="replace") if log.exists() else "no log was written"
        raise PostgresUnavailable(f"{error}\n{text}") from error
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        yield Postgres(port, pid)
    finally:
        _run(programs / "pg_ctl", "-D", str(data), "-m", "immediate", "-w", "-t", "60", "stop")


def _programs() -> Path:
    """The folder that holds initdb, pg_ctl and postgres; the newest version wins."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = [Path(found).resolve().parent for found in [shutil.which("pg_ctl"), shutil.which("postgres")] if found]
    for folder in [*debian, *on_path]:
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return folder
    raise PostgresUnavailable(MISSING)


def _server_account() -> pwd.struct_passwd | None:
    """The account to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError as error:
        raise PostgresUnavailable(f"There is no account `postgres` to run it as. {MISSING}") from error


def _give_to_server(directory: Path) -> None:
    account = _server_account()
    if account is not None:
        os.chown(directory, account.pw_uid, account.pw_gid)


def _run(program: Path, *arguments: str) -> None:
    account = _server_account()
    user, group = (account.pw_uid, account.pw_gid) if account is not None else (None, None)
    # The server inherits these descriptors: pipes to us would stay open as long as it runs.
    with tempfile.TemporaryFile() as output:
        status = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=group,
            extra_groups=[] if account is not None else None,
            cwd="/",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            check=False,
            timeout=120,
        ).returncode
        output.seek(0)
        if status != 0:
            raise PostgresUnavailable(f"{program.name} failed ({status}): {output.read().decode(errors='replace')}")
