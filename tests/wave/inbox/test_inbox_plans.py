"""What a page of an inbox costs does not grow with the inbox: the databases walk an index and stop."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.search_query import parse_query
from wave_server.store import Store
from wave_server.store.index_tables import inbox_entries, waves
from wave_server.store.search_rows import page_of

from .world import ALICE, DOMAIN, EVERYBODY

WAVES = 2_000


async def plan(connection: AsyncConnection, statement: Select[Any]) -> str:
    """How the database will carry the statement out."""
    is_sqlite = connection.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_sqlite else postgresql.dialect()  # type: ignore[no-untyped-call]
    sql = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    rows = await connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}")
    return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture
async def connection(store: Store) -> Any:
    """A database in which alice has many waves."""
    async with store.writing() as writing:
        await writing.execute(insert(waves), [{"wave_domain": DOMAIN, "wave_id": f"w+{n}"} for n in range(WAVES)])
        rows = list(await writing.scalars(text("SELECT id FROM waves")))
        entries = [
            {
                "address": f"{'alice' if row % 2 else 'bob'}@{DOMAIN}",
                "wave": row,
                "place": 1,
                "modified": row,
                "unread": int(row % 100 == 1),
                "archived": False,
                "muted": False,
                "pinned": row % 500 == 1,
                "private": False,
            }
            for row in rows
        ]
        await writing.execute(insert(inbox_entries), entries)
        await writing.execute(text("ANALYZE"))
    async with store.reading() as reading:
        yield reading


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("in:inbox", "place"),
        ("in:archive", "place"),
        ("in:all", "modified"),
        ("in:pinned", "pinned"),
        ("in:inbox is:unread", "unread"),
        ("in:inbox before:2026-01-01", "place"),
    ],
)
@pytest.mark.parametrize("after", [None, (1_000, 1_000)])
async def test_a_page_is_a_stretch_of_an_index(
    connection: AsyncConnection, query: str, index: str, after: tuple[int, int] | None
) -> None:
    statement = page_of(connection.dialect.name, str(ALICE), str(EVERYBODY), parse_query(query, DOMAIN), after, 51)
    found = await plan(connection, statement)
    assert "ix_inbox_entries" in found, found
    assert "Seq Scan" not in found, found
    if connection.dialect.name == "sqlite":  # PostgreSQL chooses by what is in the tables, and here little is
        assert f"SEARCH inbox_entries USING INDEX ix_inbox_entries_{index}" in found, found
        assert "TEMP B-TREE" not in found or query == "in:pinned", found  # it sorts the few that are pinned
