from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from wave_server.store import (
    Store,
    StoreError,
    StoreUnavailable,
    WrongSchema,
    downgrade,
    is_declared,
    migrate,
    migrations_directory,
)
from wave_server.store.engine import make_engine, parsed_url
from wave_server.store.migrations import newest_revision
from wave_server.store.tables import metadata


async def on_database(url: str, work: object) -> object:
    engine = make_engine(parsed_url(url))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)  # type: ignore[arg-type]
    finally:
        await engine.dispose()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": is_declared})
    return list(compare_metadata(context, metadata))


def constraints(connection: Connection) -> dict[str, set[str]]:
    """What ``compare_metadata`` does not look at: names of keys, checks and uniques, by table."""
    inspector = inspect(connection)
    return {
        table: {
            str(found["name"])
            for found in [
                *inspector.get_check_constraints(table),
                *inspector.get_unique_constraints(table),
                *inspector.get_foreign_keys(table),
                inspector.get_pk_constraint(table),
            ]
        }
        for table in metadata.tables
    }


def declared_constraints(url: str) -> dict[str, set[str]]:
    dialect = make_engine(parsed_url(url)).dialect
    namer = dialect.identifier_preparer
    return {
        name: {str(namer.format_constraint(constraint)) for constraint in table.constraints}
        for name, table in metadata.tables.items()
    }


async def test_migrations_make_the_tables_that_the_program_declares(database_url: str) -> None:
    await migrate(database_url)
    assert await on_database(database_url, differences) == []
    assert await on_database(database_url, constraints) == declared_constraints(database_url)


async def test_downgrading_to_the_base_leaves_nothing_and_upgrading_works_again(database_url: str) -> None:
    await migrate(database_url)
    await downgrade(database_url, "base")
    left = await on_database(database_url, lambda connection: inspect(connection).get_table_names())
    assert left == ["alembic_version"]
    await migrate(database_url)
    assert await on_database(database_url, differences) == []


async def test_migrating_reports_each_step_and_says_when_there_is_none(database_url: str) -> None:
    lines: list[str] = []
    await migrate(database_url, lines.append)
    await migrate(database_url, lines.append)
    await downgrade(database_url, "base", lines.append)
    assert lines[0].startswith("applied revision 0001: Wavelets")
    assert f"nothing to do: the database is at revision {newest_revision()}" in lines
    assert lines[-1].startswith("reverted revision 0001")


async def test_a_database_without_tables_is_not_opened(database_url: str) -> None:
    await migrate(database_url)
    await downgrade(database_url, "base")
    with pytest.raises(WrongSchema, match="run `groundswell migrate`"):
        await Store.open(database_url)


async def test_a_database_of_a_newer_version_is_not_opened(database_url: str) -> None:
    await migrate(database_url)
    await on_database(database_url, lambda sync: sync.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(WrongSchema, match="9999, of a newer groundswell"):
        await Store.open(database_url)


async def test_a_missing_file_is_not_made_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "not there" / "store.db"
    with pytest.raises(StoreUnavailable, match="run `groundswell migrate`"):
        await Store.open(f"sqlite+aiosqlite:///{path}")
    assert not path.exists()
    await (await Store.open(f"sqlite+aiosqlite:///{path}", create=True)).close()
    assert path.is_file()


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite:///file.db", "sqlite+aiosqlite://", "nonsense"])
async def test_a_url_of_another_kind_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(StoreError, match="database"):
        await Store.open(url)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        await Store.open("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")


def test_the_migrations_are_found_in_the_repository() -> None:
    assert (migrations_directory() / "versions" / "0001_first_tables.py").is_file()
