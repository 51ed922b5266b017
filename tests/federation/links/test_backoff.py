"""Pauses between attempts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wave_federation.links.backoff import Backoff

BACKOFF = Backoff(first=2.0, cap=3600.0)


def test_pauses_double_up_to_the_cap() -> None:
    longest = [BACKOFF.pause(failures, lambda: 1.0) for failures in range(1, 15)]
    assert longest[:4] == [2.0, 4.0, 8.0, 16.0]
    assert longest[-3:] == [3600.0, 3600.0, 3600.0]


@given(failures=st.integers(1, 10**9), drawn=st.floats(0, 1, exclude_max=True))
def test_a_pause_is_in_the_upper_half_of_what_is_due_and_never_above_the_cap(failures: int, drawn: float) -> None:
    due = min(BACKOFF.cap, BACKOFF.first * 2 ** min(failures - 1, 40))
    assert due / 2 <= BACKOFF.pause(failures, lambda: drawn) <= due <= BACKOFF.cap


def test_two_links_that_broke_together_do_not_come_back_together() -> None:
    assert BACKOFF.pause(5, lambda: 0.2) != BACKOFF.pause(5, lambda: 0.8)
