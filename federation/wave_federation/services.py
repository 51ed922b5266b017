"""Which service speaks for which domain, and how ours is addressed."""

from __future__ import annotations

from typing import Final, final

from wave_federation.errors import FederationError
from wave_federation.routing.wave_services import WaveService, WaveServices


def own_service(domain: str) -> str:
    """The address of our wave service: ``wave.<domain>``, as the original's (FEDERATION.md, section 2)."""
    return f"wave.{domain}"


@final
class Spokesmen:
    """Who may speak for whom. A service has proved its own name; here is decided whose users' waves it may bring."""

    def __init__(self, services: WaveServices) -> None:
        self._services: Final = services

    async def service_of(self, domain: str) -> WaveService:
        """Where the waves of a domain are spoken of. Raises NoWaveService."""
        return await self._services.discover(domain)

    async def speaks_for(self, service: str, domain: str) -> bool:
        """Whether ``service``, a domain that a stream has proved, is the wave service of ``domain``.

        The domain itself and ``wave.<domain>`` are; another one below it is when the domain names it. Somebody else
        who has a name below a domain is not the domain.
        """
        if service in (domain, own_service(domain)):
            return True
        if not service.endswith(f".{domain}"):
            return False
        try:
            return (await self._services.discover(domain)).address == service
        except FederationError:
            return False
