"""Reading and writing the index: functions on a connection, whose transaction is the caller's.

There is one writer, the indexer. What it writes of a wavelet never goes back to an older version, and what it
writes of an inbox is the difference to what is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.digests import Entry, IndexedWavelet, Place, WaveletDigest
from wave_server.modifications import Modifications
from wave_server.names import WaveId
from wave_server.store.index_tables import inbox_entries, inbox_folders, user_states, wavelet_digests, waves
from wave_server.store.tables import deltas, wavelets
from wave_server.user_data import UserState


class StoredState(NamedTuple):
    """A user's state of a wave, as read from their wavelet at a version."""

    row_id: int  # of the wavelet
    version: int
    state: UserState


class _Details(msgspec.Struct, frozen=True, array_like=True):
    """What of an indexed wavelet is read only as a whole."""

    modifications: Modifications
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexedWave:
    """All that the index holds of a wave. Wavelets are keyed by ``domain/id``, the rest by address."""

    row_id: int | None  # None: not in the index
    wavelets: Mapping[str, IndexedWavelet] = field(default_factory=dict)
    states: Mapping[str, StoredState] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)


class Behind(NamedTuple):
    """A wavelet of the store, by its row, and how far the index is with it (0: not there)."""

    row_id: int
    wave_domain: str
    wave_id: str
    wavelet_domain: str
    wavelet_id: str
    version: int
    indexed: int


_encoder: Final = msgspec.msgpack.Encoder()
_details: Final = msgspec.msgpack.Decoder(_Details)
_states: Final = msgspec.msgpack.Decoder(UserState)

DIGEST_COLUMNS: Final = (
    wavelet_digests.c.wave,
    wavelet_digests.c.wavelet,
    wavelets.c.wavelet_domain,
    wavelets.c.wavelet_id,
    *(
        wavelet_digests.c[name]
        for name in (
            "version",
            "creator",
            "created",
            "modified",
            "modified_by",
            "title",
            "snippet",
            "participants",
            "tags",
            "blips",
        )
    ),
)
_DIGESTS: Final = (
    select(*DIGEST_COLUMNS, wavelet_digests.c.details, wavelet_digests.c.words_hash)
    .join_from(wavelet_digests, wavelets)
    .where(wavelet_digests.c.wave == bindparam("wave"))
    .order_by(wavelet_digests.c.wavelet)
)
_WAVE: Final = select(waves.c.id).where(
    waves.c.wave_domain == bindparam("domain"), waves.c.wave_id == bindparam("local_id")
)
ENTRY_COLUMNS: Final = (
    inbox_entries.c.address,
    inbox_entries.c.place,
    inbox_entries.c.modified,
    inbox_entries.c.unread,
    inbox_entries.c.archived,
    inbox_entries.c.muted,
    inbox_entries.c.pinned,
    inbox_entries.c.private,
)
_ENTRIES: Final = select(*ENTRY_COLUMNS).where(inbox_entries.c.wave == bindparam("wave"))
_FOLDERS: Final = select(inbox_folders.c.address, inbox_folders.c.folder).where(
    inbox_folders.c.wave == bindparam("wave")
)
_ENTRY: Final = _ENTRIES.where(inbox_entries.c.address == bindparam("address"))
_ENTRY_FOLDERS: Final = select(inbox_folders.c.folder).where(
    inbox_folders.c.wave == bindparam("wave"), inbox_folders.c.address == bindparam("address")
)
_STATES: Final = select(user_states.c.address, user_states.c.wavelet, user_states.c.version, user_states.c.state).where(
    user_states.c.wave == bindparam("wave")
)
_STORED: Final = func.max(deltas.c.version)
_HEAD: Final = select(_STORED).where(deltas.c.wavelet == wavelets.c.id).correlate(wavelets).scalar_subquery()
_BEHIND: Final = (
    select(
        wavelets.c.id,
        wavelets.c.wave_domain,
        wavelets.c.wave_id,
        wavelets.c.wavelet_domain,
        wavelets.c.wavelet_id,
        _HEAD,
        func.coalesce(wavelet_digests.c.version, user_states.c.version, 0),
    )
    .outerjoin_from(wavelets, wavelet_digests, wavelet_digests.c.wavelet == wavelets.c.id)
    .outerjoin(user_states, user_states.c.wavelet == wavelets.c.id)
    .where(wavelets.c.id > bindparam("after"))
    .order_by(wavelets.c.id)
    .limit(bindparam("count"))
)


