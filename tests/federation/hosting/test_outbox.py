"""What is owed to a domain, when it is sent, and what happens when the domain does not answer."""

from __future__ import annotations

import random as randomness

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wave_federation.hosting.outbox import PARALLEL, RECEIPT_SECONDS, Confirmed, Outbox, Standing
from wave_federation.links.backoff import Backoff
from wave_server.names import WaveletName

ONE = WaveletName.parse_path("alpha.test/w+one/~/conv+root")
TWO = WaveletName.parse_path("alpha.test/w+two/~/conv+root")
DAY = 86_400.0


def outbox() -> Outbox:
    return Outbox(backoff=Backoff(first=2.0, cap=3600.0), random=lambda: 0.5)


def test_what_is_owed_is_due_at_once_and_not_again_while_it_is_under_way() -> None:
    box = outbox()
    box.owe(ONE, 3, 5)
    assert box.due(0) == [ONE]
    box.sent(ONE, "m1", 5, 0)
    assert box.due(0) == []
    box.owe(ONE, 5, 6)
    assert box.due(0) == [], "the next batch gathers while one travels"
    assert box.receipt("m1") == Confirmed(ONE, 5, complete=False)
    assert box.due(0) == [ONE]
    assert box.delivered(ONE) == 5


def test_a_wavelet_that_is_confirmed_whole_is_owed_nothing_until_it_grows() -> None:
    box = outbox()
    box.owe(ONE, 3, 5)
    box.sent(ONE, "m1", 5, 0)
    assert box.receipt("m1") == Confirmed(ONE, 5, complete=True)
    assert (box.due(0), box.wavelets_owed(), box.next_time()) == ([], [], None)
    box.owe(ONE, 5, 6)
    assert box.due(0) == [ONE]


def test_a_domain_that_has_left_is_owed_the_delta_that_removed_it_and_nothing_after() -> None:
    box = outbox()
    box.owe(ONE, 3, 5)
    box.owe(ONE, 5, 6, 6)
    box.owe(ONE, 3, 9, 6)
    assert box.end(ONE) == 6
    box.sent(ONE, "m1", 6, 0)
    assert box.receipt("m1") == Confirmed(ONE, 6, complete=True)
    assert box.due(0) == []


def test_a_domain_that_is_back_is_owed_what_follows_its_return() -> None:
    box = outbox()
    box.owe(ONE, 3, 6, 6)
    box.owe(ONE, 8, 9)
    assert (box.delivered(ONE), box.end(ONE)) == (8, 9)


def test_a_receipt_for_something_else_confirms_nothing() -> None:
    box = outbox()
    box.owe(ONE, 3, 5)
    box.sent(ONE, "m1", 5, 0)
    assert box.receipt("m2") is None
    assert box.delivered(ONE) == 3
    box.receipt("m1")
    assert box.receipt("m1") is None


def test_what_is_not_confirmed_in_time_is_sent_again_after_a_pause_that_grows() -> None:
    box = outbox()
    box.owe(ONE, 3, 5)
    now, pauses = 0.0, []
    for attempt in range(20):
        assert box.due(now) == [ONE]
        box.sent(ONE, f"m{attempt}", 5, now)
        assert box.next_time() == now + RECEIPT_SECONDS
        now += RECEIPT_SECONDS
        assert [flight.wavelet for flight in box.expire(now)] == [ONE]
        assert box.due(now) == []
        retry_at = box.next_time()
        assert retry_at is not None
        pauses.append(retry_at - now)
        now = retry_at
    assert pauses == sorted(pauses)
    assert pauses[0] <= 2.0
    assert pauses[-1] <= 3600.0


def test_while_a_domain_fails_one_update_at_a_time_finds_out_whether_it_is_back() -> None:
    box = outbox()
    for name in (ONE, TWO):
        box.owe(name, 0, 1)
        box.sent(name, name.path, 1, 0)
    box.failed(ONE.path, "gone", 1)
    box.failed(TWO.path, "gone", 1)
    assert box.attempts == 1, "two stanzas of one attempt"
    assert box.due(10) == [ONE]
    box.sent(ONE, "again", 1, 10)
    assert box.due(10) == []
    box.receipt("again")
    assert box.due(10) == [TWO]


def test_contact_ends_every_pause() -> None:
    box = outbox()
    box.owe(ONE, 0, 1)
    box.sent(ONE, "m", 1, 0)
    box.failed("m", "gone", 1)
    assert box.due(1) == []
    assert box.contact()
    assert box.due(1) == [ONE]
    assert not box.contact()


