"""The raw peer against stock servers: what it says is XMPP, so what our server makes of it counts."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import pytest

from peers.credentials import Certify, Credentials
from peers.ejabberd import Ejabberd
from peers.prosody import Prosody
from s2s.name_server import NameServer
from s2s.raw_host import RawHost, raw_host, receive_stream, server_context
from s2s.raw_peer import (
    SASL,
    SERVER,
    STREAMS,
    RawPeer,
    StreamEnded,
    auth,
    authenticated,
    client_context,
    connected,
    ping,
)

Stock: TypeAlias = Prosody | Ejabberd

# How a certificate proves its name, and which of the two takes it so.
PROOFS = {
    "ordinary": {"prosody", "ejabberd"},
    "with intermediate": {"prosody", "ejabberd"},
    "RSA": {"prosody", "ejabberd"},
    "serverAuth only": {"prosody"},  # ejabberd leaves the usage to OpenSSL, which wants clientAuth of clients
    "SRV-ID only": {"prosody"},  # ejabberd 23.01 reads no SRV-IDs
    "XmppAddr only": set(),  # Prosody 0.12.3 compares them for client services only; ejabberd's stream ends
    "self-signed": set(),
    "expired": set(),
    "other name": set(),
    "unknown authority": set(),
}
ACCEPTED = [(server, kind) for kind, servers in PROOFS.items() for server in sorted(servers)]
REFUSED = [
    (server, kind) for kind, servers in PROOFS.items() for server in ("prosody", "ejabberd") if server not in servers
]


@pytest.fixture
def stock(request: pytest.FixtureRequest) -> tuple[Stock, str]:
    """A server and its domain; the test's parameter names it."""
    return request.getfixturevalue(request.param), f"{request.param}.test"


def answered_ping(peer: RawPeer, host: RawHost, me: Credentials, domain: str, authority_file: Path) -> None:
    """Ping on a stream of ours; the answer comes on one that the other server opens to us."""
    peer.send(ping(me.domain, domain, "there-and-back"))
    with host.accepted() as theirs:
        assert receive_stream(theirs, server_context(me, authority_file)) == (domain, me.domain)
        answer = theirs.read(SERVER + "iq")
    assert (answer.get("type"), answer.get("id")) == ("result", "there-and-back")
    assert (answer.get("from"), answer.get("to")) == (domain, me.domain)


@pytest.mark.parametrize(("stock", "kind"), ACCEPTED, indirect=["stock"])
def test_stock_servers_authenticate_the_raw_peer_and_answer_its_ping(
    stock: tuple[Stock, str], kind: str, certify: Certify, authority_file: Path, name_server: NameServer
) -> None:
    server, domain = stock
    me = certify(f"{kind.replace(' ', '-').lower()}.for-{domain}", kind)
    with raw_host() as host:
        name_server.put_server(me.domain, host.address, host.port)
        with authenticated(server.address, server.server_port, me, domain) as peer:
            answered_ping(peer, host, me, domain, authority_file)


def test_prosody_takes_the_raw_peer_s_direct_tls(
    prosody: Prosody, certify: Certify, authority_file: Path, name_server: NameServer
) -> None:
    me = certify("direct.raw.test")
    with raw_host() as host:
        name_server.put_server(me.domain, host.address, host.port)
        with authenticated(prosody.address, prosody.direct_tls_port, me, "prosody.test", direct_tls=True) as peer:
            answered_ping(peer, host, me, "prosody.test", authority_file)


@pytest.mark.parametrize(("stock", "kind"), REFUSED, indirect=["stock"])
def test_stock_servers_refuse_a_raw_peer_that_cannot_prove_its_name(
    stock: tuple[Stock, str], kind: str, certify: Certify
) -> None:
    server, domain = stock
    me = certify(f"{kind.replace(' ', '-').lower()}.refused.test", kind)
    with connected(server.address, server.server_port) as peer:
        peer.start_tls(client_context(me), me.domain, domain)
        peer.open(me.domain, domain)
        peer.send(auth(me.domain))
        assert is_refusal(peer)


def is_refusal(peer: RawPeer) -> bool:
    """Prosody answers a stream error before any features, ejabberd a failure of EXTERNAL, or it just hangs up."""
    try:
        answer = peer.read()
        if answer.tag == STREAMS + "features":
            answer = peer.read()
    except StreamEnded:
        return True
    conditions = {child.tag.rpartition("}")[2] for child in answer}
    return answer.tag in (STREAMS + "error", SASL + "failure") and "not-authorized" in conditions
