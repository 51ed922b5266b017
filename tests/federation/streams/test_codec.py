"""What one side says is what the other one hears; and what other servers say is understood."""

from __future__ import annotations

import base64

import pytest

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import SERVER, STREAMS
from wave_federation.streams import events
from wave_federation.streams.decoding import decode
from wave_federation.streams.effects import (
    CloseStream,
    OpenStream,
    SendAuth,
    SendChallenge,
    SendFeatures,
    SendProceed,
    SendSaslFailure,
    SendStartTls,
    SendSuccess,
)
from wave_federation.streams.encoding import Said, encode
from wave_federation.streams.events import Received
from wave_federation.xml.limits import XmlLimits
from wave_federation.xml.stream_parser import StreamParser

HEADER = b"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>"
EXTERNAL = frozenset({"EXTERNAL"})


def heard(data: bytes) -> list[Received]:
    return [decode(event) for event in StreamParser(XmlLimits()).feed(data)]


def heard_within(data: bytes) -> list[Received]:
    return heard(HEADER + data)[1:]


@pytest.mark.parametrize(
    ("said", "received"),
    [
        (SendFeatures(starttls=True), events.Features(starttls=True)),
        (SendFeatures(external=True), events.Features(mechanisms=EXTERNAL)),
        (SendFeatures(), events.Features()),
        (SendStartTls(), events.StartTls()),
        (SendProceed(), events.Proceed()),
        (SendAuth("beta.test"), events.Auth("EXTERNAL", base64.b64encode(b"beta.test").decode())),
        (SendChallenge(), events.Unsupported("{urn:ietf:params:xml:ns:xmpp-sasl}challenge")),  # we never wait for one
        (SendSuccess(), events.Success()),
        (SendSaslFailure("invalid-authzid", "a < b & c"), events.SaslFailure("invalid-authzid", "a < b & c")),
        (CloseStream(), events.StreamClosed()),
    ],
)
def test_what_is_said_is_heard(said: Said, received: Received) -> None:
    assert heard_within(encode(said, "an id")) == [received]


def test_an_error_is_heard_before_the_end() -> None:
    error = RemoteProtocolError("no <b> here", condition="policy-violation", detail="stanza-too-big")
    expected = [events.StreamErrorReceived("policy-violation", "no <b> here"), events.StreamClosed()]
    assert heard_within(encode(CloseStream(error), "an id")) == expected


def test_a_header_is_heard() -> None:
    header = events.Header(STREAMS, SERVER, "beta.test", "alpha.test", "1.0")
    assert heard(encode(OpenStream("beta.test", "alpha.test", with_id=False), "an id")) == [header]
    answer = encode(OpenStream("alpha.test", None, with_id=True), "an id")
    assert heard(answer) == [events.Header(STREAMS, SERVER, "alpha.test", None, "1.0")]
    assert b" id='an id'" in answer or b' id="an id"' in answer


def test_an_empty_address_is_a_missing_one() -> None:
    (header,) = heard(HEADER.replace(b">", b" from='' to=''>"))
    assert header == events.Header(STREAMS, SERVER, None, None, None)


@pytest.mark.parametrize(
    ("said", "received"),
    [
        (  # Prosody before TLS
            (
                "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
                "<dialback xmlns='urn:xmpp:features:dialback'/></stream:features>"
            ),
            events.Features(starttls=True),
        ),
        (  # and after it
            (
                "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
                "</mechanisms><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>"
            ),
            events.Features(mechanisms=EXTERNAL),
        ),
        (  # Prosody's refusal of a certificate
            (
                "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Your server&apos;s certificate is not\nvalid</text>"
                "</stream:error>"
            ),
            events.StreamErrorReceived("not-authorized", "Your server's certificate is not valid"),
        ),
        ("<stream:error/>", events.StreamErrorReceived("undefined-condition", "")),
        (
            "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-authzid/></failure>",
            events.SaslFailure("invalid-authzid", ""),
        ),
        ("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", events.SaslFailure("not-authorized", "")),
        ("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", events.TlsRefused()),
        ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'/>", events.Auth("EXTERNAL", None)),
        ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</auth>", events.Auth(None, "=")),
        ("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", events.Response("")),
        ("<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", events.Abort()),
        ("<auth/>", events.Unsupported("{jabber:server}auth")),
        ("<message xmlns='jabber:client'/>", events.Unsupported("{jabber:client}message")),
        ("<db:result xmlns:db='jabber:server:dialback'/>", events.Unsupported("{jabber:server:dialback}result")),
    ],
)
def test_what_others_say_is_understood(said: str, received: Received) -> None:
    assert heard_within(said.encode()) == [received]


@pytest.mark.parametrize("kind", ["message", "presence", "iq"])
def test_stanzas_are_heard_whatever_their_prefix(kind: str) -> None:
    for said in (f"<{kind}/>", f"<s:{kind} xmlns:s='jabber:server'/>"):
        (received,) = heard_within(said.encode())
        assert isinstance(received, events.StanzaReceived)
        assert received.element.tag == f"{{jabber:server}}{kind}"