def test_a_domain_that_fails_for_a_week_is_left_alone_until_it_comes() -> None:
    box = outbox()
    box.owe(ONE, 0, 1)
    now, number = 0.0, 0
    while box.standing is not Standing.GIVEN_UP:
        number += 1
        box.sent(ONE, str(number), 1, now)
        box.failed(str(number), "gone", now)
        now = box.next_time() or now
    assert 7 * DAY <= now <= 7 * DAY + 3600
    assert number < 250, "not hammered"
    assert (box.due(now + DAY), box.next_time()) == ([], None)
    box.owe(TWO, 0, 1)
    assert box.due(now + DAY) == []
    box.contact()
    assert box.due(now + DAY) == [ONE, TWO]


def test_an_update_that_the_domain_refuses_holds_up_no_other_wavelet() -> None:
    box = outbox()
    box.owe(ONE, 0, 1)
    box.owe(TWO, 0, 1)
    box.sent(ONE, "m", 1, 0)
    box.refused("m", "forbidden", 0)
    assert box.standing is Standing.GOOD
    assert box.due(0) == [TWO]
    retry_at = box.next_time()
    assert retry_at is not None
    assert 0 < retry_at <= 2
    assert box.due(retry_at) == [ONE, TWO]


def test_a_wavelet_is_unconfirmed_since_it_was_first_sent_until_the_domain_has_it() -> None:
    box = outbox()
    box.owe(ONE, 3, 5)
    box.owe(TWO, 0, 2)
    assert box.unconfirmed_since(ONE) is None
    box.sent(ONE, "m1", 5, 1.0)
    box.failed("m1", "no route", 2.0)
    assert (box.unconfirmed_since(ONE), box.unconfirmed_since(TWO)) == (1.0, 2.0)
    box.contact()
    box.sent(ONE, "m2", 5, 9.0)
    assert (box.unconfirmed_since(ONE), box.unconfirmed_since(TWO)) == (1.0, None)
    box.owe(ONE, 5, 6)
    box.receipt("m2")
    assert box.unconfirmed_since(ONE) is None


def test_no_more_than_some_wavelets_are_under_way_at_a_time() -> None:
    box = outbox()
    names = [WaveletName.parse_path(f"alpha.test/w+{number}/~/conv+root") for number in range(PARALLEL + 5)]
    for name in names:
        box.owe(name, 0, 1)
    due = box.due(0)
    assert due == names[:PARALLEL]
    for name in due:
        box.sent(name, name.path, 1, 0)
    assert box.due(0) == []
    box.receipt(names[0].path)
    assert box.due(0) == [names[PARALLEL]]


@pytest.mark.parametrize("given_up", [True, False])
def test_a_restart_goes_on_where_it_was(given_up: bool) -> None:
    box = outbox()
    box.resume(100.0, 5, 400.0, given_up=given_up)
    box.owe(ONE, 0, 1)
    assert box.due(300) == []
    assert box.due(400) == ([] if given_up else [ONE])
    box.contact()
    assert box.due(300) == [ONE]


class Sending(RuleBasedStateMachine):
    """Whatever happens on the way, everything that is owed is confirmed in the end, once, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Outbox(backoff=Backoff(), random=randomness.Random(1).random)
        self.now = 0.0
        self.heads = dict.fromkeys((ONE, TWO), 0)
        self.confirmed = dict.fromkeys((ONE, TWO), 0)
        self.under_way: dict[str, tuple[WaveletName, int]] = {}
        self.number = 0

    @rule(name=st.sampled_from([ONE, TWO]), operations=st.integers(1, 3))
    def commit(self, name: WaveletName, operations: int) -> None:
        at = self.heads[name]
        self.heads[name] = at + operations
        self.box.owe(name, at, at + operations)

    @rule()
    def send(self) -> None:
        for name in self.box.due(self.now):
            delivered = self.box.delivered(name)
            assert delivered == self.confirmed[name], "nothing is skipped"
            self.number += 1
            end = min(self.box.end(name), delivered + 2)
            self.box.sent(name, str(self.number), end, self.now)
            self.under_way[str(self.number)] = (name, end)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(sorted(self.under_way)))
        name, end = self.under_way.pop(message)
        if self.box.receipt(message) is not None:
            self.confirmed[name] = end

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), fate=st.sampled_from(["failed", "refused"]))
    def bounce(self, data: st.DataObject, fate: str) -> None:
        message = data.draw(st.sampled_from(sorted(self.under_way)))
        del self.under_way[message]
        getattr(self.box, fate)(message, "no", self.now)

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.box.expire(self.now)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        owed = {name for name in self.heads if self.confirmed[name] < self.heads[name]}
        assert set(self.box.wavelets_owed()) == owed

    def teardown(self) -> None:
        self.box.contact()
        for _ in range(10_000):
            self.box.expire(self.now)
            self.send()
            for message in list(self.under_way):
                name, end = self.under_way.pop(message)
                if self.box.receipt(message) is not None:
                    self.confirmed[name] = end
            if self.confirmed == self.heads:
                return
            self.now += 1
        raise AssertionError(f"not delivered: {self.confirmed} of {self.heads}")


TestSending = Sending.TestCase
TestSending.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
