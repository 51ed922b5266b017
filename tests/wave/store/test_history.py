from __future__ import annotations

import asyncio

import pytest

from history_examples import FOREIGN, OTHER, REPLY, ROOT, chain, delta
from wave_server.names import WaveId, WaveletId, WaveletName
from wave_server.store import NewDelta, Store, StoredDelta, StoredSnapshot, StoreError, VersionConflict


async def read(store: Store, name: WaveletName) -> list[StoredDelta]:
    loaded = await store.load(name)
    return [] if loaded is None else loaded.deltas


async def test_a_delta_comes_back_as_it_was_appended(store: Store) -> None:
    first = delta(ROOT, 0, 3)
    second = delta(ROOT, 3, transformed=b"\x00transformed\xff")
    bare = NewDelta(ROOT, 4, 5, bytes(20), "büro@alpha.test", 2**45, b"", None, None)
    await store.append([first])
    await store.append([second, bare])
    assert await read(store, ROOT) == [first, second, bare]


async def test_a_wavelet_that_nobody_began_is_not_there(store: Store) -> None:
    assert await store.load(ROOT) is None
    assert await store.deltas(ROOT, 0) == []
    assert await store.hash_at(ROOT, 1) is None
    assert await store.snapshots(ROOT) == []
    assert await store.wavelets_of(ROOT.wave) == []


async def test_one_batch_appends_to_many_wavelets(store: Store) -> None:
    await store.append(chain(ROOT, 0, 3) + chain(OTHER, 0, 2))
    await store.append([*chain(OTHER, 2, 4), *chain(REPLY, 0, 1), *chain(ROOT, 3, 4)])
    assert await read(store, ROOT) == chain(ROOT, 0, 4)
    assert await read(store, OTHER) == chain(OTHER, 0, 4)
    assert await read(store, REPLY) == chain(REPLY, 0, 1)


@pytest.mark.parametrize("size", [31, 32, 33, 200])
async def test_a_batch_of_any_size_is_stored_in_order(store: Store, size: int) -> None:
    await store.append(chain(ROOT, 0, 1))
    await store.append(chain(ROOT, 1, 1 + size))
    assert await read(store, ROOT) == chain(ROOT, 0, 1 + size)


async def test_an_empty_batch_is_no_work(store: Store) -> None:
    await store.append([])
    assert [name async for name in store.all_wavelets()] == []


@pytest.mark.parametrize(
    "taken",
    [
        pytest.param(delta(ROOT, 2), id="the same delta again"),
        pytest.param(delta(ROOT, 2, 9), id="another from the same version"),
        pytest.param(delta(ROOT, 1, 3), id="another from an earlier version"),
        pytest.param(delta(ROOT, 0, 9), id="another beginning"),
    ],
)
async def test_two_deltas_cannot_claim_one_version(store: Store, taken: NewDelta) -> None:
    await store.append(chain(ROOT, 0, 3))
    with pytest.raises(VersionConflict) as caught:
        await store.append([taken])
    assert (caught.value.wavelet, caught.value.at, caught.value.code) == (ROOT, taken.at, "conflict")
    assert await read(store, ROOT) == chain(ROOT, 0, 3)


async def test_two_deltas_that_lead_to_one_version_conflict(store: Store) -> None:
    await store.append([delta(ROOT, 0, 3)])
    with pytest.raises(VersionConflict):
        await store.append([delta(ROOT, 1, 3)])


@pytest.mark.parametrize("size", [1, 40])
async def test_a_conflict_rolls_the_whole_batch_back(store: Store, size: int) -> None:
    await store.append(chain(ROOT, 0, 3))
    with pytest.raises(VersionConflict) as caught:
        await store.append([*chain(OTHER, 0, size), delta(ROOT, 2), *chain(REPLY, 0, size)])
    assert (caught.value.wavelet, caught.value.at) == (ROOT, 2)
    assert await store.load(OTHER) is None
    assert [name async for name in store.all_wavelets()] == [ROOT]
    await store.append([*chain(OTHER, 0, 2), delta(ROOT, 3)])
    assert await read(store, ROOT) == chain(ROOT, 0, 4)


async def test_a_conflict_within_a_batch_is_named(store: Store) -> None:
    await store.append(chain(OTHER, 0, 1))
    with pytest.raises(VersionConflict) as caught:
        await store.append([*chain(OTHER, 1, 3), delta(OTHER, 2)])
    assert (caught.value.wavelet, caught.value.at) == (OTHER, 2)
    assert await read(store, OTHER) == chain(OTHER, 0, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(delta(ROOT, 1)._replace(history_hash=bytes(19)), id="a short hash"),
        pytest.param(delta(ROOT, 1, 1), id="a delta of no operations"),
        pytest.param(delta(ROOT, 1)._replace(key="half \ud800 a character"), id="text that is none"),
        pytest.param(delta(ROOT, 1, 2**63), id="a version beyond all numbers"),
    ],
)
async def test_what_breaks_the_rules_of_a_history_is_refused(store: Store, wrong: NewDelta) -> None:
    await store.append(chain(ROOT, 0, 1))
    with pytest.raises(StoreError) as caught:
        await store.append([wrong])
    assert not isinstance(caught.value, VersionConflict)
    assert await read(store, ROOT) == chain(ROOT, 0, 1)


async def test_nothing_follows_a_wavelet_that_has_no_beginning(store: Store) -> None:
    with pytest.raises(StoreError, match="not in the store"):
        await store.append([delta(ROOT, 7)])
    assert await store.load(ROOT) is None