# Reading


async def wavelets_after(connection: AsyncConnection, after: int, count: int) -> list[Behind]:
    """The next stored wavelets after a row id, with how far the store and the index are."""
    rows = await connection.execute(_BEHIND, {"after": after, "count": count})
    return [Behind(*row) for row in rows]


async def wave_row_id(connection: AsyncConnection, wave: WaveId) -> int | None:
    """The wave's row in the index, if there is one."""
    found: int | None = await connection.scalar(_WAVE, {"domain": wave.domain, "local_id": wave.id})
    return found


async def load_wave(connection: AsyncConnection, wave: WaveId) -> IndexedWave:
    """All that the index holds of the wave."""
    row_id = await wave_row_id(connection, wave)
    if row_id is None:
        return IndexedWave(None)
    where = {"wave": row_id}
    found = [_indexed(row) for row in await connection.execute(_DIGESTS, where)]
    states = {
        address: StoredState(wavelet, version, _states.decode(state))
        for address, wavelet, version, state in await connection.execute(_STATES, where)
    }
    entries = await connection.execute(_ENTRIES, where)
    folders: dict[str, list[str]] = {}
    for address, folder in await connection.execute(_FOLDERS, where):
        folders.setdefault(address, []).append(folder)
    return IndexedWave(
        row_id,
        {wavelet.digest.wavelet: wavelet for wavelet in found},
        states,
        {row.address: entry_of(row, folders.get(row.address, ())) for row in entries},
    )


async def load_entry(connection: AsyncConnection, address: str, wave: int) -> Entry | None:
    """The wave in one user's inbox, if it is there."""
    where = {"wave": wave, "address": address}
    row = (await connection.execute(_ENTRY, where)).first()
    return None if row is None else entry_of(row, await connection.scalars(_ENTRY_FOLDERS, where))


def entry_of(row: Any, folders: Iterable[str]) -> Entry:
    """The entry in a row of ENTRY_COLUMNS. Folders are put in order, so that equal entries are equal."""
    return Entry(
        Place(row.place),
        row.modified,
        row.unread,
        row.archived,
        row.muted,
        row.pinned,
        row.private,
        tuple(sorted(folders)),
    )


def digest_of(row: Any) -> WaveletDigest:
    """The digest in a row of DIGEST_COLUMNS."""
    return WaveletDigest(
        wavelet=f"{row.wavelet_domain}/{row.wavelet_id}",
        version=row.version,
        creator=row.creator,
        created=row.created,
        modified=row.modified,
        modified_by=row.modified_by,
        title=row.title,
        snippet=row.snippet,
        participants=tuple(json.loads(row.participants)),
        tags=tuple(json.loads(row.tags)),
        blips=row.blips,
    )


def _indexed(row: Any) -> IndexedWavelet:
    digest, details = digest_of(row), _details.decode(row.details)
    return IndexedWavelet(
        row.wavelet, digest, details.modifications, details.shown, row.words_hash, frozenset(digest.participants)
    )


# Writing


async def add_wave(connection: AsyncConnection, wave: WaveId) -> int:
    """The wave's row, made when it is not there."""
    values = {"wave_domain": wave.domain, "wave_id": wave.id}
    await connection.execute(_insert(connection, waves).on_conflict_do_nothing(), values)
    found = await wave_row_id(connection, wave)
    assert found is not None
    return found


