"""The document: what applying does, by the vectors and by example."""

from __future__ import annotations

import random

import pytest

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
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import InvalidOperation

from .vectors import failures, vectors

LINE = ElementStart("line", ())
END = ElementEnd()


def applied(document: object, *ops: object) -> object:
    """The canonical JSON of a document after operations, all in JSON."""
    state = Document.from_op(DocOp.from_json(document))
    for op in ops:
        state.apply(DocOp.from_json(op))
        state.check_invariants()
    return state.to_op().to_json()


def insertion(before: int, text: str, after: int) -> DocOp:
    components: list[Component] = [Characters(text)]
    if before:
        components.insert(0, Retain(before))
    if after:
        components.append(Retain(after))
    return DocOp(components)


def test_both_orders_of_every_transform_vector_give_its_result() -> None:
    failing = []
    for case in vectors("transform"):
        one = applied(case["doc"], case["client"], case["server2"])
        other = applied(case["doc"], case["server"], case["client2"])
        if not one == other == case["result"]:
            failing.append(case["id"])
    assert not failing, failures("transform", failing)


def test_every_compose_vector_gives_its_result_in_two_steps_and_in_one() -> None:
    failing = []
    for case in vectors("compose"):
        two_steps = applied(case["doc"], case["op1"], case["op2"])
        if not two_steps == applied(case["doc"], case["composed"]) == case["result"]:
            failing.append(case["id"])
    assert not failing, failures("compose", failing)


def test_every_invert_vector_leads_there_and_back() -> None:
    failing = []
    for case in vectors("invert"):
        there = applied(case["doc"], case["op"])
        if there != case["after"] or applied(there, case["inverse"]) != case["doc"]:
            failing.append(case["id"])
    assert not failing, failures("invert", failing)


def test_an_empty_document_has_no_items() -> None:
    document = Document.empty()
    assert (document.size, document.text(), document.enclosing(0)) == (0, "", ())
    assert document.to_op() == DocOp()
    document.apply(DocOp())
    document.check_invariants()


def test_documents_are_equal_when_their_items_and_annotations_are() -> None:
    typed_at_once = Document.from_op(DocOp((Characters("ab"),)))
    typed_in_turn = Document.from_op(DocOp((Characters("b"),)))
    assert typed_at_once != typed_in_turn
    typed_in_turn.apply(insertion(0, "a", 1))
    assert typed_at_once == typed_in_turn
    bold = (AnnotationBoundary((), (("style/fontWeight", None, "bold"),)), Retain(2))
    typed_in_turn.apply(DocOp((*bold, AnnotationBoundary(("style/fontWeight",), ()))))
    assert typed_at_once != typed_in_turn


def test_inserted_items_inherit_from_the_original_item_to_the_left_even_a_deleted_one() -> None:
    document = [
        {"ann": {"end": [], "change": [["k", None, "1"]]}},
        {"chars": "a"},
        {"ann": {"end": ["k"], "change": []}},
    ]
    deleting = [
        {"ann": {"end": [], "change": [["k", "1", None]]}},
        {"delchars": "a"},
        {"ann": {"end": ["k"], "change": []}},
        {"chars": "x"},
    ]
    assert applied(document, deleting) == [
        {"ann": {"end": [], "change": [["k", None, "1"]]}},
        {"chars": "x"},
        {"ann": {"end": ["k"], "change": []}},
    ]


def test_a_failed_operation_names_the_reason_and_changes_nothing() -> None:
    document = Document.from_op(DocOp((LINE, END, Characters("abc"))))
    before = document.to_op()
    op = DocOp((Characters("x"), Retain(2), DeleteCharacters("ab"), DeleteCharacters("d")))
    with pytest.raises(InvalidOperation, match=r"not those of the document \('d'\), at item 4"):
        document.apply(op)
    assert document.to_op() == before
    document.check_invariants()


def test_what_is_not_an_insertion_makes_no_document() -> None:
    with pytest.raises(InvalidOperation):
        Document.from_op(DocOp((Retain(1),)))


