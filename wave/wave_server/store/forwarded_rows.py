"""Deltas of our users on their way to other hosts: written and crossed off by small writes, read on a connection."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.names import WaveletName
from wave_server.store.federation_tables import forwarded
from wave_server.store.small_writes import SmallWrite
from wave_server.store.statements import statement_text
from wave_server.store.store import stored_name
from wave_server.store.tables import wavelets


class ForwardedRow(NamedTuple):
    """One of them. ``delta`` is the ProtocolSignedDelta as it is sent; ``created_at`` is in ms since 1970."""

    id: int
    wavelet: WaveletName
    author: str
    key: str
    delta: bytes
    created_at: int


_NAME: Final = (wavelets.c.wave_domain, wavelets.c.wave_id, wavelets.c.wavelet_domain, wavelets.c.wavelet_id)
_ROWS: Final = (
    select(
        forwarded.c.id,
        *_NAME,
        forwarded.c.author,
        forwarded.c.key,
        forwarded.c.delta,
        forwarded.c.created_at,
    )
    .join_from(forwarded, wavelets)
    .order_by(forwarded.c.id)
)


def add_forwarded(wavelet: int, author: str, key: str, delta: bytes, created_at: int) -> SmallWrite:
    """Write one down, for the wavelet with that row id; its id comes back.

    It takes the place of one under the same key, which nobody knew to have been written: the database failed then.
    """
    return SmallWrite(_add_sql, (wavelet, author, key, delta, created_at))


async def all_forwarded(connection: AsyncConnection) -> list[ForwardedRow]:
    """All that are under way, in the order in which they were written down."""
    return [_row(row) for row in await connection.execute(_ROWS)]


def remove_forwarded(forwarded_id: int) -> SmallWrite:
    """It has come back in the history, or its host has refused it."""
    return SmallWrite(_remove_sql, (forwarded_id,))


@cache
def _add_sql(dialect: Dialect) -> str:
    names = ["wavelet", "author", "key", "delta", "created_at"]
    dialect_insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement = dialect_insert(forwarded).values({name: bindparam(name) for name in names})
    statement = statement.on_conflict_do_update(
        index_elements=[forwarded.c.wavelet, forwarded.c.author, forwarded.c.key],
        set_={"delta": statement.excluded.delta, "created_at": statement.excluded.created_at},
    )
    return statement_text(statement.returning(forwarded.c.id).compile(dialect=dialect), names)


@cache
def _remove_sql(dialect: Dialect) -> str:
    statement = delete(forwarded).where(forwarded.c.id == bindparam("row"))
    return statement_text(statement.compile(dialect=dialect), ["row"])


def _row(row: Any) -> ForwardedRow:
    row_id, wave_domain, wave_id, wavelet_domain, wavelet_id, author, key, delta, created_at = row
    name = stored_name(wave_domain, wave_id, wavelet_domain, wavelet_id)
    return ForwardedRow(row_id, name, author, key, delta, created_at)
