"""What the running server tells its administrators on their socket, as the commands read it."""

from __future__ import annotations

import msgspec

from wave_federation.links.transport import LinkStatus


class CertificateReport(msgspec.Struct, frozen=True):
    """One of our certificates, as it is in use."""

    domain: str
    expires: float  # seconds since 1970


class StatusReport(msgspec.Struct, frozen=True):
    """How federation is doing."""

    domain: str
    service: str
    place: str  # where it listens, or whose component it is
    links: list[LinkStatus]
    certificates: list[CertificateReport]


class PingReport(msgspec.Struct, frozen=True):
    """What came of a ping from our wave service to another domain: the answer comes by a stream which that opens."""

    answered: bool
    detail: str  # "" or why not, in one sentence
    seconds: float
    decisions: list[str]  # about links with the domain, lately


class Refused(msgspec.Struct, frozen=True):
    """Why there is no report."""

    message: str
