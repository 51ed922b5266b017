"""TLS sessions: with each other, with the standard library's TLS, and with what is no TLS at all."""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from s2s.pki import KINDS, Authority, Identity
from s2s.tls_pairs import StandardEnd, client_context, exchange, files_of, sessions, shake_hands
from wave_federation.errors import LinkFailed, TlsFailed, UnusableCredentials
from wave_federation.tls.credentials import CredentialStore
from wave_federation.tls.openssl import OpenSslSession, OpenSslSessions
from wave_federation.tls.session import TlsSession, TlsSessions

NOW = time.time()


@dataclass(frozen=True)
class World:
    """Two servers: ``alpha`` hosts a.test and wave.a.test, ``beta`` b.test and Bücher."""

    ca: Authority
    directory: Path
    identities: dict[str, Identity]
    alpha: OpenSslSessions
    beta: OpenSslSessions


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    directory = tmp_path_factory.mktemp("tls")
    ca = Authority.new()
    issuer = ca.intermediate()
    names = ("a.test", "wave.a.test", "b.test", "xn--bcher-kva.test")
    identities = {name: issuer.issue(name) for name in names}
    alpha = sessions(directory, NOW, identities["a.test"], identities["wave.a.test"])
    beta = sessions(directory, NOW, identities["b.test"], identities["xn--bcher-kva.test"])
    return World(ca, directory, identities, alpha, beta)


@pytest.fixture
def pair(world: World) -> tuple[OpenSslSession, OpenSslSession]:
    """An established session: the client's end, of a.test, and the server's, of b.test."""
    client, server = world.alpha.connect("a.test", "b.test"), world.beta.accept("b.test")
    shake_hands(client, server)
    return client, server


def test_the_implementation_is_what_the_interface_says(world: World) -> None:
    maker: TlsSessions = world.alpha
    session: TlsSession = maker.accept("a.test")
    assert not session.established


def test_both_sides_see_the_chain_of_the_other_as_it_was_presented(
    world: World, pair: tuple[OpenSslSession, OpenSslSession]
) -> None:
    client, server = pair
    assert client.established
    assert server.established
    assert client.peer_chain == world.identities["b.test"].chain
    assert server.peer_chain == world.identities["a.test"].chain


def test_version_and_cipher_are_known_once_established(
    world: World, pair: tuple[OpenSslSession, OpenSslSession]
) -> None:
    assert {session.version for session in pair} == {"TLSv1.3"}
    assert {session.cipher for session in pair} == {"TLS_AES_256_GCM_SHA384"}
    unborn = world.alpha.accept("a.test")
    assert (unborn.version, unborn.cipher, unborn.alpn, unborn.peer_chain) == ("", "", None, ())


@pytest.mark.parametrize("size", [1, 16_384, 16_385, 300_000])
def test_what_is_sent_arrives_in_both_directions(pair: tuple[OpenSslSession, OpenSslSession], size: int) -> None:
    client, server = pair
    client.send(b"c" * size)
    server.send(b"s" * size)
    assert exchange(client, server) == [b"s" * size, b"c" * size]


def test_nothing_is_sent_twice(pair: tuple[OpenSslSession, OpenSslSession]) -> None:
    client, _ = pair
    client.send(b"once")
    assert client.data_to_send()
    assert client.data_to_send() == b""


@given(cuts=st.lists(st.integers(1, 700), min_size=1, max_size=40))
def test_the_network_may_cut_the_bytes_anywhere(world: World, cuts: list[int]) -> None:
    def pieces(data: bytes) -> list[bytes]:
        parts = []
        for length in cuts:
            parts.append(data[:length])
            data = data[length:]
        return [*parts, data]

    client, server = world.alpha.connect("a.test", "b.test"), world.beta.accept("b.test")
    shake_hands(client, server, pieces=pieces)
    client.send(b"a stanza" * 500)
    assert exchange(client, server, pieces=pieces)[1] == b"a stanza" * 500
    assert server.peer_chain == world.identities["a.test"].chain


