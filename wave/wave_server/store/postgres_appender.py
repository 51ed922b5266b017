"""Appending on PostgreSQL: one connection, one prepared INSERT, one round trip for a whole batch.

asyncpg's ``executemany`` sends every row and one Sync: the server runs them as one implicit transaction
and commits at the Sync. Measured in docs/decisions/0004-store-write-path.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wave_server.names import WaveletName
from wave_server.store.appending import refused, refused_statements, repeated_in, unknown_wavelet
from wave_server.store.engine import store_errors
from wave_server.store.errors import StoreUnavailable, VersionConflict
from wave_server.store.following import following_statements
from wave_server.store.small_writes import SmallWrite, Written
from wave_server.store.statements import (
    POSTGRESQL,
    delta_parameters,
    insert_deltas_sql,
    insert_wavelet_sql,
    named_in_order,
    taken_sql,
    wavelet_id_sql,
)
from wave_server.store.values import NewDelta
from wave_server.store.wavelet_ids import WaveletIds

if TYPE_CHECKING:
    from asyncpg.prepared_stmt import PreparedStatement

    Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# A database whose administrator turned durable commits off would acknowledge what a crash can lose.
_COMMIT_DURABLY: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
_UNSTORABLE: Final = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, ValueError, OverflowError)
_FAILED: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


class _Session(NamedTuple):
    """The append connection, taken out of SQLAlchemy's pool for good, and its statement."""

    pooled: AsyncConnection
    driver: Driver
    insert: PreparedStatement[asyncpg.Record]


class PostgresAppender:
    """The Appender of a PostgreSQL database. It connects when first needed, and again after a failure."""

    def __init__(self, engine: AsyncEngine, ids: WaveletIds) -> None:
        self._engine = engine
        self._ids = ids
        self._session: _Session | None = None
        self._turn = asyncio.Lock()
        self._closed = False

    async def append(self, batch: Sequence[NewDelta]) -> None:
        """See Appender."""
        async with self._turn:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            session = self._session or await self._connect()
            try:
                await self._append(session, batch)
            except asyncpg.UniqueViolationError as error:
                raise await self._conflict(session.driver, batch) from error
            except _UNSTORABLE as error:
                raise refused(batch, error) from error
            except _FAILED as error:
                await self._disconnect()
                raise StoreUnavailable(f"the database failed ({error!r}): try again") from error

    async def carry_out(self, statements: Sequence[SmallWrite]) -> Sequence[Written]:
        """See Appender."""
        async with self._turn:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            driver = (self._session or await self._connect()).driver
            try:
                async with driver.transaction():
                    return [await driver.fetchval(sql(POSTGRESQL), *values) for sql, values in statements]
            except _UNSTORABLE as error:
                raise refused_statements(error) from error
            except _FAILED as error:
                await self._disconnect()
                raise StoreUnavailable(f"the database failed ({error!r}): try again") from error

    async def close(self) -> None:
        """See Appender."""
        async with self._turn:
            self._closed = True
            await self._disconnect()

    async def _append(self, session: _Session, batch: Sequence[NewDelta]) -> None:
        rows = []
        for delta in batch:
            row_id = self._ids.get(delta.wavelet)
            if row_id is None or delta.domains is not None:
                return await self._append_in_transaction(session, batch)
            rows.append(delta_parameters(row_id, delta))
        if len(rows) == 1:
            await session.insert.fetch(*rows[0])  # the same round trip, a tenth cheaper on both sides
        else:
            await session.insert.executemany(rows)
        return None

    async def _append_in_transaction(self, session: _Session, batch: Sequence[NewDelta]) -> None:
        async with session.driver.transaction():
            ids = await self._ids_of(session.driver, batch)
            await session.insert.executemany([delta_parameters(ids[delta.wavelet], delta) for delta in batch])
            for delta in batch:
                for sql, parameters in following_statements(POSTGRESQL, ids[delta.wavelet], delta):
                    await session.driver.execute(sql, *parameters)
        for name, row_id in ids.items():
            self._ids.remember(name, row_id)

    async def _ids_of(self, driver: Driver, batch: Sequence[NewDelta]) -> dict[WaveletName, int]:
        """The row ids of the batch's wavelets; those that begin here are made."""
        ids: dict[WaveletName, int] = {}
        for delta in batch:
            if delta.wavelet in ids:
                continue
            row_id = self._ids.get(delta.wavelet)
            if row_id is None and delta.at == 0:
                row_id = await driver.fetchval(insert_wavelet_sql(POSTGRESQL), *named_in_order(delta.wavelet))
            if row_id is None:  # also when another node has made it meanwhile
                row_id = await driver.fetchval(wavelet_id_sql(POSTGRESQL), *named_in_order(delta.wavelet))
            if row_id is None:
                raise unknown_wavelet(delta)
            ids[delta.wavelet] = row_id
        return ids

    async def _conflict(self, driver: Driver, batch: Sequence[NewDelta]) -> Exception:
        try:
            for delta in batch:
                row_id = self._ids.get(delta.wavelet)
                if row_id is None:
                    row_id = await driver.fetchval(wavelet_id_sql(POSTGRESQL), *named_in_order(delta.wavelet))
                if row_id is not None and await driver.fetchval(taken_sql(POSTGRESQL), row_id, delta.at, delta.version):
                    return VersionConflict(delta.wavelet, delta.at)
        except _FAILED as error:
            await self._disconnect()
            return StoreUnavailable(f"the database failed ({error!r}): try again")
        first = repeated_in(batch) or batch[0]
        return VersionConflict(first.wavelet, first.at)

    async def _connect(self) -> _Session:
        with store_errors():
            pooled = await self._engine.connect()
            driver = (await pooled.get_raw_connection()).driver_connection
            assert isinstance(driver, asyncpg.Connection)
            try:
                await driver.execute(_COMMIT_DURABLY)
                self._session = _Session(pooled, driver, await driver.prepare(insert_deltas_sql(POSTGRESQL)))
            except _FAILED as error:
                await pooled.invalidate()
                await pooled.close()
                raise StoreUnavailable(f"the database failed ({error!r}): try again") from error
        return self._session

    async def _disconnect(self) -> None:
        """Throw the connection away: what state it is in is not known, and the pool must not hand it out again."""
        session, self._session = self._session, None
        if session is not None:
            session.driver.terminate()
            await session.pooled.invalidate()
            await session.pooled.close()
