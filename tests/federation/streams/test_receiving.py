"""The receiving state machine: every turn of the protocol that is right, and every one that is not."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import pytest
from lxml import etree

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import SERVER, STREAMS, qualified
from wave_federation.streams.effects import (
    CloseStream,
    Deliver,
    Effect,
    End,
    Ending,
    Established,
    JudgePeer,
    OpenStream,
    RestartStream,
    SendChallenge,
    SendFeatures,
    SendProceed,
    SendSaslFailure,
    SendSuccess,
    UpgradeToTls,
)
from wave_federation.streams.events import (
    Abort,
    Auth,
    Features,
    Header,
    Offence,
    PeerJudged,
    Proceed,
    Received,
    Response,
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
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.receiving import ReceivingMachine, Reception

LIMITS = StreamLimits(negotiation_seconds=30, close_seconds=5)
RECEPTION = Reception(("alpha.test", "wave.alpha.test"))
OPENING = OpenStream("alpha.test", "beta.test", with_id=True)
AUTHZID = base64.b64encode(b"beta.test").decode()


def header(
    sender: str | None = "beta.test",
    recipient: str | None = "alpha.test",
    *,
    namespace: str = STREAMS,
    content: str = SERVER,
    version: str | None = "1.0",
) -> Header:
    return Header(namespace, content, sender, recipient, version)


def stanza(
    sender: str | None = "ann@beta.test/desk", recipient: str | None = "bob@alpha.test", kind: str = "message"
) -> StanzaReceived:
    element = etree.Element(qualified(SERVER, kind), nsmap={None: SERVER})
    for name, value in (("from", sender), ("to", recipient)):
        if value is not None:
            element.set(name, value)
    return StanzaReceived(element)


PLAIN: list[Received] = [header()]
SECURING: list[Received] = [*PLAIN, StartTls()]
SECURED: list[Received] = [*SECURING, TlsEstablished()]
PROVED: list[Received] = [*SECURED, header(), PeerJudged(None)]
AUTHENTICATED: list[Received] = [*PROVED, Auth("EXTERNAL", AUTHZID)]
READY: list[Received] = [*AUTHENTICATED, header()]

STAGES: dict[str, list[Received]] = {
    "at the start": [],
    "before TLS": PLAIN,
    "during the handshake": SECURING,
    "after TLS": SECURED,
    "before authentication": PROVED,
    "after authentication": AUTHENTICATED,
    "when established": READY,
}


def machine(events: Iterable[Received] = (), *, reception: Reception = RECEPTION) -> ReceivingMachine:
    made = ReceivingMachine(reception, LIMITS, 0.0, direct_tls=False)
    assert made.start() == []
    for event in events:
        made.receive(event, 1.0)
        assert not made.ended
    return made


def closing(effects: list[Effect]) -> tuple[str | None, str]:
    """The stream error that is sent, and what administrators are told."""
    *_, close, end = effects
    assert isinstance(close, CloseStream)
    assert isinstance(end, End)
    return (close.error.condition if close.error else None), end.ending.reason


def test_a_stream_is_established_in_three_steps() -> None:
    stream = machine()
    assert stream.receive(header(), 1) == [OPENING, SendFeatures(starttls=True)]
    assert stream.receive(StartTls(), 1) == [SendProceed(), UpgradeToTls("alpha.test", None, direct=False)]
    assert stream.receive(TlsEstablished(), 1) == []
    assert stream.receive(header(), 1) == [OPENING, JudgePeer("beta.test")]
    assert stream.receive(PeerJudged(None), 1) == [SendFeatures(external=True)]
    assert stream.receive(Auth("EXTERNAL", AUTHZID), 1) == [SendSuccess(), RestartStream()]
    assert stream.receive(header(), 1) == [OPENING, SendFeatures(), Established("alpha.test", "beta.test")]
    assert stream.deadline is None


def test_direct_tls_begins_with_the_handshake() -> None:
    stream = ReceivingMachine(RECEPTION, LIMITS, 0.0, direct_tls=True)
    assert stream.start() == [UpgradeToTls(None, None, direct=True)]
    assert stream.receive(TlsEstablished(), 1) == []
    assert stream.receive(header(), 1) == [OPENING, JudgePeer("beta.test")]


def test_each_hosted_domain_has_streams_of_its_own() -> None:
    stream = machine()
    opening = OpenStream("wave.alpha.test", "beta.test", with_id=True)
    assert stream.receive(header(recipient="Wave.ALPHA.test."), 1) == [opening, SendFeatures(starttls=True)]


def test_stanzas_are_delivered_in_the_order_in_which_they_came() -> None:
    stream = machine(READY)
    first, second = stanza(), stanza(kind="iq")
    (delivered,) = stream.receive(first, 2)
    assert isinstance(delivered, Deliver)
    assert delivered.stanza.element is first.element
    (delivered,) = stream.receive(second, 2)
    assert isinstance(delivered, Deliver)
    assert delivered.stanza.element is second.element


@pytest.mark.parametrize("text", ["=", AUTHZID, base64.b64encode(b"Beta.TEST").decode()])
def test_the_authorization_identity_is_the_proved_domain_or_left_out(text: str) -> None:
    assert machine(PROVED).receive(Auth("EXTERNAL", text), 1) == [SendSuccess(), RestartStream()]


@pytest.mark.parametrize("text", ["", AUTHZID])
def test_a_response_that_did_not_come_at_once_is_asked_for(text: str) -> None:
    stream = machine(PROVED)
    assert stream.receive(Auth("EXTERNAL", None), 1) == [SendChallenge()]
    assert stream.receive(Response(text), 1) == [SendSuccess(), RestartStream()]


@pytest.mark.parametrize(
    ("event", "condition"),
    [
        (Auth("EXTERNAL", base64.b64encode(b"gamma.test").decode()), "invalid-authzid"),
        (Auth("EXTERNAL", base64.b64encode(b"wave.beta.test").decode()), "invalid-authzid"),
        (Auth("EXTERNAL", base64.b64encode(b"ann@beta.test").decode()), "invalid-authzid"),
        (Auth("EXTERNAL", base64.b64encode(b"\xff\xfe").decode()), "invalid-authzid"),
        (Auth("EXTERNAL", base64.b64encode("b\u0435ta.test".encode()).decode()), "invalid-authzid"),
        (Auth("EXTERNAL", "beta.test"), "incorrect-encoding"),
        (Auth("EXTERNAL", "YmV0YS50ZXN0\n!"), "incorrect-encoding"),
        (Auth("EXTERNAL", "\u00e9"), "incorrect-encoding"),
        (Auth("PLAIN", "AGFubgBzZWNyZXQ="), "invalid-mechanism"),
        (Auth("external", AUTHZID), "invalid-mechanism"),
        (Auth(None, AUTHZID), "invalid-mechanism"),
        (Abort(), "aborted"),
    ],
)
def test_failed_authentication_closes_the_stream(event: Received, condition: str) -> None:
    stream = machine(PROVED)
    failure, close, end = stream.receive(event, 1)
    assert isinstance(failure, SendSaslFailure)
    assert failure.condition == condition
    assert close == CloseStream(None)
    assert isinstance(end, End)
    assert end.ending.condition == condition
    assert stream.ended
    assert not stream.authenticated


def test_authentication_before_tls_needs_encryption() -> None:
    failure, *rest = machine(PLAIN).receive(Auth("EXTERNAL", AUTHZID), 1)
    assert isinstance(failure, SendSaslFailure)
    assert failure.condition == "encryption-required"
    assert closing(rest)[0] is None


@pytest.mark.parametrize(
    ("first", "condition"),
    [
        (header(namespace="jabber:server"), "invalid-namespace"),
        (header(content="jabber:client"), "invalid-namespace"),
        (header(content=""), "invalid-namespace"),
        (header(version=None), "unsupported-version"),
        (header(version="0.9"), "unsupported-version"),
        (header(version="one"), "unsupported-version"),
        (header(sender=None), "improper-addressing"),
        (header(sender="be ta"), "improper-addressing"),
        (header(sender="ann@beta.test"), "improper-addressing"),
        (header(recipient=None), "improper-addressing"),
        (header(recipient="nowhere.test"), "host-unknown"),
        (header(recipient="x.alpha.test"), "host-unknown"),
        (header(recipient="127.0.0.1"), "improper-addressing"),
    ],
)
def test_a_header_that_opens_no_stream_with_us_gets_the_exact_error(first: Header, condition: str) -> None:
    for stage in ([], SECURED):
        effects = machine(stage).receive(first, 1)
        assert isinstance(effects[0], OpenStream), "the error comes in a stream of ours"
        assert closing(effects)[0] == condition


def test_who_names_no_domain_of_ours_is_answered_by_the_first_one() -> None:
    opening, *_ = machine().receive(header(recipient="nowhere.test"), 1)
    assert opening == OpenStream("alpha.test", "beta.test", with_id=True)


@pytest.mark.parametrize("stage", [SECURED, AUTHENTICATED])
@pytest.mark.parametrize(
    ("again", "condition"),
    [
        (header(sender="gamma.test"), "invalid-from"),
        (header(sender="wave.beta.test"), "invalid-from"),
        (header(recipient="wave.alpha.test"), "host-unknown"),
    ],
)
def test_a_restart_does_not_change_between_whom_the_stream_is(
    stage: list[Received], again: Header, condition: str
) -> None:
    assert closing(machine(stage).receive(again, 1))[0] == condition


def test_a_restart_may_write_the_same_domains_differently() -> None:
    effects = machine(AUTHENTICATED).receive(header(sender="BETA.test", recipient="alpha.test."), 1)
    assert Established("alpha.test", "beta.test") in effects


def test_who_cannot_prove_its_name_is_told_why_and_not_offered_external() -> None:
    effects = machine([*SECURED, header()]).receive(PeerJudged("it names gamma.test, not beta.test"), 1)
    (close, _) = effects
    assert isinstance(close, CloseStream)
    assert close.error is not None
    assert close.error.condition == "not-authorized"
    assert str(close.error) == "it names gamma.test, not beta.test"


def test_policy_refuses_a_domain_at_its_first_header() -> None:
    reception = Reception(("alpha.test",), lambda domain: f"{domain} is blocked" if domain == "beta.test" else None)
    condition, reason = closing(machine(reception=reception).receive(header(), 1))
    assert condition == "policy-violation"
    assert "beta.test is blocked" in reason
    assert machine(reception=reception).receive(header(sender="gamma.test"), 1)[1] == SendFeatures(starttls=True)


OUT_OF_TURN: dict[str, Received] = {
    "a stanza": stanza(),
    "a stanza without addresses": stanza(None, None),
    "features": Features(starttls=True, mechanisms=frozenset({"EXTERNAL"})),
    "proceed": Proceed(),
    "failure of TLS": TlsRefused(),
    "success": Success(),
    "failure of SASL": SaslFailure("aborted", ""),
    "response": Response(""),
    "abort": Abort(),
    "starttls": StartTls(),
    "auth": Auth("EXTERNAL", AUTHZID),
    "something unknown": Unsupported("{urn:x}y"),
    "a second header": header(),
}
IN_TURN = {
    ("at the start", "a second header"),
    ("before TLS", "starttls"),
    ("before TLS", "auth"),
    ("after TLS", "a second header"),
    ("before authentication", "auth"),
    ("before authentication", "abort"),
    ("after authentication", "a second header"),
    ("after authentication", "something unknown"),
    ("when established", "a stanza"),
    ("when established", "a stanza without addresses"),
    ("when established", "something unknown"),
}


@pytest.mark.parametrize(
    ("stage", "what"),
    [
        (stage, what)
        for stage in STAGES
        for what in OUT_OF_TURN
        if stage != "during the handshake" and (stage, what) not in IN_TURN
    ],
)
def test_what_is_not_the_peers_turn_ends_the_stream(stage: str, what: str) -> None:
    stream = machine(STAGES[stage])
    assert closing(stream.receive(OUT_OF_TURN[what], 1))[0] == "not-authorized"
    assert stream.ended
    assert stream.receive(header(), 1) == [], "what has ended is deaf"


def test_an_unknown_element_on_an_established_stream_is_no_stanza() -> None:
    assert closing(machine(READY).receive(Unsupported("{urn:x}y"), 1))[0] == "unsupported-stanza-type"


@pytest.mark.parametrize(
    ("sender", "recipient", "condition"),
    [
        (None, "alpha.test", "improper-addressing"),
        ("", "alpha.test", "improper-addressing"),
        ("@beta.test", "alpha.test", "improper-addressing"),
        ("beta.test", None, "improper-addressing"),
        ("gamma.test", "alpha.test", "invalid-from"),
        ("ann@gamma.test/beta.test", "alpha.test", "invalid-from"),
        ("wave.beta.test", "alpha.test", "invalid-from"),
        ("test", "alpha.test", "invalid-from"),
        ("b\u0435ta.test", "alpha.test", "invalid-from"),  # a Cyrillic letter
        ("beta.test.evil.test", "alpha.test", "invalid-from"),
        ("gamma.test/ann@beta.test", "alpha.test", "invalid-from"),
        ("beta.test", "gamma.test", "host-unknown"),
        ("beta.test", "bob@wave.alpha.test", "host-unknown"),  # ours, but not this stream's
        ("beta.test", "x.alpha.test", "host-unknown"),
    ],
)
def test_a_stanza_of_another_domain_ends_the_stream(sender: str | None, recipient: str | None, condition: str) -> None:
    assert closing(machine(READY).receive(stanza(sender, recipient), 1))[0] == condition


@pytest.mark.parametrize("sender", ["beta.test", "beta.test/x", "ann@beta.test", "ann@BETA.test/a@b/c"])
def test_every_address_of_the_proved_domain_may_send(sender: str) -> None:
    (delivered,) = machine(READY).receive(stanza(sender), 1)
    assert isinstance(delivered, Deliver)


def test_addresses_that_two_rules_for_names_read_differently_are_of_neither_domain() -> None:
    """IDNA 2003 reads the sharp s as two letters, and UTS #46 as a letter of its own."""
    start: list[Received] = [header(sender="strasse.test"), StartTls(), TlsEstablished(), header(sender="strasse.test")]
    stream = machine([*start, PeerJudged(None), Auth("EXTERNAL", "="), header(sender="strasse.test")])
    assert closing(stream.receive(stanza("ann@stra\u00dfe.test"), 1))[0] == "invalid-from"