def test_byte_by_byte_is_good_enough(world: World) -> None:
    def bytewise(data: bytes) -> list[bytes]:
        return [data[place : place + 1] for place in range(len(data))]

    client, server = world.alpha.connect("a.test", "b.test"), world.beta.accept("b.test")
    shake_hands(client, server, pieces=bytewise)
    assert client.established
    assert server.established


# Which certificate is presented


@pytest.mark.parametrize("asked", ["b.test", "xn--bcher-kva.test"])
def test_direct_tls_presents_the_domain_that_is_asked_for(world: World, asked: str) -> None:
    client, server = world.alpha.connect("a.test", asked, direct=True), world.beta.accept(None)
    shake_hands(client, server)
    assert client.peer_chain == world.identities[asked].chain
    assert server.server_name == asked
    assert server.peer_chain == world.identities["a.test"].chain
    assert (client.alpn, server.alpn) == ("xmpp-server", "xmpp-server")


def test_direct_tls_presents_the_first_domain_to_those_who_ask_for_none_of_ours(world: World) -> None:
    client, server = world.alpha.connect("a.test", "c.test", direct=True), world.beta.accept(None)
    shake_hands(client, server)
    assert client.peer_chain == world.identities["b.test"].chain
    assert server.server_name == "c.test"


def test_without_a_name_asked_for_there_is_none(world: World) -> None:
    client, server = StandardEnd(client_context()), world.beta.accept(None)
    shake_hands(client, server)
    assert server.established
    assert server.server_name is None
    assert server.alpn is None  # never required


def test_starttls_presents_the_domain_of_the_stream_whatever_name_is_asked_for(world: World) -> None:
    client, server = world.alpha.connect("a.test", "xn--bcher-kva.test"), world.beta.accept("b.test")
    shake_hands(client, server)
    assert client.peer_chain == world.identities["b.test"].chain
    assert server.server_name == "xn--bcher-kva.test"
    assert (client.alpn, server.alpn) == (None, None)


def test_a_domain_that_is_not_ours_has_no_sessions(world: World) -> None:
    with pytest.raises(UnusableCredentials, match=r"c\.test is not a domain of this server"):
        world.alpha.accept("c.test")
    with pytest.raises(UnusableCredentials, match=r"c\.test"):
        world.alpha.connect("c.test", "b.test")


def test_new_credentials_serve_new_sessions_and_old_sessions_go_on(world: World, tmp_path: Path) -> None:
    store = CredentialStore({"d.test": files_of(world.ca.issue("d.test"), tmp_path)}, now=NOW)
    ours = OpenSslSessions(store)
    before = world.alpha.connect("a.test", "d.test"), ours.accept(None)
    shake_hands(*before)
    fresh = world.ca.issue("d.test")
    files_of(fresh, tmp_path)
    store.refresh(now=NOW)
    for server in (ours.accept("d.test"), ours.accept(None)):
        client = world.alpha.connect("a.test", "d.test")
        shake_hands(client, server)
        assert client.peer_chain == fresh.chain
    before[0].send(b"still here")
    assert exchange(*before)[1] == b"still here"


# Certificates of every kind come through: the stream says what is wrong with them


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_may_show_any_certificate(world: World, tmp_path: Path, kind: str, version: ssl.TLSVersion) -> None:
    identity = KINDS[kind](world.ca, "c.test")
    context = client_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # the standard library would not even show weak ones
    files = identity.write(tmp_path)
    context.load_cert_chain(files.certificate, files.private_key)
    context.minimum_version = context.maximum_version = version
    client, server = StandardEnd(context, server_name="b.test"), world.beta.accept("b.test")
    shake_hands(client, server)
    assert server.established
    assert server.peer_chain == identity.chain
    server.send(b"<stream:error/>")
    assert exchange(client, server)[0] == b"<stream:error/>"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "not for signatures"])
