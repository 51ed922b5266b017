from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from databases import sqlite_database
from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant, NoOp, RemoveParticipant
from wave_server.byte_search import single_byte_correction
from wave_server.names import WaveletName
from wave_server.snapshots import State, encode_state
from wave_server.store import NewDelta, Store, StoredSnapshot
from wave_server.store.tables import deltas, snapshots, wavelets
from wave_server.verification import Finding, Progress, verify
from wave_server.wavelet import Prepared

from .making import ALICE, BOB, CAROL, NAME, blip, deletion, edit, insertion, new_wavelet, submission

OTHER = WaveletName.parse_path("example.com/w+other/~/conv+root")
EDITS = 12


@dataclass
class History:
    """A wavelet that two people wrote: some of its deltas were transformed."""

    rows: list[NewDelta]
    snapshots: list[StoredSnapshot]


def written(name: WaveletName) -> History:
    wavelet = new_wavelet(name)
    history = History([], [])
    versions = [version_zero(name.uri)]

    def submit(target: HashedVersion, author: object, *operations: object) -> None:
        key = f"key-{len(history.rows)}"
        result = wavelet.prepare(
            submission(target, *operations, key=key),  # type: ignore[arg-type]
            author,  # type: ignore[arg-type]
            1_763_800_000_000 + 1000 * len(history.rows),
        )
        assert isinstance(result, Prepared)
        made = result.delta
        history.rows.append(
            NewDelta(
                name,
                made.at,
                made.version,
                made.history_hash,
                made.author,
                made.timestamp,
                result.applied,
                result.transformed,
                made.key,
            )
        )
        versions.append(wavelet.head)

    def snapshot() -> None:
        state = wavelet.snapshot()
        encoded = encode_state(State(wavelet.timestamp, state.participants, state.documents))
        history.snapshots.append(StoredSnapshot(name, state.version, state.history_hash, encoded))

    submit(versions[0], ALICE, AddParticipant(str(ALICE)), AddParticipant(str(BOB)), AddParticipant(str(CAROL)))
    submit(versions[-1], ALICE, edit(blip("Hello"), "b+first"), NoOp())
    for number in range(EDITS):
        size = number
        submit(versions[-1], BOB, edit(insertion(size, size, "b")))
        if number % 4 == 3:  # Alice had not seen what Bob wrote last
            submit(versions[-2], ALICE, edit(insertion(size, 0, "a")))
            submit(versions[-1], BOB, edit(deletion(size + 2, 0, "a")))
        if number == EDITS // 2:
            snapshot()
    submit(versions[-1], BOB, RemoveParticipant(str(CAROL)))
    snapshot()
    submit(versions[-1], BOB, edit(insertion(EDITS, 0, "end")))
    return history


@pytest.fixture
async def history(store: Store) -> History:
    """Two wavelets in the store, both written alike; the one that tests damage."""
    for name in (OTHER, NAME):
        history = written(name)
        await store.append(history.rows)
        for snapshot in history.snapshots:
            await store.put_snapshot(snapshot)
    return history


async def findings(store: Store) -> list[Finding]:
    return [event async for event in verify(store) if isinstance(event, Finding)]


async def damage(store: Store, applies_at: int, **values: object) -> None:
    """Change columns of the delta that applies at a version."""
    async with store.writing() as connection:
        mine = select(wavelets.c.id).where(wavelets.c.wave_id == NAME.wave.id).scalar_subquery()
        await connection.execute(
            update(deltas).where(deltas.c.wavelet == mine, deltas.c.at == applies_at).values(**values)
        )


def flipped(data: bytes, offset: int) -> bytes:
    return data[:offset] + bytes((data[offset] ^ 0x10,)) + data[offset + 1 :]


def is_transformed(row: NewDelta) -> bool:
    return row.transformed is not None


