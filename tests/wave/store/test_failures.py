from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from history_examples import OTHER, ROOT, chain
from peers.postgres import Postgres, running_postgres
from wave_server.store import Store, StoreUnavailable, migrate
from wave_server.store.postgres_appender import PostgresAppender


async def test_commits_are_on_disk_before_they_return_on_sqlite(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}", create=True)
    async with store.reading() as connection:
        settings = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await store.close()
    assert settings == ["wal", 2, 1]  # 2: FULL


async def test_commits_are_on_disk_even_where_the_server_says_otherwise(postgres: Postgres, postgres_url: str) -> None:
    await migrate(postgres_url)
    name = postgres_url.rpartition("/")[2]
    admin = await asyncpg.connect(postgres.dsn())
    await admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await admin.close()
    store = await Store.open(postgres_url)
    await store.append(chain(ROOT, 0, 1))
    appender = store._appender
    assert isinstance(appender, PostgresAppender)
    assert appender._session is not None
    setting = await appender._session.driver.fetchval("SHOW synchronous_commit")
    await store.close()
    assert setting == "on"


async def test_an_append_after_a_lost_connection_connects_again(postgres: Postgres, postgres_url: str) -> None:
    store = await Store.open(postgres_url, create=True)
    await store.append(chain(ROOT, 0, 1))
    admin = await asyncpg.connect(postgres.dsn())
    await admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
        postgres_url.rpartition("/")[2],
    )
    await admin.close()
    with pytest.raises(StoreUnavailable):
        await store.append(chain(ROOT, 1, 2))
    loaded = await store.load(ROOT)
    assert loaded is not None
    assert loaded.deltas == chain(ROOT, 0, 1)
    await store.append(chain(ROOT, 1, 3))
    await store.close()


async def test_a_server_that_went_away_is_unavailable_to_every_method() -> None:
    with running_postgres() as server:
        store = await Store.open(server.url("postgres"), create=True)
        await store.append(chain(ROOT, 0, 1))
    for attempt in (store.append(chain(ROOT, 1, 2)), store.append(chain(ROOT, 1, 2)), store.load(ROOT)):
        with pytest.raises(StoreUnavailable):
            await attempt
    await store.close()


async def test_a_database_without_its_tables_is_unavailable_and_the_store_lives_on(store: Store) -> None:
    await store.append(chain(ROOT, 0, 1))
    async with store.writing() as connection:
        await connection.execute(text("ALTER TABLE deltas RENAME TO away"))
    with pytest.raises(StoreUnavailable):
        await store.append(chain(ROOT, 1, 2))
    with pytest.raises(StoreUnavailable):
        await store.load(ROOT)
    async with store.writing() as connection:
        await connection.execute(text("ALTER TABLE away RENAME TO deltas"))
    await store.append(chain(ROOT, 1, 2))


async def test_a_closed_store_takes_nothing_more(store: Store) -> None:
    await store.append(chain(ROOT, 0, 1))
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append(chain(ROOT, 1, 2))


async def test_appends_handed_over_before_closing_are_committed(database_url: str) -> None:
    store = await Store.open(database_url, create=True)
    waiting = [asyncio.ensure_future(store.append(chain(ROOT, at, at + 1))) for at in range(5)]
    await asyncio.sleep(0)  # each has begun
    await store.close()
    await asyncio.gather(*waiting)
    again = await Store.open(database_url)
    loaded = await again.load(ROOT)
    await again.close()
    assert loaded is not None
    assert loaded.deltas == chain(ROOT, 0, 5)


async def test_what_is_being_read_is_read_to_the_end_before_closing_and_nothing_after(database_url: str) -> None:
    store = await Store.open(database_url, create=True)
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def read() -> object:
        async with store.reading() as connection:
            reading.set()
            await go_on.wait()
            return await connection.scalar(text("SELECT 7"))

    task = asyncio.create_task(read())
    await reading.wait()
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)  # it has begun
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.load(ROOT)
    assert not closing.done()
    go_on.set()
    assert await task == 7
    await closing
    del task, closing
    gc.collect()  # a connection that was forgotten would complain


async def test_an_abandoned_append_leaves_the_store_working(store: Store) -> None:
    await store.append(chain(ROOT, 0, 1))
    abandoned = asyncio.ensure_future(store.append(chain(ROOT, 1, 2)))
    await asyncio.sleep(0)
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    await store.append(chain(OTHER, 0, 1))  # whichever way it went for ROOT
    loaded = await store.load(ROOT)
    assert loaded is not None
    assert loaded.deltas in (chain(ROOT, 0, 1), chain(ROOT, 0, 2))
