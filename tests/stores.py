"""The store, once on each database: a test that asks for ``store`` or ``database_url`` runs on both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from databases import sqlite_database
from peers.postgres import Postgres
from wave_server.store import Store, migrate
from wave_server.store.tables import metadata

SHARED = "shared"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that has no tables yet."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def shared_postgres(postgres: Postgres) -> Postgres:
    """A server with a database that has its tables. Making one for every test would take most of the tests' time."""

    async def create() -> None:
        connection = await asyncpg.connect(postgres.dsn())
        await connection.execute(f"CREATE DATABASE {SHARED}")
        await connection.close()
        await migrate(postgres.url(SHARED))

    asyncio.run(create())
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def store_server(request: pytest.FixtureRequest) -> Postgres | None:
    """The PostgreSQL server to use, or None for SQLite."""
    if request.param == "sqlite":
        return None
    server: Postgres = request.getfixturevalue("shared_postgres")
    return server


@pytest.fixture
async def store(store_server: Postgres | None, tmp_path: Path) -> AsyncIterator[Store]:
    """An open store without content."""
    if store_server is None:
        opened = await Store.open(await sqlite_database(tmp_path / "store.db"))
    else:
        await _empty(store_server)
        opened = await Store.open(store_server.url(SHARED))
    yield opened
    await opened.close()


async def _empty(server: Postgres) -> None:
    connection = await asyncpg.connect(server.dsn(SHARED))
    for table in reversed(metadata.sorted_tables):
        await connection.execute(f"DELETE FROM {table.name}")
    await connection.close()
