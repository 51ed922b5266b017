"""The initiating state machine: every turn of the protocol that is right, and every one that is not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from lxml import etree

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import SERVER, STREAMS, qualified
from wave_federation.streams.effects import (
    CloseStream,
    Effect,
    End,
    Ending,
    Established,
    JudgePeer,
    OpenStream,
    RestartStream,
    SendAuth,
    SendStartTls,
    UpgradeToTls,
)
from wave_federation.streams.events import (
    Auth,
    Features,
    Header,
    Offence,
    PeerJudged,
    Proceed,
    Received,
    SaslFailure,
    StanzaReceived,
    StartTls,
    StreamClosed,
    StreamErrorReceived,
    Success,
    TlsEstablished,
    TlsRefused,
    Unsupported,
)
from wave_federation.streams.initiating import InitiatingMachine
from wave_federation.streams.limits import StreamLimits

LIMITS = StreamLimits(negotiation_seconds=30, close_seconds=5)
OPENING = OpenStream("alpha.test", "beta.test", with_id=False)
TLS_OFFERED = Features(starttls=True)
EXTERNAL_OFFERED = Features(mechanisms=frozenset({"PLAIN", "EXTERNAL"}))


def header(
    sender: str | None = "beta.test",
    recipient: str | None = "alpha.test",
    *,
    namespace: str = STREAMS,
    content: str = SERVER,
    version: str | None = "1.0",
) -> Header:
    return Header(namespace, content, sender, recipient, version)


SECURING: list[Received] = [header(), TLS_OFFERED, Proceed()]
SECURED: list[Received] = [*SECURING, TlsEstablished(), PeerJudged(None)]
AUTHENTICATING: list[Received] = [*SECURED, header(), EXTERNAL_OFFERED]
AUTHENTICATED: list[Received] = [*AUTHENTICATING, Success()]
READY: list[Received] = [*AUTHENTICATED, header(), Features()]
STAGES: dict[str, list[Received]] = {
    "at the start": [],
    "before features": [header()],
    "before TLS": [header(), TLS_OFFERED],
    "during the handshake": SECURING,
    "after TLS": SECURED,
    "before features after TLS": [*SECURED, header()],
    "during authentication": AUTHENTICATING,
    "after authentication": AUTHENTICATED,
    "before the last features": [*AUTHENTICATED, header()],
    "when established": READY,
}
STANZA = StanzaReceived(etree.Element(qualified(SERVER, "message"), {"from": "beta.test", "to": "alpha.test"}))


def machine(events: Iterable[Received] = ()) -> InitiatingMachine:
    made = InitiatingMachine("alpha.test", "beta.test", LIMITS, 0.0, direct_tls=False)
    assert made.start() == [OPENING]
    for event in events:
        made.receive(event, 1.0)
        assert not made.ended
    return made


def closing(effects: list[Effect]) -> tuple[str | None, str]:
    """The stream error that is sent, and what administrators are told."""
    close, end = effects
    assert isinstance(close, CloseStream)
    assert isinstance(end, End)
    return (close.error.condition if close.error else None), end.ending.reason


def test_a_stream_is_established_in_three_steps() -> None:
    stream = machine()
    assert stream.receive(header(), 1) == []
    assert stream.receive(TLS_OFFERED, 1) == [SendStartTls()]
    assert stream.receive(Proceed(), 1) == [UpgradeToTls("alpha.test", "beta.test", direct=False)]
    assert stream.receive(TlsEstablished(), 1) == [JudgePeer("beta.test")]
    assert stream.receive(PeerJudged(None), 1) == [OPENING]
    assert stream.receive(header(), 1) == []
    assert stream.receive(EXTERNAL_OFFERED, 1) == [SendAuth("alpha.test")]
    assert stream.receive(Success(), 1) == [RestartStream(), OPENING]
    assert stream.receive(header(), 1) == []
    assert stream.receive(Features(), 1) == [Established("alpha.test", "beta.test")]
    assert stream.deadline is None


def test_direct_tls_begins_with_the_handshake() -> None:
    stream = InitiatingMachine("alpha.test", "beta.test", LIMITS, 0.0, direct_tls=True)
    assert stream.start() == [UpgradeToTls("alpha.test", "beta.test", direct=True)]
    assert stream.receive(TlsEstablished(), 1) == [JudgePeer("beta.test")]


def test_a_server_without_tls_is_left_even_when_it_offers_authentication() -> None:
    condition, reason = closing(machine([header()]).receive(EXTERNAL_OFFERED, 1))
    assert condition is None
    assert reason == "beta.test does not offer TLS"


def test_a_server_that_refuses_tls_is_left() -> None:
    stream = machine([header(), TLS_OFFERED])
    assert closing(stream.receive(TlsRefused(), 1)) == (None, "beta.test offers TLS but refuses to begin it")


def test_to_somebody_else_nothing_is_said() -> None:
    stream = machine([*SECURING, TlsEstablished()])
    fault = "it names gamma.test, not beta.test"
    assert stream.receive(PeerJudged(fault), 1) == [End(Ending(f"the certificate of beta.test is refused: {fault}"))]


def test_a_server_that_does_not_offer_external_is_left() -> None:
    condition, reason = closing(machine([*SECURED, header()]).receive(Features(mechanisms=frozenset({"PLAIN"})), 1))
    assert condition is None
    assert reason == "beta.test does not let alpha.test authenticate by certificate"


def test_a_failed_authentication_is_told_in_the_peers_words() -> None:
    effects = machine(AUTHENTICATING).receive(SaslFailure("not-authorized", "who are you?"), 1)
    assert closing(effects) == (None, "beta.test did not authenticate alpha.test: not-authorized: who are you?")


@pytest.mark.parametrize(
    ("answer", "condition"),
    [
        (header(namespace="jabber:server"), "invalid-namespace"),
        (header(content="jabber:client"), "invalid-namespace"),
        (header(version=None), "unsupported-version"),
        (header("be ta"), "improper-addressing"),
        (header(recipient="gamma.test"), "improper-addressing"),
    ],
)
def test_a_header_of_another_stream_is_refused(answer: Header, condition: str) -> None:
    for stage in ([], SECURED, AUTHENTICATED):
        assert closing(machine(stage).receive(answer, 1))[0] == condition


@pytest.mark.parametrize("answer", [header("gamma.test"), header("wave.beta.test")])
def test_the_answer_of_another_domain_is_good_for_an_error_only(answer: Header) -> None:
    for stage in ([], SECURED, AUTHENTICATED):
        assert closing(machine([*stage, answer]).receive(TLS_OFFERED, 1))[0] == "invalid-from"
        _, reason = closing(machine([*stage, answer]).receive(StreamErrorReceived("host-unknown", ""), 1))
        assert reason == "beta.test ended the stream: host-unknown"


@pytest.mark.parametrize("answer", [header(None), header(recipient=None), header("BETA.test.", "Alpha.test")])
def test_addresses_in_the_answer_may_be_missing_or_written_differently(answer: Header) -> None:
    stream = machine([answer, TLS_OFFERED, Proceed(), TlsEstablished(), PeerJudged(None), answer, EXTERNAL_OFFERED])
    assert stream.receive(Success(), 1) == [RestartStream(), OPENING]


def test_stanzas_come_on_a_stream_of_the_peers_own() -> None:
    assert closing(machine(READY).receive(STANZA, 1))[0] == "not-authorized"


EVENTS: dict[str, Received] = {
    "a header": header(),
    "features": Features(starttls=True, mechanisms=frozenset({"EXTERNAL"})),
    "proceed": Proceed(),
    "failure of TLS": TlsRefused(),
    "success": Success(),
    "failure of SASL": SaslFailure("aborted", ""),
    "starttls": StartTls(),
    "auth": Auth("EXTERNAL", "="),
    "a stanza": STANZA,
}
IN_TURN = {
    ("at the start", "a header"),
    ("before features", "features"),
    ("before TLS", "proceed"),
    ("before TLS", "failure of TLS"),
    ("after TLS", "a header"),
    ("before features after TLS", "features"),
    ("during authentication", "success"),
    ("during authentication", "failure of SASL"),
    ("after authentication", "a header"),
    ("before the last features", "features"),
}


@pytest.mark.parametrize(
    ("stage", "what"),
    [
        (stage, what)
        for stage in STAGES
        for what in EVENTS
        if stage != "during the handshake" and (stage, what) not in IN_TURN
    ],
)
def test_what_is_not_the_peers_turn_ends_the_stream(stage: str, what: str) -> None:
    stream = machine(STAGES[stage])
    assert closing(stream.receive(EVENTS[what], 1))[0] == "not-authorized"
    assert stream.ended
    assert stream.receive(header(), 1) == [], "what has ended is deaf"


def test_an_unknown_element_on_an_established_stream_is_no_stanza() -> None:
    assert closing(machine(READY).receive(Unsupported("{urn:x}y"), 1))[0] == "unsupported-stanza-type"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "during the handshake"])
def test_an_offence_is_answered(stage: str) -> None:
    error = RemoteProtocolError("no comments", condition="restricted-xml")
    assert closing(machine(STAGES[stage]).receive(Offence(error), 1))[0] == "restricted-xml"


@pytest.mark.parametrize("stage", STAGES)
def test_a_peers_stream_error_is_what_administrators_read(stage: str) -> None:
    *answer, end = machine(STAGES[stage]).receive(StreamErrorReceived("host-unknown", "not here"), 1)
    assert answer == ([] if stage == "during the handshake" else [CloseStream()])
    assert end == End(Ending("beta.test ended the stream: host-unknown: not here", "host-unknown"))


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_does_not_answer_in_time_is_left(stage: str) -> None:
    stream = machine(STAGES[stage])
    assert stream.expire(29) == []
    effects = stream.expire(30)
    match stage:
        case "when established":
            assert effects == []
        case "during the handshake":
            assert [type(effect) for effect in effects] == [End]
        case _:
            assert closing(effects)[0] == "connection-timeout"


@pytest.mark.parametrize("stage", STAGES)
def test_closing_waits_for_the_peers_closing_tag(stage: str) -> None:
    stream = machine(STAGES[stage])
    effects = stream.close(10, "not needed")
    if stage == "during the handshake":
        assert effects == [End(Ending("not needed", orderly=True))]
        return
    assert effects == [CloseStream()]
    assert stream.closing
    assert stream.receive(STANZA, 11) == [], "whatever is on its way is not for this stream"
    assert stream.receive(StreamClosed(), 11) == [End(Ending("not needed", orderly=True))]


def test_a_peer_that_closes_is_answered() -> None:
    assert closing(machine(READY).receive(StreamClosed(), 9)) == (None, "beta.test closed the stream")
