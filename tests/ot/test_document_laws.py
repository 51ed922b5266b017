"""The document against the slow and obvious way of applying, on random documents and operations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import Characters, Component, ElementEnd, ElementStart, Retain
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import InvalidOperation
from wave_ot.inversion import invert
from wave_ot.validation import Verdict, check, is_well_formed, validate

from .oracle import DoesNotApply, State, after, document_of, state_of
from .strategies import documents, operations


@st.composite
def large_documents(draw: st.DrawFn) -> DocOp:
    """A document repeated until the tree of its runs has several levels."""
    return document_of(state_of(draw(documents())) * draw(st.sampled_from((1, 7, 60))))


@st.composite
def sessions(draw: st.DrawFn) -> tuple[DocOp, list[DocOp]]:
    """A document, perhaps a large one, and operations on it that follow each other."""
    document = latest = draw(large_documents())
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        steps.append(draw(operations(latest)))
        latest = after(latest, steps[-1])
    return document, steps


@st.composite
def spoilt_operations(draw: st.DrawFn) -> tuple[DocOp, DocOp]:
    """A document and an operation that may fit it or not: one made for it or for another, perhaps spoilt."""
    document = draw(documents())
    made_for = document if draw(st.booleans()) else draw(documents())
    components: list[Component] = list(draw(operations(made_for)).components)
    spoil = draw(st.booleans())
    if spoil and components:
        place = draw(st.integers(0, len(components) - 1))
        spoilt: list[list[Component]] = [[], [Retain(1)], [Characters("z")], [components[place]] * 2, [ElementEnd()]]
        components[place : place + draw(st.integers(0, 2))] = draw(st.sampled_from(spoilt))
    return document, DocOp(components)


def applies(document: DocOp, op: DocOp) -> bool:
    try:
        after(document, op)
    except DoesNotApply:
        return False
    return True


def enclosing(state: State, position: int) -> tuple[ElementStart, ...]:
    stack: list[ElementStart] = []
    for item in state[:position]:
        if isinstance(item.content, ElementStart):
            stack.append(item.content)
        elif isinstance(item.content, ElementEnd):
            stack.pop()
    return tuple(stack)


@given(sessions())
def test_applying_does_what_the_slow_way_does_and_keeps_the_tree_in_order(drawn: tuple[DocOp, list[DocOp]]) -> None:
    latest, steps = drawn
    document = Document.from_op(latest)
    for step in steps:
        document.apply(step)
        document.check_invariants()
        latest = after(latest, step)
        assert document.to_op() == latest


@given(sessions())
def test_taking_back_the_last_operation_gives_the_document_before_it(drawn: tuple[DocOp, list[DocOp]]) -> None:
    document = Document.from_op(drawn[0])
    for step in drawn[1][:-1]:
        document.apply(step)
    before = document.to_op()
    document.apply(drawn[1][-1])
    document.apply(invert(drawn[1][-1]))
    document.check_invariants()
    assert document.to_op() == before


@given(documents())
def test_a_document_is_the_operation_that_makes_it(document: DocOp) -> None:
    assert Document.from_op(document).to_op() == document
    assert Document.from_op(document) == Document.from_op(document)


@given(spoilt_operations())
def test_an_operation_is_valid_exactly_when_it_applies(drawn: tuple[DocOp, DocOp]) -> None:
    state, op = drawn
    document = Document.from_op(state)
    verdict = validate(document, op)
    if not is_well_formed(op):
        assert verdict is Verdict.ILL_FORMED
    else:
        assert verdict is (Verdict.VALID if applies(state, op) else Verdict.INVALID_DOCUMENT)
    assert (check(document, op) is None) is (verdict is Verdict.VALID)


@given(spoilt_operations())
def test_an_operation_that_is_not_valid_changes_nothing(drawn: tuple[DocOp, DocOp]) -> None:
    state, op = drawn
    document = Document.from_op(state)
    if validate(document, op) is Verdict.VALID:
        document.apply(op)
        assert document.to_op() == after(state, op)
    else:
        with pytest.raises(InvalidOperation):
            document.apply(op)
        assert document.to_op() == state
    document.check_invariants()


@given(large_documents(), st.data())
def test_reading_a_place_agrees_with_reading_everything_before_it(op: DocOp, data: st.DataObject) -> None:
    document, state = Document.from_op(op), state_of(op)
    start = data.draw(st.integers(0, len(state)))
    end = data.draw(st.integers(start, len(state)))
    characters = [item.content for item in state[start:end] if isinstance(item.content, str)]
    assert document.text(start, end) == "".join(characters)
    assert document.enclosing(start) == enclosing(state, start)
    assert document.enclosing(end) == enclosing(state, end)
