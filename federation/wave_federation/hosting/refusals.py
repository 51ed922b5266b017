"""What the core refuses, in the words of stanza errors. FEDERATION.md, section 5; RFC 6120 §8.3.3.

The core's messages are written for clients and say nothing of our insides, so they go to the peer as they are.
"""

from __future__ import annotations

from typing import Final

from wave_federation.errors import InvalidSignature, StanzaRefused, UnknownSigner, UntrustedSigner, UnusableSigner
from wave_server.errors import (
    BadVersion,
    Forbidden,
    InvalidOperation,
    InvalidRequest,
    NotFound,
    TooLarge,
    Unavailable,
)

RETRY_SECONDS: Final = 5

# The condition and the type of each; what is not listed is a fault of ours.
_REFUSALS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (Forbidden, "forbidden", "auth"),
    (BadVersion, "conflict", "cancel"),
    (InvalidOperation, "not-acceptable", "modify"),
    (InvalidRequest, "bad-request", "modify"),
    (NotFound, "item-not-found", "cancel"),
    (TooLarge, "policy-violation", "modify"),
    (UnknownSigner, "item-not-found", "cancel"),
    (UntrustedSigner, "forbidden", "auth"),
    (UnusableSigner, "bad-request", "modify"),
    (InvalidSignature, "forbidden", "auth"),
)


def refusal(error: Exception) -> StanzaRefused:
    """The stanza error for an error of the core or of a signature. Raises what it has no words for."""
    if isinstance(error, Unavailable):
        return StanzaRefused(str(error), condition="resource-constraint", type="wait", retry_after=RETRY_SECONDS)
    for kind, condition, error_type in _REFUSALS:
        if isinstance(error, kind):
            return StanzaRefused(str(error), condition=condition, type=error_type)
    raise error


def unseen() -> StanzaRefused:
    """One refusal for wavelets that do not exist and for those that are not the asking domain's to see."""
    return StanzaRefused(
        "your domain takes no part in this wavelet, or there is none", condition="forbidden", type="auth"
    )
