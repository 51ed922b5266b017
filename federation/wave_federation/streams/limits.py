"""How long and how much a stream may take: the numbers, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from wave_federation.xml.limits import BEFORE_AUTHENTICATION, XmlLimits


@final
@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Limits of one stream. Times are in seconds."""

    connect_seconds: float = 10  # for the TCP connection
    negotiation_seconds: float = 30  # from the connection to the established stream
    negotiation_bytes: int = 100_000  # from the peer in that time, TLS handshakes and certificates included
    close_seconds: float = 5  # the peer's answer to our closing tag; the end of the connection
    keepalive_seconds: float = 240  # whitespace is sent after so long without anything sent, RFC 6120 §4.6
    silence_seconds: float = 1800  # an incoming stream on which nothing comes, not even whitespace, is closed
    stall_seconds: float = 60  # the peer takes nothing of what we send
    write_bytes: int = 262_144  # that wait to be taken by the peer: with more, a stream is not writable
    xml_before: XmlLimits = BEFORE_AUTHENTICATION
    xml_after: XmlLimits = field(default_factory=XmlLimits)
