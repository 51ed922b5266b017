"""The laws of compose, on random documents and operations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import AnnotationBoundary, Characters, DeleteCharacters, Retain
from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.normalization import normalize

from .oracle import after
from .strategies import documents, operations


@st.composite
def sequences(draw: st.DrawFn, length: int) -> tuple[DocOp, list[DocOp]]:
    """A document and operations on it, each valid after the ones before."""
    document = latest = draw(documents())
    steps = []
    for _ in range(length):
        steps.append(draw(operations(latest)))
        latest = after(latest, steps[-1])
    return document, steps


@given(sequences(2))
def test_composing_is_applying_twice(drawn: tuple[DocOp, list[DocOp]]) -> None:
    document, (first, second) = drawn
    assert after(document, compose(first, second)) == after(document, first, second)


@given(sequences(3))
def test_composing_is_associative_in_effect(drawn: tuple[DocOp, list[DocOp]]) -> None:
    document, (first, second, third) = drawn
    expected = after(document, first, second, third)
    assert after(document, compose(compose(first, second), third)) == expected
    assert after(document, compose(first, compose(second, third))) == expected


def test_composing_in_another_order_may_leave_another_change_of_nothing_to_nothing() -> None:
    """So compositions of the same operations may differ in components; only their effect is the same."""
    nothing, end = AnnotationBoundary((), (("k", None, None),)), AnnotationBoundary(("k",), ())
    first = DocOp([nothing, Characters("ab"), end])
    second = DocOp([DeleteCharacters("a"), Retain(1)])
    third = DocOp([Characters("c"), Retain(1)])
    assert compose(compose(first, second), third) == DocOp([Characters("c"), nothing, Characters("b"), end])
    assert compose(first, compose(second, third)) == DocOp([nothing, Characters("cb"), end])


@given(sequences(2))
def test_results_are_in_normal_form(drawn: tuple[DocOp, list[DocOp]]) -> None:
    _, (first, second) = drawn
    assert normalize(compose(first, second)) == compose(first, second)


@given(sequences(2))
def test_the_form_of_the_operations_does_not_matter(drawn: tuple[DocOp, list[DocOp]]) -> None:
    _, (first, second) = drawn
    assert compose(first, second) == compose(normalize(first), normalize(second))
