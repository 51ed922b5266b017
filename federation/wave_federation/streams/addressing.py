"""Whose address a stanza may carry on an authenticated stream: exactly the two domains that the stream is between."""

from __future__ import annotations

from slixmpp.jid import JID

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, RemoteProtocolError
from wave_federation.stanzas import Element, Stanza, read_stanza


def check_addresses(element: Element, *, sender: str, recipient: str) -> Stanza:
    """The stanza in ``element``, from the domain ``sender`` to the domain ``recipient``, both canonical.

    Raises RemoteProtocolError as RFC 6120 wants: ``improper-addressing`` for an address that is missing or malformed;
    ``invalid-from`` for one of a domain that the stream has not proved, be it a subdomain of it (§8.1.2.2);
    ``host-unknown`` for one to a domain that the stream was not negotiated with, be it another one of ours
    (§8.1.1.2: "as communicated via SASL negotiation").
    """
    stanza = read_stanza(element)
    if not _belongs(stanza.sender, element.get("from", ""), sender):
        raise RemoteProtocolError(f"this stream is for stanzas from {sender}", condition="invalid-from")
    if not _belongs(stanza.recipient, element.get("to", ""), recipient):
        raise RemoteProtocolError(f"this stream is for stanzas to {recipient}", condition="host-unknown")
    return stanza


def _belongs(address: JID, written: str, domain: str) -> bool:
    """Whether the address is of the domain, both as it was read and as it is written.

    The two may differ: an address is read by the older rules for international names (IDNA 2003), which take
    ``straße.test`` for ``strasse.test``, and by the newer ones those are two domains.
    """
    if address.domain == domain and written.isascii():
        return True
    written_domain = written.partition("/")[0].rpartition("@")[2]
    try:
        return canonical_domain(address.domain) == domain == canonical_domain(written_domain)
    except InvalidDomain:
        return False
