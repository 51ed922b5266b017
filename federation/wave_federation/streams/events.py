"""What the peer of a stream did, as values: the input of both state machines.

Addresses are as the peer wrote them; None stands for one that is missing or empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias, final

from wave_federation.errors import RemoteProtocolError
from wave_federation.stanzas import Element


@final
@dataclass(frozen=True, slots=True)
class Header:
    """A stream header, RFC 6120 §4.7. ``content_namespace`` is its default namespace, "" without one."""

    namespace: str
    content_namespace: str
    sender: str | None
    recipient: str | None
    version: str | None


@final
@dataclass(frozen=True, slots=True)
class Features:
    """Stream features, RFC 6120 §4.3.2: those that matter to us."""

    starttls: bool = False
    mechanisms: frozenset[str] = frozenset()


@final
@dataclass(frozen=True, slots=True)
class StartTls:
    """The peer asks for TLS, RFC 6120 §5.4.2.1."""


@final
@dataclass(frozen=True, slots=True)
class Proceed:
    """TLS begins, RFC 6120 §5.4.2.3."""


@final
@dataclass(frozen=True, slots=True)
class TlsRefused:
    """TLS was asked for and will not begin, RFC 6120 §5.4.2.2."""


@final
@dataclass(frozen=True, slots=True)
class TlsEstablished:
    """The TLS handshake is complete. Nothing is known of the peer yet."""


@final
@dataclass(frozen=True, slots=True)
class PeerJudged:
    """What the peer's certificates prove of the domain that was asked about: it, or what is wrong, in a sentence."""

    fault: str | None


@final
@dataclass(frozen=True, slots=True)
class Auth:
    """The peer wants to authenticate, RFC 6120 §6.4.2. ``text`` is the initial response as written, if any."""

    mechanism: str | None
    text: str | None


@final
@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a SASL challenge as written, RFC 6120 §6.4.3."""

    text: str


@final
@dataclass(frozen=True, slots=True)
class Abort:
    """The peer gives authentication up, RFC 6120 §6.4.4."""


@final
@dataclass(frozen=True, slots=True)
class Success:
    """We are authenticated, RFC 6120 §6.4.6."""


@final
@dataclass(frozen=True, slots=True)
class SaslFailure:
    """We are not, RFC 6120 §6.4.5. ``condition`` is one of §6.5."""

    condition: str
    text: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class StanzaReceived:
    """A message, presence or iq. Its addresses are not read yet: whether anything may come at all decides first."""

    element: Element


@final
@dataclass(frozen=True, slots=True)
class Unsupported:
    """An element of the stream's first level that is nothing we know."""

    name: str  # in Clark notation


@final
@dataclass(frozen=True, slots=True)
class StreamErrorReceived:
    """The peer ends the stream for a reason, RFC 6120 §4.9.3."""

    condition: str
    text: str


@final
@dataclass(frozen=True, slots=True)
class StreamClosed:
    """The peer closes the stream, RFC 6120 §4.4."""


@final
@dataclass(frozen=True, slots=True)
class Offence:
    """What came is no XMPP at all, or beyond a limit."""

    error: RemoteProtocolError


Received: TypeAlias = (
    Header
    | Features
    | StartTls
    | Proceed
    | TlsRefused
    | TlsEstablished
    | PeerJudged
    | Auth
    | Response
    | Abort
    | Success
    | SaslFailure
    | StanzaReceived
    | Unsupported
    | StreamErrorReceived
    | StreamClosed
    | Offence
)

BEFORE_RESTART: Final = (StartTls, Proceed, Auth, Response, Success)
"""After these the stream starts anew, or may: nothing may have arrived behind them, RFC 6120 §5.4.3.3 and §6.4.6."""
