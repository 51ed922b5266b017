"""Looking back into one wavelet's history: functions on a connection, each as costly as what it returns.

None of them walks through a history: every bound is looked up in an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.names import WaveletName
from wave_server.store.statements import WAVELET_ID, named
from wave_server.store.tables import deltas, snapshots
from wave_server.store.values import StoredSnapshot


class Extent(NamedTuple):
    """How far a history goes: its version, and the time of its first delta, in ms since 1970."""

    version: int
    created: int


class Point(NamedTuple):
    """A delta without its contents: the version that it leads to, when, and whose it is."""

    version: int
    timestamp: int  # ms since 1970
    author: str


class Weight(NamedTuple):
    """A delta's place and the bytes that its contents take in the store."""

    at: int
    version: int
    size: int


_IN_WAVELET: Final = deltas.c.wavelet == bindparam("wavelet")
_ENDS: Final = (
    # Literals, so that PostgreSQL need not guess the type of a parameter inside a recursion
    select(bindparam("width", type_=deltas.c.version.type).label("end")).cte("ends", recursive=True)
)
_ALL_ENDS: Final = _ENDS.union_all(
    select(_ENDS.c.end + bindparam("width", type_=deltas.c.version.type)).where(
        _ENDS.c.end < bindparam("head", type_=deltas.c.version.type)
    )
)
_LAST_BEFORE: Final = (
    select(func.max(deltas.c.version))
    .where(_IN_WAVELET, deltas.c.version <= _ALL_ENDS.c.end)
    .correlate(_ALL_ENDS)
    .scalar_subquery()
)
LAST_OF_EACH: Final = select(_LAST_BEFORE)
HEAD: Final = select(func.max(deltas.c.version)).where(_IN_WAVELET)
BEGINNING: Final = select(deltas.c.timestamp).where(_IN_WAVELET, deltas.c.at == literal(0))
POINTS: Final = (
    select(deltas.c.version, deltas.c.timestamp, deltas.c.author)
    .where(_IN_WAVELET, deltas.c.version.in_(bindparam("versions", expanding=True)))
    .order_by(deltas.c.version)
)
SNAPSHOT_UP_TO: Final = (
    select(snapshots.c.version, snapshots.c.history_hash, snapshots.c.state)
    .where(snapshots.c.wavelet == bindparam("wavelet"), snapshots.c.version <= bindparam("version"))
    .order_by(snapshots.c.version.desc())
    .limit(1)
)
WEIGHTS: Final = (
    select(
        deltas.c.at,
        deltas.c.version,
        func.length(deltas.c.applied) + func.coalesce(func.length(deltas.c.transformed), 0),
    )
    .where(_IN_WAVELET, deltas.c.at >= bindparam("start"), deltas.c.at < bindparam("end"))
    .order_by(deltas.c.at)
    .limit(bindparam("count"))
)


async def row_id(connection: AsyncConnection, name: WaveletName) -> int | None:
    """The wavelet's row id, None when it is not stored."""
    found: int | None = await connection.scalar(WAVELET_ID, named(name))
    return found


async def extent(connection: AsyncConnection, wavelet: int) -> Extent | None:
    """How far the history of the wavelet with that row id goes; None before its first delta."""
    where = {"wavelet": wavelet}
    version = await connection.scalar(HEAD, where)
    created = await connection.scalar(BEGINNING, where)
    return None if version is None or created is None else Extent(version, created)


async def points(connection: AsyncConnection, wavelet: int, head: int, count: int) -> list[Point]:
    """At most ``count`` deltas, spread evenly over the versions up to ``head``, in order.

    The history is cut into equal stretches, and of each the last delta is given: the very last is among them.
    """
    width = -(-head // count)
    where = {"wavelet": wavelet, "width": width, "head": head}
    ends = {version for version in await connection.scalars(LAST_OF_EACH, where) if version is not None}
    if not ends:
        return []
    rows = await connection.execute(POINTS, {"wavelet": wavelet, "versions": sorted(ends)})
    return [Point(*row) for row in rows]


async def snapshot_up_to(
    connection: AsyncConnection, wavelet: int, name: WaveletName, version: int
) -> StoredSnapshot | None:
    """The newest stored snapshot of ``version`` or before; None when there is none."""
    row = (await connection.execute(SNAPSHOT_UP_TO, {"wavelet": wavelet, "version": version})).first()
    return None if row is None else StoredSnapshot(name, *row)


async def weights(connection: AsyncConnection, wavelet: int, start: int, end: int, count: int) -> Sequence[Weight]:
    """What the deltas that apply at versions from ``start`` to below ``end`` weigh, at most ``count`` of them."""
    where = {"wavelet": wavelet, "start": start, "end": end, "count": count}
    return [Weight(*row) for row in await connection.execute(WEIGHTS, where)]