async def test_a_sound_store_has_no_findings_and_reports_its_progress(store: Store, history: History) -> None:
    assert any(is_transformed(row) for row in history.rows)
    events = [event async for event in verify(store)]
    deltas_of_each = len(history.rows)
    assert events == [
        Progress(OTHER, history.rows[-1].version, 1, deltas_of_each),
        Progress(NAME, history.rows[-1].version, 2, 2 * deltas_of_each),
    ]


@pytest.mark.parametrize("index", [0, 1, 6, -2, -1])
async def test_a_flipped_byte_of_a_delta_is_named(store: Store, history: History, index: int) -> None:
    row = history.rows[index]
    for offset in {0, 1, len(row.applied) // 2, len(row.applied) - 1}:
        await damage(store, row.at, applied=flipped(row.applied, offset))
        (found,) = await findings(store)
        assert (found.wavelet, found.version, found.column, found.offset) == (NAME, row.at, "deltas.applied", offset)
        assert f"must be 0x{row.applied[offset]:02x}" in str(found)


@pytest.mark.parametrize("index", [0, 5, -2, -1])
async def test_a_flipped_byte_of_a_hash_is_named(store: Store, history: History, index: int) -> None:
    row = history.rows[index]
    for offset in (0, 7, 19):
        await damage(store, row.at, history_hash=flipped(row.history_hash, offset))
        (found,) = await findings(store)
        assert (found.version, found.column, found.offset) == (row.at, "deltas.history_hash", offset)
        assert row.history_hash.hex() in found.message


async def test_a_hash_that_was_replaced_altogether_is_told_by_what_follows(store: Store, history: History) -> None:
    row = history.rows[4]
    await damage(store, row.at, history_hash=hashlib.sha1(b"another").digest())
    (found,) = await findings(store)
    assert (found.version, found.column, found.offset) == (row.at, "deltas.history_hash", 0)


async def test_a_flipped_byte_of_a_transformed_delta_is_named(store: Store, history: History) -> None:
    row = next(row for row in history.rows if is_transformed(row))
    assert row.transformed is not None
    for offset in (0, len(row.transformed) // 2, len(row.transformed) - 1):
        await damage(store, row.at, transformed=flipped(row.transformed, offset))
        (found,) = await findings(store)
        assert (found.version, found.column, found.offset) == (row.at, "deltas.transformed", offset)


async def test_a_transformed_delta_that_is_missing_or_too_much_is_named(store: Store, history: History) -> None:
    moved = next(row for row in history.rows if is_transformed(row))
    unmoved = history.rows[3]
    await damage(store, moved.at, transformed=None)
    await damage(store, unmoved.at, transformed=b"something")
    found = await findings(store)
    assert [(each.version, each.column) for each in found] == [
        (unmoved.at, "deltas.transformed"),
        (moved.at, "deltas.transformed"),
    ]


async def test_a_changed_author_is_named_with_the_byte(store: Store, history: History) -> None:
    await damage(store, history.rows[4].at, author="bOb@example.com")
    (found,) = await findings(store)
    assert (found.version, found.column, found.offset) == (history.rows[4].at, "deltas.author", 1)


@pytest.mark.parametrize("column", ["timestamp", "version"])
async def test_a_changed_number_is_named_with_the_right_one(store: Store, history: History, column: str) -> None:
    row = history.rows[-1]
    right = getattr(row, column)
    await damage(store, row.at, **{column: right + 256})
    (found,) = await findings(store)
    assert (found.version, found.column) == (row.at, f"deltas.{column}")
    assert found.message == f"it is {right + 256}, must be {right}"


async def test_a_delta_that_was_moved_is_missed_and_found(store: Store, history: History) -> None:
    row = history.rows[5]
    await damage(store, row.at, at=row.at + 4096, version=row.version + 4096)
    found = await findings(store)
    assert (found[0].version, found[0].column) == (row.at, "deltas.at")
    assert "no delta follows" in found[0].message
    moved = next(each for each in found if each.version == row.at + 4096)
    assert (moved.column, f"applies at {row.at}" in moved.message) == ("deltas.at", True)
    assert {each.column for each in found} <= {"deltas.at", "deltas.version"}


async def test_a_missing_delta_is_named(store: Store, history: History) -> None:
    row = history.rows[2]
    async with store.writing() as connection:
        mine = select(wavelets.c.id).where(wavelets.c.wave_id == NAME.wave.id).scalar_subquery()
        await connection.execute(deltas.delete().where(deltas.c.wavelet == mine, deltas.c.at == row.at))
    (found,) = await findings(store)
    assert (found.version, found.column) == (row.at, "deltas.at")
    assert found.message == f"no delta follows version {row.at}; the next one applies at {row.version}"


async def test_several_wrong_bytes_are_said_to_be_several(store: Store, history: History) -> None:
    row = history.rows[4]
    await damage(store, row.at, applied=flipped(flipped(row.applied, 60), 61))
    (found,) = await findings(store)
    assert (found.version, found.column, found.offset) == (row.at, "deltas.applied", None)
    assert f"of the {len(row.applied)} bytes" in found.message


async def test_a_renamed_wavelet_is_found_by_its_first_delta(store: Store, history: History) -> None:
    async with store.writing() as connection:
        await connection.execute(update(wavelets).where(wavelets.c.wave_id == "w+abc").values(wave_id="w+abd"))
    found = await findings(store)
    assert (found[0].version, found[0].column) == (0, "wavelets (its name)")
    assert found[0].offset == len("wave://example.com/w+ab")
    assert found[0].message == f"the history was written for {NAME.uri}"


@pytest.mark.parametrize("column", ["state", "history_hash"])
async def test_a_flipped_byte_of_a_snapshot_is_named(store: Store, history: History, column: str) -> None:
    for snapshot in history.snapshots:
        value = getattr(snapshot, column)
        for offset in (0, len(value) // 2, len(value) - 1):
            wrong = flipped(value, offset)
            await store.put_snapshot(
                snapshot._replace(state=wrong) if column == "state" else snapshot._replace(history_hash=wrong)
            )
            (found,) = await findings(store)
            assert (found.version, found.column, found.offset) == (snapshot.version, f"snapshots.{column}", offset)
        await store.put_snapshot(snapshot)


async def test_a_snapshot_of_a_version_that_never_was_is_named(store: Store, history: History) -> None:
    async with store.writing() as connection:
        newest = snapshots.c.version == history.snapshots[1].version
        mine = select(wavelets.c.id).where(wavelets.c.wave_id == NAME.wave.id).scalar_subquery()
        await connection.execute(update(snapshots).where(newest, snapshots.c.wavelet == mine).values(version=4))
    (found,) = await findings(store)
    assert (found.version, found.column) == (4, "snapshots.version")


async def test_a_wavelet_without_deltas_is_named(store: Store, history: History) -> None:
    async with store.writing() as connection:
        mine = select(wavelets.c.id).where(wavelets.c.wave_id == NAME.wave.id).scalar_subquery()
        for table in (snapshots, deltas):
            await connection.execute(table.delete().where(table.c.wavelet == mine))
    (found,) = await findings(store)
    assert (found.wavelet, found.message) == (NAME, "the wavelet has no deltas")


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=40), st.data())
def test_the_one_wrong_byte_is_found_wherever_it_is(prefix: bytes, right: bytes, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(right) - 1))
    wrong = right[:offset] + bytes((right[offset] ^ data.draw(st.integers(1, 255)),)) + right[offset + 1 :]
    expected = hashlib.sha256(prefix + right).digest()[:20]
    assert single_byte_correction(prefix, wrong, expected) == (offset, right[offset])


async def test_a_byte_that_rotted_in_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    url = await sqlite_database(path)
    store = await Store.open(url)
    history = written(NAME)
    await store.append(history.rows)
    await store.close()
    row = history.rows[5]
    content = path.read_bytes()
    place = content.index(row.applied) + 50
    path.write_bytes(flipped(content, place))
    store = await Store.open(url)
    (found,) = await findings(store)
    await store.close()
    assert (found.version, found.column, found.offset) == (row.at, "deltas.applied", 50)
