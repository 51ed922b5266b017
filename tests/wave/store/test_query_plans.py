from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.sql.expression import ClauseElement

from wave_server.store import migrate, statements
from wave_server.store.statements import SQLITE


@pytest.mark.parametrize(
    "name",
    [
        "WAVELET_ID",
        "WAVELETS_OF_WAVE",
        "NEXT_WAVELETS",
        "NEWEST_SNAPSHOT",
        "SNAPSHOTS",
        "SNAPSHOT_SIZES",
        "DELETE_SNAPSHOT",
        "DELTAS_FROM",
        "DELTAS_BETWEEN",
        "HASH_AT",
        "TAKEN",
    ],
)
async def test_no_statement_walks_through_a_whole_table(tmp_path: Path, name: str) -> None:
    path = tmp_path / "store.db"
    await migrate(f"sqlite+aiosqlite:///{path}")
    statement = getattr(statements, name)
    assert isinstance(statement, ClauseElement)
    sql = str(statement.compile(dialect=SQLITE))
    connection = sqlite3.connect(path)
    parameters = [0] * sql.count("?")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    connection.close()
    assert any("SEARCH" in step for step in plan)
    assert not any("SCAN" in step for step in plan), plan
