"""A world: servers, people and faults, from a seed. It is run until everybody agrees again, or has failed to."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final

from simulation.disk import Disk, Hazards
from simulation.faults import Crash, Cut, Fault, Plan, draw
from simulation.ledger import LETTERS, Ledger, mark, wavelet_id
from simulation.loop import SimulatedLoop, Stuck
from simulation.network import Network, Way, Weather
from simulation.server import Server, Settings
from simulation.signing import identity_of
from simulation.tab import DOCUMENT, Tab
from wave_federation.links.backoff import Backoff
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_server import access
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletId, WaveletName
from wave_server.store import StoredDelta

CALM: Final = 3_600.0  # seconds after the last fault within which everybody must agree
TRACED: Final = 40
_SMALL: Final = HostLimits(recent_deltas=3, recent_age=200, snapshot_operations=10, idle_wavelets=1, idle_time=2_000)
_WAVE: Final = WaveId("alpha.test", "w+simulated")


class Failed(Exception):
    """An invariant does not hold."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a world. ``failure`` is None when all was as it must be; ``trace`` are the last events."""

    seed: int
    failure: str | None
    trace: tuple[str, ...]
    counts: Counter[str]

    def __str__(self) -> str:
        """What to do to see it again, and what happened last."""
        said = "nothing was wrong" if self.failure is None else self.failure
        return "\n".join((f"seed {self.seed}: {said}", f"make simulate SEEDS=1 START={self.seed}", *self.trace))


def simulate(seed: int) -> Outcome:
    """Run the world of a seed from its beginning to its end."""
    world = World(seed)
    watch = _LogWatch(world)
    logger = logging.getLogger()
    logger.addHandler(watch)
    level = logger.level
    logger.setLevel(logging.WARNING)
    failure: str | None = None
    try:
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.get_loop().set_exception_handler(world.unhandled)
            runner.run(world.run())
    except (Failed, Stuck) as error:
        failure = str(error)
    except Exception as error:  # of the simulation itself: its seed is to be told, too
        failure = repr(error)
    finally:
        logger.setLevel(level)
        logger.removeHandler(watch)
    return Outcome(seed, failure, tuple(world.trace), world.ledger.counts)


