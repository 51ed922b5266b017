"""What goes wrong in a world, and when: drawn from its seed before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

from simulation.network import Way

DOMAINS: Final = ("alpha.test", "beta.test", "gamma.test", "delta.test")


@dataclass(frozen=True, slots=True)
class Crash:
    """A server is killed and starts again after ``away`` seconds. ``writes``: at so manieth write from then on; 0: now.

    ``after``: when that has been written.
    """

    domain: str
    away: float
    writes: int = 0
    after: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """There is no way between two servers for ``lasting`` seconds; ``told``: they notice."""

    one: str
    other: str
    way: Way
    lasting: float
    told: bool


@dataclass(frozen=True, slots=True)
class Skew:
    """A server's clock jumps."""

    domain: str
    seconds: float


Fault: TypeAlias = Crash | Cut | Skew


@dataclass(frozen=True, slots=True)
class Plan:
    """A world: who there is, how the network and the disks are, and what happens at which second."""

    domains: Sequence[str]
    people: int  # on each domain
    lasting: float  # seconds in which people type
    pause: float  # seconds between two things that one tab does, on average
    delay: float
    slow: float
    loss: float
    doubling: float
    failing: float
    small: bool  # memory that holds little
    give_up: float
    faults: Sequence[tuple[float, Fault]]


def draw(seed: int) -> Plan:
    """The plan of a world. One seed in ten has no faults at all, and one in three only some kinds."""
    random = Random(f"{seed} plan")
    domains = DOMAINS[: random.choice((2, 3, 3, 4))]
    quiet = random.random() < 0.1
    kinds = () if quiet else random.sample(("network", "crash", "cut", "skew", "disk"), random.randint(1, 5))
    lasting = random.uniform(20, 60)
    faults: list[tuple[float, Fault]] = []
    for kind in kinds:
        if kind in ("crash", "cut", "skew"):
            number = random.randint(1, 4)
            faults += [(random.uniform(1, lasting), _fault(kind, domains, random)) for _ in range(number)]
    return Plan(
        domains=domains,
        people=random.choice((1, 1, 2)),
        lasting=lasting,
        pause=random.uniform(1, 6),
        delay=random.choice((0.01, 0.05, 0.3)),
        slow=random.choice((0.0, 0.05)) if "network" in kinds else 0.0,
        loss=random.choice((0.0, 0.02, 0.1)) if "network" in kinds else 0.0,
        doubling=random.choice((0.0, 0.05, 0.2)) if "network" in kinds else 0.0,
        failing=random.choice((0.01, 0.05)) if "disk" in kinds else 0.0,
        small=random.random() < 0.5,
        give_up=random.choice((7 * 86_400.0, 30.0)),
        faults=sorted(faults, key=lambda each: each[0]),
    )


def _fault(kind: str, domains: Sequence[str], random: Random) -> Fault:
    if kind == "crash":
        writes = random.choice((0, 1, 1, 2, 3, 5))
        return Crash(random.choice(domains), random.uniform(0.1, 30), writes, random.random() < 0.5)
    if kind == "cut":
        one, other = random.sample(domains, 2)
        return Cut(one, other, random.choice((Way.REFUSED, Way.SILENT)), random.uniform(0.1, 50), random.random() < 0.7)
    return Skew(random.choice(domains), random.uniform(-300, 300))
