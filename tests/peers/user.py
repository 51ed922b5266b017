"""A user of a stock XMPP server, signed in: whatever it sends to other domains, the server carries there.

On the standard library only, like the raw peer. The servers of the tests take any name with any password.
"""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from s2s.raw_peer import SASL, STREAMS, RawPeer, connected, header

CLIENT: Final = "{jabber:client}"
_BIND: Final = "{urn:ietf:params:xml:ns:xmpp-bind}"


class User:
    """One signed-in resource. ``address`` is its full JID."""

    def __init__(self, peer: RawPeer, address: str) -> None:
        self.address: Final = address
        self._peer = peer
        self._requests = 0

    def request(self, recipient: str, payload: str, *, type: str = "get") -> ET.Element:  # noqa: A002
        """Send an iq that holds ``payload`` to ``recipient`` and return the answer, a result or an error."""
        self._requests += 1
        identifier = f"request-{self._requests}"
        self._peer.send(f"<iq type='{type}' id='{identifier}' to='{recipient}'>{payload}</iq>")
        while True:
            answer = self._peer.read()
            if answer.tag == CLIENT + "iq" and answer.get("id") == identifier:
                return answer

    def send_message(self, recipient: str, body: str) -> None:
        """Send a message."""
        self._peer.send(f"<message type='normal' to='{recipient}'><body>{body}</body></message>")

    def read_message(self) -> ET.Element:
        """The next message that comes."""
        while True:
            stanza = self._peer.read()
            if stanza.tag == CLIENT + "message":
                return stanza


@contextmanager
def signed_in(address: str, port: int, domain: str, name: str) -> Iterator[User]:
    """``name``@``domain``, available, on the server at ``address``; signed out when the block ends."""
    with connected(address, port) as peer:
        _open(peer, domain)
        plain = base64.b64encode(f"\0{name}\0any password".encode()).decode()
        peer.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>")
        peer.read(SASL + "success")
        _open(peer, domain)
        peer.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        bound = peer.read(CLIENT + "iq").findtext(f"{_BIND}bind/{_BIND}jid")
        assert bound is not None
        peer.send("<iq type='set' id='session'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq><presence/>")
        yield User(peer, bound)


def _open(peer: RawPeer, domain: str) -> None:
    peer.expect_stream()
    peer.send(header(None, domain, xmlns="jabber:client"))
    peer.read_header()
    peer.read(STREAMS + "features")
