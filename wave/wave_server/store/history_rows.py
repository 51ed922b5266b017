"""Looking back into one wavelet's history: functions on a connection, each as costly as what it returns.

None of them walks through a history: every bound is looked up in an index.
"""

from __future__ import annotations

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


class Page(NamedTuple):
    """Which deltas go onto a page: so many, the last leading to ``end``. ``more``: others follow."""

    deltas: int
    end: int
    more: bool


class Authored(NamedTuple):
    """A delta as far as it says who did what: the columns of that name, see NewDelta."""

    version: int
    author: str
    applied: bytes
    transformed: bytes | None


class Signed(NamedTuple):
    """A delta as far as it says who signed what: the columns of that name, see NewDelta."""

    version: int
    timestamp: int  # ms since 1970
    author: str
    applied: bytes


_IN_WAVELET: Final = deltas.c.wavelet == bindparam("wavelet")
_WIDTH: Final = bindparam("width", type_=deltas.c.version.type)
_ENDS: Final = select(_WIDTH.label("end")).cte("ends", recursive=True)
_ALL_ENDS: Final = _ENDS.union_all(
    select(_ENDS.c.end + _WIDTH).where(_ENDS.c.end < bindparam("head", type_=deltas.c.version.type))
)
_LAST_UP_TO_END: Final = (
    select(deltas.c.version)
    .where(_IN_WAVELET, deltas.c.version <= _ALL_ENDS.c.end)
    .order_by(deltas.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
LAST_OF_EACH: Final = select(_LAST_UP_TO_END).select_from(_ALL_ENDS)
HEAD: Final = select(func.max(deltas.c.version)).where(_IN_WAVELET)
BEGINNING: Final = select(deltas.c.timestamp).where(_IN_WAVELET, deltas.c.at == literal(0))
POINTS: Final = (
    select(deltas.c.version, deltas.c.timestamp, deltas.c.author)
    .where(_IN_WAVELET, deltas.c.version.in_(bindparam("versions", expanding=True)))
    .order_by(deltas.c.version)
)
SIGNED: Final = (
    select(deltas.c.version, deltas.c.timestamp, deltas.c.author, deltas.c.applied)
    .where(
        _IN_WAVELET,
        deltas.c.version >= bindparam("start"),
        deltas.c.version < bindparam("end"),
        deltas.c.author == bindparam("author"),
    )
    .order_by(deltas.c.version)
    .limit(1)
)
SNAPSHOT_UP_TO: Final = (
    select(snapshots.c.version, snapshots.c.history_hash, snapshots.c.state)
    .where(snapshots.c.wavelet == bindparam("wavelet"), snapshots.c.version <= bindparam("version"))
    .order_by(snapshots.c.version.desc())
    .limit(1)
)
_STRETCH: Final = (_IN_WAVELET, deltas.c.at >= bindparam("start"), deltas.c.at < bindparam("end"))
WEIGHTS: Final = (
    select(
        deltas.c.version,
        func.length(deltas.c.applied) + func.coalesce(func.length(deltas.c.transformed), 0),
    )
    .where(*_STRETCH)
    .order_by(deltas.c.at)
    .limit(bindparam("count"))
)
AUTHORED: Final = (
    select(deltas.c.version, deltas.c.author, deltas.c.applied, deltas.c.transformed)
    .where(*_STRETCH)
    .order_by(deltas.c.at)
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


async def signed(connection: AsyncConnection, wavelet: int, author: str, start: int, end: int) -> Signed | None:
    """The author's first delta that leads to a version from ``start`` to below ``end``. Costs what is between."""
    where = {"wavelet": wavelet, "author": author, "start": start, "end": end}
    row = (await connection.execute(SIGNED, where)).first()
    return None if row is None else Signed(*row)


async def snapshot_up_to(
    connection: AsyncConnection, wavelet: int, name: WaveletName, version: int
) -> StoredSnapshot | None:
    """The newest stored snapshot of ``version`` or before; None when there is none."""
    row = (await connection.execute(SNAPSHOT_UP_TO, {"wavelet": wavelet, "version": version})).first()
    return None if row is None else StoredSnapshot(name, *row)


async def page(connection: AsyncConnection, wavelet: int, start: int, end: int, count: int, size: int) -> Page | None:
    """Which deltas from version ``start`` on, leading to ``end`` or before, go onto a page; None when none does.

    At most ``count`` of them, and so many that their contents take at most ``size`` bytes, but always one.
    """
    where = {"wavelet": wavelet, "start": start, "end": end, "count": count + 1}
    found = [row for row in (await connection.execute(WEIGHTS, where)).all() if row[0] <= end]
    taken = weight = last = 0
    for version, delta_size in found[:count]:
        weight += delta_size
        if taken and weight > size:
            break
        taken += 1
        last = version
    return Page(taken, last, taken < len(found)) if taken else None


async def authored(connection: AsyncConnection, wavelet: int, start: int, end: int) -> list[Authored]:
    """The deltas that apply at versions from ``start`` to below ``end``, in order."""
    where = {"wavelet": wavelet, "start": start, "end": end}
    return [Authored(*row) for row in await connection.execute(AUTHORED, where)]
