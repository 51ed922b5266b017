"""Runs of items by the delta that inserted them, held against one number per item."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
)
from wave_server.attribution_runs import AttributionRuns
from wave_server.errors import CorruptHistory

# What an operation does with the next items: keep, delete or insert so many; as text or as tags.
steps = st.tuples(st.sampled_from(("keep", "delete", "insert")), st.integers(1, 9), st.booleans())
scripts = st.lists(st.lists(steps, max_size=8), max_size=40)


def applied(naive: list[int], version: int, script: list[tuple[str, int, bool]]) -> tuple[list[int], list[Component]]:
    """The versions of all items after an operation, and the operation."""
    after: list[int] = []
    op: list[Component] = [AnnotationBoundary((), (("k", None, "v"),))]
    place = 0
    for kind, wanted, tags in script:
        items = wanted if kind == "insert" else min(wanted, len(naive) - place)
        if items == 0:
            continue
        if kind == "insert":
            op += [ElementStart("p", ()), ElementEnd()] * items if tags else [Characters("𝒜" * items)]
            after += [version] * (2 * items if tags else items)
        elif kind == "delete":
            op += [DeleteElementStart("p", ()) if tags else DeleteElementEnd()] * items if tags else []
            op += [] if tags else [DeleteCharacters("x" * items)]
            place += items
        else:
            op += [ReplaceAttributes((), ())] * items if tags else [Retain(items)]
            after += naive[place : place + items]
            place += items
    rest = len(naive) - place
    return after + naive[place:], [*op, *([Retain(rest)] if rest else [])]


def flat(runs: AttributionRuns) -> list[int]:
    return [run.version for run in runs for _ in range(run.items)]


@given(scripts)
def test_runs_say_of_every_item_what_one_number_per_item_says(scripts: list[list[tuple[str, int, bool]]]) -> None:
    runs, naive = AttributionRuns(), list[int]()
    for version, script in enumerate(scripts, 1):
        naive, op = applied(naive, version, script)
        runs.apply(op, version)
        assert flat(runs) == naive
        assert all(run.items > 0 for run in runs)
        assert runs.size == len(naive)


def test_thousands_of_edits_all_over_a_document_cut_and_empty_chunks_without_losing_an_item() -> None:
    chance = random.Random(5)
    runs, naive = AttributionRuns(), list[int]()
    for version in range(1, 6_000):
        place = chance.randint(0, len(naive))
        gone = min(len(naive) - place, chance.choice((0, 0, 0, 0, 1, 2, 400 if version % 500 == 0 else 0)))
        script = [("keep", place, False), ("delete", gone, False), ("insert", chance.randint(1, 2), False)]
        naive, op = applied(naive, version, [step for step in script if step[1]])
        runs.apply(op, version)
    assert flat(runs) == naive
    runs.apply([DeleteCharacters("x" * len(naive))], 6_000)
    assert (list(runs), runs.size) == ([], 0)
    runs.apply([Characters("new")], 6_001)
    assert list(runs) == [(3, 6_001)]


def test_a_copy_changes_apart() -> None:
    runs = AttributionRuns()
    runs.apply([Characters("abc")], 1)
    copy = runs.copy()
    copy.apply([Retain(3), Characters("d")], 2)
    assert (list(runs), list(copy)) == ([(3, 1)], [(3, 1), (1, 2)])


@pytest.mark.parametrize("op", [[Retain(2)], [Retain(4)], [DeleteCharacters("xxxx")], [Retain(9), Characters("a")]])
def test_an_operation_for_a_document_of_another_size_is_a_corrupt_history(op: list[Component]) -> None:
    runs = AttributionRuns()
    runs.apply([Characters("abc")], 1)
    with pytest.raises(CorruptHistory):
        runs.apply(op, 2)
