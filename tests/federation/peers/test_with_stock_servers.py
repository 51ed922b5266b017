"""Our server with Prosody and with ejabberd, as they come: both directions, every way to prove a domain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from lxml import etree

from peers.credentials import Certify
from peers.ejabberd import Ejabberd
from peers.prosody import Prosody
from peers.user import CLIENT, User, signed_in
from s2s.name_server import NameServer
from s2s.our_server import OurServer, running_server, settings_for
from s2s.raw_peer import STANZA_ERRORS
from wave_federation.links.transport import Direction, LinkState
from wave_federation.namespaces import SERVER, WAVE, qualified
from wave_federation.routing.disco import ask_info
from wave_federation.routing.ping import ping
from wave_federation.stanzas import Kind, make_stanza

Stock: TypeAlias = Prosody | Ejabberd

PING = "<ping xmlns='urn:xmpp:ping'/>"
INFO = "{http://jabber.org/protocol/disco#info}"
ITEMS = "{http://jabber.org/protocol/disco#items}"
VERSION = "{jabber:iq:version}"
OURS = {
    "ours.test": "ordinary",
    "wave.ours.test": "ordinary",
    "srv.ours.test": "SRV-ID only",
    "server-only.ours.test": "serverAuth only",
    "direct.ours.test": "ordinary",
}
THEIRS = [
    *(("prosody", f"{name}prosody.test") for name in ("", "srv.", "server-only.", "direct.")),
    *(("ejabberd", f"{name}ejabberd.test") for name in ("", "srv.", "server-only.")),
]


@pytest.fixture(scope="module")
def ours(certify: Certify, authority_file: Path, name_server: NameServer) -> Iterator[OurServer]:
    """Our server for several domains; ``direct.ours.test`` is announced for direct TLS only."""
    settings = settings_for([certify(domain, kind) for domain, kind in OURS.items()], authority_file, name_server)
    with running_server(settings, domain="ours.test") as server:
        for domain in OURS:
            target = server.target(domain)
            if domain.startswith("direct."):
                name_server.put_server(domain, target.address, target.direct_tls_port, service="xmpps-server")
            else:
                name_server.put_server(domain, target.address, target.port)
        yield server


@pytest.fixture
def stock(request: pytest.FixtureRequest) -> Stock:
    """The server that the test's parameter names."""
    server: Stock = request.getfixturevalue(request.param)
    return server


def by_server(*domains: tuple[str, str]) -> pytest.MarkDecorator:
    """Run the test with each server and domain."""
    return pytest.mark.parametrize(("stock", "domain"), list(domains), indirect=["stock"], ids=[d for _, d in domains])


BOTH = by_server(("prosody", "prosody.test"), ("ejabberd", "ejabberd.test"))


@pytest.fixture
def user(stock: Stock, domain: str) -> Iterator[User]:
    """A user of the server, signed in."""
    with signed_in(stock.address, stock.client_port, domain, "ada") as ada:
        yield ada


# From us to them


@by_server(*THEIRS)
def test_we_ping_them_however_they_prove_their_domain(ours: OurServer, stock: Stock, domain: str) -> None:
    ours.run(ping(ours.router, "ours.test", domain))
    there = ours.link("ours.test", domain, Direction.OUTGOING)
    back = ours.link("ours.test", domain, Direction.INCOMING)
    assert there is not None
    assert back is not None
    assert (there.state, back.state) == (LinkState.READY, LinkState.READY)
    assert there.tls_version in ("TLSv1.2", "TLSv1.3")


@BOTH
def test_we_discover_what_they_are(ours: OurServer, stock: Stock, domain: str) -> None:
    info = ours.run(ask_info(ours.router, "wave.ours.test", domain, within=30))
    assert ("server", "im") in info.identities
    assert "urn:xmpp:ping" in info.features


