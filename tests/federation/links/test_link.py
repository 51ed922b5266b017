"""The state machine of one outgoing link."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_federation.errors import LinkFailed, QueueFull, StanzaRefused
from wave_federation.links.backoff import Backoff
from wave_federation.links.candidates import NoSuchService
from wave_federation.links.link import Connect, Disconnect, Effect, Link, LinkSettings, Return
from wave_federation.links.queue import QueueLimits
from wave_federation.links.transport import LinkState
from wave_federation.stanzas import Kind, Stanza, make_stanza

SETTINGS = LinkSettings(
    queue=QueueLimits(stanzas=5, patience=60.0),
    backoff=Backoff(first=2.0, cap=3600.0),
    idle_time=1800.0,
    settling_time=10.0,
)
REFUSED = LinkFailed("beta.test (192.0.2.1:5269): connection refused")
NOT_FOUND = NoSuchService("beta.test does not exist")


def numbered(number: int) -> Stanza:
    return make_stanza(Kind.MESSAGE, "alpha.test", "beta.test", id=str(number))


def new_link() -> Link:
    return Link(SETTINGS, lambda: 1.0, now=0.0)  # pauses are as long as they can be: 2, 4, 8 ... seconds


def connecting_link(*numbers: int, now: float = 0.0) -> Link:
    link = new_link()
    for number in numbers or (0,):
        link.put(numbered(number), 10, now)
    return link


def ready_link(*numbers: int, now: float = 0.0) -> Link:
    link = connecting_link(*numbers, now=now)
    link.connected(now)
    return link


def taken(link: Link, now: float) -> list[str | None]:
    ids = []
    while (stanza := link.take(now)) is not None:
        ids.append(stanza.id)
    return ids


def returned(effects: list[Effect]) -> list[tuple[str | None, str, str]]:
    return [(e.stanza.id, e.reason.condition, e.reason.type) for e in effects if isinstance(e, Return)]


# ---- on demand ----


def test_a_stream_is_opened_for_the_first_stanza_and_only_for_it() -> None:
    link = new_link()
    assert link.next_deadline() is None
    assert link.put(numbered(1), 10, 0.0) == [Connect()]
    assert link.put(numbered(2), 10, 0.0) == []
    assert link.state is LinkState.CONNECTING
    assert link.take(0.0) is None


def test_what_waited_goes_out_in_order_once_the_stream_is_there() -> None:
    link = ready_link(1, 2, 3)
    assert link.state is LinkState.READY
    assert not link.may_pass(0.0)  # it would overtake
    assert taken(link, 0.0) == ["1", "2", "3"]
    assert link.may_pass(0.0)


def test_nothing_passes_without_a_stream() -> None:
    assert not new_link().may_pass(0.0)
    assert not connecting_link().may_pass(0.0)


def test_when_too_much_waits_nothing_more_is_taken() -> None:
    link = connecting_link(1, 2, 3, 4, 5)
    with pytest.raises(QueueFull):
        link.put(numbered(6), 10, 0.0)
    assert link.queued == 5


# ---- failures ----


def test_after_a_failure_it_waits_and_tries_again_while_something_waits() -> None:
    link = connecting_link(1, now=100.0)
    assert link.failed(REFUSED, 100.0) == []
    assert (link.state, link.attempts, link.last_error) == (LinkState.WAITING, 1, str(REFUSED))
    assert link.next_deadline() == 102.0
    assert link.handle_timer(101.9) == []
    assert link.handle_timer(102.0) == [Connect()]
    link.connected(103.0)
    assert link.attempts == 0
    assert taken(link, 103.0) == ["1"]


def test_pauses_grow_with_each_failure_in_a_row() -> None:
    link = connecting_link()
    now, pauses = 0.0, []
    for _ in range(4):
        link.failed(REFUSED, now)
        deadline = link.next_deadline()
        assert deadline is not None
        pauses.append(deadline - now)
        now = deadline
        link.handle_timer(now)
    assert pauses == [2.0, 4.0, 8.0, 16.0]


def test_what_has_waited_too_long_goes_back_with_the_reason_and_when_to_come_again() -> None:
    link = connecting_link(1, now=0.0)
    assert link.next_deadline() == 60.0
    (effect,) = link.handle_timer(60.0)
    assert isinstance(effect, Return)
    assert (effect.reason.condition, effect.reason.type) == ("remote-server-timeout", "wait")
    assert str(effect.reason) == "no stream to the other server could be opened in time"
    assert link.next_deadline() is None  # the attempt goes on


def test_what_would_be_too_late_for_the_next_attempt_goes_back_at_the_failure() -> None:
    link = connecting_link(1, now=0.0)
    link.put(numbered(2), 10, 59.5)
    (effect,) = link.failed(REFUSED, 59.0)  # the next attempt comes at 61
    assert isinstance(effect, Return)
    assert effect.stanza.id == "1"
    assert effect.reason.retry_after == 2
    assert str(effect.reason) == str(REFUSED)
    assert link.handle_timer(61.0) == [Connect()]


def test_while_the_next_attempt_is_far_off_what_is_sent_goes_back_at_once() -> None:
    link, now = connecting_link(), 0.0
    while True:
        link.failed(REFUSED, now)
        deadline = link.next_deadline()
        assert deadline is not None
        if deadline - now >= SETTINGS.queue.patience:
            break
        now = deadline
        if link.handle_timer(now) != [Connect()]:
            assert link.put(numbered(0), 10, now) == [Connect()]
    assert returned(link.put(numbered(9), 10, now)) == [("9", "remote-server-timeout", "wait")]
    assert link.queued == 0
    assert link.put(numbered(8), 10, deadline - 1) == []  # this one can wait for it
    assert link.handle_timer(deadline) == [Connect()]


def test_when_nothing_waits_the_next_attempt_is_made_on_demand_and_the_failures_are_remembered() -> None:
    link = connecting_link()
    link.put(numbered(1), 10, 0.0)
    link.failed(REFUSED, 59.0)
    assert link.queued == 0
    assert link.handle_timer(61.0) == []
    assert link.state is LinkState.IDLE
    assert link.put(numbered(2), 10, 100.0) == [Connect()]
    link.failed(REFUSED, 100.0)
    assert link.next_deadline() == 104.0


def test_a_domain_without_servers_gives_everything_back_at_once_until_the_next_attempt() -> None:
    link = connecting_link(1, 2)
    assert returned(link.failed(NOT_FOUND, 0.0)) == [
        ("1", "remote-server-not-found", "cancel"),
        ("2", "remote-server-not-found", "cancel"),
    ]
    assert returned(link.put(numbered(3), 10, 1.0)) == [("3", "remote-server-not-found", "cancel")]
    assert link.handle_timer(2.0) == []
    assert link.put(numbered(4), 10, 2.0) == [Connect()]


# ---- streams that end ----


def test_a_stream_that_ends_is_opened_again_on_demand() -> None:
    link = ready_link(1)
    taken(link, 0.0)
    assert link.lost(None, 500.0) == []
    assert (link.state, link.last_error) == (LinkState.IDLE, "")
    assert link.put(numbered(2), 10, 501.0) == [Connect()]


def test_what_waits_when_a_stream_ends_gets_a_new_one_at_once() -> None:
    link = ready_link(1)
    assert link.lost(LinkFailed("the connection was reset"), 500.0) == [Connect()]
    assert link.last_error == "the connection was reset"
    link.connected(501.0)
    assert taken(link, 501.0) == ["1"]


def test_a_stream_that_ends_at_once_counts_as_a_failure_so_that_nobody_knocks_in_a_loop() -> None:
    link, now = ready_link(1), 0.0
    pauses = []
    for _ in range(3):
        link.lost(None, now + 5.0)
        deadline = link.next_deadline()
        assert deadline is not None
        pauses.append(deadline - (now + 5.0))
        now = deadline
        assert link.handle_timer(now) == [Connect()]
        link.connected(now)
    assert pauses == [2.0, 4.0, 8.0]
    assert link.last_error == "the other server closed the stream at once"
    link.lost(None, now + 10.0)  # this one lasted
    link.connected(now + 11.0)
    link.lost(None, now + 12.0)
    assert link.next_deadline() == now + 14.0


def test_a_stream_that_is_not_used_is_closed_and_use_puts_that_off() -> None:
    link = ready_link(1)
    taken(link, 0.0)
    assert link.next_deadline() == 1800.0
    assert link.may_pass(1000.0)
    assert link.handle_timer(1800.0) == []
    assert link.next_deadline() == 2800.0
    assert link.handle_timer(2800.0) == [Disconnect()]
    assert link.state is LinkState.IDLE
    assert link.put(numbered(2), 10, 2801.0) == [Connect()]


def test_a_peer_that_reads_nothing_is_given_up_and_what_waited_goes_back() -> None:
    link = ready_link(1, 2)
    assert link.take(0.0) is not None  # and then the stream's buffer is full
    assert link.next_deadline() == 60.0
    disconnect, *rest = link.handle_timer(60.0)
    assert disconnect == Disconnect()
    assert returned(rest) == [("2", "remote-server-timeout", "wait")]
    assert link.state is LinkState.WAITING
    assert link.last_error == "the other server has read nothing for 60 seconds"


# ---- signs of life, and administrators ----


def failed_often(times: int) -> tuple[Link, float]:
    """A link that waits for its next attempt, and when it began to."""
    link, now = connecting_link(), 0.0
    for attempt in range(1, times + 1):
        link.failed(REFUSED, now)
        deadline = link.next_deadline()
        assert deadline is not None
        if attempt == times:
            return link, now
        now = deadline
        if link.handle_timer(now) != [Connect()]:
            link.put(numbered(0), 10, now)
    raise AssertionError(times)


def test_a_sign_of_life_brings_the_next_attempt_forward_but_not_nearer_than_a_first_pause() -> None:
    link, began = failed_often(11)
    assert link.next_deadline() == began + 2048.0
    for heard in (0.5, 1.0, 1.5):  # however much is heard
        link.heard(began + heard)
        assert link.next_deadline() == began + 2.0
    assert link.put(numbered(7), 10, began + 1.5) == []
    assert link.handle_timer(began + 2.0) == [Connect()]
    link.failed(REFUSED, began + 2.0)
    assert link.next_deadline() == began + 4.0  # and the pauses begin anew


def test_a_sign_of_life_later_on_lets_the_next_attempt_come_at_once() -> None:
    link, began = failed_often(11)
    link.heard(began + 1000.0)
    assert link.next_deadline() == began + 1000.0


def test_a_sign_of_life_means_nothing_to_a_link_that_is_well() -> None:
    for link in (new_link(), connecting_link(), ready_link()):
        state, deadline = link.state, link.next_deadline()
        link.heard(1.0)
        assert (link.state, link.next_deadline()) == (state, deadline)


def test_an_administrator_may_have_the_next_attempt_now() -> None:
    link, began = failed_often(11)
    assert link.retry(began + 1.0) == [Connect()]
    assert link.retry(began + 1.0) == []


def test_a_link_that_policy_forbids_is_closed_and_what_waits_goes_back() -> None:
    reason = StanzaRefused("beta.test is blocked by this server's policy", condition="not-allowed")
    for link in (ready_link(1), connecting_link(1)):
        disconnect, *rest = link.shut(reason, 5.0)
        assert disconnect == Disconnect()
        assert returned(rest) == [("1", "not-allowed", "cancel")]
        assert (link.state, link.queued) == (LinkState.IDLE, 0)
    assert new_link().shut(reason, 5.0) == []


# ---- laws ----


@dataclass
class World:
    """A link, its stream and everything that was sent, with the clock running."""

    link: Link = field(default_factory=new_link)
    now: float = 0.0
    sent: int = 0
    accepted: set[str] = field(default_factory=set)
    out: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Connect():
                    self.attempts.append(self.now)
                case Return(stanza):
                    assert stanza.id is not None
                    self.back.append(stanza.id)
                case Disconnect():
                    pass

    def send(self) -> None:
        self.sent += 1
        stanza = numbered(self.sent)
        if self.link.may_pass(self.now):
            self.out.append(str(self.sent))
        else:
            try:
                self.carry_out(self.link.put(stanza, 10, self.now))
            except QueueFull:
                return
        self.accepted.add(str(self.sent))

    def act(self, what: str) -> None:
        link = self.link
        match what:
            case "send":
                self.send()
            case "take" if (stanza := link.take(self.now)) is not None:
                assert stanza.id is not None
                self.out.append(stanza.id)
            case "connected" if link.state is LinkState.CONNECTING:
                link.connected(self.now)
            case "failed" if link.state is LinkState.CONNECTING:
                self.carry_out(link.failed(REFUSED, self.now))
            case "not found" if link.state is LinkState.CONNECTING:
                self.carry_out(link.failed(NOT_FOUND, self.now))
            case "lost" if link.state is LinkState.READY:
                self.carry_out(link.lost(None, self.now))
            case "heard":
                link.heard(self.now)
            case "timer" if (deadline := link.next_deadline()) is not None:
                self.now = max(self.now, deadline)
                self.carry_out(link.handle_timer(self.now))
            case _:
                self.now += 1.0


ACTIONS = ("send", "send", "take", "connected", "failed", "not found", "lost", "heard", "timer", "pass")


@given(st.lists(st.sampled_from(ACTIONS), max_size=80))
def test_every_stanza_that_is_taken_goes_out_or_back_once_and_in_order(actions: list[str]) -> None:
    world = World()
    for action in actions:
        world.act(action)
        assert len(world.out) + len(world.back) + world.link.queued == len(world.accepted)
    assert len(set(world.out + world.back)) == len(world.out + world.back)
    assert world.out == sorted(world.out, key=int)
    assert set(world.out + world.back) <= world.accepted


@given(st.lists(st.sampled_from(ACTIONS), max_size=80))
def test_nothing_that_waits_is_ever_forgotten(actions: list[str]) -> None:
    world = World()
    for action in actions:
        world.act(action)
    for _ in range(20):  # let time do its work, with nobody there
        world.act("timer" if world.link.state is not LinkState.CONNECTING else "failed")
    assert world.link.queued == 0


@given(st.lists(st.sampled_from(("send", "failed", "heard", "timer", "pass", "send", "failed")), max_size=80))
def test_attempts_that_fail_never_follow_each_other_without_a_pause(actions: list[str]) -> None:
    world = World()
    for action in actions:
        world.act(action)
    gaps = [later - earlier for earlier, later in zip(world.attempts, world.attempts[1:], strict=False)]
    assert all(gap >= SETTINGS.backoff.first for gap in gaps)
