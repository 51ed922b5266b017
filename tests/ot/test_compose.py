from __future__ import annotations

import pytest

from wave_ot.components import Characters, Component, DeleteCharacters, Retain
from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.errors import ComposeError, MalformedOperation

from .vectors import failures, vectors


def test_every_compose_vector_gives_the_same_operation() -> None:
    failing = [
        case["id"]
        for case in vectors("compose")
        if compose(DocOp.from_json(case["op1"]), DocOp.from_json(case["op2"])) != DocOp.from_json(case["composed"])
    ]
    assert not failing, failures("compose", failing)


def test_what_the_reference_refuses_to_compose_is_refused() -> None:
    accepted = []
    for case in vectors("compose_error"):
        try:
            result = compose(DocOp.from_json(case["op1"]), DocOp.from_json(case["op2"]))
        except ComposeError:
            continue
        if case["outcome"] == "error" or result.to_json() != case["composed"]:
            accepted.append(case["id"])
    assert not accepted, failures("compose_error", accepted)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            [Characters("abc")],
            [DeleteCharacters("abd")],
            "does not fit an insertion of characters .3 items.",
        ),
        ([Retain(3)], [Retain(2)], "ends before"),
        ([Retain(3)], [Retain(4)], "goes on after the end"),
        ([Retain(3)], [Retain(3), DeleteCharacters("a")], "goes on after the end"),
        ([DeleteCharacters("a")], [Retain(1)], "goes on after the end"),
    ],
)
def test_operations_that_do_not_meet_are_refused(first: list[Component], second: list[Component], message: str) -> None:
    with pytest.raises(ComposeError, match=message):
        compose(DocOp(first), DocOp(second))


def test_a_negative_retain_is_refused() -> None:
    with pytest.raises(MalformedOperation, match="a retain of -1 items"):
        compose(DocOp([Retain(-1)]), DocOp([Retain(1)]))


def test_the_deletions_of_the_first_come_before_the_insertions_of_the_second() -> None:
    replaced = compose(DocOp([DeleteCharacters("a"), Retain(1)]), DocOp([Characters("x"), Retain(1)]))
    assert replaced == DocOp([DeleteCharacters("a"), Characters("x"), Retain(1)])


def test_thousands_of_pieces_of_one_text_grow_together() -> None:
    text = "ab" * 20_000
    second = DocOp([component for _ in range(20_000) for component in (Retain(1), DeleteCharacters("b"))])
    assert compose(DocOp([Characters(text)]), second) == DocOp([Characters("a" * 20_000)])