def test_an_international_domain_may_be_written_either_way() -> None:
    either = ["b\u00fccher.test", "xn--bcher-kva.test"]
    start: list[Received] = [header(sender=either[0]), StartTls(), TlsEstablished(), header(sender=either[1])]
    authzid = base64.b64encode(either[0].encode()).decode()
    stream = machine([*start, PeerJudged(None), Auth("EXTERNAL", authzid), header(sender=either[0])])
    for domain in either:
        (delivered,) = stream.receive(stanza(f"ann@{domain}"), 1)
        assert isinstance(delivered, Deliver)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "during the handshake"])
def test_an_offence_is_answered_in_an_open_stream(stage: str) -> None:
    error = RemoteProtocolError("no comments", condition="restricted-xml")
    stream = machine(STAGES[stage])
    effects = stream.receive(Offence(error), 1)
    assert closing(effects)[0] == "restricted-xml"
    must_open = stage in ("at the start", "after TLS", "after authentication")
    assert [isinstance(effect, OpenStream) for effect in effects[:-2]] == [True] * must_open


@pytest.mark.parametrize("stage", STAGES)
def test_a_peer_that_closes_is_answered_with_our_closing_tag(stage: str) -> None:
    effects = machine(STAGES[stage]).receive(StreamClosed(), 1)
    answers = [CloseStream()] if stage in ("before TLS", "before authentication", "when established") else []
    assert effects[:-1] == answers
    assert isinstance(effects[-1], End)
    assert effects[-1].ending.orderly