def test_a_server_may_show_any_certificate(world: World, tmp_path: Path, kind: str) -> None:
    identity = KINDS[kind](world.ca, "c.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    files = identity.write(tmp_path)
    context.load_cert_chain(files.certificate, files.private_key)
    client, server = world.alpha.connect("a.test", "c.test"), StandardEnd(context, server_side=True)
    shake_hands(client, server)
    assert client.established
    assert client.peer_chain == identity.chain


def test_a_client_may_show_no_certificate(world: World) -> None:
    client, server = StandardEnd(client_context(), server_name="b.test"), world.beta.accept("b.test")
    shake_hands(client, server)
    assert server.established
    assert server.peer_chain == ()


def test_a_certificate_without_its_key_does_not_come_through(world: World, tmp_path: Path) -> None:
    thief = world.ca.issue("b.test").presenting(*world.identities["b.test"].chain)
    files = thief.write(tmp_path)
    with pytest.raises(ssl.SSLError):
        client_context().load_cert_chain(files.certificate, files.private_key)


# Versions, ciphers, renegotiation


def test_tls_1_2_is_good_enough(world: World) -> None:
    context = client_context(files_of(world.identities["a.test"], world.directory))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    client, server = StandardEnd(context, server_name="b.test"), world.beta.accept("b.test")
    shake_hands(client, server)
    assert server.version == "TLSv1.2"
    assert server.cipher.startswith("ECDHE-")
    assert client.tls.compression() is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused_with_an_alert(world: World, version: ssl.TLSVersion) -> None:
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    client, server = StandardEnd(context), world.beta.accept("b.test")
    client.start()
    server.start()
    with pytest.raises(TlsFailed, match=r"no TLS version that is accepted here: 1\.2 and 1\.3 are"):
        server.receive(client.data_to_send())
    with pytest.raises(ssl.SSLError, match="alert"):
        client.receive(server.data_to_send())


@pytest.mark.parametrize("ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(world: World, ciphers: str) -> None:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    client, server = StandardEnd(context), world.beta.accept("b.test")
    client.start()
    server.start()
    with pytest.raises(TlsFailed, match="no cipher suite that is accepted here"):
        server.receive(client.data_to_send())


def test_a_client_of_another_protocol_is_refused(world: World) -> None:
    context = client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    client, server = StandardEnd(context), world.beta.accept(None)
    client.start()
    server.start()
    with pytest.raises(TlsFailed, match="another protocol"):
        server.receive(client.data_to_send())
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        client.receive(server.data_to_send())
    with pytest.raises(TlsFailed, match="another protocol"):  # it stays so
        server.receive(b"more")


def test_a_server_need_not_speak_alpn(world: World, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = world.ca.issue("c.test").write(tmp_path)
    context.load_cert_chain(files.certificate, files.private_key)
    client, server = world.alpha.connect("a.test", "c.test", direct=True), StandardEnd(context, server_side=True)
    shake_hands(client, server)
    assert client.established
    assert client.alpn is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_not_resumed_but_proved_anew(world: World, version: ssl.TLSVersion) -> None:
    context = client_context(files_of(world.identities["a.test"], world.directory))
    context.minimum_version = context.maximum_version = version
    session = None
    for _ in range(2):
        client, server = StandardEnd(context, session=session), world.beta.accept("b.test")
        shake_hands(client, server)
        server.send(b"what comes first brings tickets along")
        exchange(client, server)
        assert not client.tls.session_reused
        assert server.peer_chain == world.identities["a.test"].chain
        session = client.tls.session


def test_renegotiation_is_declined_and_the_session_goes_on(world: World) -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    client, server = SSL.Connection(context, None), world.beta.accept("b.test")
    client.set_connect_state()
    shake_hands(OpenSslSession(client), server)
    assert client.renegotiate()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    assert server.receive(client.bio_read(16_384)) == b""
    client.bio_write(server.data_to_send())
    with pytest.raises(SSL.Error, match="no renegotiation"):
        client.do_handshake()
    server.send(b"still here")
    assert server.data_to_send()


# What is no TLS, and the end


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"<?xml version='1.0'?><stream:stream>", "what the peer sent is not TLS"),
        (b"GET / HTTP/1.1\r\nHost: b.test\r\n\r\n", "the peer speaks HTTP"),
        (b"\x00" * 500, "what the peer sent is not TLS"),
    ],
)
def test_what_is_no_tls_fails_with_a_sentence(world: World, sent: bytes, sentence: str) -> None:
    server = world.beta.accept("b.test")
    server.start()
    with pytest.raises(LinkFailed, match=sentence):
        server.receive(sent)
    with pytest.raises(TlsFailed, match=sentence):
        server.receive(sent)
    server.data_to_send()
    server.close()


