"""The index: kept in step, caught up after a stop or a crash, the same however it came about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_server.errors import CorruptHistory, Unavailable
from wave_server.inbox import Note
from wave_server.indexing import Indexer, WaveChange
from wave_server.names import WaveAddress, WaveletName
from wave_server.restoring import delta_of
from wave_server.store import Store, index_rows
from wave_server.submission import Committed, WaveletSnapshot
from wave_server.user_data import wavelet_of

from .world import ALICE, BOB, CAROL, DOMAIN, EVERYBODY, World, lines, reply, root, wave

TABLES = ("inbox_folders", "inbox_entries", "user_states", "wavelet_texts", "wavelet_digests", "waves")


async def wipe(store: Store) -> None:
    """Forget the index."""
    async with store.writing() as connection:
        for table in TABLES:
            await connection.execute(text(f"DELETE FROM {table}"))


async def contents(store: Store) -> tuple[dict[str, object], list[tuple[object, ...]]]:
    """All that is in the index: by wave, and the words."""
    waves: dict[str, object] = {}
    async with store.reading() as connection:
        for name in sorted({name.wave async for name in store.all_wavelets()}, key=str):
            waves[str(name)] = replace(await index_rows.load_wave(connection, name), row_id=None)
        sqlite = connection.dialect.name == "sqlite"
        columns = "rowid, facets, title, body" if sqlite else "wavelet, CAST(words AS text)"
        rows = await connection.execute(text(f"SELECT {columns} FROM wavelet_texts ORDER BY 1"))
        return waves, [tuple(row) for row in rows]


async def made_anew(world: World) -> tuple[dict[str, object], list[tuple[object, ...]]]:
    """What the index has when it is made from the histories alone."""
    await wipe(world.store)
    indexer = Indexer(world.store, DOMAIN)
    indexer.start(world.host.read)
    await indexer.caught_up()
    await indexer.stop()
    return await contents(world.store)


async def test_a_change_gets_into_the_index_by_itself(world: World) -> None:
    changed = asyncio.Event()
    world.indexer.listen(lambda _: changed.set())
    await world.create(root(), ALICE, BOB)
    await changed.wait()
    assert [each.wave for each in (await world.inbox.find(BOB, "", 5)).waves] == ["example.com/w+a"]


async def test_changes_that_follow_each_other_closely_are_written_once(world: World) -> None:
    changed = asyncio.Event()

    def note(change: WaveChange) -> None:
        world.changes.append(change)
        changed.set()

    world.indexer.listen(note)
    await world.create(root(), ALICE)
    for character in "typing":
        await world.write(root(), ALICE, "b+1", character)
    await changed.wait()
    assert len(world.changes) <= 2


async def test_a_server_that_starts_again_indexes_what_it_has_missed(world: World) -> None:
    await world.create(root("a"), ALICE, BOB)
    await world.indexer.settle()
    await world.indexer.stop()
    await world.write(root("a"), ALICE, "b+1", " missed")
    await world.create(root("b"), ALICE, BOB)
    again = Indexer(world.store, DOMAIN)
    again.start(world.host.read)
    await again.caught_up()
    await again.stop()
    world.indexer = again
    assert (await world.find(BOB, "missed"), await world.find(BOB)) == (["a"], ["b", "a"])


async def test_a_wavelet_that_cannot_be_read_does_not_stop_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.indexer.stop()
    for name in "abc":
        await world.create(root(name), ALICE)

    async def read(name: WaveletName) -> WaveletSnapshot | None:
        if name == root("b"):
            raise CorruptHistory("this is a test")
        return await world.host.read(name)

    again = Indexer(world.store, DOMAIN)
    with caplog.at_level(logging.ERROR):
        again.start(read)
        await again.caught_up()
    await again.stop()
    assert "w+b/conv+root cannot be indexed" in caplog.text
    world.indexer = again
    assert await world.find(ALICE) == ["c", "a"]


async def test_what_could_not_be_read_while_the_store_was_away_is_indexed_later(world: World) -> None:
    failures = 1

    async def read(name: WaveletName) -> WaveletSnapshot | None:
        nonlocal failures
        failures -= 1
        if failures == 0:
            raise Unavailable("this is a test")
        return await world.host.read(name)

    again = Indexer(world.store, DOMAIN)
    again.start(read)
    await again.caught_up()
    await world.indexer.stop()
    await world.create(root(), ALICE)
    row = (await world.store.deltas(root(), 0))[0]
    again.note(Committed(delta_of(row), row.applied, {}, {str(ALICE): None}))
    with pytest.raises(Unavailable):
        await again.settle()
    await again.settle()
    await again.stop()
    world.indexer = again
    assert await world.find(ALICE) == ["a"]


async def test_the_index_of_a_wavelet_never_goes_back(world: World) -> None:
    await world.create(root(), ALICE)
    await world.indexer.settle()
    async with world.store.reading() as connection:
        old = await index_rows.load_wave(connection, wave())
    await world.write(root(), ALICE, "b+1", "new")
    await world.indexer.settle()
    (wavelet,) = old.wavelets.values()
    async with world.store.writing() as connection:
        assert old.row_id is not None
        await index_rows.put_wavelet(connection, old.row_id, wavelet)
        found = await index_rows.load_wave(connection, wave())
    assert found.wavelets["example.com/conv+root"].digest.version > wavelet.digest.version


async def test_nothing_is_written_when_nothing_has_changed(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    await world.note(BOB, wave(), read_all=True)
    await world.indexer.settle()
    told = len(world.changes)
    again = Indexer(world.store, DOMAIN)
    again.listen(world.changes.append)
    again.start(world.host.read)
    await again.caught_up()
    await again.settle()
    await again.stop()
    assert len(world.changes) == told


# However it came about


PEOPLE = (ALICE, BOB, CAROL, EVERYBODY)
Action = tuple[str, int, int]
actions = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "write",
                "write",
                "blip",
                "tag",
                "add",
                "remove",
                "erase",
                "reply",
                "read",
                "archive",
                "mute",
                "pin",
                "file",
            )
        ),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=14,
)
_names = count()


async def act(world: World, name: str, action: Action) -> None:
    """Do it as somebody who may; what nobody may do, or what is not there, is left undone."""
    kind, first, second = action
    target = reply(name) if second == 3 and await world.host.read(reply(name)) else root(name)
    snapshot = await world.host.read(target)
    assert snapshot is not None
    members = [WaveAddress.parse(each) for each in snapshot.participants if not each.startswith("@")]
    if not members:
        return
    author = members[first % len(members)]
    notes: Mapping[str, Note] = {
        "read": Note(read_all=second > 1, read={target.path: {"b+1": max(1, snapshot.version - second)}}),
        "archive": Note(archived=second > 0),
        "mute": Note(muted=second > 1),
        "pin": Note(pinned=second > 0),
        "file": Note(folders=["one", "two"][:second]),
    }
    if kind in notes:
        await world.inbox.note(author, wave(name), notes[kind])
    elif kind == "write" and "b+1" in snapshot.documents:
        await world.write(target, author, "b+1", "😀 word" + "x" * second)
    elif kind == "blip" and f"b+{second + 2}" not in snapshot.documents:
        await world.add_blip(target, author, f"b+{second + 2}", "more")
    elif kind == "tag":
        await world.tag(target, author, f"tag{second}")
    elif kind == "add" and str(PEOPLE[second]) not in snapshot.participants:
        await world.add(target, author, PEOPLE[second])
    elif kind == "remove" and str(PEOPLE[second]) in snapshot.participants:
        await world.remove(target, author, PEOPLE[second])
    elif kind == "erase" and "b+1" in snapshot.documents:
        await world.erase(target, author, "b+1", snapshot.documents["b+1"])
    elif kind == "reply" and await world.host.read(reply(name)) is None:
        await world.create(reply(name), author, *(each for each in members[:second] if each != author))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=actions, every=st.integers(1, 5))
async def test_the_index_is_what_the_histories_make_it(world: World, history: list[Action], every: int) -> None:
    name = f"p{next(_names)}"
    await world.create(root(name), ALICE, BOB, blips={"b+1": ["Title", "text"]})
    for place, action in enumerate(history):
        await act(world, name, action)
        if place % every == 0:
            await world.indexer.settle()
    await world.indexer.settle()
    kept = await contents(world.store)
    assert kept == await made_anew(world)


async def test_a_per_user_wavelet_is_no_wave_of_its_own(world: World) -> None:
    await world.create(root(), ALICE, EVERYBODY)
    await world.note(BOB, wave(), folders=["x"])
    assert wavelet_of(wave(), BOB).path.endswith("/user+bob@example.com")
    assert (await world.inbox.digest(BOB, wave())).blips == 1


async def test_a_blip_without_a_manifest_is_shown(world: World) -> None:
    await world.submit(root(), ALICE, AddParticipant(str(ALICE)), MutateDocument("b+1", lines("by a program")))
    assert (await world.inbox.digest(ALICE, wave())).title == "by a program"