class World:
    """One world."""

    def __init__(self, seed: int) -> None:
        self.plan: Final[Plan] = draw(seed)
        self.trace: Final[deque[str]] = deque(maxlen=TRACED)
        self.ledger: Final = Ledger({each: identity_of(each) for each in self.plan.domains}, self._disk_row, self.fail)
        self._seed: Final = seed
        self._random: Final = self._stream("people")
        self._servers: Final[dict[str, Server]] = {}
        self._tabs: Final[list[Tab]] = []
        self._marks: Final = count(1)
        self._wavelets: Final = count()
        self._failed: asyncio.Future[None] | None = None
        self._failure: str | None = None
        self._away: Final[dict[str, float]] = {}  # how long each server is to be away after its next crash
        self._calm = False

    def _stream(self, purpose: str) -> Random:
        return Random(f"{self._seed} {purpose}")

    # What is noticed

    def note(self, event: str) -> None:
        """Something has happened."""
        self.trace.append(f"{asyncio.get_running_loop().time():9.3f}  {event}")

    def fail(self, reason: str) -> None:
        """An invariant is broken: the world ends soon. The first reason counts."""
        self.note(f"FAILED: {reason}")
        if self._failure is None:
            self._failure = reason
            if self._failed is not None:
                self._failed.set_result(None)

    def unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """An exception that nobody has caught. What is said of tasks of a world that has ended is no news."""
        if loop.is_running():
            self.fail(f"unhandled: {context.get('message')}: {context.get('exception')!r}")

    def _disk_row(self, domain: str, name: WaveletName, at: int) -> StoredDelta | None:
        return self._servers[domain].disk.delta_at(name, at)

    # The course of things

    async def run(self) -> None:
        """Raises Failed."""
        self._failed = asyncio.get_running_loop().create_future()
        course = asyncio.get_running_loop().create_task(self._course())
        await asyncio.wait((course, self._failed), return_when=asyncio.FIRST_COMPLETED)
        course.cancel()
        await asyncio.gather(course, return_exceptions=True)
        if self._failure is not None:
            raise Failed(self._failure)
        if not course.cancelled():
            course.result()

    async def _course(self) -> None:
        self._build()
        await self._begin()
        loop = asyncio.get_running_loop()
        start = loop.time()
        for when, fault in self.plan.faults:
            loop.call_at(start + when, self._befall, fault)
        people = [loop.create_task(self._live(tab)) for tab in self._tabs]
        await asyncio.sleep(self.plan.lasting)
        await asyncio.gather(*people)
        self._heal()
        await self._settle()
        self.ledger.check_fates()

    def _build(self) -> None:
        plan = self.plan
        weather = Weather(self._stream("network"), plan.delay, plan.slow, plan.loss, plan.doubling)
        self._network = Network(weather, self.ledger.on_wire)
        limits = _SMALL if plan.small else HostLimits()
        settings = Settings(limits, Backoff(first=1.0, cap=60.0), plan.give_up)
        outside = copy_context()
        for domain in plan.domains:
            hazards = Hazards(self._stream(f"disk of {domain}"), failing=0.0)
            disk = Disk(lambda row, domain=domain: self._committed(domain, row))  # type: ignore[misc]
            random = self._stream(domain)
            server = self._servers[domain] = Server(
                identity_of(domain), disk, self._network, settings, random, hazards, self.note, self._crashed
            )
            for number in range(plan.people):
                address = WaveAddress(f"p{number}", domain)
                for tab in range(1 if number or self._random.random() < 0.5 else 2):
                    label = f"{address}/{tab}"
                    self._tabs.append(Tab(address, label, _WAVE, server, self.ledger, outside, self._stream(label)))

    async def _begin(self) -> None:
        """Everybody is there, and most are in the first wavelet."""
        for server in self._servers.values():
            server.start()
        await _until(lambda: all(server.is_up for server in self._servers.values()))
        for server in self._servers.values():
            server.hazards.failing = self.plan.failing
            server.hazards.slow = 0.02 if self.plan.failing else 0.0
        for tab in self._tabs:
            tab.connect()
        await _until(lambda: all(tab.is_settled for tab in self._tabs))
        first = self._tabs[0]
        others = dict.fromkeys(str(tab.address) for tab in self._tabs if tab.address != first.address)
        self._create(first, [each for each in others if self._random.random() < 0.8])

    async def _live(self, tab: Tab) -> None:
        """Somebody does one thing after the other."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.plan.lasting
        while loop.time() < end:
            await asyncio.sleep(self._random.expovariate(1 / self.plan.pause))
            if loop.time() < end:
                self._act(tab)

    def _act(self, tab: Tab) -> None:
        random = self._random
        names = tab.editable()
        if not names:
            return
        name, chance = random.choice(names), random.random()
        everybody = list(dict.fromkeys(str(each.address) for each in self._tabs))
        if chance < 0.5:
            tab.type(name, mark(next(self._marks)))
        elif chance < 0.75:
            tab.type(name, random.choice(LETTERS))
        elif chance < 0.85:
            tab.erase(name, LETTERS)
        elif chance < 0.89:
            tab.invite(name, random.choice(everybody))
        elif chance < 0.91:
            tab.expel(name, random.choice(everybody))
        elif chance < 0.94:
            others = [each for each in everybody if each != str(tab.address) and random.random() < 0.4]
            self._create(tab, others)
        elif chance < 0.96:
            tab.point(name)
        elif chance < 0.98:
            self._pry()
        else:
            tab.disconnect()

    def _pry(self) -> None:
        """Some server asks for what may be none of its business, and knows what it asks for."""
        if not self.ledger.truths:
            return
        name = self._random.choice(list(self.ledger.truths))
        last = self.ledger.truths[name].rows[-1]
        server = self._servers[self._random.choice(self.plan.domains)]
        server.pry(name, HashedVersion(last.version, last.history_hash))

    def _create(self, tab: Tab, others: list[str]) -> None:
        name = WaveletName(_WAVE, WaveletId(tab.address.domain, wavelet_id(next(self._wavelets))))
        self.note(f"{tab.label} makes {name.path} with {', '.join(others) or 'nobody'}")
        tab.create(name, others, mark(next(self._marks)))

    def _committed(self, domain: str, row: StoredDelta) -> None:
        self.note(f"{domain} stores {row.at}-{row.version} of {row.wavelet.wavelet.id} by {row.author} ({row.key})")
        self.ledger.committed(domain, row)

    # Faults

    def _befall(self, fault: Fault) -> None:
        if self._calm:
            return
        self.note(str(fault))
        if isinstance(fault, Crash):
            server = self._servers[fault.domain]
            self._away[fault.domain] = fault.away
            if fault.writes:
                server.hazards.crashes, server.hazards.after = fault.writes, fault.after
            else:
                server.crash()
        elif isinstance(fault, Cut):
            self._network.set_way(fault.one, fault.other, fault.way, told=fault.told)
            mend = (fault.one, fault.other, Way.OPEN)
            asyncio.get_running_loop().call_later(fault.lasting, self._mend, mend, fault.told)
        else:
            self._servers[fault.domain].skew += fault.seconds

    def _mend(self, mend: tuple[str, str, Way], told: bool) -> None:
        self.note(f"there is a way again between {mend[0]} and {mend[1]}")
        self._network.set_way(*mend, told=told)

    def _crashed(self, server: Server) -> None:
        away = self._away.pop(server.domain, 1.0)
        asyncio.get_running_loop().call_later(away, server.start)

    def _heal(self) -> None:
        """From now on nothing goes wrong any more."""
        self.note("all is well from now on")
        self._calm = True
        weather = self._network.weather
        weather.loss = weather.doubling = weather.slow = 0.0
        for server in self._servers.values():
            server.hazards.failing = server.hazards.slow = 0.0
            server.hazards.crashes = 0
            server.start()
        domains = list(self._servers)
        for one in domains:
            for other in domains:
                if one < other:
                    self._network.set_way(one, other, Way.OPEN, told=False)
                    self._network.break_link(one, other)
                    self._network.come_back(one, other)

    # The end

    async def _settle(self) -> None:
        """Wait until everybody has everything."""
        deadline = asyncio.get_running_loop().time() + CALM
        while (missing := await self._missing()) is not None:
            if asyncio.get_running_loop().time() > deadline:
                self.fail(f"{CALM:g} s after the last fault, {missing}")
                return
            await asyncio.sleep(1.0)

    async def _missing(self) -> str | None:
        """What has not come to rest yet."""
        for server in self._servers.values():
            if not server.is_up:
                return f"{server.domain} is not up"
            if server.disk.forwarded:
                return f"{server.domain} still forwards {next(iter(server.disk.forwarded.values())).key}"
        for tab in self._tabs:
            if not tab.is_settled:
                return f"{tab.label} waits"
        for name in self.ledger.truths:
            for domain, server in self._servers.items():
                rows = server.disk.histories.get(name, [])
                if domain != name.host and (lacking := self.ledger.check_copy(domain, name, rows)):
                    return lacking
        for name in self.ledger.truths:
            if (differing := await self._differing(name)) is not None:
                return differing
        return None

    async def _differing(self, name: WaveletName) -> str | None:
        """Whether everybody who may see a wavelet sees the same."""
        truth = await self._servers[name.host].read(name)
        if truth is None:
            return f"{name.path} is not at its host"
        shown = Document.from_op(truth.documents.get(DOCUMENT, DocOp())).to_op()
        for domain, server in self._servers.items():
            if self.ledger.truths[name].sight(domain) == truth.version:
                copy = await server.read(name)
                if copy is None or (copy.participants, copy.documents) != (truth.participants, truth.documents):
                    return f"{name.path} is another at {domain}"
        for tab in self._tabs:
            replica = tab.replicas.get(name)
            if access.may_read(tab.address, truth.participants) != (replica is not None):
                return f"{tab.label} {'does not see' if replica is None else 'still sees'} {name.path}"
            if replica is not None and replica.document(DOCUMENT).to_op() != shown:
                return f"{tab.label} sees another {name.path}"
        return None


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - it costs no time here
        await asyncio.sleep(0.1)


class _LogWatch(logging.Handler):
    """What the code says that is under test: warnings are events, errors are faults of it."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.WARNING)
        self._world: Final = world

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            said = f"{said} ({record.exc_info[1]!r})"
        if record.levelno >= logging.ERROR:
            self._world.fail(f"{record.name} says: {said}")
        else:
            self._world.note(f"({record.name.rpartition('.')[2]}) {said}")
