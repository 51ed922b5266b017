"""The other role under attack: servers that we open streams to, and that do not prove, or offer, what they must.

Nothing of a stanza ever reaches them: what they get is our side of the negotiation, up to their fault.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import pytest

from peers.credentials import Certify, Credentials
from s2s.name_server import NameServer
from s2s.raw_host import answer_header, raw_host, receive_stream, server_context
from s2s.raw_peer import SASL, SERVER, STARTTLS, RawPeer, header
from wave_federation.links.native import NativeSettings
from wave_federation.stanzas import Kind, make_stanza
from wave_federation.streams.limits import StreamLimits

from .conftest import Scene, staged, unharmed

Script: TypeAlias = Callable[[RawPeer, Credentials], None]

FEATURES = "<stream:features>{}</stream:features>"
STARTTLS_FEATURE = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
MECHANISMS = (
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</mechanisms><dialback xmlns='urn:xmpp:features:dialback'/>"
)
EXTERNAL = FEATURES.format(MECHANISMS.format("<mechanism>EXTERNAL</mechanism>"))
PLAIN = FEATURES.format(MECHANISMS.format("<mechanism>PLAIN</mechanism>"))
DIALBACK = FEATURES.format(MECHANISMS.format(""))
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
MESSAGE = "<message from='{0}' to='b.test'/>"


@dataclass(frozen=True)
class Lie:
    """What the server does, and what our link's status says of it."""

    name: str
    script: Script
    says: str
    certificate: str = "ordinary"


def saying(*words: str) -> Script:
    """Answer our header, and say this, before TLS."""

    def script(peer: RawPeer, me: Credentials) -> None:
        answer_header(peer)
        for word in words:
            peer.send(word.format(me.domain))

    return script


def instead_of_header(text: str) -> Script:
    """Say this instead of a header."""

    def script(peer: RawPeer, me: Credentials) -> None:
        peer.read_header()
        peer.send(text.replace("DOMAIN", me.domain))

    return script


def secured(peer: RawPeer, me: Credentials, context: ssl.SSLContext | None = None) -> None:
    """As far as TLS, in good order. A client that gives up meanwhile is what some tests wait for."""
    answer_header(peer)
    peer.send(FEATURES.format(STARTTLS_FEATURE))
    peer.read(STARTTLS + "starttls")
    peer.send(PROCEED)
    peer.secure_as_server(context or server_context(me))


def saying_within_tls(*words: str) -> Script:
    """The same within TLS."""

    def script(peer: RawPeer, me: Credentials) -> None:
        secured(peer, me)
        answer_header(peer)
        for word in words:
            peer.send(word.format(me.domain))

    return script


def answering_auth(answer: str) -> Script:
    """Offer EXTERNAL, and answer it like that."""

    def script(peer: RawPeer, me: Credentials) -> None:
        saying_within_tls(EXTERNAL)(peer, me)
        peer.read(SASL + "auth")
        peer.send(answer)

    return script


def with_old_tls(peer: RawPeer, me: Credentials) -> None:
    """Agree on TLS 1.1 at most."""
    context = server_context(me)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        secured(peer, me, context)


def without_tls(peer: RawPeer, me: Credentials) -> None:
    """Go on in plaintext after ``proceed``."""
    answer_header(peer)
    peer.send(FEATURES.format(STARTTLS_FEATURE))
    peer.read(STARTTLS + "starttls")
    peer.send(PROCEED + header(me.domain, "b.test", id="x") + EXTERNAL + SUCCESS)


def features_behind_proceed(peer: RawPeer, me: Credentials) -> None:
    """What is known after TLS may not come from before it."""
    answer_header(peer)
    peer.send(FEATURES.format(STARTTLS_FEATURE))
    peer.read(STARTTLS + "starttls")
    peer.send(PROCEED + EXTERNAL)


def hanging_up(peer: RawPeer, me: Credentials) -> None:
    """Say nothing, and hang up."""


def staying_silent(peer: RawPeer, me: Credentials) -> None:
    """Say nothing, and wait what we do."""
    peer.read_ending()


def certified(peer: RawPeer, me: Credentials) -> None:
    """Do everything right, but for the certificate."""
    secured(peer, me)
    assert peer.read_bytes() == b"", "something was said to somebody else"


