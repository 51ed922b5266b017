"""Snapshots: their bytes, when they are taken, and that loading is bounded by them."""

from __future__ import annotations

import asyncio

import pytest

from wave_ot.components import AnnotationBoundary, Characters, ElementEnd, ElementStart
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import NoOp
from wave_server.errors import CorruptHistory
from wave_server.limits import HostLimits
from wave_server.snapshots import State, decode_state, encode_state
from wave_server.store import Store, StoredDelta, StoredSnapshot, StoredWavelet

from .hosting import Clock, CountingStore, FaultyStore, Recorder, create, new_host, typing
from .making import ALICE, BOB, NAME, edit, insertion, submission

RICH = DocOp(
    [
        ElementStart("body", (("a", "1"), ("b", "ü"))),
        AnnotationBoundary((), (("style/color", None, "red"),)),
        Characters("x👋" * 300),
        AnnotationBoundary(("style/color",), ()),
        ElementEnd(),
    ]
)
STATES = [
    State(0, (), {}),
    State(1_700_000_000_123, ("alice@example.com", "@example.com"), {"b+1": DocOp([Characters("a")])}),
    State(2**40, ("bob@example.com",), {"z": RICH, "a": RICH}),
]


@pytest.mark.parametrize("state", STATES)
def test_a_state_comes_back_as_it_was(state: State) -> None:
    back = decode_state(encode_state(state))
    assert (back.timestamp, tuple(back.participants)) == (state.timestamp, tuple(state.participants))
    assert back.documents == state.documents


def test_equal_states_have_equal_bytes_whatever_the_order_of_their_documents() -> None:
    other = State(2**40, ("bob@example.com",), {"a": RICH, "z": RICH})
    assert encode_state(other) == encode_state(STATES[2])


@pytest.mark.parametrize("state", STATES)
def test_cut_off_extended_or_foreign_bytes_are_refused(state: State) -> None:
    data = encode_state(state)
    for broken in (*(data[:end] for end in range(0, len(data), 1 + len(data) // 50)), data + b"\0", b"\x02" + data[1:]):
        with pytest.raises(CorruptHistory):
            decode_state(broken)
    with pytest.raises(CorruptHistory):
        decode_state(bytes((data[0], 7)) + data[2:])


async def test_loading_costs_a_snapshot_and_few_deltas_however_long_the_history(sqlite: Store, clock: Clock) -> None:
    limits = HostLimits(snapshot_operations=20)
    store = CountingStore(sqlite)
    host = new_host(store, clock, limits)
    await host.start()
    head = await create(host, BOB)
    for part in range(6):
        store.snapshot_stored.clear()
        head = await typing(host, head, "x" * 25, size=25 * part)
        await store.snapshot_stored.wait()
    await host.stop()
    assert len(store.stored) >= 6
    again = new_host(store, clock, limits)
    await again.start()
    reader = Recorder(BOB)
    await again.open(NAME.wave, reader, {})
    assert reader.snapshots[0].documents == {"notes": insertion(0, 0, "x" * 150)}
    assert reader.snapshots[0].version == head.version
    assert store.loaded is not None
    assert len(store.loaded.deltas) <= 25
    await again.stop()


async def test_a_snapshot_taken_while_deltas_are_on_their_way_waits_for_them(sqlite: Store, clock: Clock) -> None:
    store = CountingStore(sqlite)
    host = new_host(store, clock, HostLimits(snapshot_operations=3))
    await host.start()
    head = await create(host, text="a")
    store.gate.clear()
    answers = [
        asyncio.create_task(host.submit_and_wait(NAME, submission(head, NoOp(), key=str(key)), ALICE))
        for key in range(8)
    ]
    await asyncio.gather(*(asyncio.create_task(asyncio.sleep(0)) for _ in answers))
    assert store.stored == []
    store.gate.set()
    await asyncio.gather(*answers)
    await store.snapshot_stored.wait()
    ends = {row.version for row in await store.deltas(NAME, 0)}
    assert all(snapshot.version in ends for snapshot in store.stored)
    await host.stop()


async def test_a_wavelet_that_stops_with_the_host_is_stored_when_that_spares_the_next_load_something(
    sqlite: Store, clock: Clock
) -> None:
    store = CountingStore(sqlite)
    host = new_host(store, clock, HostLimits(snapshot_operations=100))
    await host.start()
    head = await create(host)
    await host.stop()
    assert store.stored == []
    host = new_host(store, clock, HostLimits(snapshot_operations=100))
    await host.start()
    await typing(host, head, "x" * 15)
    await host.stop()
    assert [snapshot.version for snapshot in store.stored] == [head.version + 15]


async def test_a_corrupt_snapshot_is_an_error_and_not_a_state(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    head = await create(host, text="a")
    await host.stop()
    await sqlite.put_snapshot(StoredSnapshot(NAME, head.version, head.history_hash, b"nonsense"))
    host = new_host(sqlite, clock)
    await host.start()
    with pytest.raises(CorruptHistory):
        await host.submit_and_wait(NAME, submission(head, NoOp()), ALICE)
    reader = Recorder()
    await host.open(NAME.wave, reader, {})
    assert reader.names == []
    await host.stop()


class WrongHistory(FaultyStore):
    """Hands out a history whose last delta does not fit."""

    async def load(self, name: object) -> StoredWavelet | None:
        found = await super().load(name)  # type: ignore[arg-type]
        assert found is not None
        last = StoredDelta(*found.deltas[-1])
        return found._replace(deltas=[*found.deltas, last])


async def test_a_history_that_does_not_fit_together_is_an_error(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    head = await create(host, text="a")
    await host.stop()
    host = new_host(WrongHistory(sqlite), clock)
    await host.start()
    with pytest.raises(CorruptHistory):
        await host.submit_and_wait(NAME, submission(head, edit(insertion(1, 0, "x"))), ALICE)
    await host.stop()
