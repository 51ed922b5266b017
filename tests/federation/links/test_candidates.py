"""The order in which a domain's servers are tried. RFC 6120 §3.2, RFC 2782, XEP-0368."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_federation.links.candidates import (
    Candidate,
    Endpoint,
    InvalidRoute,
    NoSuchService,
    SrvRecord,
    at_addresses,
    endpoints,
    in_order,
    is_address,
    parse_route,
)

NOT_AVAILABLE = SrvRecord(0, 0, 0, "")


def lowest() -> float:
    return 0.0


def record(priority: int, weight: int, target: str, port: int = 5269) -> SrvRecord:
    return SrvRecord(priority, weight, port, target)


records = st.builds(
    SrvRecord,
    priority=st.integers(0, 3),
    weight=st.one_of(st.just(0), st.integers(0, 65535)),
    port=st.integers(1, 65535),
    target=st.sampled_from(["a.test", "b.test", "c.test", "d.test"]),
)
offers = st.lists(st.tuples(records, st.booleans()), max_size=12)


@given(offered=offers, seed=st.integers())
def test_each_record_is_tried_once_and_lower_priorities_come_first(
    offered: list[tuple[SrvRecord, bool]], seed: int
) -> None:
    ordered = in_order(offered, Random(seed).random)
    assert Counter(ordered) == Counter(offered)
    priorities = [record.priority for record, _ in ordered]
    assert priorities == sorted(priorities)


def test_weights_share_the_first_place_in_proportion_over_both_services() -> None:
    offered = [(record(1, 10, "a.test"), False), (record(1, 30, "b.test"), True), (record(1, 60, "c.test"), False)]
    random = Random(7).random
    firsts = Counter(in_order(offered, random)[0][0].target for _ in range(10_000))
    assert 800 < firsts["a.test"] < 1200
    assert 2700 < firsts["b.test"] < 3300
    assert 5600 < firsts["c.test"] < 6400


def test_a_record_of_weight_zero_is_first_only_when_the_lowest_number_is_drawn() -> None:
    offered = [(record(1, 99, "a.test"), False), (record(1, 0, "spare.test"), False)]
    assert in_order(offered, lowest)[0][0].target == "spare.test"
    assert in_order(offered, lambda: 0.0101)[0][0].target == "a.test"  # 1 of the numbers 0 to 99


@pytest.mark.parametrize("weights", [(0, 0, 0), (1, 0), (65535, 65535)])
@pytest.mark.parametrize("drawn", [0.0, 0.5, 1 - 2**-53])
def test_no_draw_falls_outside(weights: tuple[int, ...], drawn: float) -> None:
    offered = [(record(1, weight, f"{index}.test"), False) for index, weight in enumerate(weights)]
    assert len(in_order(offered, lambda: drawn)) == len(weights)


def test_both_services_are_one_list_by_priority() -> None:
    direct = [record(5, 0, "tls.test", 443), record(20, 0, "late.test", 5270)]
    starttls = [record(10, 0, "plain.test")]
    assert endpoints("beta.test", direct, starttls, lowest) == (
        Endpoint("tls.test", 443, direct_tls=True),
        Endpoint("plain.test", 5269, direct_tls=False),
        Endpoint("late.test", 5270, direct_tls=True),
    )


def test_without_records_it_is_the_domain_itself_at_the_usual_port() -> None:
    assert endpoints("beta.test", [], [], lowest) == (Endpoint("beta.test", 5269, direct_tls=False),)


@pytest.mark.parametrize("direct", [[], [NOT_AVAILABLE]])
def test_a_dot_says_that_there_is_no_server_and_the_domain_itself_is_not_tried(direct: list[SrvRecord]) -> None:
    with pytest.raises(NoSuchService, match=r"^beta.test publishes in the DNS that it has no server"):
        endpoints("beta.test", direct, [NOT_AVAILABLE], lowest)


def test_a_dot_for_starttls_leaves_direct_tls() -> None:
    assert endpoints("beta.test", [record(0, 0, "tls.test", 5270)], [NOT_AVAILABLE], lowest) == (
        Endpoint("tls.test", 5270, direct_tls=True),
    )


def test_a_dot_for_direct_tls_leaves_starttls_with_records_or_without() -> None:
    assert endpoints("beta.test", [NOT_AVAILABLE], [record(0, 0, "a.test")], lowest) == (Endpoint("a.test", 5269),)
    assert endpoints("beta.test", [NOT_AVAILABLE], [], lowest) == (Endpoint("beta.test", 5269),)


def test_however_many_records_there_are_sixteen_are_tried() -> None:
    many = [record(index, 0, f"{index}.test") for index in range(1000)]
    assert [endpoint.host for endpoint in endpoints("beta.test", many, [], lowest)] == [f"{n}.test" for n in range(16)]


def test_the_two_kinds_of_address_are_tried_by_turns() -> None:
    endpoint = Endpoint("a.test", 5270, direct_tls=True)
    found = list(at_addresses(endpoint, ["2001:db8::1", "2001:db8::2", "2001:db8::3"], ["192.0.2.1"]))
    assert [candidate.address for candidate in found] == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"]
    assert all((c.host, c.port, c.direct_tls) == ("a.test", 5270, True) for c in found)


def test_addresses_come_once_and_at_most_eight() -> None:
    many = [f"192.0.2.{index // 2}" for index in range(100)]
    assert [candidate.address for candidate in at_addresses(Endpoint("a.test", 1), [], many)] == [
        f"192.0.2.{index}" for index in range(8)
    ]


def test_addresses_that_are_nobodys_are_left_out() -> None:
    nobodys = (["::", "ff02::1"], ["0.0.0.0", "224.0.0.1"])
    assert list(at_addresses(Endpoint("a.test", 1), *nobodys)) == []


@pytest.mark.parametrize(
    ("candidate", "text"),
    [
        (Candidate("a.test", "192.0.2.1", 5269, False), "a.test (192.0.2.1:5269)"),
        (Candidate("a.test", "2001:db8::1", 5270, True), "a.test ([2001:db8::1]:5270)"),
        (Candidate("192.0.2.1", "192.0.2.1", 5269, False), "192.0.2.1:5269"),
    ],
)
def test_a_candidate_is_named_by_host_and_address(candidate: Candidate, text: str) -> None:
    assert str(candidate) == text


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.3:5269", Endpoint("127.0.0.3", 5269)),
        ("127.0.0.3", Endpoint("127.0.0.3", 5269)),
        ("[2001:db8::7]:15269", Endpoint("2001:db8::7", 15269)),
        ("[::1]", Endpoint("::1", 5269)),
        ("XMPP.beta.test:443", Endpoint("xmpp.beta.test", 443)),
        ("xmpps://xmpp.beta.test:5270", Endpoint("xmpp.beta.test", 5270, direct_tls=True)),
        ("xmpps://[::1]:5270", Endpoint("::1", 5270, direct_tls=True)),
    ],
)
def test_routes_as_they_are_written(text: str, endpoint: Endpoint) -> None:
    assert parse_route(text) == endpoint


@pytest.mark.parametrize(
    "text",
    ["", ":5269", "a.test:", "a.test:0", "a.test:65536", "::1", "2001:db8::7:5269", "[a.test]:1", "[1:2]:3", "a b:1",
     "http://a.test", "xmpps://", "-a.test", "a.test:5269/x", "[::1]5269"],
)  # fmt: skip
def test_what_is_no_route_is_refused(text: str) -> None:
    with pytest.raises(InvalidRoute, match="is no route"):
        parse_route(text)


@pytest.mark.parametrize(("host", "is_one"), [("127.0.0.1", True), ("::1", True), ("a.test", False), ("1.2.3", False)])
def test_addresses_are_told_from_names(host: str, is_one: bool) -> None:
    assert is_address(host) is is_one
