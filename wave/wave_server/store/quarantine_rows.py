"""Copies that are not continued, and why: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.names import WaveletName
from wave_server.store.federation_tables import quarantines
from wave_server.store.store import stored_name
from wave_server.store.tables import wavelets


class Quarantine(NamedTuple):
    """A quarantined copy. ``since`` is in ms since 1970; ``reason`` is a sentence for readers."""

    wavelet: WaveletName
    since: int
    reason: str
    evidence: bytes


_ROWS: Final = select(
    wavelets.c.wave_domain,
    wavelets.c.wave_id,
    wavelets.c.wavelet_domain,
    wavelets.c.wavelet_id,
    quarantines.c.since,
    quarantines.c.reason,
    quarantines.c.evidence,
).join_from(quarantines, wavelets)


async def add_quarantine(connection: AsyncConnection, wavelet: int, since: int, reason: str, evidence: bytes) -> None:
    """Quarantine the wavelet with that row id; the first evidence stays."""
    values = {"wavelet": wavelet, "since": since, "reason": reason, "evidence": evidence}
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await connection.execute(dialect_insert(quarantines).values(values).on_conflict_do_nothing())


async def all_quarantines(connection: AsyncConnection) -> list[Quarantine]:
    """All of them, oldest first."""
    rows = await connection.execute(_ROWS.order_by(quarantines.c.since, quarantines.c.wavelet))
    return [Quarantine(stored_name(*row[:4]), *row[4:]) for row in rows]


async def lift_quarantine(connection: AsyncConnection, wavelet: int) -> bool:
    """Let a copy be continued, an operator's decision; whether it was quarantined."""
    return (await connection.execute(delete(quarantines).where(quarantines.c.wavelet == wavelet))).rowcount == 1
