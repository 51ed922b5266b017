"""Appending on SQLite: one thread, one connection, one hop there and back for a whole batch.

A batch that fits is a single autocommitted INSERT, so that the thread needs the interpreter's lock once:
SQLite gives it up during each step, and beside a busy event loop every step would wait for it again.
Measured in docs/decisions/0004-store-write-path.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import URL, NullPool, create_engine

from wave_server.names import WaveletName
from wave_server.store.appending import refused, refused_statements, repeated_in, unknown_wavelet
from wave_server.store.engine import BUSY_SECONDS, set_up_sqlite
from wave_server.store.errors import StoreError, StoreUnavailable, VersionConflict
from wave_server.store.following import following_statements
from wave_server.store.small_writes import SmallWrite, Written
from wave_server.store.statements import (
    SQLITE,
    delta_parameters,
    insert_deltas_sql,
    insert_wavelet_sql,
    named_in_order,
    taken_sql,
    wavelet_id_sql,
)
from wave_server.store.values import NewDelta
from wave_server.store.wavelet_ids import WaveletIds

ROWS_AT_ONCE: Final = 32  # most rows in one INSERT
_TAKEN: Final = {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}

Outcome: TypeAlias = "asyncio.Future[Any]"


class _Job(NamedTuple):
    work: Callable[[_Connection], object]
    refused: Callable[[Exception], StoreError]  # what it means that a rule of the tables is broken
    loop: asyncio.AbstractEventLoop
    outcome: Outcome


class SqliteAppender:
    """The Appender of an SQLite file. ``append`` may be called from one event loop at a time."""

    def __init__(self, url: URL, ids: WaveletIds) -> None:
        self._url = url
        self._ids = ids
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-append", daemon=True)
        self._thread.start()
        self._closed = False

    async def append(self, batch: Sequence[NewDelta]) -> None:
        """See Appender."""
        await self._do(lambda connection: connection.append(batch), partial(refused, batch))

    async def carry_out(self, statements: Sequence[SmallWrite]) -> Sequence[Written]:
        """See Appender."""
        written: Sequence[Written] = await self._do(
            lambda connection: connection.carry_out(statements), refused_statements
        )
        return written

    async def _do(self, work: Callable[[_Connection], object], in_words: Callable[[Exception], StoreError]) -> Any:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        outcome = loop.create_future()
        self._jobs.put(_Job(work, in_words, loop, outcome))
        return await outcome

    async def close(self) -> None:
        """See Appender. Batches that were handed over before are still committed."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection: _Connection | None = None
        while (job := self._jobs.get()) is not None:
            try:
                if connection is None:
                    connection = _Connection(self._url, self._ids)
                done = job.work(connection)
            except Exception as error:
                job.loop.call_soon_threadsafe(_fail, job.outcome, _in_our_words(error, job.refused))
            else:
                job.loop.call_soon_threadsafe(_succeed, job.outcome, done)
        if connection is not None:
            connection.close()


class _Connection:
    """The connection of the append thread."""

    def __init__(self, url: URL, ids: WaveletIds) -> None:
        self._ids = ids
        connect_args = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
        self._engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, connect_args=connect_args)
        set_up_sqlite(self._engine)
        self._pooled = self._engine.raw_connection()
        driver = self._pooled.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._connection = driver

    def append(self, batch: Sequence[NewDelta]) -> None:
        """Commit the batch. Raises VersionConflict or StoreError, or an error of sqlite3, with nothing committed."""
        ids = [self._ids.get(delta.wavelet) for delta in batch]
        if None not in ids and len(batch) <= ROWS_AT_ONCE and not any(delta.domains for delta in batch):
            self._insert(batch, [row_id for row_id in ids if row_id is not None])
        else:
            self._append_in_transaction(batch)

    def carry_out(self, statements: Sequence[SmallWrite]) -> list[Written]:
        """Commit statements. Raises an error of sqlite3, with nothing committed."""
        with self._transaction():
            return [self._value(self._connection.execute(sql(SQLITE), values)) for sql, values in statements]

    @staticmethod
    def _value(cursor: sqlite3.Cursor) -> Written:
        row = cursor.fetchone()
        return None if row is None else int(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._pooled.close()
        self._engine.dispose()

    def _append_in_transaction(self, batch: Sequence[NewDelta]) -> None:
        with self._transaction():
            ids = self._ids_of(batch)
            for start in range(0, len(batch), ROWS_AT_ONCE):
                rows = batch[start : start + ROWS_AT_ONCE]
                self._insert(rows, [ids[delta.wavelet] for delta in rows])
            for delta in batch:
                for sql, parameters in following_statements(SQLITE, ids[delta.wavelet], delta):
                    self._connection.execute(sql, parameters)
        for name, row_id in ids.items():
            self._ids.remember(name, row_id)

    def _insert(self, batch: Sequence[NewDelta], ids: Sequence[int]) -> None:
        parameters: list[object] = []
        for row_id, delta in zip(ids, batch, strict=True):
            parameters += delta_parameters(row_id, delta)
        try:
            self._connection.execute(insert_deltas_sql(SQLITE, len(batch)), parameters)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname in _TAKEN:
                raise self._conflict(batch, ids) from error
            raise

    def _conflict(self, batch: Sequence[NewDelta], ids: Sequence[int]) -> VersionConflict:
        for row_id, delta in zip(ids, batch, strict=True):
            if self._connection.execute(taken_sql(SQLITE), (row_id, delta.at, delta.version)).fetchone():
                return VersionConflict(delta.wavelet, delta.at)
        first = repeated_in(batch) or batch[0]
        return VersionConflict(first.wavelet, first.at)

    def _ids_of(self, batch: Sequence[NewDelta]) -> dict[WaveletName, int]:
        """The row ids of the batch's wavelets; those that begin here are made."""
        ids: dict[WaveletName, int] = {}
        for delta in batch:
            if delta.wavelet in ids:
                continue
            row_id = self._ids.get(delta.wavelet)
            if row_id is None:
                name = named_in_order(delta.wavelet)
                if delta.at == 0:
                    self._connection.execute(insert_wavelet_sql(SQLITE), name)
                row = self._connection.execute(wavelet_id_sql(SQLITE), name).fetchone()
                if row is None:
                    raise unknown_wavelet(delta)
                row_id = int(row[0])
            ids[delta.wavelet] = row_id
        return ids


def _in_our_words(error: Exception, refused: Callable[[Exception], StoreError]) -> Exception:
    if isinstance(error, (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, ValueError)):
        said: Exception = refused(error)
    elif isinstance(error, (sqlite3.Error, OSError)):
        said = StoreUnavailable(f"the database failed ({error}): try again")
    else:
        return error
    said.__cause__ = error
    return said


def _succeed(outcome: Outcome, done: object) -> None:
    if not outcome.done():
        outcome.set_result(done)


def _fail(outcome: Outcome, error: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(error)
