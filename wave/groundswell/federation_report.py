"""What `groundswell federation check` and `status` print: lines of text from what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from groundswell.admin_reports import CheckReport, StatusReport
from groundswell.federation_probe import Exploration, Lookup, Probe
from wave_federation.domains import unicode_domain
from wave_federation.links.transport import Direction, LinkState, LinkStatus
from wave_federation.tls.certificate_faults import extension
from wave_federation.tls.credentials import Credentials
from wave_federation.tls.peer_identity import presented_names

_USAGES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "any",
}
_DECISIONS = 5  # of the last ones about a domain that fails


def credential_lines(ours: Sequence[Credentials], now: float) -> Iterator[str]:
    """Our own certificates, each once."""
    for chain in dict.fromkeys(credentials.chain for credentials in ours):
        yield f"{' and '.join(each.domain for each in ours if each.chain == chain)} (ours)"
        yield from _chain(chain, now)


def exploration_lines(found: Exploration, now: float) -> Iterator[str]:
    """What was seen from here of one domain, and whether we get to it."""
    yield _readable(found.domain)
    if found.route:
        yield f"  route      {found.route}, as configured: the DNS is not asked"
    for lookup in found.lookups:
        yield f"  dns        {_lookup(lookup)}"
    for probe in found.probes:
        yield from _probe(probe, now)
    yield f"  to them    {'a stream could be used' if not found.fault else f'no stream could be used: {found.fault}'}"


def check_lines(report: CheckReport) -> Iterator[str]:
    """What the running server found: where the waves are, and whether the domain came to us to answer."""
    yield f"wave service: {report.service or report.no_service}"
    for ping in report.pings:
        if not ping.fault:
            yield f"from them: {ping.domain} answered our ping in {ping.seconds:.2f} s, over a stream that it opened"
            continue
        yield f"from them: {ping.fault}"
        yield from (f"  {decision}" for decision in ping.decisions[-_DECISIONS:])


def fault_of(explorations: Sequence[Exploration], report: CheckReport | None) -> str:
    """The first thing to mend, in one sentence; "" where nothing is wrong."""
    for found in explorations:
        if found.fault:
            return found.fault if found.domain in found.fault else f"{found.domain} cannot be reached: {found.fault}"
        for probe in found.probes:
            if probe.as_client is not None and not probe.as_client.accepted:
                return f"{found.domain} is refused when it comes to us: {probe.as_client.sentence}"
    if report is None:
        return ""
    for ping in report.pings:
        if ping.fault:
            return f"{ping.domain} does not come to us with an answer: {ping.fault}"
    return report.no_service


def status_lines(report: StatusReport, now: float) -> Iterator[str]:
    """How federation is doing."""
    yield f"{report.domain} federates as {report.service} {report.place}"
    for certificate in report.certificates:
        end = f"expires {_day(certificate.expires)}, {_left(certificate.expires, now)}"
        yield f"certificate of {certificate.domain}: {end}"
    if not report.links:
        yield "There are no links: nothing was sent or received lately."
    for link in report.links:
        yield _link(link, now)


def _link(link: LinkStatus, now: float) -> str:
    arrow = "->" if link.direction is Direction.OUTGOING else "<-"
    parts = [f"{link.local} {arrow} {link.remote or 'everybody'}  {link.state} for {_duration(now - link.since)}"]
    if link.address:
        parts.append(" ".join(filter(None, (link.address, link.tls_version))))
    if link.certificate_expires is not None:
        parts.append(f"its certificate expires {_day(link.certificate_expires)}")
    if link.attempts:
        parts.append(f"{link.attempts} attempts failed")
    if link.queued:
        parts.append(f"{link.queued} stanzas wait")
    if link.last_error and link.state is not LinkState.READY:
        parts.append(link.last_error)
    return ", ".join(parts)


def _readable(domain: str) -> str:
    readable = unicode_domain(domain)
    return domain if readable == domain else f"{domain} ({readable})"


def _lookup(lookup: Lookup) -> str:
    if lookup.fault:
        return lookup.fault
    records = (f"{each.priority} {each.weight} {each.port} {each.target or '.'}" for each in lookup.records)
    return f"{lookup.name}: {', '.join(records) or 'no records'}"


def _probe(probe: Probe, now: float) -> Iterator[str]:
    how = "TLS from the first byte" if probe.candidate.direct_tls else "STARTTLS"
    yield f"  address    {probe.candidate}, {how}: {probe.fault or f'authenticated, {probe.tls_version}'}"
    yield from _chain(probe.chain, now)
    if probe.as_server is None or probe.as_client is None:
        return
    for remark in probe.as_server.remarks:
        yield f"  remark     {remark.sentence}"
    yield f"  as server  {'accepted' if probe.as_server.accepted else probe.as_server.sentence}"
    yield f"  as client  {'accepted' if probe.as_client.accepted else probe.as_client.sentence}"


def _chain(chain: Sequence[x509.Certificate], now: float) -> Iterator[str]:
    """The certificates in the order in which they were presented."""
    for number, certificate in enumerate(chain, 1):
        yield f"  chain {number}    {_shown(certificate.subject.rfc4514_string()) or 'no subject'}"
        yield f"             issued by {_shown(certificate.issuer.rfc4514_string())}"
        if number == 1:
            yield f"             names {', '.join(_names(certificate)) or 'no domain'}"
            yield f"             usages {', '.join(_usages(certificate))}"
        begin, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
        yield f"             valid from {_day(begin)} to {_day(end)}, {_left(end, now)}"


def _names(certificate: x509.Certificate) -> Sequence[str]:
    try:
        return [_shown(name) for name in presented_names(certificate)]
    except ValueError:
        return ["unreadable names"]


def _usages(certificate: x509.Certificate) -> Sequence[str]:
    try:
        usage = extension(certificate, x509.ExtendedKeyUsage)
    except ValueError:
        return ["unreadable"]
    return ["any"] if usage is None else [_usage(identifier) for identifier in usage]


def _usage(identifier: ObjectIdentifier) -> str:
    return _USAGES.get(identifier, identifier.dotted_string)


def _shown(text: str) -> str:
    """Text of a certificate, which may hold anything, for a terminal."""
    return text.encode("unicode_escape").decode("ascii")[:200]


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _left(end: float, now: float) -> str:
    days = int((end - now) // 86_400)
    return f"{days} days left" if end >= now else f"expired {-days} days ago"


def _duration(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {name}"
    return f"{max(0, int(seconds))} s"
