"""Whole providers in one process, on real databases, which federate through a hub: all but the streams is real."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from databases import sqlite_database
from s2s import pki
from s2s.hub import Hub
from wave_federation.links.backoff import Backoff
from wave_federation.namespaces import CURSORS, HISTORY_PAGES, SIGNATURES
from wave_federation.persistence import StoredFederation
from wave_federation.provider import Provider
from wave_federation.routing.disco import Disco
from wave_federation.routing.router import Router
from wave_federation.routing.wave_services import WaveServices
from wave_federation.services import own_service
from wave_federation.signers.registry import Signers
from wave_federation.signing import DomainSigner
from wave_federation.xml.validation import validate
from wave_ot.deltas import HashedVersion
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.store import Store
from wave_server.submission import Acknowledgement, Committed, Operations, Submission

FEATURES = (CURSORS, HISTORY_PAGES, SIGNATURES)


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


class WatchedFederation(StoredFederation):
    """Says when deltas for other hosts are written down and crossed off, and when a copy is quarantined."""

    def __init__(
        self, store: Store, written_down: asyncio.Event, crossed_off: asyncio.Event, quarantined: asyncio.Event
    ) -> None:
        super().__init__(store)
        self._written_down, self._crossed_off, self._quarantined = written_down, crossed_off, quarantined

    async def add_forwarded(self, name: WaveletName, author: str, key: str, delta: bytes, created_at: int) -> int:
        row = await super().add_forwarded(name, author, key, delta, created_at)
        self._written_down.set()
        return row

    async def remove_forwarded(self, forwarded_id: int) -> None:
        await super().remove_forwarded(forwarded_id)
        self._crossed_off.set()

    async def add_quarantine(self, name: WaveletName, since: int, reason: str, evidence: bytes) -> None:
        await super().add_quarantine(name, since, reason, evidence)
        self._quarantined.set()


class RunningProvider:
    """One provider: its store, core, federation and router. ``start`` it; a crash is a stop without a goodbye."""

    def __init__(self, domain: str, directory: Path, hub: Hub, ca: pki.Authority, **options: Any) -> None:
        self.domain = domain
        self.database = directory / f"{domain}.db"
        self.hub = hub
        self.ca = ca
        self.users: set[str] | None = None  # None: everybody
        self.options = options
        self.versions: dict[WaveletName, int] = {}  # that have been committed since the first start
        self.written_down = asyncio.Event()  # a delta for another host
        self.crossed_off = asyncio.Event()
        self.quarantined = asyncio.Event()
        self._changed = asyncio.Event()
        identity = ca.issue(domain)
        self.signer = DomainSigner.from_pem(domain, identity.certificate_pem, identity.key_pem)

    async def start(self) -> None:
        service = own_service(self.domain)
        self.store = await Store.open(await sqlite_database(self.database))
        self.transport = self.hub.end(self.domain, service)
        self.router = Router(self.transport, validate)
        disco = Disco(self.router, domain=self.domain, service=service)
        for feature in FEATURES:
            disco.announce(feature)
        self.services = WaveServices(self.router, service, time.monotonic)
        kept = self.kept = WatchedFederation(self.store, self.written_down, self.crossed_off, self.quarantined)
        self.signers = Signers(kept, lambda: [self.ca.certificate], clock=milliseconds)
        await self.signers.keep_own(self.signer.info)
        self.provider = Provider(
            domain=self.domain,
            store=kept,
            router=self.router,
            services=self.services,
            signers=self.signers,
            signer=self.signer,
            welcome=self._welcome,
            now=time.time,
            random=random.Random(1).random,
            backoff=Backoff(first=0.02, cap=0.1),
            **self.options,
        )
        self.host = WaveHost(
            domain=self.domain,
            store=self.store,
            clock=milliseconds,
            limits=HostLimits(),
            signer=self.signer,
            observers=[self.provider.observe, self._observe],
            cursor_listeners=[self.provider.cursor_moved],
            forwarder=self.provider.forwarder,
        )
        self.provider.serve(self.host)
        await self.host.start()
        await self.provider.start()

    async def stop(self) -> None:
        await self.transport.stop()
        await self.provider.stop()
        await self.services.stop()
        await self.router.stop()
        await self.host.stop()
        await self.store.close()

    async def _welcome(self, _name: WaveletName, addresses: Sequence[str]) -> bool:
        return self.users is None or bool(self.users & set(addresses))

    def _observe(self, committed: Committed) -> None:
        self.versions[committed.delta.wavelet] = committed.delta.version
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds, which can change only with a delta that is committed here."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    # What users do

    async def submit(
        self, name: WaveletName, author: str, operations: Operations, *, at: HashedVersion | None = None, key: str
    ) -> Acknowledgement:
        """Submit at the head, or at ``at``, and wait for the acknowledgement."""
        target = at or await self.host.head(name)
        return await self.host.submit_and_wait(name, Submission(target, operations, key), WaveAddress.parse(author))


@asynccontextmanager
async def providers(
    directory: Path, *domains: str, hub: Hub | None = None, ca: pki.Authority | None = None
) -> AsyncIterator[dict[str, RunningProvider]]:
    """Running providers of these domains, which trust one authority."""
    hub, ca = hub or Hub(), ca or pki.Authority.new()
    running = {domain: RunningProvider(domain, directory, hub, ca) for domain in domains}
    for provider in running.values():
        await provider.start()
    try:
        yield running
    finally:
        for provider in running.values():
            await provider.stop()
