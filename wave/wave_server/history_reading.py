"""Looking back: a wavelet's past states, its deltas, and who wrote when. Reading only, from the store.

A past state is the newest snapshot before it and the deltas between, replayed by the same code that loads
a wavelet, in slices that let others pass. Whoever may read the wavelet now may read its whole history
(CONVERSATION.md, "Access"); to everybody else it is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, final

from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server import access
from wave_server.errors import BadVersion, CorruptHistory, NotFound
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.restoring import delta_of, from_snapshot, replay
from wave_server.store import Store, StoredDelta, StoredWavelet, history_rows
from wave_server.store.history_rows import Authored, Point
from wave_server.submission import Delta, WaveletSnapshot, unsigned

TIMELINE_POINTS: Final = 2_000
PAGE_DELTAS: Final = 500  # of one answer
PAGE_BYTES: Final = 512 * 1024  # of one answer's deltas, as they are stored; one delta is always given
_FETCHED: Final = 1_000  # deltas read at once, to be replayed,
_FETCHED_BYTES: Final = 4 * 1024 * 1024  # and how much of them
_SLICE: Final = 256  # deltas replayed before others get their turn on the loop

ReadCommitted: TypeAlias = Callable[[WaveletName], Awaitable[WaveletSnapshot | None]]
"""The committed state of a wavelet at its head, None when there is none; ``WaveHost.read`` is it."""


@final
@dataclass(frozen=True, slots=True)
class Timeline:
    """A whole history in at most TIMELINE_POINTS deltas without contents. ``created``: of the first, in ms."""

    version: int
    created: int
    points: Sequence[Point]


@final
@dataclass(frozen=True, slots=True)
class PastState:
    """What a wavelet was at a version, and when, in ms since 1970, that version came about."""

    snapshot: WaveletSnapshot
    timestamp: int


@final
@dataclass(frozen=True, slots=True)
class DeltaPage:
    """Some deltas in order. ``next``: the version at which to go on, None when that is all there is."""

    deltas: Sequence[Delta]
    next: int | None


@final
class History:
    """The histories of the wavelets of one domain, for those who may read them. Belongs to one event loop.

    Every method raises NotFound for a wavelet that does not exist or that ``reader`` may not see, in the same
    words; Unavailable when the database fails; CorruptHistory when what it holds does not fit together.
    """

    def __init__(self, *, domain: str, store: Store, read: ReadCommitted, limits: HostLimits) -> None:
        self._domain: Final = domain
        self._store: Final = store
        self._read: Final = read
        self._limits: Final = limits

    async def head(self, name: WaveletName, reader: WaveAddress) -> WaveletSnapshot:
        """The wavelet as it is now, once it is sure that ``reader`` may see it."""
        found = None if access.is_private_of_another(name, reader) else await self._read(name)
        if found is None or not access.may_read(reader, found.participants):
            raise NotFound(f"{name.path} does not exist, or you do not take part in it")
        return found

    async def timeline(self, name: WaveletName, reader: WaveAddress) -> Timeline:
        """Who changed the wavelet when, from its beginning to now. The cost does not depend on its length."""
        await self.head(name, reader)
        async with self._store.reading() as connection:
            wavelet = await _row(connection, name)
            extent = await history_rows.extent(connection, wavelet)
            if extent is None:
                raise CorruptHistory(f"{name.path} has a state, but no deltas")
            points = await history_rows.points(connection, wavelet, extent.version, TIMELINE_POINTS)
        return Timeline(extent.version, extent.created, points)

    async def state(self, name: WaveletName, version: int, reader: WaveAddress) -> PastState:
        """The state at ``version``; inside a delta, the one before that delta.

        Costs the state's size and the deltas since the snapshot before it. Raises BadVersion beyond the head.
        """
        _check_version(version, await self.head(name, reader))
        async with self._store.reading() as connection:
            wavelet = await _row(connection, name)
            snapshot = await history_rows.snapshot_up_to(connection, wavelet, name, version)
        stored = StoredWavelet(snapshot, [])
        past = from_snapshot(name, stored, domain=self._domain, limits=self._limits, signer=unsigned)
        async for rows in self._rows(name, wavelet, past.head.version, version):
            replay(past, rows, self._limits)
        return PastState(past.snapshot(), past.timestamp)

    async def deltas(self, name: WaveletName, start: int, end: int, reader: WaveAddress) -> DeltaPage:
        """The deltas from version ``start`` on that lead to ``end`` or before; as many as fit a page.

        Raises BadVersion when no delta ends or begins at ``start``, or ``end`` is before it or beyond the head.
        """
        head = await self.head(name, reader)
        _check_version(end, head)
        if start > end:
            raise BadVersion(f"deltas from version {start} cannot end at version {end}")
        async with self._store.reading() as connection:
            wavelet = await _row(connection, name)
            page = await history_rows.page(connection, wavelet, start, end, PAGE_DELTAS, PAGE_BYTES)
        rows = [] if page is None else await self._store.deltas(name, start, page.end, limit=page.deltas)
        if (rows[0].at if rows else end) != start:
            raise BadVersion(f"no delta begins at version {start}: ask from a version that the timeline names")
        return DeltaPage([delta_of(row) for row in rows], page.end if page is not None and page.more else None)

    async def authored(self, name: WaveletName, start: int, end: int) -> AsyncIterator[Sequence[Authored]]:
        """Who did what from a boundary on to ``end`` or before, in slices. Whoever may know was asked before."""
        async with self._store.reading() as connection:
            wavelet = await _row(connection, name)
        more = start < end
        while more:
            async with self._store.reading() as connection:
                page = await history_rows.page(connection, wavelet, start, end, _FETCHED, _FETCHED_BYTES)
                rows = [] if page is None else await history_rows.authored(connection, wavelet, start, page.end)
            for first in range(0, len(rows), _SLICE):
                yield rows[first : first + _SLICE]
                await asyncio.sleep(0)
            start, more = (start, False) if page is None else (page.end, page.more)

    async def _rows(
        self, name: WaveletName, wavelet: int, start: int, end: int
    ) -> AsyncIterator[Sequence[StoredDelta]]:
        """The stored deltas from a boundary on that lead to ``end`` or before, in slices."""
        more = start < end
        while more:
            async with self._store.reading() as connection:
                page = await history_rows.page(connection, wavelet, start, end, _SLICE, _FETCHED_BYTES)
            if page is None:
                return
            yield await self._store.deltas(name, start, page.end, limit=page.deltas)
            start, more = page.end, page.more


async def _row(connection: AsyncConnection, name: WaveletName) -> int:
    """The row of a wavelet that is there."""
    wavelet = await history_rows.row_id(connection, name)
    if wavelet is None:
        raise CorruptHistory(f"{name.path} has a state, but no history")
    return wavelet


def _check_version(version: int, head: WaveletSnapshot) -> None:
    if not 0 <= version <= head.version:
        raise BadVersion(f"{head.wavelet.path} has the versions 0 to {head.version}, and no version {version}")
