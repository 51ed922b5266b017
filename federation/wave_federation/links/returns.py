"""What a sender of ours hears of a stanza that could not be delivered. RFC 6120, sections 8.1.1.2 and 8.3."""

from __future__ import annotations

from wave_federation.errors import StanzaRefused
from wave_federation.stanzas import Kind, Stanza, error_of


def returned(stanza: Stanza, reason: StanzaRefused) -> Stanza | None:
    """The error for the sender, from the address that the stanza was for.

    None where nothing may come back: for errors (§8.3.1), and for results, whose sender waits for nothing (§8.2.3).
    """
    if stanza.is_error or (stanza.kind is Kind.IQ and stanza.type == "result"):
        return None
    return error_of(stanza, reason)
