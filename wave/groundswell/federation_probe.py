"""Looks at another domain's servers as a link of ours would: DNS, addresses, certificates, a stream up to its use."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from cryptography import x509

from wave_federation.errors import LinkFailed
from wave_federation.links.candidates import Candidate, SrvRecord
from wave_federation.links.discovery import Discovery, ResolutionFailed
from wave_federation.links.native import NativeSettings
from wave_federation.streams.connector import Connector
from wave_federation.tls.certificate_faults import Role
from wave_federation.tls.openssl import OpenSslSessions
from wave_federation.tls.trust import Verdict

SERVICES: Final = ("_xmpps-server._tcp", "_xmpp-server._tcp")
MAX_CANDIDATES: Final = 8  # of one domain that are looked at


@final
@dataclass(frozen=True, slots=True)
class Lookup:
    """One question to the DNS."""

    name: str
    records: tuple[SrvRecord, ...]
    fault: str  # "" where it was answered


@final
@dataclass(frozen=True, slots=True)
class Probe:
    """One socket address of a domain."""

    candidate: Candidate
    tls_version: str  # "" where it did not come so far
    chain: tuple[x509.Certificate, ...]  # as presented; empty where it did not come so far
    as_server: Verdict | None  # what we think of the chain when we go to them; None where there was no TLS
    as_client: Verdict | None  # ... and when they come to us
    fault: str  # why no stream could be used, in one sentence; "" where one could


@final
@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found of one domain."""

    domain: str  # canonical
    route: str  # as configured; "" = the DNS was asked
    lookups: tuple[Lookup, ...]
    probes: tuple[Probe, ...]
    fault: str  # "" where a stream could be used, by way of any address


@final
@dataclass(slots=True)
class _Seen:
    """The chain that a probe met, as told by the one who judges it."""

    chain: tuple[x509.Certificate, ...] = ()
    verdict: Verdict | None = None


@final
class _Nobody:
    """The user of a stream that is closed as soon as it could be used."""

    def stream_writable(self) -> None:
        """There is nothing to write."""

    def stream_ended(self, error: LinkFailed | None) -> None:
        """It was closed, or the peer was quicker: either way it could be used."""


@final
class Explorer:
    """Explores domains, from our domain ``local``, with the settings that the server has."""

    def __init__(self, settings: NativeSettings, local: str) -> None:
        self._settings: Final = settings
        self._local: Final = local
        self._sessions: Final = OpenSslSessions(settings.credentials)

    async def explore(self, domain: str) -> Exploration:
        """Look at all of a domain's addresses, one after the other. ``domain`` is canonical."""
        route = self._settings.routes.get(domain)
        lookups = () if route else tuple([await self._look_up(f"{service}.{domain}") for service in SERVICES])
        probes: list[Probe] = []
        fault = self._settings.policy.refusal(domain) or ""
        if not fault:
            fault = await self._probe_all(domain, probes)
        shown = f"{route.host}:{route.port}" if route else ""
        return Exploration(domain, shown, lookups, tuple(probes), fault)

    async def _probe_all(self, domain: str, probes: list[Probe]) -> str:
        discovery = Discovery(self._settings.resolver, self._settings.routes, random.random)
        try:
            async for candidate in discovery.candidates(domain):
                if len(probes) < MAX_CANDIDATES:
                    probes.append(await self._probe(domain, candidate))
        except LinkFailed as error:
            return str(error)
        usable = any(not probe.fault for probe in probes)
        return "" if usable else "; ".join(f"{probe.candidate}: {probe.fault}" for probe in probes)

    async def _look_up(self, name: str) -> Lookup:
        try:
            records: Sequence[SrvRecord] = await self._settings.resolver.srv(name)
        except ResolutionFailed as error:
            return Lookup(name, (), str(error))
        return Lookup(name, tuple(records), "")

    async def _probe(self, domain: str, candidate: Candidate) -> Probe:
        """Open a stream, and close it when it could be used."""
        seen, settings = _Seen(), self._settings

        def judge(chain: tuple[x509.Certificate, ...], named: str) -> str | None:
            seen.chain = chain
            seen.verdict = settings.trust.judge(chain, named, now=settings.clock(), role=Role.SERVER)
            return seen.verdict.sentence or None

        connector = Connector(self._sessions, judge, settings.stream)
        version, fault = "", ""
        try:
            stream = await connector.connect(self._local, domain, candidate, _Nobody())
            version = stream.facts.tls_version
            stream.close("it was opened to see whether it can be")
        except LinkFailed as error:
            fault = str(error)
        finally:
            await connector.stop()
        return Probe(candidate, version, seen.chain, seen.verdict, self._as_client(domain, seen.chain), fault)

    def _as_client(self, domain: str, chain: tuple[x509.Certificate, ...]) -> Verdict | None:
        settings = self._settings
        if not chain:
            return None
        return settings.trust.judge(
            chain, domain, now=settings.clock(), role=Role.CLIENT, strict_usage=settings.strict_usage
        )
