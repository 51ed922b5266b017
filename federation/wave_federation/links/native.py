"""Streams of our own to and from other servers, as a transport of stanzas: discovery, links, listening sockets."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, final

from cryptography import x509

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, RemoteProtocolError, StanzaRefused
from wave_federation.links.attempts import first_usable
from wave_federation.links.candidates import Candidate, Endpoint, Random
from wave_federation.links.discovery import Discovery, Resolver
from wave_federation.links.dns_resolver import DnsResolver
from wave_federation.links.incoming import IncomingStreams
from wave_federation.links.journal import note
from wave_federation.links.link import LinkSettings
from wave_federation.links.outgoing import OutgoingLink, StreamUser
from wave_federation.links.policy import DomainPolicy, Policy
from wave_federation.links.pool import LinkPool
from wave_federation.links.returns import returned
from wave_federation.links.transport import Direction, LinkChanged, LinkListener, LinkStatus, StanzaListener
from wave_federation.stanzas import Stanza
from wave_federation.streams.admission import AdmissionLimits
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.connector import Connector
from wave_federation.streams.effects import Ending
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.listener import ListeningAddress, StreamListener
from wave_federation.streams.receiving import Reception
from wave_federation.streams.session import Judge
from wave_federation.tls.certificate_faults import Role
from wave_federation.tls.credentials import CredentialStore
from wave_federation.tls.openssl import OpenSslSessions
from wave_federation.tls.trust import TrustStore


@final
@dataclass(frozen=True, slots=True)
class NativeSettings:
    """What a NativeTransport is made of. Domains are canonical, times in seconds."""

    credentials: CredentialStore  # of the domains that are ours
    trust: TrustStore
    listen: tuple[ListeningAddress, ...] = ()
    routes: Mapping[str, Endpoint] = field(default_factory=dict)  # by domain; the DNS is not asked for these
    policy: Policy = field(default_factory=DomainPolicy)
    resolver: Resolver = field(default_factory=DnsResolver)
    strict_usage: bool = False  # refuse peers whose certificate is not meant for clients
    stream: StreamLimits = field(default_factory=StreamLimits)
    admission: AdmissionLimits = field(default_factory=AdmissionLimits)
    link: LinkSettings = field(default_factory=LinkSettings)
    attempt_seconds: float = 120.0  # for all the servers of a domain together
    most_links: int = 10_000  # outgoing
    streams_per_pair: int = 4  # incoming
    random: Random = random.random
    clock: Callable[[], float] = time.time  # seconds since 1970, for certificates; all else goes by the loop's


@final
class NativeTransport:
    """See StanzaTransport. Make it, ``start`` it and call it on one event loop."""

    def __init__(self, settings: NativeSettings) -> None:
        sessions = OpenSslSessions(settings.credentials)
        self.domains: Final = frozenset(settings.credentials.domains)
        self._settings: Final = settings
        self._loop: Final = asyncio.get_running_loop()
        self._discovery: Final = Discovery(settings.resolver, settings.routes, settings.random)
        self._connector: Final = Connector(sessions, self._judge(Role.SERVER), settings.stream)
        self._stream_listener: Final = StreamListener(
            settings.listen,
            Reception(settings.credentials.domains, settings.policy.refusal),
            sessions,
            self._judge(Role.CLIENT),
            self,
            limits=settings.stream,
            admission=settings.admission,
        )
        self._outgoing: Final = LinkPool(self._make_link, settings.most_links, self._loop.time())
        self._incoming: Final = IncomingStreams(settings.streams_per_pair)
        self._listener: StanzaListener | None = None
        self._observers: Final[list[LinkListener]] = []
        self._stopped = False

    # ---- StanzaTransport ----

    def send(self, stanza: Stanza) -> None:
        """See StanzaTransport. What is sent after ``stop`` is dropped."""
        if self._stopped:
            return
        local = canonical_domain(stanza.sender.domain)
        assert local in self.domains, f"{local} is none of ours"
        try:
            remote = canonical_domain(stanza.recipient.domain)
        except InvalidDomain as error:
            self.give_back(stanza, StanzaRefused(str(error), condition="remote-server-not-found"))
            return
        forbidden = self._forbidden(remote)
        if forbidden is not None:
            raise forbidden
        self._outgoing.between(local, remote, self._loop.time()).send(stanza)

    def listen(self, listener: StanzaListener) -> None:
        """See StanzaTransport."""
        self._listener = listener

    def observe(self, listener: LinkListener) -> None:
        """See StanzaTransport."""
        self._observers.append(listener)

    async def start(self) -> None:
        """See StanzaTransport."""
        await self._stream_listener.start()

    async def stop(self) -> None:
        """See StanzaTransport."""
        self._stopped = True
        given_up = [task for link in self._outgoing if (task := link.stop()) is not None]
        if given_up:
            await asyncio.wait(given_up)
        await asyncio.gather(self._stream_listener.stop(), self._connector.stop())

    def status(self) -> list[LinkStatus]:
        """See StanzaTransport."""
        epoch = self._settings.clock() - self._loop.time()
        links = [link.status(epoch) for link in self._outgoing]
        links += [incoming.status(epoch) for incoming in self._incoming]
        return sorted(links, key=lambda link: (link.local, link.remote, link.direction, link.since))

    # ---- for administrators ----

    @property
    def ports(self) -> list[int]:
        """The port of each listening address, in the order of the settings."""
        return self._stream_listener.ports

    def retry(self, remote: str) -> int:
        """Make the next attempt to reach a domain now. Returns how many links waited for one."""
        return sum(link.retry() for link in self._outgoing.to(remote))

    def enforce_policy(self) -> None:
        """Close the links with domains that policy does not allow any more."""
        for link in self._outgoing:
            forbidden = self._forbidden(link.remote)
            if forbidden is not None:
                link.shut(forbidden)
        for incoming in list(self._incoming):
            refusal = self._settings.policy.refusal(incoming.stream.remote)
            if refusal is not None:
                incoming.stream.close(refusal, RemoteProtocolError(refusal))

    # ---- as the owner of outgoing links ----

    def give_back(self, stanza: Stanza, reason: StanzaRefused) -> None:
        """Tell the sender in a later turn: it may be sending just now."""
        note(
            "stanza-returned",
            stanza.sender.domain,
            stanza.recipient.domain,
            level=logging.DEBUG,
            condition=reason.condition,
            reason=reason,
        )
        error = returned(stanza, reason)
        if error is not None:
            self._loop.call_soon(self._deliver, error)

    def outgoing_changed(self, local: str, remote: str, *, up: bool) -> None:
        """Tell those who observe, in a later turn: they may send."""
        self._loop.call_soon(self._report, LinkChanged(local, remote, Direction.OUTGOING, up))

    def _make_link(self, local: str, remote: str) -> OutgoingLink:
        def connect(candidate: Candidate, user: StreamUser) -> Awaitable[StreamConnection]:
            note("link-attempt", local, remote, at=candidate, direct_tls=candidate.direct_tls)
            return self._connector.connect(local, remote, candidate, user)

        async def open_stream(user: StreamUser) -> StreamConnection:
            candidates = self._discovery.candidates(remote)
            seconds = self._settings.attempt_seconds
            return await first_usable(remote, candidates, lambda candidate: connect(candidate, user), seconds)

        return OutgoingLink(local, remote, self._settings.link, self._settings.random, open_stream, self)

    # ---- as the user of incoming streams ----

    def established(self, stream: StreamConnection) -> None:
        """A peer has authenticated: it lives, whatever our own attempts to reach it have shown."""
        facts = stream.facts
        note("incoming-ready", stream.local, stream.remote, address=facts.address, tls=facts.tls_version)
        if self._incoming.add(stream, self._loop.time()):
            self._loop.call_soon(self._report, LinkChanged(stream.local, stream.remote, Direction.INCOMING, up=True))
        for link in self._outgoing.to(stream.remote):
            link.heard()

    def arrived(self, stream: StreamConnection, stanza: Stanza) -> None:
        """A stanza came."""
        self._outgoing.heard(stream.local, stream.remote)
        self._deliver(stanza)

    def failed(self, stream: StreamConnection, ending: Ending) -> None:
        """Somebody did not get so far as to authenticate. Who it was is only what it said."""
        note("incoming-failed", stream.local, stream.remote, address=stream.facts.address, reason=ending.reason)

    def ended(self, stream: StreamConnection, ending: Ending) -> None:
        """An authenticated stream is over."""
        note("incoming-ended", stream.local, stream.remote, reason=ending.reason)
        if self._incoming.remove(stream):
            self._loop.call_soon(self._report, LinkChanged(stream.local, stream.remote, Direction.INCOMING, up=False))

    # ---- ----

    def _deliver(self, stanza: Stanza) -> None:
        if self._listener is not None and not self._stopped:
            self._listener(stanza)

    def _report(self, change: LinkChanged) -> None:
        if not self._stopped:
            for observer in self._observers:
                observer(change)

    def _forbidden(self, remote: str) -> StanzaRefused | None:
        """RFC 6120 §8.3.3.10 names this very case: sending to a domain on a block list."""
        refusal = self._settings.policy.refusal(remote)
        return None if refusal is None else StanzaRefused(refusal, condition="not-allowed")

    def _judge(self, role: Role) -> Judge:
        """What judges the certificates of peers that are ``role`` in TLS."""
        settings = self._settings

        def judge(chain: tuple[x509.Certificate, ...], domain: str) -> str | None:
            verdict = settings.trust.judge(
                chain, domain, now=settings.clock(), role=role, strict_usage=settings.strict_usage
            )
            return verdict.sentence or None

        return judge
