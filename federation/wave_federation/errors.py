"""The errors of federation. One base; what the peer did wrong apart from what we are set up wrongly for."""

from __future__ import annotations


class FederationError(Exception):
    """Base of every error that federation raises on purpose. ``str()`` is one line for administrators."""


class InvalidDomain(FederationError):
    """A text that cannot be a provider's domain. The message says what is wrong with it."""


class UnusableSigner(FederationError):
    """Our own key or certificate, or a peer's, cannot serve to sign deltas: see the message and replace it."""


class UntrustedSigner(FederationError):
    """A peer's certificates do not lead to an authority that we trust, are out of date, or name another domain."""


class UnknownSigner(FederationError):
    """Nobody has told us whose the signature is: the certificates have to be posted, or asked for."""


class InvalidSignature(FederationError):
    """The signature is not this signer's over these bytes, or is of a kind that we do not accept from them."""


class RemoteProtocolError(FederationError):
    """The peer broke the protocol: answer with the stream error ``condition``, close the stream and carry on.

    The message is sent to the peer as the error's text: it says what is wrong and nothing of our insides.
    """

    def __init__(self, message: str, *, condition: str = "policy-violation", detail: str | None = None) -> None:
        super().__init__(message)
        self.condition = condition  # a stream error name, RFC 6120 §4.9.3
        self.detail = detail  # an application-specific condition in urn:xmpp:errors, such as "stanza-too-big"


class StanzaRefused(FederationError):
    """One stanza cannot be served: answer with the stanza error ``condition``; the stream goes on.

    The message is sent to the peer as the error's text.
    """

    def __init__(self, message: str, *, condition: str, type: str = "cancel", retry_after: int | None = None) -> None:  # noqa: A002 - the attribute's name
        super().__init__(message)
        self.condition = condition  # a stanza error name, RFC 6120 §8.3.3
        self.type = type  # "auth", "cancel", "continue", "modify" or "wait", RFC 6120 §8.3.2
        self.retry_after = retry_after  # seconds


class LinkFailed(FederationError):
    """A stream to another domain could not be established, or broke. The message names the fault in one sentence."""


class TlsFailed(LinkFailed):
    """The handshake failed, or what came later was not TLS: send what is left to be sent, then close the socket."""

    def __init__(self, message: str, plaintext: bytes = b"") -> None:
        super().__init__(message)
        self.plaintext = plaintext  # what had been received, and decrypted, before the failure


class UnusableCredentials(FederationError):
    """A certificate or private key of ours cannot serve for streams: see the message and replace it."""


class UnusableAuthorities(FederationError):
    """The certificates of the authorities to trust cannot be read from where they are configured."""


class QueueFull(FederationError):
    """As much as may wait for one domain waits already: nothing was taken; try again when its link has drained."""
