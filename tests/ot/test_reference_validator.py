"""Validate and apply against the original's automaton, literally: on the vectors and on damaged operations."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.characters import has_barred_character, is_xml_name
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import InvalidOperation
from wave_ot.validation import Verdict, is_well_formed, validate

from . import reference_validator as reference
from .oracle import State, applied, document_of, state_of
from .reference_cases import random_operation, random_state
from .reference_mutations import malformed, misfit, remodelled
from .vectors import failures, vectors

seeds = st.integers(0, 2**48)


def test_the_reference_gives_the_verdicts_of_the_original() -> None:
    failing = []
    for case in vectors("validate"):
        state, operation = state_of(DocOp.from_json(case["doc"])), DocOp.from_json(case["op"])
        if (reference.verdict(state, operation), reference.is_well_formed(operation)) != (
            case["verdict"],
            case["well_formed"],
        ):
            failing.append(case["id"])
    assert not failing, failures("validate", failing)


@given(seeds)
def test_dense_and_untidy_operations_are_valid(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    judge(state, random_operation(rng, state), "VALID")


@given(seeds)
def test_damaged_operations_get_the_verdict_of_the_reference(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    operation = misfit(rng, random_operation(rng, state))
    judge(state, operation, reference.verdict(state, operation))


@given(seeds)
def test_odd_components_get_the_verdict_of_the_reference(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    operation = malformed(rng, random_operation(rng, state))
    judge(state, operation, reference.verdict(state, operation))


@given(seeds)
def test_operations_of_another_document_get_the_verdict_of_the_reference(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    operation = random_operation(rng, remodelled(rng, state))
    judge(state, operation, reference.verdict(state, operation))


def judge(state: State, operation: DocOp, expected: str) -> None:
    """The engine gives that verdict, and applies the operation just when it is VALID."""
    before = document_of(state)
    document = Document.from_op(before)
    assert validate(document, operation) is Verdict[expected]
    assert is_well_formed(operation) == (expected != "ILL_FORMED")
    if expected == "VALID":
        document.apply(operation)
        assert document.to_op() == document_of(applied(state, operation))
    else:
        with pytest.raises(InvalidOperation):
            document.apply(operation)
        assert document.to_op() == before


def test_names_and_texts_are_allowed_as_by_the_reference_at_every_border_of_a_range() -> None:
    borders = [code for bounds in reference.NAME_START + reference.NAME_FURTHER for code in bounds]
    borders += [0, 0xD800, 0xDFFF, 0xFDD0, 0xFDEF]
    borders += [plane + low for plane in range(0, 0x110000, 0x10000) for low in (0, 0xFFFE)]
    for code in {code + step for code in borders for step in (-1, 0, 1)} - {-1, 0x110000}:
        character = chr(code)
        assert is_xml_name(character) == reference.is_xml_name(character), hex(code)
        assert is_xml_name("a" + character) == reference.is_xml_name("a" + character), hex(code)
        assert has_barred_character(character) != reference.is_valid_text(character), hex(code)
