"""Deltas of our users on their way to other hosts: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.names import WaveletName
from wave_server.store.federation_tables import forwarded
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


async def add_forwarded(
    connection: AsyncConnection, wavelet: int, author: str, key: str, delta: bytes, created_at: int
) -> int:
    """Write one down, for the wavelet with that row id; its id comes back.

    It takes the place of one under the same key, which nobody knew to have been written: the database failed then.
    """
    values = {"wavelet": wavelet, "author": author, "key": key, "delta": delta, "created_at": created_at}
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = dialect_insert(forwarded).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=[forwarded.c.wavelet, forwarded.c.author, forwarded.c.key],
        set_={"delta": delta, "created_at": created_at},
    )
    return int((await connection.execute(statement.returning(forwarded.c.id))).scalar_one())


async def all_forwarded(connection: AsyncConnection) -> list[ForwardedRow]:
    """All that are under way, in the order in which they were written down."""
    return [_row(row) for row in await connection.execute(_ROWS)]


async def remove_forwarded(connection: AsyncConnection, forwarded_id: int) -> None:
    """It has come back in the history, or its host has refused it."""
    await connection.execute(delete(forwarded).where(forwarded.c.id == forwarded_id))


def _row(row: Any) -> ForwardedRow:
    row_id, wave_domain, wave_id, wavelet_domain, wavelet_id, author, key, delta, created_at = row
    name = stored_name(wave_domain, wave_id, wavelet_domain, wavelet_id)
    return ForwardedRow(row_id, name, author, key, delta, created_at)
