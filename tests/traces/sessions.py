"""Real editing sessions, or, where there are none, generated ones that say so.

The real ones are a public collection (CC BY 4.0) which is not part of this repository: ``GROUNDSWELL_TRACES``
names the folder, ``../shared/traces`` by default. Positions and lengths count code points.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRACES = Path(os.environ.get("GROUNDSWELL_TRACES", Path(__file__).parents[3] / "shared" / "traces"))
LETTERS = "etaoin shrdlu\n"

asked_for: set[str] = set()
"""The names of the sessions that tests have asked for in this run."""


@dataclass(frozen=True, slots=True)
class Edit:
    """At ``position``, delete ``deleted`` characters and insert ``inserted``."""

    position: int
    deleted: int
    inserted: str

    def applied(self, text: str) -> str:
        """The text after this edit."""
        return text[: self.position] + self.inserted + text[self.position + self.deleted :]


@dataclass(frozen=True, slots=True)
class Session:
    """What one person typed into an empty text, and what came of it."""

    name: str
    edits: Sequence[Edit]
    end: str

    def prefix(self, edits: int) -> Session:
        """The first edits of this session, with their own end."""
        end = ""
        for edit in self.edits[:edits]:
            end = edit.applied(end)
        return Session(f"{self.name}, first {edits} edits", self.edits[:edits], end)


@dataclass(frozen=True, slots=True)
class Turn:
    """Edits that one of two people made after having seen the first ``seen`` edits of the other, and no more."""

    agent: int  # 0 or 1
    seen: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Concurrent:
    """What two people typed into one empty text. The order of turns respects who had seen what."""

    name: str
    turns: Sequence[Turn]
    end: str


def sequential(name: str, *, otherwise: int = 20_000) -> Session:
    """The session of that name; a generated one of ``otherwise`` edits where it is not there."""
    file = _file(name)
    if not file.exists():
        return generated_session(seed=1, edits=otherwise)
    trace = _read(file)
    edits = [Edit(*patch) for transaction in trace["txns"] for patch in transaction["patches"]]
    return Session(name, edits, trace["endContent"])


def concurrent(name: str, *, otherwise: int = 4_000) -> Concurrent:
    """The session of that name; a generated one of ``otherwise`` edits where it is not there."""
    file = _file(name)
    if not file.exists():
        return generated_concurrent(seed=2, edits=otherwise)
    trace = _read(file)
    return Concurrent(name, turns_of(trace["txns"]), trace["endContent"])


def is_there(name: str) -> bool:
    """Whether the real session of that name is there to be replayed."""
    return (TRACES / f"{name}.json.gz").exists()


def _file(name: str) -> Path:
    asked_for.add(name)
    return TRACES / f"{name}.json.gz"


def _read(file: Path) -> dict[str, Any]:
    with gzip.open(file) as stream:
        trace: dict[str, Any] = json.load(stream)
    return trace


def turns_of(transactions: Sequence[dict[str, Any]]) -> list[Turn]:
    """Who typed what after having seen how much of the other, out of the parents of each transaction.

    An author has seen the parents and all their ancestors. Each of the two agents must have seen all that it
    typed itself, so that what it has seen of the other is a beginning of what the other typed: a number.
    Raises ValueError where that does not hold.
    """
    known: list[tuple[int, int]] = []  # by transaction: the edits of each agent that it and its ancestors hold
    typed = [0, 0]
    turns: list[Turn] = []
    for index, transaction in enumerate(transactions):
        agent = transaction["agent"]
        parents = [known[parent] for parent in transaction["parents"]]
        before = [max((parent[who] for parent in parents), default=0) for who in (0, 1)]
        if before[agent] != typed[agent]:
            raise ValueError(f"transaction {index}: agent {agent} has not seen all that it typed itself")
        edits = tuple(Edit(*patch) for patch in transaction["patches"])
        seen = before[1 - agent]
        if turns and turns[-1].agent == agent and turns[-1].seen == seen:
            turns[-1] = Turn(agent, seen, turns[-1].edits + edits)
        else:
            turns.append(Turn(agent, seen, edits))
        typed[agent] += len(edits)
        before[agent] = typed[agent]
        known.append((before[0], before[1]))
    return turns


def generated_session(seed: int, edits: int) -> Session:
    """Somebody who mostly types on, sometimes deletes, and sometimes jumps elsewhere."""
    chance = random.Random(seed)
    text, position, made = "", 0, []
    for _ in range(edits):
        if chance.random() < 0.02:
            position = chance.randint(0, len(text))
        if position and chance.random() < 0.15:
            edit = Edit(position - 1, 1, "")
        else:
            edit = Edit(position, 0, chance.choice(LETTERS))
        text = edit.applied(text)
        position = edit.position + len(edit.inserted)
        made.append(edit)
    return Session(f"generated session (seed {seed}; no real one in {TRACES.name})", made, text)


def generated_concurrent(seed: int, edits: int) -> Concurrent:
    """Two people in two halves of one text, parted by a bar that both have seen.

    As neither leaves its half, the end is known without any transformation.
    """
    chance = random.Random(seed)
    halves = ["", ""]
    typed, seen = [1, 0], [0, 1]  # agent 0 typed the bar
    left_lengths = [0]  # of the left half, by how many edits agent 0 has made, the bar not counted
    turns = [Turn(0, 0, (Edit(0, 0, "|"),))]
    while sum(typed) < edits:
        agent = chance.randrange(2)
        seen[agent] = chance.randint(seen[agent], typed[1 - agent])
        offset = left_lengths[max(0, seen[1] - 1)] + 1 if agent else 0
        made = []
        for _ in range(chance.randint(1, 9)):
            place = chance.randint(0, len(halves[agent]))
            gone = min(len(halves[agent]) - place, chance.choice([0, 0, 0, 2]))
            edit = Edit(place, gone, "" if gone else chance.choice(LETTERS))
            halves[agent] = edit.applied(halves[agent])
            made.append(Edit(offset + edit.position, edit.deleted, edit.inserted))
            typed[agent] += 1
            if agent == 0:
                left_lengths.append(len(halves[0]))
        turns.append(Turn(agent, seen[agent], tuple(made)))
    name = f"generated concurrent session (seed {seed}; no real one in {TRACES.name})"
    return Concurrent(name, turns, "|".join(halves))
