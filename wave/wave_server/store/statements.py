"""The statements of the append path and of reading, made once from the tables and compiled per database."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Dialect, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from wave_server.names import WaveletName
from wave_server.store.tables import deltas, snapshots, wavelets
from wave_server.store.values import NewDelta, StoredDelta

# What SELECTs give, in the order of StoredDelta: ``StoredDelta(name, *row)``.
DELTA_COLUMNS: Final = tuple(deltas.c[name] for name in StoredDelta._fields if name in deltas.c and name != "wavelet")

SQLITE: Final[Dialect] = sqlite.dialect(paramstyle="qmark")
POSTGRESQL: Final[Dialect] = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]

_NAME: Final = ["wave_domain", "wave_id", "wavelet_domain", "wavelet_id"]
_IS_NAMED: Final[tuple[ColumnElement[bool], ...]] = (
    wavelets.c.wave_domain == bindparam("wave_domain"),
    wavelets.c.wave_id == bindparam("wave_id"),
    wavelets.c.wavelet_domain == bindparam("wavelet_domain"),
    wavelets.c.wavelet_id == bindparam("wavelet_id"),
)
_SAME_WAVELET: Final = deltas.c.wavelet == bindparam("wavelet")

WAVELET_ID: Final = select(wavelets.c.id).where(*_IS_NAMED)
WAVELETS_OF_WAVE: Final = (
    select(wavelets.c.wavelet_domain, wavelets.c.wavelet_id).where(*_IS_NAMED[:2]).order_by(wavelets.c.id)
)
NEXT_WAVELETS: Final = (
    select(wavelets).where(wavelets.c.id > bindparam("after")).order_by(wavelets.c.id).limit(bindparam("count"))
)
NEWEST_SNAPSHOT: Final = (
    select(wavelets.c.id, snapshots.c.version, snapshots.c.history_hash, snapshots.c.state)
    .outerjoin_from(wavelets, snapshots)
    .where(*_IS_NAMED)
    .order_by(snapshots.c.version.desc())
    .limit(1)
)
_ITS_SNAPSHOTS: Final = snapshots.c.wavelet == bindparam("in_wavelet")
SNAPSHOTS: Final = (
    select(snapshots.c.version, snapshots.c.history_hash, snapshots.c.state)
    .where(_ITS_SNAPSHOTS)
    .order_by(snapshots.c.version)
)
SNAPSHOT_SIZES: Final = (
    select(snapshots.c.version, func.length(snapshots.c.state)).where(_ITS_SNAPSHOTS).order_by(snapshots.c.version)
)
INSERT_SNAPSHOT: Final = insert(snapshots)
DELETE_SNAPSHOT: Final = delete(snapshots).where(_ITS_SNAPSHOTS, snapshots.c.version == bindparam("at_version"))
DELTAS_FROM: Final = (
    select(*DELTA_COLUMNS).where(_SAME_WAVELET, deltas.c.at >= bindparam("start")).order_by(deltas.c.at)
)
DELTAS_BETWEEN: Final = DELTAS_FROM.where(deltas.c.at < bindparam("end")).limit(bindparam("count"))
HASH_AT: Final = select(deltas.c.history_hash).where(_SAME_WAVELET, deltas.c.version == bindparam("version"))
TAKEN: Final = select(deltas.c.at).where(
    _SAME_WAVELET, (deltas.c.at == bindparam("at")) | (deltas.c.version == bindparam("version"))
)


def named(name: WaveletName) -> dict[str, str]:
    """The parameters that name a wavelet."""
    return {
        "wave_domain": name.wave.domain,
        "wave_id": name.wave.id,
        "wavelet_domain": name.wavelet.domain,
        "wavelet_id": name.wavelet.id,
    }


def named_in_order(name: WaveletName) -> tuple[str, str, str, str]:
    """The same in the order in which ``wavelet_id_sql`` and ``insert_wavelet_sql`` take them."""
    return (name.wave.domain, name.wave.id, name.wavelet.domain, name.wavelet.id)


@cache
def insert_deltas_sql(dialect: Dialect, rows: int = 1) -> str:
    """INSERT of ``rows`` deltas. Parameters: one ``delta_parameters`` after the other."""
    columns = deltas.c.keys()
    values: list[dict[str, BindParameter[object]]] = [
        {column: bindparam(f"{column}_{row}") for column in columns} for row in range(rows)
    ]
    compiled = insert(deltas).values(values).compile(dialect=dialect)
    return statement_text(compiled, [f"{column}_{row}" for row in range(rows) for column in columns])


def delta_parameters(wavelet: int, delta: NewDelta) -> tuple[object, ...]:
    """One row's parameters, in the order of the table's columns."""
    return (
        wavelet,
        delta.at,
        delta.version,
        delta.timestamp,
        delta.history_hash,
        delta.author,
        delta.applied,
        delta.transformed,
        delta.key,
    )


@cache
def insert_wavelet_sql(dialect: Dialect) -> str:
    """INSERT of a wavelet, unless it is there. Parameters as ``named_in_order``."""
    dialect_insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    compiled = dialect_insert(wavelets).on_conflict_do_nothing().compile(dialect=dialect, column_keys=_NAME)
    return statement_text(compiled, _NAME)


@cache
def wavelet_id_sql(dialect: Dialect) -> str:
    """SELECT of a wavelet's id. Parameters as ``named_in_order``."""
    return statement_text(WAVELET_ID.compile(dialect=dialect), _NAME)


@cache
def taken_sql(dialect: Dialect) -> str:
    """SELECT of the deltas that a new one collides with. Parameters: the wavelet's id, at, version."""
    return statement_text(TAKEN.compile(dialect=dialect), ["wavelet", "at", "version"])


def statement_text(compiled: Any, parameters: list[str]) -> str:
    """The SQL text, once it is sure that its placeholders stand in the order in which callers pass parameters."""
    assert isinstance(compiled, SQLCompiler)
    assert compiled.positiontup == parameters, compiled.positiontup
    return str(compiled)