@given(data=st.binary(max_size=300), handshake=st.booleans())
def test_rubbish_raises_nothing_but_failures(world: World, data: bytes, handshake: bool) -> None:
    server = world.beta.accept(None)
    server.start()
    with suppress(TlsFailed):
        server.receive(b"\x16\x03\x01" + len(data).to_bytes(2) + data if handshake else data)
    server.close()
    assert not server.established


def test_a_damaged_record_ends_the_session_after_what_was_sound(pair: tuple[OpenSslSession, OpenSslSession]) -> None:
    client, server = pair
    client.send(b"sound")
    sound = client.data_to_send()
    client.send(b"damaged")
    damaged = bytearray(client.data_to_send())
    damaged[-1] ^= 1
    with pytest.raises(TlsFailed) as caught:
        server.receive(sound + bytes(damaged))
    assert caught.value.plaintext == b"sound"
    assert server.data_to_send()  # an alert
    with pytest.raises(TlsFailed):
        server.send(b"too late")


def test_the_alert_of_a_peer_is_named(world: World) -> None:
    context = ssl.create_default_context()  # trusts the system's authorities, not ours
    client, server = StandardEnd(context, server_name="b.test"), world.beta.accept("b.test")
    client.start()
    server.start()
    with pytest.raises(ssl.SSLError, match="verify failed"):
        exchange(client, server)
    with pytest.raises(TlsFailed, match="the peer ended TLS: unknown ca"):
        server.receive(client.data_to_send())


def test_nothing_can_be_sent_before_the_handshake_or_after_the_end(
    world: World, pair: tuple[OpenSslSession, OpenSslSession]
) -> None:
    with pytest.raises(TlsFailed, match="not established yet"):
        world.alpha.connect("a.test", "b.test").send(b"early")
    pair[0].close()
    with pytest.raises(TlsFailed, match="closed"):
        pair[0].send(b"late")


def test_closing_is_heard_by_the_peer_after_the_last_word(pair: tuple[OpenSslSession, OpenSslSession]) -> None:
    client, server = pair
    client.send(b"</stream:stream>")
    client.close()
    client.close()
    assert server.receive(client.data_to_send()) == b"</stream:stream>"
    assert server.closed_by_peer
    server.send(b"</stream:stream>")
    server.close()
    assert client.receive(server.data_to_send()) == b"</stream:stream>"
    assert client.closed_by_peer


def test_what_follows_the_end_is_not_kept(pair: tuple[OpenSslSession, OpenSslSession]) -> None:
    client, server = pair
    client.send(b"the last")
    client.close()
    last = client.data_to_send()
    assert server.receive(last + bytes(10_000)) == b"the last"
    before = psutil.Process().memory_info().rss
    for _ in range(1000):
        assert server.receive(bytes(100_000)) == b""
    assert psutil.Process().memory_info().rss - before < 20_000_000  # of 100 MB


def test_closing_during_the_handshake_is_harmless(world: World) -> None:
    client = world.alpha.connect("a.test", "b.test")
    client.start()
    client.close()
    assert client.data_to_send()  # the greeting that was there already
