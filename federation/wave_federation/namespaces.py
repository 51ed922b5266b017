"""The XML namespaces of streams, stanzas, extensions and the Wave protocol, each with its source."""

from __future__ import annotations

from typing import Final

# RFC 6120: streams, §4.8; STARTTLS, §5.4; SASL, §6.4; errors, §4.9.2 and §8.3.2
SERVER: Final = "jabber:server"
STREAMS: Final = "http://etherx.jabber.org/streams"
STREAM_ERRORS: Final = "urn:ietf:params:xml:ns:xmpp-streams"
STANZA_ERRORS: Final = "urn:ietf:params:xml:ns:xmpp-stanzas"
STARTTLS: Final = "urn:ietf:params:xml:ns:xmpp-tls"
SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
XML: Final = "http://www.w3.org/XML/1998/namespace"

COMPONENT: Final = "jabber:component:accept"  # XEP-0114
APPLICATION_ERRORS: Final = "urn:xmpp:errors"  # stanza-too-big, XEP-0205 §5
DISCO_INFO: Final = "http://jabber.org/protocol/disco#info"  # XEP-0030
DISCO_ITEMS: Final = "http://jabber.org/protocol/disco#items"
PING: Final = "urn:xmpp:ping"  # XEP-0199
VERSION: Final = "jabber:iq:version"  # XEP-0092
RECEIPTS: Final = "urn:xmpp:receipts"  # XEP-0184
PUBSUB: Final = "http://jabber.org/protocol/pubsub"  # XEP-0060
PUBSUB_EVENT: Final = "http://jabber.org/protocol/pubsub#event"

WAVE: Final = "http://waveprotocol.org/protocol/0.2/waveserver"  # FEDERATION.md, section 2
RETRY: Final = "urn:groundswell:retry"  # when a refused request may come again, in seconds
CURSORS: Final = "urn:groundswell:cursors:1"
HISTORY_PAGES: Final = "urn:groundswell:history:1"  # pages by length, and the current version
SIGNATURES: Final = "urn:groundswell:signatures:1"  # reads ECDSA, Ed25519 and RSA with SHA-256


def qualified(namespace: str, name: str) -> str:
    """The name in Clark notation, ``{namespace}name``, as lxml writes it."""
    return f"{{{namespace}}}{name}"