def test_attribute_changes_keep_the_element_and_its_content() -> None:
    document = Document.from_op(DocOp((ElementStart("p", (("a", "1"),)), Characters("x"), END)))
    document.apply(DocOp((UpdateAttributes((("a", "1", None), ("b", None, "2"))), Retain(2))))
    assert document.enclosing(1) == (ElementStart("p", (("b", "2"),)),)
    document.apply(DocOp((ReplaceAttributes((("b", "2"),), ()), Retain(2))))
    assert document.to_op() == DocOp((ElementStart("p", ()), Characters("x"), END))


def test_enclosing_lists_the_open_elements_outermost_first() -> None:
    outer, inner = ElementStart("p", ()), ElementStart("q", (("a", "1"),))
    document = Document.from_op(DocOp((outer, LINE, END, inner, Characters("x"), END, END)))
    expected = [(), (outer,), (outer, LINE), (outer,), (outer, inner), (outer, inner), (outer,), ()]
    assert [document.enclosing(position) for position in range(8)] == expected


@pytest.mark.parametrize("position", [-1, 3])
def test_places_outside_the_document_are_refused(position: int) -> None:
    document = Document.from_op(DocOp((LINE, END)))
    with pytest.raises(IndexError, match="of 2 items"):
        document.enclosing(position)
    with pytest.raises(IndexError, match="of 2 items"):
        document.text(position)


def test_text_gives_the_characters_of_a_range_without_tags() -> None:
    document = Document.from_op(DocOp((LINE, END, Characters("ab"), LINE, END, Characters("c\U0001f600"))))
    assert document.text() == "abc\U0001f600"
    assert [document.text(3, 7), document.text(3), document.text(0, 2), document.text(8)] == [
        "bc",
        "bc\U0001f600",
        "",
        "",
    ]


def test_long_texts_survive_edits_at_every_kind_of_place() -> None:
    chooser = random.Random(7)
    text = "".join(chooser.choice("abcdefgh é漢\U0001f600") for _ in range(5000))
    document = Document.from_op(DocOp((Characters(text),)))
    for _ in range(3000):
        start = chooser.randrange(len(text) + 1)
        end = min(len(text), start + chooser.choice((0, 0, 1, 2, 5, 700)))
        typed = "x" * chooser.choice((0, 1, 1, 3, 600))
        components: list[Component] = [Retain(start)] if start else []
        components += [DeleteCharacters(text[start:end])] if end > start else []
        components += [Characters(typed)] if typed else []
        components += [Retain(len(text) - end)] if end < len(text) else []
        document.apply(DocOp(components))
        text = text[:start] + typed + text[end:]
    assert document.text() == text
    document.check_invariants()


def test_annotating_and_clearing_leaves_no_fragments() -> None:
    document = Document.from_op(DocOp((Characters("abcdefghij" * 200),)))
    plain = Document.from_op(document.to_op())
    for key_value in range(500):
        place = key_value * 3
        there = ("k", None, str(key_value))
        back = ("k", str(key_value), None)
        for change in (there, back):
            op = (Retain(place + 1), AnnotationBoundary((), (change,)), Retain(2), AnnotationBoundary(("k",), ()))
            document.apply(DocOp((*op, Retain(2000 - place - 3))))
    document.check_invariants()
    assert document == plain


def test_a_document_of_many_elements_can_be_emptied_and_filled_again() -> None:
    lines = 2000
    filled = DocOp([part for _ in range(lines) for part in (LINE, Characters("x"), END)])
    emptied = DocOp(
        [
            part
            for _ in range(lines)
            for part in (DeleteElementStart("line", ()), DeleteCharacters("x"), DeleteElementEnd())
        ]
    )
    document = Document.from_op(filled)
    document.check_invariants()
    assert document.enclosing(3 * lines - 1) == (LINE,)
    document.apply(emptied)
    document.check_invariants()
    assert document == Document.empty()
    document.apply(filled)
    assert document.to_op() == filled
