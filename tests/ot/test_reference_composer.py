"""Compose against the original's composer, literally: on the vectors, on random sequences, on what does not follow."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import AnnotationBoundary, Component
from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.errors import ComposeError
from wave_ot.normalization import normalize

from .oracle import State, applied
from .reference_buffers import Refused
from .reference_cases import random_operation, random_state
from .reference_composer import reference_compose
from .reference_mutations import misfit, remodelled
from .reference_validator import is_well_formed, verdict
from .vectors import failures, vectors

seeds = st.integers(0, 2**48)


def sequence(rng: Random, length: int) -> tuple[State, list[DocOp]]:
    """A document and operations, each valid after those before it."""
    state = latest = random_state(rng)
    operations = []
    for _ in range(length):
        operations.append(random_operation(rng, latest))
        latest = applied(latest, operations[-1])
    return state, operations


def outcome(first: DocOp, second: DocOp) -> DocOp | None:
    """What the reference composes; None when it refuses."""
    try:
        return reference_compose(first, second)
    except Refused:
        return None


def test_the_reference_gives_what_the_original_gave() -> None:
    failing = [
        case["id"]
        for case in vectors("compose")
        if reference_compose(DocOp.from_json(case["op1"]), DocOp.from_json(case["op2"])).to_json() != case["composed"]
    ]
    assert not failing, failures("compose", failing)


def test_the_reference_refuses_what_the_original_refused_and_is_as_lax() -> None:
    failing = []
    for case in vectors("compose_error"):
        result = outcome(DocOp.from_json(case["op1"]), DocOp.from_json(case["op2"]))
        if (result and result.to_json()) != (case["composed"] if case["outcome"] == "ok" else None):
            failing.append(case["id"])
    assert not failing, failures("compose_error", failing)


@given(seeds)
def test_the_engine_does_what_the_reference_does(seed: int) -> None:
    _, (first, second) = sequence(Random(seed), 2)
    assert compose(first, second) == reference_compose(first, second)


@given(seeds)
def test_the_engine_does_what_the_reference_does_with_operations_that_compose_made(seed: int) -> None:
    _, (first, second, third) = sequence(Random(seed), 3)
    assert compose(compose(first, second), third) == reference_compose(reference_compose(first, second), third)
    assert compose(first, compose(second, third)) == reference_compose(first, reference_compose(second, third))


@given(seeds)
def test_what_the_reference_refuses_is_refused_and_nothing_else_comes_out_than_from_it(seed: int) -> None:
    """Pairs that do not follow each other: the engine may refuse more than the reference, but not what does follow."""
    rng = Random(seed)
    state = random_state(rng)
    first = random_operation(rng, state)
    between = applied(state, first)
    if rng.random() < 0.5:
        second = random_operation(rng, remodelled(rng, between))
    else:
        second = misfit(rng, random_operation(rng, between))
    if not is_well_formed(second):
        return
    try:
        result = compose(first, second)
    except ComposeError:
        assert verdict(between, second) != "VALID"
    else:
        assert result == outcome(first, second)


@given(seeds)
def test_the_order_of_composing_shows_at_most_in_changes_of_a_value_to_itself(seed: int) -> None:
    """Compose is associative in effect; in components, it is but for annotation changes X to X."""
    state, (first, second, third) = sequence(Random(seed), 3)
    one, other = compose(compose(first, second), third), compose(first, compose(second, third))
    assert applied(state, one) == applied(state, other)
    assert without_idle_changes(one) == without_idle_changes(other)


def without_idle_changes(operation: DocOp) -> DocOp:
    """The operation with annotations left alone wherever it changes them to what they are."""
    components: list[Component] = []
    for component in operation.components:
        match component:
            case AnnotationBoundary(ends, changes):
                idle = [key for key, old, new in changes if old == new]
                active = tuple((key, old, new) for key, old, new in changes if old != new)
                components.append(AnnotationBoundary((*ends, *idle), active))
            case _:
                components.append(component)
    return normalize(DocOp(components))
