"""Laws that hold for both machines, whatever the peer does: the ones that nobody can spoof a stanza by breaking."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import SERVER, STREAMS, qualified
from wave_federation.streams import events
from wave_federation.streams.effects import (
    CloseStream,
    Deliver,
    Effect,
    End,
    Established,
    JudgePeer,
    OpenStream,
    SendFeatures,
    SendSuccess,
    UpgradeToTls,
)
from wave_federation.streams.events import Received
from wave_federation.streams.initiating import InitiatingMachine
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.receiving import ReceivingMachine, Reception

LIMITS = StreamLimits()
DOMAINS = ["alpha.test", "wave.alpha.test", "beta.test", "BETA.test", "wave.beta.test", "gamma.test", "", "a b"]
CONDITIONS = st.sampled_from(["not-authorized", "host-unknown", "aborted"])

domains = st.sampled_from(DOMAINS)
addresses = st.one_of(st.none(), domains.map(lambda domain: domain or None))
authzids = st.one_of(
    st.none(),
    st.sampled_from(["", "=", "%"]),
    domains.map(lambda domain: base64.b64encode(domain.encode()).decode()),
)


def stanza(sender: str | None, recipient: str | None) -> events.StanzaReceived:
    element = etree.Element(qualified(SERVER, "message"))
    for name, value in (("from", sender), ("to", recipient)):
        if value is not None:
            element.set(name, value)
    return events.StanzaReceived(element)


received: st.SearchStrategy[Received] = st.one_of(
    st.builds(events.Header, st.just(STREAMS), st.just(SERVER), addresses, addresses, st.just("1.0")),
    st.builds(
        events.Header, st.sampled_from([STREAMS, "x"]), st.sampled_from([SERVER, ""]), addresses, addresses, addresses
    ),
    st.builds(events.Features, st.booleans(), st.sampled_from([frozenset(), frozenset({"EXTERNAL"})])),
    st.sampled_from([events.StartTls(), events.Proceed(), events.TlsRefused(), events.Abort(), events.Success()]),
    st.builds(events.Auth, st.sampled_from([None, "EXTERNAL", "PLAIN"]), authzids),
    st.builds(events.Response, authzids.map(lambda text: text or "")),
    st.builds(events.SaslFailure, CONDITIONS, st.text(max_size=5)),
    st.builds(stanza, addresses, addresses),
    st.builds(events.Unsupported, st.just("{urn:x}y")),
    st.builds(events.StreamErrorReceived, CONDITIONS, st.text(max_size=5)),
    st.just(events.StreamClosed()),
    st.just(events.Offence(RemoteProtocolError("no comments", condition="restricted-xml"))),
)
HEADER = events.Header(STREAMS, SERVER, "beta.test", "alpha.test", "1.0")
STANZA = stanza("ann@beta.test", "bob@alpha.test")
CALLER: list[Received] = [HEADER, events.StartTls(), HEADER, events.Auth("EXTERNAL", "="), HEADER, STANZA, STANZA]
CALLED: list[Received] = [
    HEADER,
    events.Features(starttls=True),
    events.Proceed(),
    HEADER,
    events.Features(mechanisms=frozenset({"EXTERNAL"})),
    events.Success(),
    HEADER,
    events.Features(),
]


@st.composite
def disturbed(draw: st.DrawFn, *dialogues: list[Received]) -> list[tuple[Received, int]]:
    """What a good peer does, with something else in between or instead, and the seconds that pass before each."""
    dialogue = list(draw(st.sampled_from(dialogues)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(dialogue)))
        dialogue[place : place + draw(st.integers(0, 1))] = draw(st.lists(received, max_size=3))
    pauses = draw(st.sampled_from([st.just(0), st.integers(0, 10)]))
    return [(event, draw(pauses)) for event in dialogue]


caller_steps = disturbed(CALLER, [CALLER[0], *CALLER[2:]])
called_steps = disturbed(CALLED, CALLED[3:])
verdicts = st.one_of(st.none(), st.none(), st.just("it is self-signed"))


class Run:
    """A machine whose handshakes always succeed, and everything it wanted, with what it had judged before each step."""

    def __init__(self, machine: ReceivingMachine | InitiatingMachine, verdict: str | None) -> None:
        self.machine = machine
        self.verdict = verdict
        self.effects: list[Effect] = []

    def note(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            match effect:
                case UpgradeToTls():
                    self.note(self.machine.receive(events.TlsEstablished(), self.now))
                case JudgePeer():
                    self.note(self.machine.receive(events.PeerJudged(self.verdict), self.now))

    def play(self, steps: list[tuple[Received, int]]) -> Run:
        self.now = 0.0
        self.note(self.machine.start())
        for event, seconds in steps:
            self.now += seconds
            self.note(self.machine.expire(self.now))
            self.note(self.machine.receive(event, self.now))
        return self

    def indexes(self, wanted: Callable[[Effect], bool]) -> list[int]:
        return [index for index, effect in enumerate(self.effects) if wanted(effect)]


def of(*kinds: type[Effect]) -> Callable[[Effect], bool]:
    return lambda effect: isinstance(effect, kinds)


def check_the_end(run: Run) -> None:
    """End comes once and last; an error is said within an open stream, once."""
    ends = run.indexes(of(End))
    assert ends in ([], [len(run.effects) - 1])
    assert run.machine.ended == bool(ends)
    assert (run.machine.deadline is None) == (run.machine.ended or bool(run.indexes(of(Established))))
    closes = run.indexes(of(CloseStream))
    assert len(closes) <= 1
    for close in closes:
        last = max(run.indexes(of(OpenStream, UpgradeToTls)))
        assert isinstance(run.effects[last], OpenStream)
        assert last < close


@given(steps=caller_steps, verdict=verdicts, direct_tls=st.booleans())
def test_no_stanza_is_delivered_before_its_sender_is_proved(
    steps: list[tuple[Received, int]], verdict: str | None, direct_tls: bool
) -> None:
    machine = ReceivingMachine(Reception(("alpha.test", "wave.alpha.test")), LIMITS, 0.0, direct_tls=direct_tls)
    run = Run(machine, verdict).play(steps)
    check_the_end(run)
    for index in run.indexes(of(Deliver, Established, SendSuccess)):
        before = run.effects[:index]
        (judged,) = (effect.domain for effect in before if isinstance(effect, JudgePeer))
        assert verdict is None
        assert any(isinstance(effect, UpgradeToTls) for effect in before)
        effect = run.effects[index]
        if isinstance(effect, Deliver):
            assert SendSuccess() in before
            (established,) = (each for each in before if isinstance(each, Established))
            assert established.remote == judged == effect.stanza.sender.domain.lower()
            assert established.local == effect.stanza.recipient.domain
    for index in run.indexes(lambda effect: isinstance(effect, SendFeatures) and effect.external):
        assert verdict is None
        assert any(isinstance(effect, JudgePeer) for effect in run.effects[:index])


@given(steps=called_steps, verdict=verdicts, direct_tls=st.booleans())
def test_nothing_of_ours_goes_to_a_server_that_is_not_proved(
    steps: list[tuple[Received, int]], verdict: str | None, direct_tls: bool
) -> None:
    run = Run(InitiatingMachine("alpha.test", "beta.test", LIMITS, 0.0, direct_tls=direct_tls), verdict).play(steps)
    check_the_end(run)
    assert run.indexes(of(Deliver)) == []
    for _ in run.indexes(of(Established)):
        assert verdict is None
        assert JudgePeer("beta.test") in run.effects
    upgrades = run.indexes(of(UpgradeToTls))
    if verdict is not None and upgrades:
        spoken = [effect for effect in run.effects[upgrades[0] + 1 :] if not isinstance(effect, JudgePeer | End)]
        assert spoken == []
