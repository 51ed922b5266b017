"""Token buckets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wave_web.rate_limits import UNLIMITED, BucketTable, Rate, TokenBucket


def test_a_burst_is_granted_and_then_the_rate() -> None:
    bucket = TokenBucket(Rate(per_second=2, burst=3), now=10)
    assert [bucket.take(1, 10) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(1, 10.5) == 0
    assert bucket.take(1, 10.5) == 0.5


def test_more_than_the_burst_is_granted_only_to_a_full_bucket_and_leaves_a_debt() -> None:
    bucket = TokenBucket(Rate(per_second=10, burst=10), now=0)
    assert bucket.take(30, 0) == 0
    assert bucket.take(1, 0) == 2.1
    assert bucket.take(30, 2.5) == 0.5
    assert bucket.take(30, 3) == 0


def test_no_rate_is_no_limit() -> None:
    assert TokenBucket(UNLIMITED, 0).take(1e9, 0) == 0


@given(steps=st.lists(st.tuples(st.floats(0, 2), st.floats(0.1, 3)), max_size=60))
def test_never_more_is_granted_than_the_burst_and_the_rate_allow(steps: list[tuple[float, float]]) -> None:
    bucket = TokenBucket(Rate(per_second=1, burst=3), now=0)
    now = granted = 0.0
    for wait, amount in steps:
        now += wait
        if bucket.take(amount, now) == 0:
            granted += amount
    assert granted <= 3 + now + 1e-9


def test_a_table_forgets_full_buckets_only() -> None:
    table = BucketTable[int](Rate(per_second=1, burst=1))
    assert table.take(-1, 1, 0) == 0
    for key in range(3000):
        table.bucket(key, 0)
    assert table.take(-1, 1, 0) == 1
