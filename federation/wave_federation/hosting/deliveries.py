"""Sending domains what they are owed of the wavelets hosted here: one channel a domain, none waits for another.

The core commits a delta, and with it who follows the wavelet. ``observe`` notes it in the channels of the domains
concerned; a channel reads what is owed from the history, sends it, and waits for the receipt. Nothing is lost when
the server stops in between: what has not been confirmed is owed again after the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain
from wave_federation.hosting.channel import Channel, ChannelPorts
from wave_federation.hosting.outbox import GIVE_UP, Outbox
from wave_federation.hosting.recent import RecentDeltas
from wave_federation.links.backoff import Backoff
from wave_federation.namespaces import RECEIPTS, qualified
from wave_federation.persistence import Confirmation, FederationStore
from wave_federation.routing.answers import read_refusal
from wave_federation.routing.router import Router
from wave_federation.services import Spokesmen, own_service
from wave_federation.stanzas import Kind, Stanza
from wave_federation.trouble_board import TroubleBoard
from wave_server.errors import WaveError
from wave_server.names import WaveletName
from wave_server.participants import foreign_domains
from wave_server.store.destination_rows import Destination
from wave_server.submission import Committed

CONFIRM_SECONDS: Final = 0.5  # receipts are noted together: what is sent twice for want of a note does no harm

_log: Final = logging.getLogger(__name__)


@final
class Deliveries:
    """Everything that is on its way from the wavelets of ``domain``. ``now`` gives seconds since 1970."""

    def __init__(
        self,
        *,
        domain: str,
        store: FederationStore,
        router: Router,
        spokesmen: Spokesmen,
        troubles: TroubleBoard,
        now: Callable[[], float],
        random: Callable[[], float],
        backoff: Backoff | None = None,
        give_up: float = GIVE_UP,
    ) -> None:
        self._domain: Final = domain
        self._store: Final = store
        self._random: Final = random
        self._backoff: Final = backoff or Backoff()
        self._give_up: Final = give_up
        self._channels: Final[dict[str, Channel]] = {}
        self._confirmed: Final[dict[tuple[WaveletName, str], Confirmation]] = {}
        self._noting: asyncio.Task[None] | None = None
        self._running = False
        self._recent: Final = RecentDeltas()
        self._ports: Final = ChannelPorts(
            own_service(domain), store, router, spokesmen, troubles, now, self._confirm, self._recent
        )
        router.handle(Kind.MESSAGE, "normal", qualified(RECEIPTS, "received"), self._receipt)
        router.handle(Kind.MESSAGE, "error", None, self._error)

    async def start(self) -> None:
        """Go on with what is owed. Call it before the core takes submissions. Raises StoreUnavailable."""
        known = {row.domain: row for row in await self._store.all_destinations()}
        for domain in await self._store.domains_owed():
            channel = self._channel(domain, known.get(domain))
            for follower in await self._store.owed_to(domain):
                channel.owe(follower.wavelet, follower.delivered, follower.head, follower.until)
        self._running = True
        for channel in self._channels.values():
            channel.start()

    async def stop(self) -> None:
        """Send nothing more, and note what has been confirmed."""
        self._running = False
        await asyncio.gather(*(channel.stop() for channel in self._channels.values()))
        if self._noting is not None:
            self._noting.cancel()
            await asyncio.gather(self._noting, return_exceptions=True)
        await self._note()

    def observe(self, committed: Committed) -> None:
        """An Observer of the core: a delta is in the history."""
        name, delta = committed.delta.wavelet, committed.delta
        if name.host != self._domain:
            return
        after = foreign_domains(name, committed.after)
        if after:
            self._recent.put(committed)
        for domain in sorted(after):
            self._channel(domain).owe(name, delta.at, delta.version, None)
        if committed.before is not committed.after:
            for domain in sorted(foreign_domains(name, committed.before) - after):
                self._channel(domain).owe(name, delta.at, delta.version, delta.version)

    def contact(self, domain: str) -> None:
        """Something authentic has come from the domain: what waits for it is sent at once."""
        channel = self._channels.get(domain)
        if channel is not None:
            channel.contact()

    def reconnected(self, domain: str) -> None:
        """The link to the domain broke and is there again: what was under way is sent anew."""
        channel = self._channels.get(domain)
        if channel is not None:
            channel.reconnected()

    def channels(self) -> list[Channel]:
        """All domains that anything was sent to, or is owed, since the start."""
        return [self._channels[domain] for domain in sorted(self._channels)]

    def _channel(self, domain: str, known: Destination | None = None) -> Channel:
        channel = self._channels.get(domain)
        if channel is None:
            outbox = Outbox(backoff=self._backoff, random=self._random, give_up=self._give_up)
            if known is not None and known.failing_since is not None:
                outbox.resume(
                    known.failing_since / 1000,
                    known.attempts,
                    (known.retry_at or 0) / 1000,
                    given_up=known.given_up_at is not None,
                )
            channel = self._channels[domain] = Channel(domain, outbox, self._ports)
            if self._running:
                channel.start()
        return channel

    def _channel_of_service(self, service: str) -> Channel | None:
        """The channel whose domain a stanza's sender speaks for: itself, or the next one above."""
        try:
            address = canonical_domain(service)
        except InvalidDomain:
            return None
        while address:
            channel = self._channels.get(address)
            if channel is not None:
                return channel
            address = address.partition(".")[2]
        return None

    async def _receipt(self, stanza: Stanza) -> None:
        channel = self._channel_of_service(stanza.sender.domain)
        if channel is not None and stanza.id:
            channel.receipt(stanza.id)

    async def _error(self, stanza: Stanza) -> None:
        channel = self._channel_of_service(stanza.sender.domain)
        if channel is not None and stanza.id:
            channel.error(stanza.id, read_refusal(stanza))

    # Noting what was confirmed

    def _confirm(self, confirmation: Confirmation) -> None:
        self._confirmed[confirmation.wavelet, confirmation.domain] = confirmation
        if self._noting is None or self._noting.done():
            self._noting = asyncio.get_running_loop().create_task(self._note_later(), name="confirmations")

    async def _note_later(self) -> None:
        while self._confirmed:
            await asyncio.sleep(CONFIRM_SECONDS)
            await self._note()

    async def _note(self) -> None:
        noted = list(self._confirmed.values())
        if not noted:
            return
        try:
            await self._store.confirm(noted)
        except WaveError as error:
            _log.warning("what %d domains have confirmed could not be noted: %s", len(noted), error)
            return
        for confirmation in noted:  # unless it has gone on meanwhile
            key = (confirmation.wavelet, confirmation.domain)
            if self._confirmed.get(key) is confirmation:
                del self._confirmed[key]
