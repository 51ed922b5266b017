#!/usr/bin/env python3
"""Transform and compose, in pairs of operations per second, beside npm rich-text in the same run.

    BENCH_PEERS=bench/peers python bench/bench_ot.py      # a folder in which npm has installed rich-text
    BENCH_HOME=... python bench/bench_ot.py               # or the peers' home, with the packages in its js/

rich-text transforms one side of a pair in one call; ours gives both.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import wave_ot.transformation
from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.transformation import transform

HERE = Path(__file__).resolve().parent
ROUNDS = 8

SMALL_DOCUMENT = 4000  # characters, all "x"
PARAGRAPHS, PARAGRAPH_TEXT = 40, "x" * 30  # the rich document: <p t="1">…</p>, forty times
PARAGRAPH_ITEMS = len(PARAGRAPH_TEXT) + 2
ATTRIBUTES = (("t", "1"),)
STEPS = 5  # a rich operation does something in this many paragraphs, which makes about 17 components

Pair = tuple[DocOp, DocOp]
Pairs = dict[str, dict[str, list[Pair]]]
Figures = dict[str, dict[str, float]]


def small_edit(random: Random, size: int) -> tuple[DocOp, int]:
    """One character inserted (three times out of four) or deleted at a random place, and the size after it."""
    if random.randrange(4):
        place = random.randrange(size + 1)
        return _without_empty(Retain(place), Characters("x"), Retain(size - place)), size + 1
    place = random.randrange(size)
    return _without_empty(Retain(place), DeleteCharacters("x"), Retain(size - place - 1)), size - 1


def small_concurrent(random: Random) -> Pair:
    return small_edit(random, SMALL_DOCUMENT)[0], small_edit(random, SMALL_DOCUMENT)[0]


def small_sequential(random: Random) -> Pair:
    first, size = small_edit(random, SMALL_DOCUMENT)
    return first, small_edit(random, size)[0]


def rich_edit(random: Random) -> DocOp:
    """Text, elements, attributes, annotations and deletions in some paragraphs of the rich document."""
    components: list[Component] = []
    position = 0
    for paragraph in sorted(random.sample(range(PARAGRAPHS), STEPS)):
        components.append(Retain(paragraph * PARAGRAPH_ITEMS - position))
        step, items = _rich_step(random)
        components += step
        position = paragraph * PARAGRAPH_ITEMS + items
    components.append(Retain(PARAGRAPHS * PARAGRAPH_ITEMS - position))
    return _without_empty(*components)


def rich_concurrent(random: Random) -> Pair:
    return rich_edit(random), rich_edit(random)


def rich_sequential(random: Random) -> Pair:
    """An operation, and a concurrent one rebased over it, which is how a second one comes to follow."""
    first, second = rich_concurrent(random)
    return first, transform(second, first)[0]


def _rich_step(random: Random) -> tuple[list[Component], int]:
    """What to do at the start of a paragraph, and how many of its items that covers."""
    place = random.randrange(1, 20)
    match random.randrange(7):
        case 0:
            return [Retain(place), Characters("some new text")], place
        case 1:
            return [Retain(place), ElementStart("image", (("src", "a"),)), ElementEnd()], place
        case 2:
            return [Retain(place), DeleteCharacters("xxxxx")], place + 5
        case 3:
            deletion = [DeleteElementStart("p", ATTRIBUTES), DeleteCharacters(PARAGRAPH_TEXT), DeleteElementEnd()]
            return deletion, PARAGRAPH_ITEMS
        case 4:
            return [ReplaceAttributes(ATTRIBUTES, (("i", "2"), ("t", "1")))], 1
        case 5:
            return [UpdateAttributes((("t", "1", random.choice("23")),))], 1
    key = random.choice(("style/fontWeight", "link/manual"))
    opening = AnnotationBoundary((), ((key, None, random.choice("ab")),))
    return [Retain(place), opening, Retain(8), AnnotationBoundary((key,), ())], place + 8


def _without_empty(*components: Component) -> DocOp:
    return DocOp([component for component in components if not isinstance(component, Retain) or component.items])


# action: operations: (what makes a pair, how many pairs, what the original Java engine did on such a machine)
WORK: dict[str, dict[str, tuple[Callable[[Random], Pair], int, int]]] = {
    "transform": {"small": (small_concurrent, 5000, 425_000), "rich": (rich_concurrent, 500, 28_900)},
    "compose": {"small": (small_sequential, 5000, 3_200_000), "rich": (rich_sequential, 500, 119_000)},
}


def make_pairs(seed: int) -> Pairs:
    random = Random(seed)
    return {
        action: {name: [make(random) for _ in range(count)] for name, (make, count, _) in workloads.items()}
        for action, workloads in WORK.items()
    }


def measure_ours(pairs: Pairs, seconds: float) -> Figures:
    functions = {"transform": transform, "compose": compose}
    return {
        action: {name: pairs_per_second(functions[action], made, seconds) for name, made in workloads.items()}
        for action, workloads in pairs.items()
    }


def pairs_per_second(function: Callable[[DocOp, DocOp], object], pairs: list[Pair], seconds: float) -> float:
    """The best of some rounds: the machine's other work can only slow one down."""
    best = 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        done = 0
        while (passed := time.perf_counter() - start) < seconds / ROUNDS:
            for one, other in pairs:
                function(one, other)
            done += len(pairs)
        best = max(best, done / passed)
    return best


