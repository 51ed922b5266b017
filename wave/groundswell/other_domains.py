"""Whether waves can be shared with a domain: federation's answer, for the browser."""

from __future__ import annotations

import asyncio
from typing import Final, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain
from wave_federation.routing.wave_services import NoWaveService, WaveServices
from wave_server.errors import InvalidRequest
from wave_web.domains_api import OtherDomain, Standing

PATIENCE: Final = 15.0  # seconds that somebody who types an address waits for


@final
class OtherDomains:
    """The port of ``wave_web.domains_api``. ``services`` is None where federation is off."""

    def __init__(self, domain: str, services: WaveServices | None, *, patience: float = PATIENCE) -> None:
        self._own: Final = domain
        self._services: Final = services
        self._patience: Final = patience

    async def look_up(self, domain: str) -> OtherDomain:
        """See DomainsPort."""
        try:
            canonical = canonical_domain(domain)
        except InvalidDomain as error:
            raise InvalidRequest(f"the path: {error}") from error
        if canonical == self._own:
            return OtherDomain(canonical, Standing.OWN)
        if self._services is None:
            return OtherDomain(canonical, Standing.OFF)
        try:
            async with asyncio.timeout(self._patience):
                await self._services.discover(canonical)
        except NoWaveService as error:
            return OtherDomain(canonical, Standing.UNREACHABLE, str(error))
        except TimeoutError:
            said = f"{canonical} has not answered within {self._patience:.0f} seconds"
            return OtherDomain(canonical, Standing.UNREACHABLE, said)
        return OtherDomain(canonical, Standing.FOUND)
