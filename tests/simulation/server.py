"""One domain's server: the real core, federation and router on a simulated disk, clock and network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from simulation.disk import Disk, Hazards, MemoryStore
from simulation.loop import Process
from simulation.network import Network
from simulation.session import Session
from simulation.signing import Identity
from wave_federation.errors import FederationError
from wave_federation.links.backoff import Backoff
from wave_federation.namespaces import CURSORS, HISTORY_PAGES, SIGNATURES
from wave_federation.protocol.messages import HistoryRequest
from wave_federation.provider import Provider
from wave_federation.remote.asking import Asking
from wave_federation.routing.disco import Disco
from wave_federation.routing.router import Router
from wave_federation.routing.wave_services import WaveServices
from wave_federation.services import Spokesmen, own_service
from wave_federation.signers.registry import Signers
from wave_federation.xml.validation import validate
from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_server.errors import Unavailable
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.submission import WaveletSnapshot

FEATURES: Final = (CURSORS, HISTORY_PAGES, SIGNATURES)

_PAGE: Final = 100_000  # bytes


@dataclass(frozen=True, slots=True)
class Settings:
    """How all servers of a world are set up."""

    limits: HostLimits
    backoff: Backoff
    give_up: float  # seconds


class Server:
    """``start`` it; it may ``crash`` and start again. ``trace`` is told what happens, ``crashed`` of each crash."""

    def __init__(
        self,
        identity: Identity,
        disk: Disk,
        network: Network,
        settings: Settings,
        random: Random,
        hazards: Hazards,
        trace: Callable[[str], None],
        crashed: Callable[[Server], None],
    ) -> None:
        self.domain: Final = identity.domain
        self.disk: Final = disk
        self.hazards: Final = hazards
        self.skew = 0.0  # seconds by which its clock is ahead
        self.host: WaveHost | None = None  # while it serves
        self.process: Process | None = None
        self.sessions: Final[list[Session]] = []
        self._asking: Asking | None = None
        self._identity: Final = identity
        self._network: Final = network
        self._settings: Final = settings
        self._random: Final = random
        self._trace: Final = trace
        self._crashed: Final = crashed

    @property
    def is_up(self) -> bool:
        """Whether people can connect to it."""
        return self.host is not None

    def now(self) -> float:
        """Seconds since 1970, by its own clock."""
        return self._identity.epoch + self.skew + asyncio.get_running_loop().time()

    def milliseconds(self) -> int:
        return int(self.now() * 1000)

    # Its life

    def start(self) -> None:
        """Begin to start. Nothing happens when it runs already."""
        if self.process is None:
            self.process = Process()
            self.process.start(self._start(self.process))

    def crash(self, reason: str = "is killed") -> None:
        """End at once, in the middle of whatever it does."""
        if self.process is None:
            return
        self._trace(f"{self.domain} {reason}")
        process, self.process, self.host = self.process, None, None
        process.kill()
        self.hazards.crashes = 0
        for peer in self._peers():
            self._network.break_link(self.domain, peer)
        for session in list(self.sessions):
            session.cut()
        self._crashed(self)

    async def _start(self, process: Process) -> None:
        store = MemoryStore(self.disk, process, self.hazards, lambda: self.crash("is killed while it writes"))
        service = own_service(self.domain)
        transport = self._network.plug_in(self.domain, process, frozenset((self.domain, service)))
        router = Router(transport, validate)
        disco = Disco(router, domain=self.domain, service=service)
        for feature in FEATURES:
            disco.announce(feature)
        services = WaveServices(router, service, asyncio.get_running_loop().time)
        signers = Signers(store, lambda: [self._identity.authority], clock=self.milliseconds)
        provider = Provider(
            domain=self.domain,
            store=store,
            router=router,
            services=services,
            signers=signers,
            signer=self._identity.signer,
            welcome=_everybody,
            now=self.now,
            random=self._random.random,
            backoff=self._settings.backoff,
            give_up=self._settings.give_up,
        )
        host = WaveHost(
            domain=self.domain,
            store=store,
            clock=self.milliseconds,
            limits=self._settings.limits,
            signer=self._identity.signer,
            observers=[provider.observe],
            cursor_listeners=[provider.cursor_moved],
            forwarder=provider.forwarder,
        )
        provider.serve(host)
        try:
            await signers.keep_own(self._identity.signer.info)
            await host.start()
            await provider.start()
            await transport.start()
        except Unavailable as error:
            self.crash(f"cannot start: {error}")
            return
        self.host = host
        self._asking = Asking(service, router, Spokesmen(services))
        self._trace(f"{self.domain} is up")
        for peer in self._peers():
            self._network.come_back(self.domain, peer)

    def _peers(self) -> list[str]:
        return [each.domain for each in self._network.servers() if each.domain != self.domain]

    # What it should not do

    def pry(self, name: WaveletName, end: HashedVersion) -> None:
        """Ask for the whole history of a wavelet, whether that is its business or not."""
        if self.is_up and self.process is not None and name.host != self.domain:
            self.process.start(self._pry(HistoryRequest(name, version_zero(name.uri), end, _PAGE)))

    async def _pry(self, request: HistoryRequest) -> None:
        assert self._asking is not None
        with suppress(FederationError):  # to be told nothing is what is right
            await self._asking.history(request.wavelet.host, request)

    # Looking in from outside

    async def read(self, name: WaveletName) -> WaveletSnapshot | None:
        """The state of a wavelet, if it is up and has it."""
        host, process = self.host, self.process
        return None if host is None or process is None else await process.start(host.read(name))


async def _everybody(_name: WaveletName, _addresses: Sequence[str]) -> bool:
    return True
