"""A domain that makes trouble is complained about once a minute, and no other domain's complaints go missing."""

from __future__ import annotations

import logging

import pytest

from wave_federation.routing import complaints
from wave_federation.routing.complaints import QUIET_SECONDS, Complaints


@pytest.fixture
def times() -> list[float]:
    """What the clock shows: the last of them."""
    return [0.0]


@pytest.fixture
def warnings(times: list[float]) -> Complaints:
    return Complaints(logging.getLogger("complaints"), "%s is too loud: %s", lambda: times[-1])


def test_a_domain_is_complained_about_once_a_minute_with_how_often_it_was_not(
    warnings: Complaints, times: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1_501):
        warnings.about("evil.test", "a flood")
    times.append(QUIET_SECONDS)
    warnings.about("evil.test", "still a flood")
    times.append(2 * QUIET_SECONDS)
    warnings.about("evil.test", "a last drop")
    assert caplog.messages == [
        "evil.test is too loud: a flood",
        "evil.test is too loud: still a flood (1,500 more times since the last warning)",
        "evil.test is too loud: a last drop",
    ]


def test_other_domains_are_complained_about_meanwhile(warnings: Complaints, caplog: pytest.LogCaptureFixture) -> None:
    for domain in ("evil.test", "evil.test", "odd.test"):
        warnings.about(domain, "noise")
    assert caplog.messages == ["evil.test is too loud: noise", "odd.test is too loud: noise"]


def test_no_more_than_so_many_domains_are_remembered(
    warnings: Complaints, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complaints, "MAX_REMEMBERED", 2)
    for domain in ("a.test", "b.test", "c.test", "a.test", "c.test"):
        warnings.about(domain, "noise")
    assert [message.partition(" ")[0] for message in caplog.messages] == ["a.test", "b.test", "c.test", "a.test"]
