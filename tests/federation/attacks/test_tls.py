"""Attacks on TLS: old versions, weak ciphers, renegotiation, other protocols, names that are not ours."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable

import pytest
from OpenSSL import SSL

from peers.credentials import Certify, Credentials
from s2s.attacking import Stage
from s2s.raw_peer import STARTTLS, STARTTLS_COMMAND, STREAMS, RawPeer, client_context, connected, ping

from .conftest import Scene


def limited(version: ssl.TLSVersion) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version

    return change


def only(ciphers: str) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")

    return change


def speaking(*protocols: str) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(list(protocols))

    return change


REFUSED: dict[str, Callable[[ssl.SSLContext], None]] = {
    "TLS 1.0": limited(ssl.TLSVersion.TLSv1),
    "TLS 1.1": limited(ssl.TLSVersion.TLSv1_1),
    "no forward secrecy": only("AES128-GCM-SHA256"),
    "CBC": only("ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256"),
    "no authentication": only("AECDH-AES128-SHA"),
    "no encryption": only("ECDHE-ECDSA-NULL-SHA:NULL-SHA256"),
    "HTTP by ALPN": speaking("http/1.1"),
    "XMPP for clients by ALPN": speaking("xmpp-client"),
}
ACCEPTED: dict[str, Callable[[ssl.SSLContext], None]] = {
    "TLS 1.2": limited(ssl.TLSVersion.TLSv1_2),
    "TLS 1.3": limited(ssl.TLSVersion.TLSv1_3),
    "XMPP by ALPN": speaking("xmpp-server"),
    "XMPP among others by ALPN": speaking("h2", "xmpp-server"),
}


def connect_over_tls(peer: RawPeer, scene: Scene, context: ssl.SSLContext, *, direct: bool) -> None:
    if not direct:
        scene.attacker.advance(peer, Stage.OPENED)
        peer.send(STARTTLS_COMMAND)
        peer.read(STARTTLS + "proceed")
    peer.secure(context, scene.target.domain)


@pytest.mark.parametrize("direct", [False, True], ids=["STARTTLS", "direct TLS"])
@pytest.mark.parametrize("way", REFUSED)
def test_tls_that_is_not_good_enough_is_refused(way: str, direct: bool, scene: Scene) -> None:
    context = client_context(scene.attacker.credentials)
    REFUSED[way](context)
    port = scene.target.direct_tls_port if direct else scene.target.port
    with connected(scene.target.address, port) as peer:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            connect_over_tls(peer, scene, context, direct=direct)
        scene.honest_ping()


@pytest.mark.parametrize("direct", [False, True], ids=["STARTTLS", "direct TLS"])
@pytest.mark.parametrize("way", ACCEPTED)
def test_tls_that_is_good_enough_is_accepted(way: str, direct: bool, scene: Scene) -> None:
    context = client_context(scene.attacker.credentials)
    ACCEPTED[way](context)
    port = scene.target.direct_tls_port if direct else scene.target.port
    with connected(scene.target.address, port) as peer:
        connect_over_tls(peer, scene, context, direct=direct)
        peer.expect_stream()
        peer.open(scene.attacker.domain, scene.target.domain)
        peer.read(STREAMS + "features")
        scene.honest_ping()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("b.test", "b.test"), ("second.test", "second.test"), ("nowhere.test", "b.test"), (None, "b.test")],
)
def test_direct_tls_shows_the_certificate_of_the_domain_asked_for_or_of_the_first(
    asked: str | None, shown: str, certify: Certify, scene: Scene
) -> None:
    with connected(scene.target.address, scene.target.direct_tls_port) as peer:
        peer.secure(client_context(scene.attacker.credentials), asked)
        assert isinstance(peer.socket, ssl.SSLSocket)
        assert peer.socket.getpeercert(binary_form=True) == der(certify(shown))
        scene.honest_ping()


def der(credentials: Credentials) -> bytes:
    return ssl.PEM_cert_to_DER_cert(credentials.certificate.read_text())


def test_a_session_is_not_renegotiated(scene: Scene) -> None:
    """The standard library cannot ask for it; OpenSSL's own interface can. TLS 1.3 does not have it any more."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_chain_file(str(scene.attacker.credentials.certificate))
    context.use_privatekey_file(str(scene.attacker.credentials.private_key))
    with connected(scene.target.address, scene.target.direct_tls_port) as peer:
        peer.socket.settimeout(None)  # pyOpenSSL takes a timeout for non-blocking
        connection = SSL.Connection(context, peer.socket)
        connection.set_tlsext_host_name(scene.target.domain.encode())
        connection.set_connect_state()
        connection.do_handshake()
        assert connection.renegotiate()
        with pytest.raises(SSL.Error, match="no renegotiation"):
            connection.do_handshake()
        scene.honest_ping()


def test_an_end_without_close_notify_is_an_end(scene: Scene) -> None:
    with scene.attacker.stream(Stage.READY) as peer:
        peer.send(ping(scene.attacker.domain, scene.target.domain, "last-words"))
        peer.close()
    scene.attacker.expect_result("last-words")
    scene.honest_ping()