def test_a_peers_stream_error_is_what_administrators_read() -> None:
    stream = machine(READY)
    close, end = stream.receive(StreamErrorReceived("system-shutdown", "good night"), 1)
    assert close == CloseStream()
    assert end == End(Ending("beta.test ended the stream: system-shutdown: good night", "system-shutdown"))


def test_whoever_does_not_negotiate_in_time_is_shown_out() -> None:
    for stage, events in STAGES.items():
        stream = machine(events)
        assert stream.expire(29.9) == []
        effects = stream.expire(30.0)
        if stage == "when established":
            assert effects == []
        elif stage == "during the handshake":
            assert [type(effect) for effect in effects] == [End], "there is nowhere to write"
        else:
            assert closing(effects)[0] == "connection-timeout"


def test_closing_in_order_takes_what_is_on_its_way() -> None:
    stream = machine(READY)
    assert stream.close(100, "not needed") == [CloseStream()]
    assert stream.close(100, "not needed") == []
    assert isinstance(stream.receive(stanza(), 101)[0], Deliver)
    assert stream.receive(Unsupported("{urn:x}y"), 101) == []
    assert stream.deadline == 105
    assert stream.receive(StreamClosed(), 102) == [End(Ending("not needed", orderly=True))]


def test_a_peer_that_does_not_close_is_not_waited_for() -> None:
    stream = machine(READY)
    stream.close(100, "not needed")
    assert stream.expire(104) == []
    assert stream.expire(105) == [End(Ending("not needed", orderly=True))]
    assert stream.deadline is None


def test_a_spoofed_stanza_after_our_closing_tag_is_not_delivered_and_nothing_is_said() -> None:
    stream = machine(READY)
    stream.close(100, "not needed")
    (end,) = stream.receive(stanza("gamma.test"), 101)
    assert isinstance(end, End)
    assert end.ending.condition == "invalid-from"


def test_closing_with_an_error_ends_the_stream_at_once() -> None:
    error = RemoteProtocolError("the server stops", condition="system-shutdown")
    stream = machine(READY)
    assert closing(stream.close(100, "stopped", error))[0] == "system-shutdown"
    assert stream.ended


@pytest.mark.parametrize("stage", STAGES)
def test_a_broken_connection_ends_it_without_a_word(stage: str) -> None:
    stream = machine(STAGES[stage])
    assert stream.lost("the connection broke") == [End(Ending("the connection broke"))]
    assert stream.lost("the connection broke") == []
