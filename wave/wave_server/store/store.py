"""The store: every wavelet's history, its snapshots, and the tables that accounts are kept in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wave_server.names import InvalidName, WaveId, WaveletId, WaveletName
from wave_server.store import statements
from wave_server.store.appending import Appender
from wave_server.store.engine import WRITE, is_sqlite, make_engine, parsed_url, store_errors
from wave_server.store.errors import StoreError, StoreUnavailable
from wave_server.store.keyframes import Keyframe, surplus
from wave_server.store.migrations import check_revision, migrate
from wave_server.store.postgres_appender import PostgresAppender
from wave_server.store.small_writes import SmallWrite, SmallWrites, Written
from wave_server.store.sqlite_appender import SqliteAppender
from wave_server.store.values import NewDelta, StoredDelta, StoredSnapshot, StoredWavelet
from wave_server.store.wavelet_ids import WaveletIds

PAGE: Final = 1000  # deltas, or wavelets, read at once unless told otherwise
_END: Final = 2**63 - 1  # beyond every version


class _Use:
    """The blocks that have a connection; none begins once the end has been asked for."""

    def __init__(self) -> None:
        self._blocks = 0
        self._ending = False
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def begun(self) -> Iterator[None]:
        """A block that uses a connection. Raises StoreUnavailable when it comes too late."""
        if self._ending:
            raise StoreUnavailable("the store is closed")
        self._blocks += 1
        self._none.clear()
        try:
            yield
        finally:
            self._blocks -= 1
            if not self._blocks:
                self._none.set()

    def end(self) -> None:
        """Let no further block begin."""
        self._ending = True

    async def ended(self) -> None:
        """Wait for those that have begun."""
        await self._none.wait()


class Store:
    """An open database. Safe to use from any task of the event loop that opened it.

    What a method has written is on disk when it returns. Every method raises StoreUnavailable when the
    database fails.
    """

    def __init__(self, engine: AsyncEngine, appender: Appender, ids: WaveletIds) -> None:
        self._engine = engine
        self._appender = appender
        self._ids = ids
        self._small_writes = SmallWrites(appender.carry_out)
        self._use = _Use()

    @classmethod
    async def open(cls, url: str, *, create: bool = False) -> Self:
        """Open the database at ``url`` (``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``).

        ``create`` makes an SQLite file and its tables, or upgrades them, first. Raises WrongSchema when the
        tables are not this version's, StoreError for another kind of URL.
        """
        parsed = parsed_url(url)
        if create:
            await migrate(url)
        elif is_sqlite(parsed):
            _require_file(str(parsed.database))
        engine = make_engine(parsed)
        try:
            with store_errors():
                async with engine.connect() as connection:
                    await check_revision(connection)
        except BaseException:
            await engine.dispose()
            raise
        ids = WaveletIds()
        return cls(engine, SqliteAppender(parsed, ids) if is_sqlite(parsed) else PostgresAppender(engine, ids), ids)

    async def close(self) -> None:
        """Finish what was begun and close every connection. Nothing can be read or written from now on."""
        self._use.end()
        await self._small_writes.settled()
        await self._appender.close()
        await self._use.ended()  # the engine forgets, and never closes, what is in use when it is disposed of
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; what it shows is one moment's state only within one statement on PostgreSQL."""
        async with self._connected() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the end of the block, or undone when an exception leaves it.

        On SQLite it has the write lock from the start: be quick, appends wait for it. IntegrityError passes.
        """
        async with self._connected() as connection:
            await connection.execution_options(**{WRITE: True})
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        with self._use.begun(), store_errors():
            async with self._engine.connect() as connection:
                yield connection

    async def append(self, batch: Sequence[NewDelta]) -> None:
        """Commit deltas of any wavelets in one transaction, all or none; a delta at version 0 begins its wavelet.

        Deltas of one wavelet stand in the batch in the order of their versions. Raises VersionConflict when one
        of their versions is taken; StoreError when a wavelet has no beginning, or a value cannot be stored.
        After StoreUnavailable it is not known whether the batch was committed: load the wavelets again.
        """
        if batch:
            await self._appender.append(batch)

    async def note(self, statement: SmallWrite) -> Written:
        """Carry out one statement, in a transaction with others that are asked for meanwhile. What it returns.

        After StoreUnavailable it is not known whether that was committed. Raises StoreError when it, or another with
        it, breaks a rule of the tables.
        """
        return await self._small_writes.write(statement)

    async def load(self, name: WaveletName) -> StoredWavelet | None:
        """The wavelet's newest snapshot and every delta after it, in order; None when there is no such wavelet.

        The cost depends on the number of deltas after the snapshot, not on the length of the history.
        """
        async with self.reading() as connection:
            row = (await connection.execute(statements.NEWEST_SNAPSHOT, statements.named(name))).first()
            if row is None:
                return None
            row_id, version, history_hash, state = row
            self._ids.remember(name, row_id)
            start = {"wavelet": row_id, "start": version or 0}
            rows = await connection.execute(statements.DELTAS_FROM, start)
            deltas = [StoredDelta(name, *found) for found in rows]
        return StoredWavelet(None if version is None else StoredSnapshot(name, version, history_hash, state), deltas)

    async def deltas(
        self, name: WaveletName, start: int, end: int | None = None, limit: int = PAGE
    ) -> list[StoredDelta]:
        """At most ``limit`` deltas that apply at versions from ``start`` to below ``end``, in order."""
        async with self.reading() as connection:
            row_id = await self.row_id(connection, name)
            bounds = {"wavelet": row_id, "start": start, "end": _END if end is None else end, "count": limit}
            return [StoredDelta(name, *row) for row in await connection.execute(statements.DELTAS_BETWEEN, bounds)]

    async def hash_at(self, name: WaveletName, version: int) -> bytes | None:
        """The history hash after the delta that ends at ``version``; None when none does (so for version 0)."""
        async with self.reading() as connection:
            where = {"wavelet": await self.row_id(connection, name), "version": version}
            found: bytes | None = await connection.scalar(statements.HASH_AT, where)
            return found

    async def put_snapshot(self, snapshot: StoredSnapshot) -> None:
        """Keep a snapshot, and of older ones of this wavelet those that ``keyframes.surplus`` leaves.

        One that is there already for the version is replaced. Raises StoreError when no such wavelet is stored.
        """
        try:
            await self._put_snapshot(snapshot)
        except IntegrityError as error:
            raise StoreError(f"the database refused the snapshot of {snapshot.wavelet}: {error.orig}") from error

    async def _put_snapshot(self, snapshot: StoredSnapshot) -> None:
        async with self.writing() as connection:
            row_id = await self.row_id(connection, snapshot.wavelet)
            if row_id is None:
                raise StoreError(f"{snapshot.wavelet} is not in the store, so it can have no snapshot")
            where = {"in_wavelet": row_id, "at_version": snapshot.version}
            await connection.execute(statements.DELETE_SNAPSHOT, where)
            await connection.execute(
                statements.INSERT_SNAPSHOT,
                {
                    "wavelet": row_id,
                    "version": snapshot.version,
                    "history_hash": snapshot.history_hash,
                    "state": snapshot.state,
                },
            )
            stored = await connection.execute(statements.SNAPSHOT_SIZES, {"in_wavelet": row_id})
            for version in surplus([Keyframe(*row) for row in stored]):
                where = {"in_wavelet": row_id, "at_version": version}
                await connection.execute(statements.DELETE_SNAPSHOT, where)

    async def snapshots(self, name: WaveletName) -> list[StoredSnapshot]:
        """The wavelet's snapshots, oldest first."""
        async with self.reading() as connection:
            where = {"in_wavelet": await self.row_id(connection, name)}
            return [StoredSnapshot(name, *row) for row in await connection.execute(statements.SNAPSHOTS, where)]

    async def wavelets_of(self, wave: WaveId) -> list[WaveletName]:
        """The wave's wavelets that are stored, in the order in which they began."""
        where = {"wave_domain": wave.domain, "wave_id": wave.id}
        async with self.reading() as connection:
            rows = await connection.execute(statements.WAVELETS_OF_WAVE, where)
            return [WaveletName(wave, _wavelet_id(domain, local)) for domain, local in rows]

    async def all_wavelets(self) -> AsyncIterator[WaveletName]:
        """Every wavelet, in the order in which they began, read page by page."""
        after = 0
        while True:
            async with self.reading() as connection:
                where = {"after": after, "count": PAGE}
                rows: Sequence[Row[Any]] = (await connection.execute(statements.NEXT_WAVELETS, where)).all()
            for row in rows:
                after = row.id
                yield stored_name(row.wave_domain, row.wave_id, row.wavelet_domain, row.wavelet_id)
            if len(rows) < PAGE:
                return

    async def find_row_id(self, name: WaveletName) -> int | None:
        """The wavelet's row id, None when it is not stored; without the database where it is known."""
        row_id = self._ids.get(name)
        if row_id is None:
            async with self.reading() as connection:
                row_id = await self.row_id(connection, name)
        return row_id

    async def row_id(self, connection: AsyncConnection, name: WaveletName) -> int | None:
        """The wavelet's row id, None when it is not stored."""
        row_id = self._ids.get(name)
        if row_id is None:
            row_id = await connection.scalar(statements.WAVELET_ID, statements.named(name))
            if row_id is not None:
                self._ids.remember(name, row_id)
        return row_id


def _require_file(path: str) -> None:
    """SQLite would make an empty database where there is none, and hide a mistyped path."""
    if not Path(path).is_file():
        raise StoreUnavailable(f"there is no database {path}: run `groundswell migrate` to make it")


def stored_name(wave_domain: str, wave_id: str, wavelet_domain: str, wavelet_id: str) -> WaveletName:
    """The name in a row of wavelets, which may be one of a provider with the original's laxer rules."""
    return WaveletName(_wave_id(wave_domain, wave_id), _wavelet_id(wavelet_domain, wavelet_id))


def _wave_id(domain: str, local: str) -> WaveId:
    try:
        return WaveId(domain, local)
    except InvalidName:  # a provider with the original's laxer rules made it
        return WaveId.legacy(domain, local)


def _wavelet_id(domain: str, local: str) -> WaveletId:
    try:
        return WaveletId(domain, local)
    except InvalidName:
        return WaveletId.legacy(domain, local)
