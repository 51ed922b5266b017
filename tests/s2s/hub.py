"""Any number of transports in one process, between which stanzas are delivered in order, each in a later turn.

Every stanza goes through its bytes. What is addressed to nobody here comes back as a link would bring it back. A hub
can be cut between two domains, and mended, with those at both ends told.
"""

from __future__ import annotations

import asyncio

from lxml import etree

from wave_federation.domains import canonical_domain
from wave_federation.errors import StanzaRefused
from wave_federation.links.transport import Direction, LinkChanged, LinkListener, LinkStatus, StanzaListener
from wave_federation.stanzas import Stanza, error_of, read_stanza


class Hub:
    """What connects them."""

    def __init__(self) -> None:
        self.ends: dict[str, HubTransport] = {}
        self.cuts: set[frozenset[HubTransport]] = set()

    def end(self, *domains: str) -> HubTransport:
        """A transport for these domains, in the place of any that had them."""
        transport = HubTransport(self, frozenset(domains))
        for domain in domains:
            self.ends[domain] = transport
        return transport

    def cut(self, one: str, other: str) -> None:
        """From now on, what these send each other comes back as undeliverable."""
        ends = (self.ends[one], self.ends[other])
        self.cuts.add(frozenset(ends))
        for mine, theirs in (ends, ends[::-1]):
            mine.change_links(theirs, up=False)

    def mend(self, one: str, other: str) -> None:
        """Deliver again, and let both ends know of their links."""
        ends = (self.ends[one], self.ends[other])
        self.cuts.discard(frozenset(ends))
        for mine, theirs in (ends, ends[::-1]):
            mine.change_links(theirs, up=True)


class HubTransport:
    """One end."""

    def __init__(self, hub: Hub, domains: frozenset[str]) -> None:
        self.domains = domains
        self.up = True
        self._hub = hub
        self._listener: StanzaListener | None = None
        self._observers: list[LinkListener] = []

    def send(self, stanza: Stanza) -> None:
        loop = asyncio.get_running_loop()
        peer = self._hub.ends.get(canonical_domain(stanza.recipient.domain))
        data = etree.tostring(stanza.element)
        if peer is None or not peer.up or frozenset((self, peer)) in self._hub.cuts:
            if not stanza.is_error:
                error = StanzaRefused("there is no way", condition="remote-server-not-found")
                loop.call_soon(self.arrive, etree.tostring(error_of(stanza, error).element))
            return
        loop.call_soon(peer.arrive, data)

    def arrive(self, data: bytes) -> None:
        if self.up and self._listener is not None:
            self._listener(read_stanza(etree.fromstring(data)))

    def change_links(self, peer: HubTransport, *, up: bool) -> None:
        for local in sorted(self.domains):
            for remote in sorted(peer.domains):
                for observer in self._observers:
                    observer(LinkChanged(local, remote, Direction.INCOMING, up=up))

    def listen(self, listener: StanzaListener) -> None:
        self._listener = listener

    def observe(self, listener: LinkListener) -> None:
        self._observers.append(listener)

    async def start(self) -> None:
        """It is there from the beginning."""

    async def stop(self) -> None:
        self.up = False

    def status(self) -> list[LinkStatus]:
        return []
