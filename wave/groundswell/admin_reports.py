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
    """What came of a ping from our wave service to a domain: the answer comes by a stream which that opens to us."""

    domain: str
    fault: str  # why none came, in one sentence; "" where one did
    seconds: float
    decisions: list[str]  # about links with the domain, lately


class CheckReport(msgspec.Struct, frozen=True):
    """How the running server gets on with another domain."""

    pings: list[PingReport]  # of the domain, and of its wave service where it has one
    service: str  # its address; "" where none is found
    no_service: str  # why none is found, in one sentence; "" where one is


class Refused(msgspec.Struct, frozen=True):
    """Why there is no report."""

    message: str
