"""Stanzas by way of an XMPP server: the transport of a component, with one stream to that server that always stands.

What other domains prove, and with whom streams are, is that server's business; what arrives counts as sent by the
domain that it names. Policy holds here as well.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final, final

from wave_federation.component.connection import ComponentSettings
from wave_federation.component.stream import CLOSE_SECONDS, ComponentStream, open_stream
from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, QueueFull, StanzaRefused
from wave_federation.links.backoff import Backoff
from wave_federation.links.journal import note
from wave_federation.links.link import LinkSettings
from wave_federation.links.outgoing import OutgoingLink, StreamUser
from wave_federation.links.policy import Policy
from wave_federation.links.returns import returned
from wave_federation.links.transport import Direction, LinkChanged, LinkListener, LinkStatus, StanzaListener
from wave_federation.stanzas import Stanza

LINK: Final = LinkSettings(backoff=Backoff(first=1.0, cap=60.0), stays_open=True)


@final
class ComponentTransport:
    """See StanzaTransport. The link's ``remote`` is "" everywhere: it serves all domains."""

    def __init__(
        self,
        settings: ComponentSettings,
        policy: Policy,
        *,
        link: LinkSettings = LINK,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since 1970; ``link`` must stay open."""
        assert link.stays_open
        self.domains: Final = frozenset((settings.domain,))
        self._settings = settings
        self._policy = policy
        self._link_settings = link
        self._clock = clock
        self._link: OutgoingLink | None = None  # between start and stop
        self._streams: set[ComponentStream] = set()
        self._listener: StanzaListener | None = None
        self._observers: list[LinkListener] = []

    def send(self, stanza: Stanza) -> None:
        """See StanzaTransport."""
        reason = self._refusal(stanza.recipient.domain)
        if reason is not None:
            raise reason
        self._write(stanza)

    def listen(self, listener: StanzaListener) -> None:
        """See StanzaTransport."""
        self._listener = listener

    def observe(self, listener: LinkListener) -> None:
        """See StanzaTransport."""
        self._observers.append(listener)

    async def start(self) -> None:
        """Begin to connect. That the server is not there yet is no error: it may start later."""
        (local,) = self.domains
        self._link = OutgoingLink(local, "", self._link_settings, random.random, self._open, self)
        self._link.open()

    async def stop(self) -> None:
        """See StanzaTransport."""
        link, self._link = self._link, None
        if link is not None:
            link.stop()
        if self._streams:
            await asyncio.wait([stream.closed for stream in self._streams], timeout=CLOSE_SECONDS)

    def status(self) -> list[LinkStatus]:
        """See StanzaTransport."""
        if self._link is None:
            return []
        return [self._link.status(self._clock() - asyncio.get_running_loop().time())]

    # ---- what the link asks for ----

    def give_back(self, stanza: Stanza, reason: StanzaRefused) -> None:
        """Tell the sender, which is one of ours, in a later turn: it may be sending just now."""
        error = returned(stanza, reason)
        if error is not None:
            asyncio.get_running_loop().call_soon(self._deliver, error)

    def outgoing_changed(self, local: str, remote: str, *, up: bool) -> None:
        """Tell who observes, in a later turn: they may send."""
        asyncio.get_running_loop().call_soon(self._report, LinkChanged(local, remote, Direction.OUTGOING, up))

    async def _open(self, user: StreamUser) -> ComponentStream:
        stream = await open_stream(self._settings, self._hear, user)
        self._streams.add(stream)
        stream.closed.add_done_callback(lambda _: self._streams.discard(stream))
        return stream

    # ---- stanzas ----

    def _hear(self, stanza: Stanza) -> None:
        """Deliver what the server brings, unless policy forbids its sender."""
        reason = self._refusal(stanza.sender.domain)
        if reason is None:
            self._deliver(stanza)
            return
        note("stanza-refused", self._settings.domain, stanza.sender.domain, reason=reason)
        error = returned(stanza, reason)
        if error is not None:
            try:
                self._write(error)
            except QueueFull:
                note("answer-dropped", self._settings.domain, stanza.sender.domain, reason="the queue is full")

    def _write(self, stanza: Stanza) -> None:
        assert self._link is not None, "send between start and stop"
        self._link.send(stanza)

    def _deliver(self, stanza: Stanza) -> None:
        if self._listener is not None and self._link is not None:
            self._listener(stanza)

    def _report(self, change: LinkChanged) -> None:
        if self._link is not None:
            for observer in self._observers:
                observer(change)

    def _refusal(self, domain: str) -> StanzaRefused | None:
        try:
            reason = self._policy.refusal(canonical_domain(domain))
        except InvalidDomain as error:
            return StanzaRefused(str(error), condition="jid-malformed", type="modify")
        return None if reason is None else StanzaRefused(reason, condition="not-allowed")
