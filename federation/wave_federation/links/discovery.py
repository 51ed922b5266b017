"""Finding a domain's servers: static routes first, then the DNS. The order of candidates is made in ``candidates``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar, final

from wave_federation.errors import LinkFailed
from wave_federation.links.candidates import (
    Candidate,
    Endpoint,
    NoSuchService,
    Random,
    SrvRecord,
    at_addresses,
    endpoints,
    is_address,
)

_Answer = TypeVar("_Answer")


class ResolutionFailed(LinkFailed):
    """The DNS gave no answer: no statement about the domain. Later it may."""


class Resolver(Protocol):
    """What discovery asks of the DNS. Names are absolute, in A-labels, without the final dot."""

    async def srv(self, name: str) -> Sequence[SrvRecord]:
        """The SRV records of a name; empty when there are none. Raises ResolutionFailed."""

    async def ipv4(self, host: str) -> Sequence[str]:
        """The addresses in its A records; empty when there are none. Raises ResolutionFailed."""

    async def ipv6(self, host: str) -> Sequence[str]:
        """The addresses in its AAAA records; empty when there are none. Raises ResolutionFailed."""


@final
class Discovery:
    """Where to connect for a domain. Nothing is remembered: every attempt asks anew, resolvers cache as records say."""

    def __init__(self, resolver: Resolver, routes: Mapping[str, Endpoint], random: Random) -> None:
        """``routes`` maps canonical domains to where their servers are, whatever the DNS says."""
        self._resolver: Final = resolver
        self._routes: Final = routes
        self._random: Final = random

    async def candidates(self, domain: str) -> AsyncGenerator[Candidate, None]:
        """The socket addresses to try for a canonical domain, in order, each host looked up when its turn comes.

        When the DNS gives no answer about one of the two services, the other one's records do; without any, the domain
        itself is tried at the usual port (RFC 6120 §3.2.1, step 9). A host whose addresses cannot be found is passed
        over. Raises NoSuchService when nothing was found and the DNS is sure of that, ResolutionFailed when it is not.
        """
        faults: list[ResolutionFailed] = []
        found = False
        places = await self._endpoints(domain, faults)
        for endpoint in places:
            for candidate in at_addresses(endpoint, *await self._addresses(endpoint.host, faults)):
                found = True
                yield candidate
        if found:
            return
        if faults:
            raise faults[0]
        raise NoSuchService(_without_address(domain, places))

    async def _endpoints(self, domain: str, faults: list[ResolutionFailed]) -> tuple[Endpoint, ...]:
        route = self._routes.get(domain)
        if route is not None:
            return (route,)
        ask = self._resolver.srv
        direct, starttls = await asyncio.gather(
            _or_nothing(ask, f"_xmpps-server._tcp.{domain}", faults),
            _or_nothing(ask, f"_xmpp-server._tcp.{domain}", faults),
        )
        return endpoints(domain, direct, starttls, self._random)

    async def _addresses(self, host: str, faults: list[ResolutionFailed]) -> tuple[Sequence[str], Sequence[str]]:
        """IPv6 and IPv4 addresses."""
        if is_address(host):
            return ((host,), ()) if ":" in host else ((), (host,))
        return await asyncio.gather(
            _or_nothing(self._resolver.ipv6, host, faults), _or_nothing(self._resolver.ipv4, host, faults)
        )


async def _or_nothing(
    ask: Callable[[str], Awaitable[Sequence[_Answer]]], name: str, faults: list[ResolutionFailed]
) -> Sequence[_Answer]:
    """What the DNS answers; nothing when it does not, and then the failure is added to ``faults``."""
    try:
        return await ask(name)
    except ResolutionFailed as error:
        faults.append(error)
        return ()


def _without_address(domain: str, places: Sequence[Endpoint]) -> str:
    hosts = ", ".join(endpoint.host for endpoint in places)
    if hosts == domain:
        return f"{domain} does not exist: the DNS has neither servers nor an address for it"
    return f"the DNS has no address for the servers of {domain}: {hosts}"
