#!/usr/bin/env python3
"""The shared bench with Groundswell among its peers: same options, same lines of JSON.

    BENCH_HOME=... BENCH_TRACES=... python bench/harness.py --peer groundswell-sqlite --peer sharedb-pg --workload W2

``docs/benchmarks.md`` says what is measured and how to read it. The bench (``GROUNDSWELL_BENCH``) is not part
of this repository and is not typed; what is used of it is declared here.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
HARNESS = Path(os.environ.get("GROUNDSWELL_BENCH", ROOT.parent / "shared" / "bench")).resolve()
if not (HARNESS / "peers.py").is_file():
    sys.exit(f"{HARNESS} is not the shared bench: set GROUNDSWELL_BENCH to its folder")
sys.path.insert(0, str(HARNESS))

ADDRESS = "bench@localhost"
PASSWORD = "a password for one benchmark"
ADAPTER = ROOT / "bench" / "adapter" / "groundswell"

if TYPE_CHECKING:

    class Peer:
        """The harness's base of servers under test."""

        name: str
        client: str
        ack: str
        durable: str
        where: Path
        port: int
        extra: dict[str, Any]

        def prepare(self) -> None: ...
        def dispose(self) -> None: ...

    class ShareDBPostgres(Peer):
        """A peer with a PostgreSQL cluster of its own (fsync on), on the server's core."""

        pgport: int
        psql: list[str]

    PEERS: dict[str, type[Peer]]
else:
    from peers import PEERS, Peer, ShareDBPostgres


def client_module() -> str:
    """The adapter as the load generator imports it: relative to the harness's clients, without the suffix."""
    return urllib.parse.quote(os.path.relpath(ADAPTER, HARNESS / "load" / "clients"))


CONFIG = """\
domain = "localhost"
data_dir = "{data}"
[http]
host = "127.0.0.1"
port = {port}
[database]
url = "{database}"
[limits]
# One account plays every editor, as fast as it can: as with the other peers, no rate is limited.
messages_per_second = 0
bytes_per_second = 0
connections_per_account = 10000
"""


class GroundswellSQLite(Peer):
    """``groundswell serve`` with the embedded database: WAL, ``synchronous=FULL``."""

    name = "groundswell-sqlite"
    client = client_module()
    ack = "the delta is committed to SQLite (WAL, synchronous=FULL)"
    durable = "at the ack"

    def database(self) -> str:
        """The database's URL; "" is the embedded one."""
        return ""

    def prepare(self) -> None:
        """Write the configuration and make the one user and its token."""
        super().prepare()
        (self.where / "data").mkdir(exist_ok=True)
        self.config = self.where / "groundswell.toml"
        self.config.write_text(
            CONFIG.format(data=self.where / "data", port=self.port, database=self.database()), encoding="utf-8"
        )
        self.run("migrate")
        self.run("user", "add", ADDRESS, "--password-stdin", input_text=f"{PASSWORD}\n")
        token = self.run("token", "create", ADDRESS).strip().splitlines()[-1]
        self.extra = {"token": token, "address": ADDRESS}

    def run(self, *command: str, input_text: str = "") -> str:
        """Run a ``groundswell`` command on this server's configuration; its standard output."""
        done = subprocess.run(
            [*self.program(), *command, "--config", str(self.config)],
            check=False, capture_output=True, text=True, input=input_text, env={**os.environ, **self.env()},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"groundswell {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def program(self) -> list[str]:
        """The command of the environment that runs this file, or else of the checkout's."""
        beside = Path(sys.executable).parent / "groundswell"
        return [str(beside if beside.exists() else ROOT / ".venv" / "bin" / "groundswell")]

    def spawn(self) -> list[str]:
        """The server's command line."""
        return [*self.program(), "serve", "--config", str(self.config)]

    def env(self) -> dict[str, str]:
        """The compiled engine, where ``make build-ot`` has built it, goes before the interpreted one."""
        engine = ROOT / "build" / "ot"
        return {"PYTHONPATH": str(engine)} if (engine / ".built").exists() else {}

    def up(self) -> bool:
        """Whether the server answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


class GroundswellPostgres(GroundswellSQLite, ShareDBPostgres):
    """The same with PostgreSQL, in a cluster of its own whose processor time counts as the server's."""

    name = "groundswell-pg"
    ack = "the delta is committed by PostgreSQL (synchronous_commit on, fsync on)"

    def prepare(self) -> None:
        """As above, on a new cluster, which is stopped again when something fails: the harness would leave it."""
        try:
            super().prepare()
        except BaseException:
            if hasattr(self, "pgproc"):
                self.dispose()
            raise

    def database(self) -> str:
        """A database beside the one that the harness fills with ShareDB's schema."""
        subprocess.run([*self.psql, "-d", "postgres", "-c", "create database groundswell"], check=True)
        return f"postgresql+asyncpg://bench@127.0.0.1:{self.pgport}/groundswell"

    def disk_bytes(self) -> int:
        """Bytes of the database after a full vacuum."""
        psql = [*self.psql, "-d", "groundswell", "-tA", "-c"]
        subprocess.run([*psql, "vacuum full"], check=True, capture_output=True)
        size = subprocess.run(
            [*psql, "select pg_database_size('groundswell')"], check=True, capture_output=True, text=True
        )
        return int(size.stdout)


def main() -> None:
    """Run the harness's own command line, with our two servers among its peers."""
    for peer in (GroundswellSQLite, GroundswellPostgres):
        PEERS[peer.name] = peer
    importlib.import_module("run").main()


if __name__ == "__main__":
    main()
