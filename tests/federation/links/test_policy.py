"""With whom we speak: allow and block lists."""

from __future__ import annotations

import pytest

from wave_federation.links.policy import DomainPolicy


@pytest.mark.parametrize("domain", ["beta.test", "wave.beta.test", "localhost"])
def test_without_lists_everybody_is_spoken_to(domain: str) -> None:
    assert DomainPolicy().refusal(domain) is None


@pytest.mark.parametrize(
    ("domain", "refused"), [("evil.test", True), ("wave.evil.test", True), ("notevil.test", False)]
)
def test_a_blocked_domain_is_blocked_with_those_below_it_and_no_others(domain: str, refused: bool) -> None:
    refusal = DomainPolicy(block=["evil.test"]).refusal(domain)
    assert (refusal is not None) == refused
    if refusal:
        assert refusal == f"{domain} is blocked by this server's policy"


@pytest.mark.parametrize(
    ("domain", "refused"),
    [("beta.test", False), ("wave.beta.test", False), ("test", True), ("gamma.test", True), ("xbeta.test", True)],
)
def test_an_allow_list_admits_only_what_it_names_and_what_is_below(domain: str, refused: bool) -> None:
    assert (DomainPolicy(allow=["beta.test"]).refusal(domain) is not None) == refused


def test_a_block_wins_over_an_allowance_of_the_same_domain_or_of_one_above() -> None:
    policy = DomainPolicy(allow=["beta.test"], block=["bad.beta.test"])
    assert policy.refusal("bad.beta.test")
    assert policy.refusal("wave.bad.beta.test")
    assert policy.refusal("beta.test") is None
