"""What was decided about links lately."""

from __future__ import annotations

import logging

from groundswell.link_history import MAX_DECISIONS, MAX_DOMAINS, kept_history
from wave_federation.links.journal import LOGGER, note


def test_the_last_decisions_about_a_domain_are_kept_with_their_time() -> None:
    with kept_history() as history:
        for number in range(MAX_DECISIONS + 5):
            note("link-failed", "alpha.test", "beta.test", attempts=number)
        note("link-ready", "alpha.test", "gamma.test")
    decisions = history.about("beta.test")
    assert len(decisions) == MAX_DECISIONS
    assert decisions[-1].endswith(f"link-failed alpha.test beta.test attempts={MAX_DECISIONS + 4}")
    assert history.about("nobody.test") == ()
    assert history.counts == {"link-failed": MAX_DECISIONS + 5, "link-ready": 1}


def test_whoever_claims_many_names_pushes_out_only_those_not_heard_of_for_longest() -> None:
    with kept_history() as history:
        note("link-ready", "alpha.test", "old.test")
        note("link-ready", "alpha.test", "beta.test")
        for number in range(MAX_DOMAINS - 1):
            note("incoming-failed", "alpha.test", f"x{number}.test")
            note("link-ready", "alpha.test", "beta.test")
    assert history.about("old.test") == ()
    assert len(history.about("beta.test")) == MAX_DECISIONS


def test_nothing_is_heard_afterwards_and_the_logs_level_is_as_before() -> None:
    level = logging.getLogger(LOGGER).level
    with kept_history() as history:
        pass
    note("link-ready", "alpha.test", "beta.test", level=logging.ERROR)
    assert history.counts == {}
    assert logging.getLogger(LOGGER).level == level
