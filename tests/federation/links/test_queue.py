"""What waits for one domain."""

from __future__ import annotations

import pytest

from wave_federation.errors import QueueFull
from wave_federation.links.queue import QueueLimits, StanzaQueue
from wave_federation.stanzas import Kind, Stanza, make_stanza


def numbered(number: int) -> Stanza:
    return make_stanza(Kind.MESSAGE, "alpha.test", "beta.test", id=str(number))


def filled(*expiring: float, limits: QueueLimits) -> StanzaQueue:
    queue = StanzaQueue(limits)
    for number, expires in enumerate(expiring):
        queue.put(numbered(number), 10, expires - limits.patience)
    return queue


def test_the_first_in_is_the_first_out() -> None:
    queue = filled(1, 2, 3, limits=QueueLimits())
    assert [queue.take().stanza.id for _ in range(3)] == ["0", "1", "2"]
    assert not queue
    assert queue.next_expiry is None


def test_a_full_queue_takes_no_more_and_keeps_what_it_has() -> None:
    queue = filled(1, 2, limits=QueueLimits(stanzas=2))
    with pytest.raises(QueueFull, match=r"^2 stanzas, 20 bytes, wait for beta\.test already$"):
        queue.put(numbered(9), 1, 0.0)
    assert [stanza.id for stanza in queue.take_all()] == ["0", "1"]


def test_bytes_are_bounded_too_and_become_free_again() -> None:
    queue = filled(1, 2, limits=QueueLimits(bytes=25))
    with pytest.raises(QueueFull):
        queue.put(numbered(9), 6, 0.0)
    queue.put(numbered(2), 5, 0.0)
    queue.take()
    queue.put(numbered(3), 10, 0.0)
    assert [stanza.id for stanza in queue.take_all()] == ["1", "2", "3"]
    queue.put(numbered(4), 25, 0.0)  # all is free again


def test_one_that_is_larger_than_all_that_may_wait_may_wait_alone() -> None:
    queue = StanzaQueue(QueueLimits(bytes=25))
    queue.put(numbered(0), 1000, 0.0)
    with pytest.raises(QueueFull):
        queue.put(numbered(1), 1, 0.0)


def test_those_that_waited_too_long_are_taken_from_the_front() -> None:
    queue = filled(10, 20, 30, limits=QueueLimits())
    assert queue.next_expiry == 10
    assert [stanza.id for stanza in queue.take_expired(by=20)] == ["0", "1"]
    assert queue.next_expiry == 30
    assert list(queue.take_expired(by=29.9)) == []
