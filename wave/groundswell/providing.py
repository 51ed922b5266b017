"""The provider, wired: what federates between the core and the router, with this domain's signer and accounts."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, final

from groundswell.config import Config
from groundswell.federating import Federation
from groundswell.federation_config import names
from wave_federation.domains import canonical_domain
from wave_federation.namespaces import CURSORS, HISTORY_PAGES, SIGNATURES, WAVE
from wave_federation.persistence import StoredFederation
from wave_federation.provider import Provider
from wave_federation.remote.updates import Welcome
from wave_federation.signers.own import OwnSigner
from wave_federation.signers.registry import Signers
from wave_server.accounts import Accounts
from wave_server.errors import NotFound
from wave_server.host import WaveHost
from wave_server.names import WaveletName
from wave_server.store import Store

FEATURES: Final = (WAVE, CURSORS, HISTORY_PAGES, SIGNATURES)


@final
class Providing:
    """The parts that the core is made with, and what starts them once it is there."""

    def __init__(self, provider: Provider, signer: OwnSigner, signers: Signers, federation: Federation) -> None:
        self.provider: Final = provider
        self.signer: Final = signer
        self.signers: Final = signers
        self._federation: Final = federation

    @asynccontextmanager
    async def serving(self, host: WaveHost) -> AsyncIterator[None]:
        """Serve other providers within the block; what was under way goes on. Raises StoreUnavailable."""
        await self.signer.keep()
        self.provider.serve(host)
        for feature in FEATURES:
            self._federation.disco.announce(feature, self._federation.service)
        self._federation.on_certificates(self.signer.refresh)
        await self.provider.start()
        try:
            yield
        finally:
            await self.provider.stop()


def make_providing(
    config: Config, store: Store, accounts: Accounts, federation: Federation, clock: Callable[[], int]
) -> Providing:
    """Raises UnusableSigner, OSError."""
    domain = canonical_domain(config.domain)
    kept = StoredFederation(store)
    signers = Signers(kept, lambda: federation.trust.roots, clock=clock, legacy=_legacy(config))
    certificate, key = config.federation.signer_files
    signer = OwnSigner(domain, Path(certificate), Path(key), signers)
    provider = Provider(
        domain=domain,
        store=kept,
        router=federation.router,
        services=federation.services,
        signers=signers,
        signer=signer,
        welcome=_welcome(accounts),
        now=time.time,
        random=random.random,
        give_up=config.federation.give_up_days * 86_400,
    )
    return Providing(provider, signer, signers, federation)


def stored_signers(config: Config, store: Store) -> Signers:
    """The signers that have been admitted, for looking back: nobody is admitted by these."""
    return Signers(StoredFederation(store), tuple, clock=lambda: 0, legacy=_legacy(config))


def _legacy(config: Config) -> frozenset[str]:
    return frozenset(canonical_domain(each) for each in names(config.federation.legacy_domains))


def _welcome(accounts: Accounts) -> Welcome:
    """Waves may be shared with those who have an account here, and with everybody of the domain."""

    async def welcome(_name: WaveletName, addresses: Sequence[str]) -> bool:
        for address in addresses:
            if address.startswith("@"):
                return True
            try:
                account = await accounts.get(address)
            except NotFound:
                continue
            if account.disabled_at is None:
                return True
        return False

    return welcome
