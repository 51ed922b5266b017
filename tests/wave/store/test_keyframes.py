"""Which snapshots stay: near every past state, and small altogether."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from history_examples import ROOT, chain, delta
from wave_server.store import Store, StoredSnapshot
from wave_server.store.keyframes import BYTES_PER_OPERATION, NEWEST_SIZES, SPACING, Keyframe, surplus

snapshots = st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 2_000)), max_size=120)


def kept(stored: Sequence[Keyframe]) -> list[Keyframe]:
    removed = set(surplus(stored))
    return [each for each in stored if each.version not in removed]


def grown(steps: Sequence[tuple[int, int]]) -> list[Keyframe]:
    """Snapshots as they are taken one after the other: (operations since the last, bytes)."""
    stored: list[Keyframe] = []
    version = 0
    for operations, size in steps:
        version += operations
        stored.append(Keyframe(version, size))
    return stored


def test_snapshots_taken_every_few_hundred_operations_leave_one_per_spacing() -> None:
    left = kept([Keyframe(version, 100) for version in range(500, 100_001, 500)])
    gaps = [after.version - before.version for before, after in pairwise(left)]
    assert left[0].version <= SPACING
    assert max(gaps) <= SPACING
    assert len(left) <= 100_000 / SPACING + 2


@given(snapshots)
def test_the_newest_two_stay_and_what_is_near_the_next_goes(steps: list[tuple[int, int]]) -> None:
    stored = grown(steps)
    left = kept(stored)
    assert left[-2:] == stored[-2:]
    for before, middle, after in zip([Keyframe(0, 0), *left], left, left[1:-1], strict=False):
        assert after.version - before.version > SPACING, middle


@given(snapshots)
def test_no_gap_is_wider_than_the_spacing_but_where_no_snapshot_was_taken_or_the_bytes_are_short(
    steps: list[tuple[int, int]],
) -> None:
    stored = [each._replace(size=1) for each in grown(steps)]
    versions = [0, *(each.version for each in kept(stored))]
    assert all(after - before <= SPACING for before, after in pairwise(versions))


@given(snapshots)
def test_old_snapshots_never_take_more_bytes_than_they_may(steps: list[tuple[int, int]]) -> None:
    stored = [each._replace(size=each.size * 1_000) for each in grown(steps)]
    left = kept(stored)
    if len(left) > 2:
        newest = stored[-1]
        budget = max(NEWEST_SIZES * newest.size, BYTES_PER_OPERATION * newest.version)
        assert sum(each.size for each in left[:-2]) <= budget


@given(snapshots)
def test_thinning_out_after_every_snapshot_leaves_what_one_thinning_at_the_end_leaves(
    steps: list[tuple[int, int]],
) -> None:
    stored = [each._replace(size=1) for each in grown(steps)]
    left: list[Keyframe] = []
    for each in stored:
        left = kept([*left, each])
    assert left == kept(stored)


async def test_a_store_keeps_old_snapshots_far_apart(store: Store) -> None:
    await store.append([*chain(ROOT, 0, 1), delta(ROOT, 1, 10_000)])
    for version in range(1_000, 10_001, 1_000):
        await store.put_snapshot(StoredSnapshot(ROOT, version, bytes(20), b"state"))
    assert [each.version for each in await store.snapshots(ROOT)] == [4_000, 8_000, 9_000, 10_000]