async def put_wavelet(connection: AsyncConnection, wave: int, wavelet: IndexedWavelet) -> None:
    """Write a wavelet's digest, unless a newer one is there."""
    digest = wavelet.digest
    values = {
        "wavelet": wavelet.row_id,
        "wave": wave,
        "version": digest.version,
        "creator": digest.creator,
        "created": digest.created,
        "modified": digest.modified,
        "modified_by": digest.modified_by,
        "title": digest.title,
        "snippet": digest.snippet,
        "participants": json.dumps(digest.participants),
        "tags": json.dumps(digest.tags, ensure_ascii=False),
        "blips": digest.blips,
        "details": _encoder.encode(_Details(wavelet.modifications, wavelet.shown)),
        "words_hash": wavelet.words_hash,
    }
    await connection.execute(_upsert(connection, wavelet_digests, growing=True), values)


async def put_state(connection: AsyncConnection, wave: int, address: str, stored: StoredState) -> None:
    """Write a user's state, unless a newer one is there."""
    values = {
        "wavelet": stored.row_id,
        "wave": wave,
        "address": address,
        "version": stored.version,
        "state": _encoder.encode(stored.state),
    }
    await connection.execute(_upsert(connection, user_states, growing=True), values)


async def put_entries(
    connection: AsyncConnection, wave: int, before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> None:
    """Bring the wave's inbox entries from ``before``, which is what is there, to ``after``."""
    gone = [{"gone": address, "of_wave": wave} for address in before if address not in after]
    if gone:
        await connection.execute(_DELETE_ENTRY, gone)
    changed = [_entry_values(address, wave, entry) for address, entry in after.items() if before.get(address) != entry]
    if changed:
        await connection.execute(_upsert(connection, inbox_entries), changed)
    await _put_folders(connection, wave, _filed(before), _filed(after))


async def _put_folders(
    connection: AsyncConnection, wave: int, before: set[tuple[str, str]], after: set[tuple[str, str]]
) -> None:
    gone = [{"gone": address, "folder_gone": folder, "of_wave": wave} for address, folder in before - after]
    if gone:
        await connection.execute(_DELETE_FOLDER, gone)
    added = [{"address": address, "folder": folder, "wave": wave} for address, folder in after - before]
    if added:
        await connection.execute(_insert(connection, inbox_folders).on_conflict_do_nothing(), added)


_DELETE_ENTRY: Final = delete(inbox_entries).where(
    inbox_entries.c.address == bindparam("gone"), inbox_entries.c.wave == bindparam("of_wave")
)
_DELETE_FOLDER: Final = delete(inbox_folders).where(
    inbox_folders.c.address == bindparam("gone"),
    inbox_folders.c.folder == bindparam("folder_gone"),
    inbox_folders.c.wave == bindparam("of_wave"),
)


def _filed(entries: Mapping[str, Entry]) -> set[tuple[str, str]]:
    return {(address, folder) for address, entry in entries.items() for folder in entry.folders}


def _entry_values(address: str, wave: int, entry: Entry) -> dict[str, object]:
    return {
        "address": address,
        "wave": wave,
        "place": int(entry.place),
        "modified": entry.modified,
        "unread": entry.unread,
        "archived": entry.archived,
        "muted": entry.muted,
        "pinned": entry.pinned,
        "private": entry.private,
    }


def _insert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _upsert(connection: AsyncConnection, table: Table, *, growing: bool = False) -> postgresql.Insert | sqlite.Insert:
    """INSERT, or UPDATE of the row with the same key; ``growing``: only to a version that is not older."""
    statement = _insert(connection, table)
    key: Sequence[str] = [column.name for column in table.primary_key]
    new = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
    where = table.c.version <= statement.excluded.version if growing else None
    return statement.on_conflict_do_update(index_elements=key, set_=new, where=where)
