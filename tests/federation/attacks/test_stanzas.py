"""Attacks by stanzas on an authenticated stream: in others' names, to others, malformed, or to be answered for ever."""

from __future__ import annotations

import pytest

from s2s.attacking import Answered, Attack, Outcome, Stage, StanzaError, StreamError, Unanswered, check
from s2s.raw_peer import ping

from .conftest import Scene

A, B = "a.test", "b.test"
INVALID_FROM = StreamError("invalid-from", "from a.test")
IMPROPER = StreamError("improper-addressing")
HOST_UNKNOWN = StreamError("host-unknown", "to b.test")
UNAVAILABLE = StanzaError("service-unavailable", "cancel")
BAD_REQUEST = StanzaError("bad-request", "modify")
UNSUPPORTED = StreamError("unsupported-stanza-type")

FROM: dict[str, tuple[str | None, Outcome]] = {
    "another domain": ("c.test", INVALID_FROM),
    "the honest peer's": ("honest.test", INVALID_FROM),
    "one of ours": (B, INVALID_FROM),
    "a subdomain": ("x.a.test", INVALID_FROM),
    "its wave service, which is a domain of its own": ("wave.a.test", INVALID_FROM),
    "the parent": ("test", INVALID_FROM),
    "a homograph": ("а.test", INVALID_FROM),
    "a homograph as it goes over the wire": ("xn--80a.test", INVALID_FROM),
    "a user of another domain": ("u@c.test", INVALID_FROM),
    "another domain with the proved one as resource": ("c.test/a.test", INVALID_FROM),
    "another domain with the proved one as user": ("a.test@c.test", INVALID_FROM),
    "one that ends like the proved one": ("xa.test", INVALID_FROM),
    "one that begins like it": ("a.test.c.test", INVALID_FROM),
    "none": (None, IMPROPER),
    "no address": ("@a.test", IMPROPER),
    "an empty resource": ("a.test/", IMPROPER),
    "too long a one": (f"{'u' * 1_100}@a.test", IMPROPER),
    "the proved one": (A, Answered()),
    "in capitals": ("A.TEST", Answered()),
    "with a resource": ("a.test/r", Answered()),
    "a user": ("u@a.test", Answered()),
    "a user with a resource": ("u@a.test/c.test", Answered()),
}
TO: dict[str, tuple[str | None, Outcome]] = {
    "an unknown host": ("nowhere.test", HOST_UNKNOWN),
    "another of our domains": ("second.test", HOST_UNKNOWN),
    "a subdomain": ("x.b.test", HOST_UNKNOWN),
    "the sender": (A, HOST_UNKNOWN),
    "none": (None, IMPROPER),
    "no address": ("b.test/", IMPROPER),
    "in capitals": ("B.TEST", Answered()),
    "a user that may not exist": ("u@b.test", UNAVAILABLE),
    "a resource": ("b.test/r", UNAVAILABLE),
}
FROM_TO = f"from='{A}' to='{B}'"
PAYLOAD = "<ping xmlns='urn:xmpp:ping'/>"
ERROR = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

STANZAS: dict[str, tuple[str, Outcome]] = {
    "an iq without id": (f"<iq type='get' {FROM_TO}>{PAYLOAD}</iq>", BAD_REQUEST),
    "an iq without type": (f"<iq id='1' {FROM_TO}>{PAYLOAD}</iq>", BAD_REQUEST),
    "an iq of no type": (f"<iq id='1' type='put' {FROM_TO}>{PAYLOAD}</iq>", BAD_REQUEST),
    "an iq with two children": (f"<iq id='1' type='get' {FROM_TO}>{PAYLOAD * 2}</iq>", BAD_REQUEST),
    "an iq without children": (f"<iq id='1' type='set' {FROM_TO}/>", BAD_REQUEST),
    "an unknown request": (f"<iq id='1' type='get' {FROM_TO}><query xmlns='urn:unknown'/></iq>", UNAVAILABLE),
    "a request to set what can only be asked for": (f"<iq id='1' type='set' {FROM_TO}>{PAYLOAD}</iq>", UNAVAILABLE),
    "a ping that its schema does not allow": (
        f"<iq id='1' type='get' {FROM_TO}><ping xmlns='urn:xmpp:ping'><x/></ping></iq>",
        BAD_REQUEST,
    ),
    "a result that nobody asked for": (f"<iq id='1' type='result' {FROM_TO}/>", Unanswered()),
    "an error that nobody asked for": (f"<iq id='1' type='error' {FROM_TO}>{PAYLOAD}{ERROR}</iq>", Unanswered()),
    "an error for an unknown request": (
        f"<iq id='1' type='error' {FROM_TO}><x xmlns='urn:x'/>{ERROR}</iq>",
        Unanswered(),
    ),
    "an error without error": (f"<iq id='1' type='error' {FROM_TO}/>", Unanswered()),
    "a message with an error": (f"<message type='error' {FROM_TO}>{ERROR}</message>", Unanswered()),
    "a presence with an error": (f"<presence type='error' {FROM_TO}>{ERROR}</presence>", Unanswered()),
    "a message of clients": (f"<message xmlns='jabber:client' {FROM_TO}/>", UNSUPPORTED),
    "a message of no namespace": (f"<message xmlns='' {FROM_TO}/>", UNSUPPORTED),
    "something unknown": (f"<telegram {FROM_TO}/>", UNSUPPORTED),
    "white space": (" \t\r\n" * 100 + ping(A, B) + "\n", Answered()),
    "a stanza by another prefix": (
        f"<s:iq xmlns:s='jabber:server' type='get' id='ping' {FROM_TO}><p:ping xmlns:p='urn:xmpp:ping'/></s:iq>",
        Answered(),
    ),
}

ATTACKS = [
    *(Attack(f"from {name}", Stage.READY, ping(sender, B), outcome) for name, (sender, outcome) in FROM.items()),
    *(Attack(f"to {name}", Stage.READY, ping(A, recipient), outcome) for name, (recipient, outcome) in TO.items()),
    *(Attack(name, Stage.READY, sends, outcome) for name, (sends, outcome) in STANZAS.items()),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_stanzas_count_only_between_the_two_domains_of_their_stream(attack: Attack, scene: Scene) -> None:
    with scene.attacker.stream(attack.stage) as peer:
        peer.send(attack.sends)
        scene.honest_ping()
        check(attack.outcome, peer, scene.attacker)
