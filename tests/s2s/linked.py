"""Two transports in one process that deliver to each other what they are given: routers, with no streams between."""

from __future__ import annotations

import asyncio

from lxml import etree

from wave_federation.domains import canonical_domain
from wave_federation.errors import QueueFull
from wave_federation.links.transport import Direction, LinkChanged, LinkListener, LinkStatus, StanzaListener
from wave_federation.stanzas import Stanza, read_stanza


class LinkedTransport:
    """One end. Stanzas reach the other in order, each in a later turn of the event loop, as from a socket."""

    def __init__(self, *domains: str) -> None:
        self.domains = frozenset(domains)
        self.sent: list[Stanza] = []
        self.full = False
        self._peer: LinkedTransport | None = None
        self._listener: StanzaListener | None = None
        self._observers: list[LinkListener] = []

    def link(self, peer: LinkedTransport) -> None:
        self._peer, peer._peer = peer, self

    def cut(self) -> None:
        """From now on nothing arrives, in either direction, and nobody is told."""
        assert self._peer is not None
        self._peer._peer = None
        self._peer = None

    def send(self, stanza: Stanza) -> None:
        if self.full:
            raise QueueFull(f"too much waits for {stanza.recipient.domain}")
        self.sent.append(stanza)
        if self._peer is not None and canonical_domain(stanza.recipient.domain) in self._peer.domains:
            arrived = read_stanza(etree.fromstring(etree.tostring(stanza.element)))
            asyncio.get_running_loop().call_soon(self._peer.arrive, arrived)

    def arrive(self, stanza: Stanza) -> None:
        assert self._listener is not None
        self._listener(stanza)

    def listen(self, listener: StanzaListener) -> None:
        assert self._listener is None
        self._listener = listener

    def observe(self, listener: LinkListener) -> None:
        self._observers.append(listener)

    def come_up(self, local: str, remote: str, direction: Direction) -> None:
        for observer in self._observers:
            observer(LinkChanged(local, remote, direction, up=True))

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Nothing to close."""

    def status(self) -> list[LinkStatus]:
        return []
