"""Who gives way when too many connections have not authenticated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wave_federation.streams.admission import Admission, AdmissionLimits


def test_the_oldest_of_a_network_gives_way_to_its_newest() -> None:
    admission = Admission[int](AdmissionLimits(total=10, per_network=2))
    assert [admission.enter("192.0.2.1", number) for number in range(4)] == [None, None, 0, 1]
    assert admission.enter("192.0.2.2", 4) is None, "another network has room"
    assert len(admission) == 3


def test_whoever_has_most_gives_way_when_there_are_too_many_in_all() -> None:
    admission = Admission[int](AdmissionLimits(total=4, per_network=3))
    for number in range(3):
        assert admission.enter("192.0.2.1", number) is None
    assert admission.enter("192.0.2.2", 3) is None
    assert admission.enter("192.0.2.3", 4) == 0
    assert admission.enter("192.0.2.4", 5) == 1


def test_who_has_authenticated_does_not_count_any_more() -> None:
    admission = Admission[int](AdmissionLimits(total=10, per_network=1))
    admission.enter("192.0.2.1", 0)
    admission.leave("192.0.2.1", 0)
    admission.leave("192.0.2.1", 0)
    assert len(admission) == 0
    assert admission.enter("192.0.2.1", 1) is None


def test_an_ipv6_network_counts_as_one_and_a_mapped_address_as_itself() -> None:
    admission = Admission[int](AdmissionLimits(total=10, per_network=1))
    admission.enter("2001:db8:0:1::1", 0)
    assert admission.enter("2001:db8:0:1:ffff::2", 1) == 0
    assert admission.enter("2001:db8:0:2::1", 2) is None
    admission.enter("192.0.2.1", 3)
    assert admission.enter("::ffff:192.0.2.1", 4) == 3
    assert admission.enter("::ffff:192.0.2.2", 5) is None


moves = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 30)), max_size=100)


@given(moves=moves)
def test_the_limits_hold_whatever_comes_and_goes(moves: list[tuple[bool, int, int]]) -> None:
    limits = AdmissionLimits(total=7, per_network=3)
    admission = Admission[int](limits)
    inside: dict[int, str] = {}
    for enters, network, number in moves:
        address = f"192.0.2.{network}"
        if enters and number not in inside:
            inside[number] = address
            gives_way = admission.enter(address, number)
            if gives_way is not None:
                assert gives_way != number, "the newest gets its chance"
                del inside[gives_way]
        elif not enters and number in inside:
            admission.leave(inside.pop(number), number)
        assert len(admission) == len(inside) <= limits.total
        assert all(list(inside.values()).count(each) <= limits.per_network for each in inside.values())
