"""Attacks on the way to an authenticated stream: out of turn, in other names, under plaintext, by other mechanisms."""

from __future__ import annotations

import pytest

from s2s.attacking import (
    Attack,
    Closed,
    HungUp,
    SaslFailure,
    Stage,
    StreamError,
    check,
)
from s2s.raw_peer import (
    SASL,
    STARTTLS,
    STARTTLS_COMMAND,
    STREAMS,
    auth,
    client_context,
    connected,
    header,
    ping,
)

from .conftest import Scene

A, B = "a.test", "b.test"
HOMOGRAPH = "а.test"  # the first letter is Cyrillic
PING = ping(A, B)
ABORT = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
RESPONSE = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</response>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
DIALBACK = (
    f"<db:result xmlns:db='jabber:server:dialback' from='{A}' to='{B}'>b4835385f37fe2895af6c196b59097b1</db:result>"
)
BIDI = "<bidi xmlns='urn:xmpp:bidi'/>"
CLOSE = "</stream:stream>"
TOO_MUCH = " " * 200_000

STAGES_BEFORE_STANZAS = [Stage.OPENED, Stage.OFFERED]

ATTACKS = [
    # the header, RFC 6120 §4.7 and §4.9.3
    *(
        attack
        for stage in (Stage.CONNECTED, Stage.SECURED)
        for attack in [
            Attack("to an unknown host", stage, header(A, "nowhere.test"), StreamError("host-unknown")),
            Attack("to a subdomain of ours", stage, header(A, "x.b.test"), StreamError("host-unknown")),
            Attack("without to", stage, header(A, None), StreamError("improper-addressing", "'to'")),
            Attack("with an empty to", stage, header(A, ""), StreamError("improper-addressing", "'to'")),
            Attack("without from", stage, header(None, B), StreamError("improper-addressing", "'from'")),
            Attack("from no domain", stage, header("a..test", B), StreamError("improper-addressing", "'from'")),
            Attack("from an address with a user", stage, header(f"u@{A}", B), StreamError("improper-addressing")),
            Attack("without version", stage, header(A, B, version=None), StreamError("unsupported-version")),
            Attack("of version 0.9", stage, header(A, B, version="0.9"), StreamError("unsupported-version")),
            Attack("of no version", stage, header(A, B, version="one"), StreamError("unsupported-version")),
            Attack("of a client", stage, header(A, B, xmlns="jabber:client"), StreamError("invalid-namespace")),
            Attack(
                "of a component", stage, header(A, B, xmlns="jabber:component:accept"), StreamError("invalid-namespace")
            ),
            Attack("without content namespace", stage, header(A, B, xmlns=None), StreamError("invalid-namespace")),
            Attack(
                "of other streams", stage, header(A, B, xmlns_stream="urn:streams"), StreamError("invalid-namespace")
            ),
            Attack("with more than a header", stage, header(A, B, x="x" * 9_000), StreamError("policy-violation")),
        ]
    ),
    Attack("restarted from another domain", Stage.SECURED, header("c.test", B), StreamError("invalid-from", "changed")),
    Attack("restarted from a subdomain", Stage.SECURED, header("x.a.test", B), StreamError("invalid-from", "changed")),
    Attack("restarted from a homograph", Stage.SECURED, header(HOMOGRAPH, B), StreamError("invalid-from", "changed")),
    Attack("restarted to another of our domains", Stage.SECURED, header(A, "second.test"), StreamError("host-unknown")),
    Attack("from another domain after success", Stage.AUTHENTICATED, header("c.test", B), StreamError("invalid-from")),
    Attack("without from after success", Stage.AUTHENTICATED, header(None, B), StreamError("improper-addressing")),
    Attack(
        "to another domain after success", Stage.AUTHENTICATED, header(A, "second.test"), StreamError("host-unknown")
    ),
    # out of turn
    Attack("a stanza before TLS", Stage.OPENED, PING, StreamError("not-authorized", "not accepted here yet")),
    Attack("a stanza before SASL", Stage.OFFERED, PING, StreamError("not-authorized", "not accepted here yet")),
    Attack("a stanza instead of the header after TLS", Stage.SECURED, PING, StreamError("invalid-namespace")),
    Attack("a stanza instead of the header after success", Stage.AUTHENTICATED, PING, StreamError("invalid-namespace")),
    Attack(
        "a second header",
        Stage.OPENED,
        f"<stream:stream from='{A}' to='{B}'></stream:stream>",
        StreamError("not-authorized"),
    ),
    Attack("STARTTLS within TLS", Stage.OFFERED, STARTTLS_COMMAND, StreamError("not-authorized")),
    Attack("STARTTLS after authentication", Stage.READY, STARTTLS_COMMAND, StreamError("not-authorized")),
    Attack("proceed from the initiating side", Stage.OPENED, PROCEED, StreamError("not-authorized")),
    Attack("success from the initiating side", Stage.OFFERED, SUCCESS, StreamError("not-authorized")),
    Attack("a second auth", Stage.READY, auth(None), StreamError("not-authorized")),
    Attack(
        "an auth instead of the header after success", Stage.AUTHENTICATED, auth(None), StreamError("invalid-namespace")
    ),
    Attack("a response without auth", Stage.OFFERED, RESPONSE, StreamError("not-authorized")),
    *(
        Attack(f"dialback at {stage.name}", stage, DIALBACK, StreamError("not-authorized"))
        for stage in STAGES_BEFORE_STANZAS
    ),
    Attack("dialback after authentication", Stage.READY, DIALBACK, StreamError("unsupported-stanza-type")),
    Attack("an extension that was not offered", Stage.OFFERED, BIDI, StreamError("not-authorized")),
    # SASL
    Attack("EXTERNAL before TLS", Stage.OPENED, auth(None), SaslFailure("encryption-required")),
    Attack("PLAIN before TLS", Stage.OPENED, auth("\0a.test\0password", "PLAIN"), SaslFailure("encryption-required")),
    Attack("PLAIN within TLS", Stage.OFFERED, auth("\0a.test\0password", "PLAIN"), SaslFailure("invalid-mechanism")),
    Attack("ANONYMOUS within TLS", Stage.OFFERED, auth(None, "ANONYMOUS"), SaslFailure("invalid-mechanism")),
    Attack("external in small letters", Stage.OFFERED, auth(None, "external"), SaslFailure("invalid-mechanism")),
    Attack("EXTERNAL as another domain", Stage.OFFERED, auth("c.test"), SaslFailure("invalid-authzid")),
    Attack("EXTERNAL as a subdomain", Stage.OFFERED, auth("x.a.test"), SaslFailure("invalid-authzid")),
    Attack("EXTERNAL as the parent", Stage.OFFERED, auth("test"), SaslFailure("invalid-authzid")),
    Attack("EXTERNAL as a homograph", Stage.OFFERED, auth(HOMOGRAPH), SaslFailure("invalid-authzid")),
    Attack("EXTERNAL as the target", Stage.OFFERED, auth(B), SaslFailure("invalid-authzid")),
    Attack("EXTERNAL as a user", Stage.OFFERED, auth("u@a.test"), SaslFailure("invalid-authzid")),
    Attack("EXTERNAL with a NUL behind the name", Stage.OFFERED, auth("a.test\0"), SaslFailure("invalid-authzid")),
    Attack(
        "EXTERNAL that is not base64",
        Stage.OFFERED,
        auth(None).replace("=<", "a.test<"),
        SaslFailure("incorrect-encoding"),
    ),
    Attack("abort", Stage.OFFERED, ABORT, SaslFailure("aborted")),
    # what is behind an element after which the stream starts anew, or TLS begins
    Attack("a stanza behind STARTTLS", Stage.OPENED, STARTTLS_COMMAND + PING, StreamError("policy-violation")),
    Attack("a header behind STARTTLS", Stage.OPENED, STARTTLS_COMMAND + header(A, B), StreamError("policy-violation")),
    Attack("half an element behind STARTTLS", Stage.OPENED, STARTTLS_COMMAND + "<iq", StreamError("policy-violation")),
    Attack("a stanza behind auth", Stage.OFFERED, auth(None) + PING, StreamError("policy-violation")),
    Attack("a header behind auth", Stage.OFFERED, auth(None) + header(A, B), StreamError("policy-violation")),
    Attack("a pile before TLS", Stage.OPENED, TOO_MUCH, StreamError("policy-violation")),
    Attack("a pile before authentication", Stage.OFFERED, TOO_MUCH, StreamError("policy-violation")),
    # the end
    *(Attack(f"the end at {stage.name}", stage, CLOSE, Closed()) for stage in [*STAGES_BEFORE_STANZAS, Stage.READY]),
    Attack("a stanza behind the end", Stage.READY, CLOSE + PING, Closed()),
    Attack(
        "an error of theirs",
        Stage.OPENED,
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
        Closed(),
    ),
]