@BOTH
def test_a_message_of_ours_reaches_their_user(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    body = etree.Element(qualified(SERVER, "body"))
    body.text = "Grüße, 👋"
    message = make_stanza(Kind.MESSAGE, "bob@ours.test", user.address, body, type="chat")
    ours.call(lambda: ours.router.send(message))
    received = user.read_message()
    assert (received.get("from"), received.findtext(CLIENT + "body")) == ("bob@ours.test", "Grüße, 👋")


@pytest.mark.parametrize("local", ["srv.ours.test", "server-only.ours.test", "direct.ours.test"])
def test_prosody_takes_every_proof_of_ours(ours: OurServer, prosody: Prosody, local: str) -> None:
    ours.run(ping(ours.router, local, "prosody.test"))


@pytest.mark.parametrize(
    ("local", "fault"),
    [
        ("srv.ours.test", "Certificate host name mismatch"),  # ejabberd 23.01 reads no SRV-IDs
        ("server-only.ours.test", "unsupported certificate purpose"),  # and leaves usages to OpenSSL
    ],
)
def test_what_ejabberd_does_not_take_is_named_in_the_link_s_status(
    ours: OurServer, ejabberd: Ejabberd, local: str, fault: str
) -> None:
    ours.call(lambda: ours.router.send(make_stanza(Kind.MESSAGE, local, "ejabberd.test")))
    ours.journal.wait_for("link-failed", local, "ejabberd.test")
    link = ours.link(local, "ejabberd.test", Direction.OUTGOING)
    assert link is not None
    assert link.state is LinkState.WAITING
    assert fault in link.last_error


def test_nothing_is_sent_to_a_server_that_cannot_prove_itself(ours: OurServer, prosody: Prosody) -> None:
    ours.call(lambda: ours.router.send(make_stanza(Kind.MESSAGE, "ours.test", "expired.prosody.test")))
    ours.journal.wait_for("link-failed", "ours.test", "expired.prosody.test")
    link = ours.link("ours.test", "expired.prosody.test", Direction.OUTGOING)
    assert link is not None
    assert (link.state, link.queued) == (LinkState.WAITING, 1)
    assert "expired on" in link.last_error


# From them to us


@by_server(*THEIRS)
def test_they_ping_us_however_they_prove_their_domain(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    answer = user.request("ours.test", PING)
    assert (answer.get("type"), answer.get("from")) == ("result", "ours.test")


@by_server(("prosody", "prosody.test"), ("ejabberd", "ejabberd.test"))
def test_they_reach_us_by_direct_tls(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    answer = user.request("direct.ours.test", PING)
    assert (answer.get("type"), answer.get("from")) == ("result", "direct.ours.test")


@BOTH
def test_they_discover_the_wave_service(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    items = user.request("ours.test", f"<query xmlns='{ITEMS[1:-1]}'/>")
    assert [item.get("jid") for item in items.iter(ITEMS + "item")] == ["wave.ours.test"]
    info = user.request("wave.ours.test", f"<query xmlns='{INFO[1:-1]}'/>")
    identities = [(each.get("category"), each.get("type")) for each in info.iter(INFO + "identity")]
    assert identities == [("collaboration", "google-wave")]
    assert WAVE in [feature.get("var") for feature in info.iter(INFO + "feature")]


@BOTH
def test_they_learn_our_version(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    answer = user.request("ours.test", f"<query xmlns='{VERSION[1:-1]}'/>")
    assert answer.findtext(f"{VERSION}query/{VERSION}name") == "Groundswell"


@BOTH
def test_a_message_of_their_user_reaches_us(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    user.send_message("bob@ours.test", "there")
    message = ours.messages.get(timeout=30)
    assert (str(message.sender), str(message.recipient)) == (user.address, "bob@ours.test")
    assert message.element.findtext(qualified(SERVER, "body")) == "there"


@BOTH
def test_what_we_do_not_serve_is_unavailable_to_them(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    answer = user.request("ours.test", "<query xmlns='urn:unknown'/>")
    assert answer.get("type") == "error"
    assert answer.find(f"{CLIENT}error/{STANZA_ERRORS}service-unavailable") is not None


@by_server(("prosody", "expired.prosody.test"))
def test_who_cannot_prove_itself_gets_nothing_through(ours: OurServer, stock: Stock, domain: str, user: User) -> None:
    answer = user.request("ours.test", PING)
    assert answer.get("type") == "error"
    assert "expired on" in str(ours.journal.wait_for("incoming-failed", "ours.test", domain)["reason"])
    assert ours.link("ours.test", domain, Direction.INCOMING) is None
