"""A link that stays open although nothing is sent on it."""

from __future__ import annotations

from wave_federation.errors import LinkFailed
from wave_federation.links.link import Connect, Link, LinkSettings
from wave_federation.links.transport import LinkState

BROKEN = LinkFailed("broken")


def standing_link() -> Link:
    link = Link(LinkSettings(stays_open=True), lambda: 1.0, now=0.0)
    assert link.open(0.0) == [Connect()]
    return link


def test_it_is_opened_once_and_never_idle() -> None:
    link = standing_link()
    assert link.open(0.0) == []
    link.connected(1.0)
    assert link.open(1.0) == []
    assert link.next_deadline() is None
    assert link.handle_timer(1e9) == []
    assert link.state is LinkState.READY


def test_it_is_opened_again_whenever_it_ends_after_a_pause_where_that_was_soon() -> None:
    link = standing_link()
    link.connected(0.0)
    assert link.lost(None, 60.0) == [Connect()]
    link.connected(60.0)
    assert link.lost(BROKEN, 61.0) == []
    assert link.state is LinkState.WAITING
    deadline = link.next_deadline()
    assert deadline is not None
    assert link.handle_timer(deadline) == [Connect()]


def test_an_attempt_that_fails_is_followed_by_another_one() -> None:
    link = standing_link()
    for _ in range(5):
        assert link.failed(BROKEN, link.since) == []
        deadline = link.next_deadline()
        assert deadline is not None
        assert link.handle_timer(deadline) == [Connect()]
