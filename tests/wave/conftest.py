"""A host on a real store, an SQLite file, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from databases import sqlite_database
from wave_server.host import WaveHost
from wave_server.store import Store

from .hosting import Clock, new_host


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Store]:
    """An open SQLite store without content."""
    opened = await Store.open(await sqlite_database(tmp_path / "host.db"))
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def host(sqlite: Store, clock: Clock) -> AsyncIterator[WaveHost]:
    """A running host on that store."""
    running = new_host(sqlite, clock)
    await running.start()
    yield running
    await running.stop()
