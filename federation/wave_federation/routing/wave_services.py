"""Where the wave services of other domains are: found by discovery, remembered for a while.

Source: FEDERATION.md, section 2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import FederationError, InvalidDomain
from wave_federation.links.transport import Direction, LinkChanged
from wave_federation.namespaces import WAVE
from wave_federation.routing.disco import ask_info, ask_items
from wave_federation.routing.router import REQUEST_SECONDS, Router

FOUND_SECONDS: Final = 7_200.0
NOT_FOUND_SECONDS: Final = 300.0
MAX_REMEMBERED: Final = 10_000  # domains
MAX_ITEMS: Final = 20  # of a domain that are asked what they are
MAX_FEATURES: Final = 50  # of a service that are remembered
OUR_FEATURES: Final = "urn:groundswell:"


@final
@dataclass(frozen=True, slots=True)
class WaveService:
    """Where a domain's waves are spoken of."""

    address: str  # a domain, canonical: the domain itself or one below it
    features: frozenset[str]  # those of ours, urn:groundswell:…


class NoWaveService(FederationError):
    """A domain has no wave service, or none that can be reached: ``str()`` says which."""


_Outcome: TypeAlias = WaveService | str  # a str says why there is none


@final
@dataclass(frozen=True, slots=True)
class _Known:
    outcome: _Outcome
    until: float


@final
class WaveServices:
    """Finds services, each once for all who ask meanwhile. ``local`` is our own service, that asks.

    ``clock`` is monotonic, in seconds. Both what was found and that nothing was are remembered; the latter is
    forgotten when the domain makes itself heard.
    """

    def __init__(
        self, router: Router, local: str, clock: Callable[[], float], *, within: float = REQUEST_SECONDS
    ) -> None:
        self._router = router
        self._local = local
        self._clock = clock
        self._within = within  # seconds that one question may take
        self._known: dict[str, _Known] = {}
        self._searches: dict[str, asyncio.Task[_Outcome]] = {}
        self._heard_meanwhile: set[str] = set()  # domains of searches under way, whose questions may have been lost
        router.transport.observe(self._link_changed)

    async def discover(self, domain: str) -> WaveService:
        """The wave service of ``domain``. Raises NoWaveService, and InvalidDomain for what is no domain."""
        domain = canonical_domain(domain)
        known = self._known.get(domain)
        outcome = known.outcome if known is not None and self._clock() < known.until else await self._search(domain)
        if isinstance(outcome, str):
            raise NoWaveService(outcome)
        return outcome

    def forget(self, domain: str) -> None:
        """Look for the service of ``domain``, canonical, anew when somebody next asks for it."""
        self._known.pop(domain, None)

    def heard(self, domain: str) -> None:
        """The domain, canonical, has made itself heard: that nothing was found there counts no longer."""
        self._forget_failures([domain])

    async def stop(self) -> None:
        """Break off what is being looked for."""
        searches = list(self._searches.values())
        for search in searches:
            search.cancel()
        await asyncio.gather(*searches, return_exceptions=True)

    async def _search(self, domain: str) -> _Outcome:
        search = self._searches.get(domain)
        if search is None:
            search = self._searches[domain] = asyncio.get_running_loop().create_task(self._find(domain))
            search.add_done_callback(lambda _: self._searched(domain))
        return await asyncio.shield(search)  # whoever gives up waiting does not end it for the others

    def _searched(self, domain: str) -> None:
        del self._searches[domain]
        self._heard_meanwhile.discard(domain)

    async def _find(self, domain: str) -> _Outcome:
        failures: list[FederationError] = []
        items = await self._items(domain, failures)
        service = await self._first(_below(domain, [f"wave.{domain}", *items]), failures)
        if service is not None:
            self._remember(domain, service, FOUND_SECONDS)
            return service
        reason = str(failures[0]) if failures else "neither it nor any of its items says that it is one"
        outcome = f"no wave service of {domain} can be reached: {reason}"
        if domain not in self._heard_meanwhile:
            self._remember(domain, outcome, NOT_FOUND_SECONDS)
        return outcome

    async def _items(self, domain: str, failures: list[FederationError]) -> Sequence[str]:
        try:
            return await ask_items(self._router, self._local, domain, within=self._within)
        except FederationError as failure:
            failures.append(failure)
            return ()

    async def _first(self, addresses: list[str], failures: list[FederationError]) -> WaveService | None:
        """The first of ``addresses``, in their order, that says it is a wave service. All are asked at once."""
        loop = asyncio.get_running_loop()
        questions = [loop.create_task(self._service(address, failures)) for address in addresses]
        try:
            for question in questions:
                service = await question
                if service is not None:
                    return service
            return None
        finally:
            for question in questions:
                question.cancel()

    async def _service(self, address: str, failures: list[FederationError]) -> WaveService | None:
        try:
            info = await ask_info(self._router, self._local, address, within=self._within)
        except FederationError as failure:
            failures.append(failure)
            return None
        return WaveService(address, _ours(info.features)) if WAVE in info.features else None

    def _remember(self, domain: str, outcome: _Outcome, seconds: float) -> None:
        self._known.pop(domain, None)
        while len(self._known) >= MAX_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[domain] = _Known(outcome, self._clock() + seconds)

    def _link_changed(self, change: LinkChanged) -> None:
        """Look again for what was not found when its domain comes to us, or the server behind which we are."""
        if not change.up:
            return
        if not change.remote:
            self._forget_failures([*self._known, *self._searches])
        elif change.direction is Direction.INCOMING:
            self._forget_failures([change.remote, change.remote.partition(".")[2]])

    def _forget_failures(self, domains: list[str]) -> None:
        for domain in domains:
            if domain in self._searches:
                self._heard_meanwhile.add(domain)
            known = self._known.get(domain)
            if known is not None and isinstance(known.outcome, str):
                del self._known[domain]


def _below(domain: str, items: Iterable[str]) -> list[str]:
    """Those of a domain's items that may be its wave service: itself or below it, once each.

    A domain cannot hand its waves to another one: who may speak for its users would not be provable.
    """
    found: dict[str, None] = {}
    for item in items:
        try:
            address = canonical_domain(item)
        except InvalidDomain:
            continue
        if address == domain or address.endswith(f".{domain}"):
            found[address] = None
    return list(found)[:MAX_ITEMS]


def _ours(features: frozenset[str]) -> frozenset[str]:
    return frozenset(sorted(feature for feature in features if feature.startswith(OUR_FEATURES))[:MAX_FEATURES])
