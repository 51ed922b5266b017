"""Stanzas between servers, as bytes, with everything that may happen to them on the way.

Those from one address to another arrive in the order of sending; others may overtake them. One may be lost or come
twice. Between two servers there can be no way at all, which they are told of or not; and when their link breaks, what
is on its way is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Final, TypeAlias

from lxml import etree

from simulation.loop import Process
from wave_federation.domains import canonical_domain
from wave_federation.errors import StanzaRefused
from wave_federation.links.transport import Direction, LinkChanged, LinkListener, LinkStatus, StanzaListener
from wave_federation.stanzas import Stanza, error_of, read_stanza

_TICK: Final = 1e-6  # seconds: two things never happen at one moment

Pair: TypeAlias = tuple[str, str]
Witness: TypeAlias = Callable[[str, str, Stanza], None]
"""Told what a server (by its domain) sends another, when it does."""


class Way(Enum):
    """How it is between two servers."""

    OPEN = auto()
    REFUSED = auto()  # what is sent comes back after a while
    SILENT = auto()  # what is sent is lost


@dataclass(slots=True)
class Weather:
    """What happens to stanzas. Delays are seconds."""

    random: Random
    delay: float = 0.05  # at most, as a rule
    slow: float = 0.0  # how often a stanza takes ten times as long
    loss: float = 0.0
    doubling: float = 0.0


class Network:
    """What connects the servers."""

    def __init__(self, weather: Weather, witness: Witness) -> None:
        self.weather = weather
        self._witness: Final = witness
        self._ends: Final[dict[str, SimulatedTransport]] = {}  # by each of their domains
        self._ways: Final[dict[frozenset[str], Way]] = {}
        self._breaks: Final[dict[frozenset[str], int]] = {}  # how often a link broke
        self._last: Final[dict[Pair, float]] = {}  # when the newest stanza of two addresses arrives

    def plug_in(self, domain: str, process: Process, domains: frozenset[str]) -> SimulatedTransport:
        """A transport for the server of ``domain``, in the place of one that it had before."""
        transport = SimulatedTransport(self, domain, process, domains)
        for each in domains:
            self._ends[each] = transport
        return transport

    def servers(self) -> list[SimulatedTransport]:
        """One transport a server."""
        return list(dict.fromkeys(self._ends.values()))

    def set_way(self, one: str, other: str, way: Way, *, told: bool = True) -> None:
        """Let it be like that between two servers from now on; ``told``: both hear of their links."""
        key = frozenset((one, other))
        before = self._ways.get(key, Way.OPEN)
        if way is before:
            return
        self._ways[key] = way
        if way is not Way.OPEN:
            self.break_link(one, other, told=told)
        elif told:
            self._tell(one, other, up=True)

    def break_link(self, one: str, other: str, *, told: bool = True) -> None:
        """Lose what is on its way between two servers."""
        key = frozenset((one, other))
        self._breaks[key] = self._breaks.get(key, 0) + 1
        if told:
            self._tell(one, other, up=False)

    def come_back(self, one: str, other: str) -> None:
        """A link that broke is there again."""
        if self._ways.get(frozenset((one, other)), Way.OPEN) is Way.OPEN:
            self._tell(one, other, up=True)

    def _tell(self, one: str, other: str, *, up: bool) -> None:
        for mine, theirs in ((one, other), (other, one)):
            if mine in self._ends and theirs in self._ends:
                self._ends[mine].change_links(self._ends[theirs], up=up)

    # Stanzas

    def carry(self, sender: SimulatedTransport, stanza: Stanza) -> None:
        """Take a stanza from a server."""
        recipient = self._ends.get(canonical_domain(stanza.recipient.domain))
        data = etree.tostring(stanza.element)
        if recipient is None:
            self._return(sender, stanza, "remote-server-not-found")
            return
        self._witness(sender.domain, recipient.domain, stanza)
        key = frozenset((sender.domain, recipient.domain))
        way = self._ways.get(key, Way.OPEN)
        if way is Way.REFUSED or (way is Way.OPEN and not recipient.is_up):
            self._return(sender, stanza, "remote-server-timeout")
            return
        random = self.weather.random
        copies = 0 if random.random() < self.weather.loss else 2 if random.random() < self.weather.doubling else 1
        if way is Way.SILENT:
            copies = 0
        pair = (str(stanza.sender), str(stanza.recipient))
        for _ in range(copies):
            when = self._arrival(pair)
            loop = asyncio.get_running_loop()
            loop.call_at(when, self._deliver, recipient, data, key, self._breaks.get(key, 0))

    def _arrival(self, pair: Pair) -> float:
        random, weather = self.weather.random, self.weather
        delay = random.uniform(0.001, weather.delay) * (10 if random.random() < weather.slow else 1)
        when = max(asyncio.get_running_loop().time() + delay, self._last.get(pair, 0.0) + _TICK)
        self._last[pair] = when
        return when

    def _deliver(self, recipient: SimulatedTransport, data: bytes, key: frozenset[str], breaks: int) -> None:
        if self._breaks.get(key, 0) == breaks:
            recipient.arrive(data)

    def _return(self, sender: SimulatedTransport, stanza: Stanza, condition: str) -> None:
        if stanza.is_error:
            return
        error = error_of(stanza, StanzaRefused("there is no way", condition=condition))
        pause = self.weather.random.uniform(0.01, 2.0)
        asyncio.get_running_loop().call_later(pause, sender.arrive, etree.tostring(error.element))


class SimulatedTransport:
    """One server's StanzaTransport."""

    def __init__(self, network: Network, domain: str, process: Process, domains: frozenset[str]) -> None:
        self.domain: Final = domain
        self.process: Final = process
        self._domains: Final = domains
        self._network: Final = network
        self._listener: StanzaListener | None = None
        self._observers: Final[list[LinkListener]] = []
        self._last_change = 0.0  # when they hear of the newest change
        self._started = False

    @property
    def domains(self) -> frozenset[str]:
        return self._domains

    def send(self, stanza: Stanza) -> None:
        if self.process.alive:
            self._network.carry(self, stanza)

    def arrive(self, data: bytes) -> None:
        """A stanza is there."""
        if self.is_up and self._listener is not None:
            self.process.run(self._listener, read_stanza(etree.fromstring(data)))

    def change_links(self, peer: SimulatedTransport, *, up: bool) -> None:
        """Every link to a server has come or gone."""
        self._last_change = max(asyncio.get_running_loop().time(), self._last_change + _TICK)
        for local in sorted(self._domains):
            for remote in sorted(peer.domains):
                for direction in Direction:
                    for observer in self._observers:
                        self.process.later(self._last_change, observer, LinkChanged(local, remote, direction, up=up))

    def listen(self, listener: StanzaListener) -> None:
        self._listener = listener

    def observe(self, listener: LinkListener) -> None:
        self._observers.append(listener)

    @property
    def is_up(self) -> bool:
        """Whether anything arrives."""
        return self._started and self.process.alive

    async def start(self) -> None:
        self._started = True

    async def stop(self) -> None:
        """It ends with its process."""

    def status(self) -> list[LinkStatus]:
        return []
