"""New SQLite databases, with their tables: copies of one, because making the tables takes a tenth of a second."""

from __future__ import annotations

import tempfile
from pathlib import Path

from wave_server.store import migrate

_made: list[bytes] = []


async def sqlite_database(path: Path) -> str:
    """The URL of the database at ``path``, which is made unless it is there already."""
    if not path.exists():  # noqa: ASYNC240 - a few pages, and tests wait for it anyway
        path.write_bytes(_made[0] if _made else await _make())  # noqa: ASYNC240
    return _url(path)


async def _make() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "new.db"
        await migrate(_url(path))
        _made.append(path.read_bytes())
    return _made[0]


def _url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
