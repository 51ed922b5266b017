"""What a state machine wants done, as values, to be carried out in order.

Domains are canonical. What is sent is sent within TLS once ``UpgradeToTls`` has been carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, final

from wave_federation.errors import RemoteProtocolError
from wave_federation.stanzas import Stanza


@final
@dataclass(frozen=True, slots=True)
class Ending:
    """Why a stream ended, in a sentence for administrators."""

    reason: str
    condition: str | None = None  # of the stream error or SASL failure that was sent or received
    orderly: bool = False  # whether it was closed by closing tags, for no fault of anybody


@final
@dataclass(frozen=True, slots=True)
class OpenStream:
    """Send a stream header, RFC 6120 §4.7. The receiving side gives an id, and may not know the recipient."""

    sender: str
    recipient: str | None
    with_id: bool


@final
@dataclass(frozen=True, slots=True)
class SendFeatures:
    """Send stream features, RFC 6120 §4.3.2: TLS as required, EXTERNAL, or nothing more to negotiate."""

    starttls: bool = False
    external: bool = False


@final
@dataclass(frozen=True, slots=True)
class SendStartTls:
    """Ask for TLS, RFC 6120 §5.4.2.1."""


@final
@dataclass(frozen=True, slots=True)
class SendProceed:
    """Grant it, RFC 6120 §5.4.2.3."""


@final
@dataclass(frozen=True, slots=True)
class UpgradeToTls:
    """Begin the TLS handshake. Everything known from before is forgotten, RFC 6120 §5.4.3.3.

    ``local`` is the domain of ours that the stream is for; unknown on the receiving side of direct TLS. ``remote`` is
    the domain to ask for on the initiating side, None on the receiving one.
    """

    local: str | None
    remote: str | None
    direct: bool


@final
@dataclass(frozen=True, slots=True)
class JudgePeer:
    """Judge the peer's certificates for ``domain``, and answer with PeerJudged."""

    domain: str


@final
@dataclass(frozen=True, slots=True)
class SendAuth:
    """Authenticate by EXTERNAL as ``domain``, XEP-0178 §3."""

    domain: str


@final
@dataclass(frozen=True, slots=True)
class SendChallenge:
    """Ask for the response that did not come with ``<auth/>``: an empty challenge, RFC 4422 §5."""


@final
@dataclass(frozen=True, slots=True)
class SendSuccess:
    """Tell the peer that it is authenticated, RFC 6120 §6.4.6."""


@final
@dataclass(frozen=True, slots=True)
class SendSaslFailure:
    """Tell it that it is not, RFC 6120 §6.4.5. ``condition`` is one of §6.5."""

    condition: str
    text: str


@final
@dataclass(frozen=True, slots=True)
class RestartStream:
    """The stream starts anew within the same connection: what was read of the old one is forgotten, §4.3.3."""


@final
@dataclass(frozen=True, slots=True)
class Established:
    """The stream is negotiated and authenticated both ways: stanzas may pass from its initiating side."""

    local: str
    remote: str


@final
@dataclass(frozen=True, slots=True, eq=False)
class Deliver:
    """A stanza from the proved domain to ours."""

    stanza: Stanza


@final
@dataclass(frozen=True, slots=True)
class CloseStream:
    """End our side of the stream, with an error if there is one, RFC 6120 §4.4 and §4.9."""

    error: RemoteProtocolError | None = None


@final
@dataclass(frozen=True, slots=True)
class End:
    """The stream is over, both ways: send what is left and drop the connection."""

    ending: Ending


Effect: TypeAlias = (
    OpenStream
    | SendFeatures
    | SendStartTls
    | SendProceed
    | UpgradeToTls
    | JudgePeer
    | SendAuth
    | SendChallenge
    | SendSuccess
    | SendSaslFailure
    | RestartStream
    | Established
    | Deliver
    | CloseStream
    | End
)
