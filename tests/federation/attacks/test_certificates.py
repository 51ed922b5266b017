"""Certificates of every kind: only those that prove the stream's ``from`` get as far as an offer of EXTERNAL."""

from __future__ import annotations

import ssl

import pytest

from peers.credentials import Certify
from s2s.attacking import StreamError, check
from s2s.pki import KINDS
from s2s.raw_peer import SASL, STREAMS, RawPeer, auth, client_context, connected, header, ping

from .conftest import Scene

# What the text of the refusal says, by kind of certificate; None: it is accepted.
VERDICTS: dict[str, str | None] = {
    "ordinary": None,
    "self-signed": "self-signed",
    "expired": "expired on",
    "not yet valid": "is not valid before",
    "other name": "does not name x.a.test but elsewhere.example",
    "common name only": "a common name does not count",
    "SRV-ID only": None,
    "XmppAddr only": None,
    "wildcard": None,
    "serverAuth only": None,
    "clientAuth only": None,
    "neither usage": "lacks the usage clientAuth",
    "no usages": None,
    "unknown authority": "is not trusted here",
    "with intermediate": None,
    "wrong order": None,
    "incomplete": "is neither presented nor trusted here",
    "issued by no authority": "the chain of certificates is broken",
    "P-384": None,
    "Ed25519": None,
    "RSA": None,
    "RSA of 1024 bits": "1024 bits",
    "not for signatures": "not meant for signatures",
    "MD5": "MD5",
}
STRICT: dict[str, str | None] = {
    "serverAuth only": "lacks the usage clientAuth",
    "clientAuth only": None,
    "no usages": None,
    "ordinary": None,
}
REMOTE = "x.a.test"


def test_the_table_has_every_kind() -> None:
    assert VERDICTS.keys() == KINDS.keys()


def show(peer: RawPeer, context: ssl.SSLContext, domain: str, scene: Scene, says: str | None) -> None:
    """Present a certificate and see what comes of it."""
    peer.start_tls(context, domain, scene.target.domain)
    peer.open(domain, scene.target.domain)
    scene.honest_ping()
    if says is None:
        features = peer.read(STREAMS + "features")
        assert [element.text for element in features.iter(SASL + "mechanism")] == ["EXTERNAL"]
    else:
        check(StreamError("not-authorized", says), peer, scene.attacker)


def context_for(certify: Certify, domain: str, kind: str) -> ssl.SSLContext:
    """A client's TLS that does not mind weak certificates."""
    context = client_context(None)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    credentials = certify(domain, kind)
    context.load_cert_chain(credentials.certificate, credentials.private_key)
    return context


@pytest.mark.parametrize("kind", VERDICTS)
def test_external_is_offered_to_those_who_prove_their_name_and_others_learn_why_not(
    kind: str, certify: Certify, scene: Scene
) -> None:
    with connected(scene.target.address, scene.target.port) as peer:
        show(peer, context_for(certify, REMOTE, kind), REMOTE, scene, VERDICTS[kind])


@pytest.mark.parametrize("kind", STRICT)
def test_the_strict_switch_wants_certificates_for_clients(kind: str, certify: Certify, strict_scene: Scene) -> None:
    with connected(strict_scene.target.address, strict_scene.target.port) as peer:
        show(peer, context_for(certify, REMOTE, kind), REMOTE, strict_scene, STRICT[kind])


def test_nobody_authenticates_without_a_certificate(scene: Scene) -> None:
    with connected(scene.target.address, scene.target.port) as peer:
        show(peer, client_context(None), REMOTE, scene, "no certificate was presented")


@pytest.mark.parametrize(
    ("presented", "claimed"),
    [
        ("a.test", "x.a.test"),
        ("x.a.test", "a.test"),
        ("a.test", "b.test"),
        ("a.test", "honest.test"),
        ("a.test", "xn--80a.test"),  # а.test with a Cyrillic letter
        ("a.test", "а.test"),
    ],
)
def test_a_good_certificate_proves_no_other_domain(
    presented: str, claimed: str, certify: Certify, scene: Scene
) -> None:
    with connected(scene.target.address, scene.target.port) as peer:
        show(peer, client_context(certify(presented)), claimed, scene, "does not name")


@pytest.mark.parametrize("claimed", ["a.test", "y.x.a.test"])
def test_a_wildcard_stands_for_one_label(claimed: str, certify: Certify, scene: Scene) -> None:
    with connected(scene.target.address, scene.target.port) as peer:
        show(peer, client_context(certify(REMOTE, "wildcard")), claimed, scene, "does not name")


@pytest.mark.parametrize("kind", ["self-signed", "expired", "other name"])
def test_direct_tls_asks_for_the_same_proof(kind: str, certify: Certify, scene: Scene) -> None:
    with connected(scene.target.address, scene.target.direct_tls_port) as peer:
        peer.secure(client_context(certify(REMOTE, kind)), scene.target.domain)
        peer.expect_stream()
        peer.open(REMOTE, scene.target.domain)
        scene.honest_ping()
        check(StreamError("not-authorized", VERDICTS[kind] or ""), peer, scene.attacker)


def test_external_sent_ahead_of_its_offer_does_not_help_a_bad_certificate(certify: Certify, scene: Scene) -> None:
    ahead = header(REMOTE, scene.target.domain) + auth(None) + header(REMOTE, scene.target.domain)
    with connected(scene.target.address, scene.target.port) as peer:
        peer.start_tls(client_context(certify(REMOTE, "expired")), REMOTE, scene.target.domain)
        peer.expect_stream()
        peer.send(ahead + ping(REMOTE, scene.target.domain))
        scene.honest_ping()
        check(StreamError("not-authorized", "expired on"), peer, scene.attacker)
