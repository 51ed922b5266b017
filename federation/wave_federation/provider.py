"""All of federation for one domain: the host's side and the remote's, between the core and a router.

parts = Provider(...)
host = WaveHost(..., signer=..., observers=[..., parts.observe], cursor_listeners=[parts.cursor_moved],
                forwarder=parts.forwarder)
parts.serve(host)
await parts.start()        # before the core takes submissions, and before the transport starts
await transport.start()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, final

from wave_federation.cursors import CursorExchange
from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain
from wave_federation.hosting.deliveries import Deliveries
from wave_federation.hosting.history import HistoryService
from wave_federation.hosting.outbox import GIVE_UP
from wave_federation.hosting.requests import serve_requests
from wave_federation.hosting.submissions import SubmissionService
from wave_federation.links.backoff import Backoff
from wave_federation.links.transport import Direction, LinkChanged
from wave_federation.persistence import FederationStore
from wave_federation.remote.asking import Asking, SignerFetches
from wave_federation.remote.comparing import Comparing
from wave_federation.remote.copying import Copying
from wave_federation.remote.forwarding import Forwarding
from wave_federation.remote.quarantines import Quarantines
from wave_federation.remote.turns import Turns
from wave_federation.remote.updates import UpdateService, Welcome
from wave_federation.routing.router import Router
from wave_federation.routing.wave_services import WaveServices
from wave_federation.services import Spokesmen, own_service
from wave_federation.signers.registry import Signers
from wave_federation.trouble_board import TroubleBoard
from wave_server.forwarding import Forwarder
from wave_server.host import WaveHost
from wave_server.submission import Committed, Cursor, DeltaSigner


@final
class Provider:
    """A provider's federation. ``now`` gives seconds since 1970; ``random`` is as random.random.

    ``services`` finds those of others; ``welcome`` says with whom of ours a wave may be shared.
    """

    def __init__(
        self,
        *,
        domain: str,
        store: FederationStore,
        router: Router,
        services: WaveServices,
        signers: Signers,
        signer: DeltaSigner,
        welcome: Welcome,
        now: Callable[[], float],
        random: Callable[[], float],
        backoff: Backoff | None = None,
        give_up: float = GIVE_UP,
    ) -> None:
        self._domain: Final = domain
        self._store: Final = store
        self._router: Final = router
        self._signers: Final = signers
        self._welcome: Final = welcome
        self._now: Final = now
        self._services: Final = services
        self._spokesmen: Final = Spokesmen(services)
        self._turns: Final = Turns()
        self._troubles: Final = TroubleBoard(lambda name, troubles: self._serving().set_troubles(name, troubles))
        self._asking: Final = Asking(own_service(domain), router, self._spokesmen)
        self._quarantines: Final = Quarantines(store, self._troubles, self._clock)
        self.deliveries: Final = Deliveries(
            domain=domain,
            store=store,
            router=router,
            spokesmen=self._spokesmen,
            troubles=self._troubles,
            now=now,
            random=random,
            backoff=backoff,
            give_up=give_up,
        )
        self.forwarding: Final = Forwarding(
            store=store,
            signer=signer,
            signers=signers,
            asking=self._asking,
            troubles=self._troubles,
            turns=self._turns,
            now=now,
            random=random,
            backoff=backoff,
        )
        self._cursors: Final = CursorExchange(
            domain=domain, service=own_service(domain), router=router, spokesmen=self._spokesmen
        )
        self._down: Final[set[tuple[str, Direction]]] = set()  # links that were there once
        self._comparing: Comparing | None = None  # once there is a core
        self._host: WaveHost | None = None
        router.transport.observe(self._link_changed)

    @property
    def forwarder(self) -> Forwarder:
        """For the core: brings what local users write in copies to their hosts."""
        return self.forwarding

    def observe(self, committed: Committed) -> None:
        """For the core: an Observer."""
        self.deliveries.observe(committed)

    def cursor_moved(self, cursor: Cursor) -> None:
        """For the core: a CursorListener."""
        self._cursors.moved(cursor)

    def serve(self, host: WaveHost) -> None:
        """Connect the core. Once, before ``start``."""
        self._host = host
        copying = Copying(
            host=host,
            store=self._store,
            signers=self._signers,
            fetches=SignerFetches(self._asking, self._signers),
            asking=self._asking,
            quarantines=self._quarantines,
            signed_here=self.forwarding.has_sent,
        )
        self.forwarding.connect(host, copying)
        self._comparing = Comparing(
            asking=self._asking, copying=copying, quarantines=self._quarantines, turns=self._turns
        )
        self._cursors.connect(host)
        submissions = SubmissionService(
            domain=self._domain,
            host=host,
            signers=self._signers,
            spokesmen=self._spokesmen,
            clock=self._clock,
            heard=self._contact,
        )
        history = HistoryService(
            domain=self._domain,
            host=host,
            store=self._store,
            signers=self._signers,
            spokesmen=self._spokesmen,
            heard=self._contact,
        )
        serve_requests(self._router, submissions, history)
        UpdateService(
            domain=self._domain,
            host=host,
            router=self._router,
            spokesmen=self._spokesmen,
            copying=copying,
            quarantines=self._quarantines,
            turns=self._turns,
            welcome=self._welcome,
            heard=self._contact,
            used=self._comparing.used,
        )

    async def start(self) -> None:
        """Go on with everything that was under way. Raises StoreUnavailable."""
        await self._quarantines.start()
        await self.deliveries.start()
        await self.forwarding.start()

    async def stop(self) -> None:
        """Send nothing more; what is under way goes on after the next start."""
        if self._comparing is not None:
            await self._comparing.stop()
        await self._cursors.stop()
        await self.forwarding.stop()
        await self.deliveries.stop()

    def _serving(self) -> WaveHost:
        assert self._host is not None, "serve() connects the core before anything can go wrong"
        return self._host

    def _clock(self) -> int:
        return int(self._now() * 1000)

    def _contact(self, domain: str) -> None:
        self._services.heard(domain)
        self.deliveries.contact(domain)
        self.forwarding.contact(domain)

    def _link_changed(self, change: LinkChanged) -> None:
        """Whoever comes to us, or lets us in, is there: for the domain itself and those above its service."""
        link = (change.remote, change.direction)
        if not change.up:
            self._down.add(link)
            return
        broke = link in self._down
        self._down.discard(link)
        for domain in _domain_and_above(change.remote):
            self._contact(domain)
            if broke:
                self.deliveries.reconnected(domain)
                self.forwarding.reconnected(domain)
                if self._comparing is not None:
                    self._comparing.reconnected(domain)


def _domain_and_above(text: str) -> Iterator[str]:
    """``wave.beta.test`` gives itself, ``beta.test`` and ``test``; what is no domain, nothing."""
    try:
        domain = canonical_domain(text)
    except InvalidDomain:
        return
    while domain:
        yield domain
        domain = domain.partition(".")[2]