def measure_rich_text(pairs: Pairs, seconds: float) -> Figures | str:
    """rich-text's figures, or why there are none."""
    folder = peers_folder()
    if shutil.which("node") is None:
        return "node is not installed"
    if not (folder / "node_modules" / "rich-text").is_dir():
        return f"rich-text is not installed in {folder} (set BENCH_PEERS or BENCH_HOME)"
    deltas = {
        action: {name: [[to_delta(one), to_delta(other)] for one, other in made] for name, made in workloads.items()}
        for action, workloads in pairs.items()
    }
    task = json.dumps({"folder": str(folder), "seconds": seconds, "rounds": ROUNDS, **deltas})
    run = subprocess.run(["node", HERE / "rich_text.mjs"], input=task, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return f"rich-text failed: {run.stderr.strip()}"
    figures: Figures = json.loads(run.stdout)
    return figures


def to_delta(operation: DocOp) -> list[dict[str, object]]:
    """The nearest thing to an operation in rich-text's Delta: tags are embeds, changes of attributes are formats."""
    ops: list[dict[str, object]] = []
    annotations: dict[str, str | None] = {}
    for component in operation.components:
        match component:
            case AnnotationBoundary(ends, changes):
                annotations = {key: value for key, value in annotations.items() if key not in ends}
                annotations |= {key: new for key, _, new in changes}
                continue
            case Retain(items):
                op: dict[str, object] = {"retain": items}
            case Characters(text):
                op = {"insert": text}
            case ElementStart(kind, attributes):
                op = {"insert": {kind: dict(attributes)}}
            case ElementEnd():
                op = {"insert": {"end": True}}
            case DeleteCharacters(text):
                op = {"delete": len(text)}
            case ReplaceAttributes(_, new):
                op = {"retain": 1, "attributes": dict(new)}
            case UpdateAttributes(changes):
                op = {"retain": 1, "attributes": {name: new for name, _, new in changes}}
            case _:
                op = {"delete": 1}
        if annotations and "attributes" not in op and "delete" not in op:
            op["attributes"] = annotations
        ops.append(op)
    return ops


def peers_folder() -> Path:
    if folder := os.environ.get("BENCH_PEERS"):
        return Path(folder)
    if home := os.environ.get("BENCH_HOME"):
        return Path(home) / "js"
    return HERE / "peers"


def report(pairs: Pairs, ours: Figures, theirs: Figures | str) -> None:
    compiled = not str(wave_ot.transformation.__file__).endswith(".py")
    print(f"engine: {'compiled' if compiled else 'interpreted'} ({wave_ot.transformation.__file__})")
    if isinstance(theirs, str):
        print(f"no peer: {theirs}")
    heads = f"{'components':>11}{'ours':>12}{'rich-text':>12}{'ratio':>8}{'Java mark':>12}{'of it':>8}"
    print(f"{'pairs per second':<18}{heads}")
    for action, workloads in ours.items():
        for name, rate in workloads.items():
            operations = [operation for pair in pairs[action][name] for operation in pair]
            components = sum(len(operation.components) for operation in operations) / len(operations)
            mark = WORK[action][name][2]
            peer = None if isinstance(theirs, str) else theirs[action][name]
            beside = f"{peer:>12,.0f}{rate / peer:>8.2f}" if peer else f"{'-':>12}{'-':>8}"
            print(f"{action + ', ' + name:<18}{components:>11.1f}{rate:>12,.0f}{beside}{mark:>12,}{rate / mark:>8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each figure")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    pairs = make_pairs(options.seed)
    report(pairs, measure_ours(pairs, options.seconds), measure_rich_text(pairs, options.seconds))


if __name__ == "__main__":
    main()
