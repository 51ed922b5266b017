"""Invert on dense and untidy operations: it undoes them, and undone itself it is the operation again."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wave_ot.docop import DocOp
from wave_ot.inversion import invert

from .oracle import applied
from .reference_cases import random_operation, random_state
from .reference_validator import verdict
from .vectors import failures, vectors

seeds = st.integers(0, 2**48)


def test_what_the_original_inverts_is_valid_where_it_has_to_be_by_the_reference() -> None:
    failing = []
    for case in vectors("invert"):
        after = applied([], DocOp.from_json(case["after"]))
        if verdict(after, invert(DocOp.from_json(case["op"]))) != "VALID":
            failing.append(case["id"])
    assert not failing, failures("invert", failing)


@given(seeds)
def test_the_inverse_undoes_dense_and_untidy_operations(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    operation = random_operation(rng, state)
    after = applied(state, operation)
    assert verdict(after, invert(operation)) == "VALID"
    assert applied(after, invert(operation)) == state
    assert invert(invert(operation)) == operation