def identified(attack: Attack) -> str:
    return f"{attack.stage.name}-{attack.name}"


@pytest.mark.parametrize("attack", ATTACKS, ids=identified)
def test_who_does_not_keep_to_the_order_is_told_and_gets_no_further(attack: Attack, scene: Scene) -> None:
    with scene.attacker.stream(attack.stage) as peer:
        peer.send(attack.sends)
        scene.honest_ping()
        check(attack.outcome, peer, scene.attacker)


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"<iq/>" * 20, b"\x16\x03\x01\xff\xff" + b"\x01" * 600]
)
def test_what_is_no_client_hello_after_proceed_ends_the_connection(junk: bytes, scene: Scene) -> None:
    with scene.attacker.stream(Stage.OPENED) as peer:
        peer.send(STARTTLS_COMMAND)
        peer.read(STARTTLS + "proceed")
        peer.send(junk)
        scene.honest_ping()
        assert b"<" not in peer.read_bytes()  # at most a TLS alert


def test_plaintext_within_tls_ends_the_connection(scene: Scene) -> None:
    with scene.attacker.stream(Stage.READY) as peer:
        peer.send_under_tls(PING.encode())
        scene.honest_ping()
        check(HungUp(), peer, scene.attacker)


def test_white_space_between_the_steps_is_legal(scene: Scene) -> None:
    me, there = scene.attacker.credentials, scene.target.domain
    with connected(scene.target.address, scene.target.port) as peer:
        peer.open(A, there)
        peer.read(STREAMS + "features")
        peer.send(" \n" + STARTTLS_COMMAND)
        peer.read(STARTTLS + "proceed")
        peer.secure(client_context(me), there)
        peer.expect_stream()
        peer.send("\n" + header(A, there))
        peer.read(STREAMS + "features")
        peer.send("\r\n\t " + auth(None) + " ")
        peer.read(SASL + "success")
        peer.expect_stream()
        peer.send(" " + header(A, there) + " ")
        peer.read(STREAMS + "features")
        scene.attacker.ping(peer)
