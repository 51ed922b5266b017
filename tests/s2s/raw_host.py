"""The other role of the raw peer: a server that listens, on the standard library alone, and takes streams by hand."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from peers.credentials import Credentials
from s2s.raw_peer import SASL, SECONDS, STARTTLS, RawPeer, header

_STARTTLS_FEATURES: Final = (
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
)
_EXTERNAL_FEATURES: Final = (
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
    "</mechanisms></stream:features>"
)


def server_context(credentials: Credentials, authority: Path | None = None) -> ssl.SSLContext:
    """TLS as a server that proves itself by ``credentials`` and, with ``authority``, demands certificates of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credentials.certificate, credentials.private_key)
    if authority is not None:
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class RawHost:
    """A listening socket. Each connection is given to the test, which says what the server says."""

    def __init__(self, listening: socket.socket) -> None:
        listening.settimeout(SECONDS)
        self._listening: Final = listening
        self.address, self.port = listening.getsockname()[:2]

    def accept(self) -> RawPeer:
        """The next connection. Raises TimeoutError when none comes."""
        connection, _ = self._listening.accept()
        return RawPeer(connection)

    @contextmanager
    def accepted(self) -> Iterator[RawPeer]:
        """The next connection, closed when the block ends."""
        peer = self.accept()
        try:
            yield peer
        finally:
            peer.close()


@contextmanager
def raw_host(address: str = "127.0.0.1") -> Iterator[RawHost]:
    """Listen on a free port of ``address`` until the block ends."""
    with socket.create_server((address, 0)) as listening:
        yield RawHost(listening)


def answer_header(peer: RawPeer) -> tuple[str | None, str | None]:
    """Read the header of the peer's stream and answer it. Returns its ``from`` and ``to``."""
    peer.expect_stream()
    theirs = peer.read_header()
    sender, recipient = theirs.get("from"), theirs.get("to")
    peer.send(header(recipient, sender, id="a-stream-of-the-raw-host"))
    return sender, recipient


def receive_stream(peer: RawPeer, context: ssl.SSLContext, *, direct_tls: bool = False) -> tuple[str, str]:
    """Take a stream, up to where stanzas may come. Returns who authenticated, and the domain that it wants.

    The peer's name is taken as EXTERNAL asserts it: the caller's TLS context has checked the chain, no more.
    """
    if direct_tls:
        peer.secure_as_server(context)
    else:
        answer_header(peer)
        peer.send(_STARTTLS_FEATURES)
        peer.read(STARTTLS + "starttls")
        peer.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        peer.secure_as_server(context)
    sender, recipient = answer_header(peer)
    peer.send(_EXTERNAL_FEATURES)
    request = peer.read(SASL + "auth")
    assert request.get("mechanism") == "EXTERNAL", request.attrib
    asserted = "" if request.text in (None, "=") else base64.b64decode(request.text or "", validate=True).decode()
    assert asserted in ("", sender), (asserted, sender)
    peer.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    assert answer_header(peer) == (sender, recipient)
    peer.send("<stream:features/>")
    assert sender is not None
    assert recipient is not None
    return sender, recipient