async def test_of_concurrent_appends_at_one_version_exactly_one_wins(store: Store) -> None:
    await store.append(chain(ROOT, 0, 1))
    rivals = [delta(ROOT, 1)._replace(author=f"user{number}@alpha.test") for number in range(8)]
    outcomes = await asyncio.gather(*(store.append([rival]) for rival in rivals), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 7
    assert len(await read(store, ROOT)) == 2


async def test_two_stores_on_one_database_cannot_fork_a_wavelet(database_url: str) -> None:
    one = await Store.open(database_url, create=True)
    two = await Store.open(database_url)
    try:
        outcomes = await asyncio.gather(
            *(store.append([delta(ROOT, 0)]) for store in (one, two, one, two)), return_exceptions=True
        )
        assert outcomes.count(None) == 1
        assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 3
        await two.append([delta(ROOT, 1)])
        with pytest.raises(VersionConflict):
            await one.append([delta(ROOT, 1)])
        assert await read(one, ROOT) == chain(ROOT, 0, 2)
    finally:
        await one.close()
        await two.close()


async def test_pages_of_history_start_and_end_where_asked(store: Store) -> None:
    history = [delta(ROOT, at, at + 2) for at in range(0, 20, 2)]
    await store.append(history)
    assert await store.deltas(ROOT, 0) == history
    assert await store.deltas(ROOT, 4, 8) == history[2:4]
    assert await store.deltas(ROOT, 4, limit=3) == history[2:5]
    assert await store.deltas(ROOT, 20) == []
    assert await store.deltas(ROOT, 5, 6) == []


async def test_the_hash_is_known_at_the_ends_of_deltas_only(store: Store) -> None:
    await store.append([delta(ROOT, 0, 3), delta(ROOT, 3)])
    assert await store.hash_at(ROOT, 3) == delta(ROOT, 0).history_hash
    assert await store.hash_at(ROOT, 4) == delta(ROOT, 3).history_hash
    assert await store.hash_at(ROOT, 0) is None
    assert await store.hash_at(ROOT, 2) is None
    assert await store.hash_at(ROOT, 5) is None


async def test_loading_starts_from_the_newest_snapshot(store: Store) -> None:
    await store.append(chain(ROOT, 0, 10))
    for version in (3, 7, 5):
        await store.put_snapshot(StoredSnapshot(ROOT, version, delta(ROOT, version - 1).history_hash, b"%d" % version))
    loaded = await store.load(ROOT)
    assert loaded is not None
    assert loaded.snapshot == StoredSnapshot(ROOT, 7, delta(ROOT, 6).history_hash, b"7")
    assert loaded.deltas == chain(ROOT, 7, 10)


async def test_of_snapshots_close_together_the_two_newest_are_kept(store: Store) -> None:
    await store.append(chain(ROOT, 0, 9) + chain(OTHER, 0, 9))
    other = StoredSnapshot(OTHER, 1, delta(OTHER, 0).history_hash, b"other")
    await store.put_snapshot(other)
    snapshots = [StoredSnapshot(ROOT, version, bytes(20), bytes(version)) for version in range(1, 6)]
    for snapshot in snapshots:
        await store.put_snapshot(snapshot)
    assert await store.snapshots(ROOT) == snapshots[-2:]
    assert await store.snapshots(OTHER) == [other]


async def test_a_snapshot_of_the_same_version_replaces_the_first(store: Store) -> None:
    await store.append(chain(ROOT, 0, 2))
    await store.put_snapshot(StoredSnapshot(ROOT, 2, bytes(20), b"old"))
    await store.put_snapshot(StoredSnapshot(ROOT, 2, bytes(20), b"new"))
    assert [snapshot.state for snapshot in await store.snapshots(ROOT)] == [b"new"]


async def test_a_snapshot_needs_its_wavelet_and_a_whole_hash(store: Store) -> None:
    with pytest.raises(StoreError, match="not in the store"):
        await store.put_snapshot(StoredSnapshot(ROOT, 1, bytes(20), b""))
    await store.append(chain(ROOT, 0, 1))
    with pytest.raises(StoreError, match="refused"):
        await store.put_snapshot(StoredSnapshot(ROOT, 1, bytes(21), b""))
    assert await store.snapshots(ROOT) == []


async def test_wavelets_are_found_by_their_wave(store: Store) -> None:
    for name in (REPLY, OTHER, ROOT, FOREIGN):
        await store.append(chain(name, 0, 1))
    assert await store.wavelets_of(ROOT.wave) == [REPLY, ROOT, FOREIGN]
    assert await store.wavelets_of(OTHER.wave) == [OTHER]
    assert [name async for name in store.all_wavelets()] == [REPLY, OTHER, ROOT, FOREIGN]


async def test_names_by_the_originals_laxer_rules_are_kept(store: Store) -> None:
    lax = WaveletName(WaveId.legacy("alpha.test", "w é"), WaveletId.legacy("alpha.test", "conv root"))
    await store.append(chain(lax, 0, 1))
    assert await store.wavelets_of(lax.wave) == [lax]
    assert [name async for name in store.all_wavelets()] == [lax]


async def test_all_wavelets_are_listed_however_many(store: Store) -> None:
    names = [WaveletName(WaveId("alpha.test", f"w+{number}"), ROOT.wavelet) for number in range(1005)]
    await store.append([delta(name, 0) for name in names])
    assert [name async for name in store.all_wavelets()] == names


async def test_history_outlives_the_process_that_wrote_it(database_url: str) -> None:
    first = await Store.open(database_url, create=True)
    await first.append(chain(ROOT, 0, 5))
    await first.close()
    second = await Store.open(database_url)
    try:
        assert await read(second, ROOT) == chain(ROOT, 0, 5)
        await second.append(chain(ROOT, 5, 6))
    finally:
        await second.close()
