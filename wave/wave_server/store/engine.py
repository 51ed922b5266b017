"""SQLAlchemy engines for the two databases, set up so that a commit is on disk when it returns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, event, exc, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from wave_server.store.errors import StoreError, StoreUnavailable

BUSY_SECONDS: Final = 10.0  # how long SQLite waits for another writer
COMMAND_SECONDS: Final = 60.0  # how long PostgreSQL may take for one statement
WRITE: Final = "groundswell_write"  # execution option: this transaction will write

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}",
)


def parsed_url(url: str) -> URL:
    """The database's URL. Raises StoreError unless it is SQLite's (a file) or PostgreSQL's, with our drivers."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise StoreError(f"the database URL cannot be read: {error}") from error
    if parsed.drivername == "sqlite+aiosqlite":
        if parsed.database in {None, "", ":memory:"} or str(parsed.database).startswith("file:"):
            raise StoreError("the SQLite database must be a file: write sqlite+aiosqlite:///path/to/file.db")
        return parsed
    if parsed.drivername == "postgresql+asyncpg":
        return parsed
    raise StoreError(
        f"the database URL starts with {parsed.drivername!r}: write sqlite+aiosqlite:///… or postgresql+asyncpg://…"
    )


def is_sqlite(url: URL) -> bool:
    """Whether the URL names an SQLite file; otherwise it is PostgreSQL's."""
    return url.drivername.startswith("sqlite")


def make_engine(url: URL) -> AsyncEngine:
    """The engine for everything but the append path. Nothing is connected yet."""
    if not is_sqlite(url):
        return create_async_engine(
            url,
            pool_pre_ping=True,
            connect_args={
                "command_timeout": COMMAND_SECONDS,
                "server_settings": {"jit": "off", "application_name": "groundswell"},
            },
        )
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})
    set_up_sqlite(engine.sync_engine)
    return engine


def set_up_sqlite(engine: Engine) -> None:
    """Durability, foreign keys, and transactions that begin when SQLAlchemy says so, taking the write lock at once."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that reads and then writes fails at once if another has written meanwhile; this one waits.
        write = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def store_errors() -> Iterator[None]:
    """Let failures of the database leave as StoreUnavailable. IntegrityError passes: its meaning is the caller's."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except (TimeoutError, exc.DBAPIError, exc.TimeoutError, OSError) as error:
        reason = getattr(error, "orig", None) or error
        raise StoreUnavailable(f"the database failed ({reason}): try again") from error
