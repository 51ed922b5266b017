"""The errors of federation. One base; what the peer did wrong apart from what we are set up wrongly for."""

from __future__ import annotations


class FederationError(Exception):
    """Base of every error that federation raises on purpose. ``str()`` is one line for administrators."""


class UnusableSigner(FederationError):
    """Our own key or certificate, or a peer's, cannot serve to sign deltas: see the message and replace it."""


class UntrustedSigner(FederationError):
    """A peer's certificates do not lead to an authority that we trust, are out of date, or name another domain."""


class InvalidSignature(FederationError):
    """The signature is not this signer's over these bytes, or is of a kind that we do not accept from them."""