SAW_THE_END = (staying_silent, certified, with_old_tls)
LIES = [
    Lie("no TLS", saying(FEATURES.format("")), "does not offer TLS"),
    Lie("EXTERNAL without TLS", saying(EXTERNAL), "does not offer TLS"),
    Lie("dialback without TLS", saying(DIALBACK), "does not offer TLS"),
    Lie(
        "TLS that does not begin",
        saying(FEATURES.format(STARTTLS_FEATURE), "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        "refuses to begin",
    ),
    Lie("old TLS", with_old_tls, "TLS"),
    Lie("plaintext after proceed", without_tls, "more came"),
    Lie("features behind proceed", features_behind_proceed, "more came"),
    Lie("only PLAIN", saying_within_tls(PLAIN), "by certificate"),
    Lie("only dialback", saying_within_tls(DIALBACK), "by certificate"),
    Lie("nothing offered within TLS", saying_within_tls(FEATURES.format("")), "by certificate"),
    Lie("success before auth", saying_within_tls(SUCCESS), "not expected"),
    Lie(
        "a failure",
        answering_auth("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"),
        "did not authenticate",
    ),
    Lie("a challenge", answering_auth("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"), "not expected"),
    Lie("a header behind success", answering_auth(SUCCESS + header("x.test", "b.test")), "more came"),
    Lie(
        "another domain's header",
        instead_of_header(header("x.test", "b.test", id="x") + FEATURES.format(STARTTLS_FEATURE)),
        "was opened to",
    ),
    Lie(
        "clients' namespace",
        instead_of_header(header("DOMAIN", "b.test", id="x", xmlns="jabber:client")),
        "only jabber:server",
    ),
    Lie("no version", instead_of_header(header("DOMAIN", "b.test", id="x", version=None)), "XMPP 1.0"),
    Lie(
        "a DTD",
        instead_of_header("<!DOCTYPE x [<!ENTITY e 'x'>]>" + header("DOMAIN", "b.test", id="x")),
        "document type",
    ),
    Lie("HTTP", instead_of_header("HTTP/1.1 400 Bad Request\r\n\r\n"), "not well-formed"),
    Lie("a comment", saying("<!-- x -->"), "comments"),
    Lie("a stanza before TLS", saying(MESSAGE), "not accepted here yet"),
    Lie("a stanza within TLS", saying_within_tls(MESSAGE), "not accepted here yet"),
    Lie(
        "a stream error",
        saying(
            "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
        ),
        "host-unknown",
    ),
    Lie("endless white space", saying(*[" " * 50_000] * 4), "bytes came before"),
    Lie("a pile before TLS", saying(f"<x xmlns='{'x' * 20_000}'"), "bytes"),
    Lie("nothing", hanging_up, "broke the connection off"),
    Lie("silence", staying_silent, "within 3 seconds"),
    *(
        Lie(f"a certificate: {kind}", certified, says, kind)
        for kind, says in {
            "self-signed": "self-signed",
            "expired": "expired on",
            "not yet valid": "not valid before",
            "other name": "does not name",
            "common name only": "a common name does not count",
            "unknown authority": "is not trusted here",
            "clientAuth only": "lacks the usage serverAuth",
            "incomplete": "is neither presented nor trusted here",
        }.items()
    ),
]


@pytest.fixture(scope="module")
def one_impatient_scene(
    attacked_settings: NativeSettings, certify: Certify, name_server: NameServer
) -> Iterator[Scene]:
    settings = replace(attacked_settings, stream=StreamLimits(negotiation_seconds=3, close_seconds=1))
    yield from staged(settings, certify, name_server)


@pytest.fixture
def scene(one_impatient_scene: Scene) -> Iterator[Scene]:
    yield from unharmed(one_impatient_scene)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_server_that_is_not_who_it_should_be_gets_no_stanza_and_the_link_says_why(
    lie: Lie, scene: Scene, certify: Certify, name_server: NameServer
) -> None:
    domain = f"liar-{LIES.index(lie)}.test"
    me = certify(domain, lie.certificate)
    with raw_host() as host, name_server.announced(domain, host.address, host.port):
        message = make_stanza(Kind.MESSAGE, "b.test", domain)
        scene.server.call(lambda: scene.server.router.send(message))
        with host.accepted() as peer:
            lie.script(peer, me)
            scene.honest_ping()
            if lie.script is hanging_up:
                peer.close()
            elif lie.script not in SAW_THE_END:
                ending = peer.read_ending()
                assert SERVER + "message" not in [element.tag for element in ending.elements]
            facts = scene.server.journal.wait_for("link-failed", "b.test", domain)
    assert lie.says in str(facts["error"])


def test_the_same_server_gets_its_stanza_when_it_tells_the_truth(
    scene: Scene, certify: Certify, name_server: NameServer
) -> None:
    me = certify("truthful.test")
    with raw_host() as host:
        name_server.put_server(me.domain, host.address, host.port)
        scene.server.call(lambda: scene.server.router.send(make_stanza(Kind.MESSAGE, "b.test", me.domain)))
        with host.accepted() as peer:
            assert receive_stream(peer, server_context(me)) == ("b.test", me.domain)
            assert peer.read().get("to") == me.domain
