"""What the check against a schema finds, on a schema like that of a blip."""

from __future__ import annotations

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
from wave_ot.validation import Verdict, check, validate

BODY = ElementStart("body", ())
LINE = ElementStart("line", ())
IMAGE = ElementStart("image", ())
END = ElementEnd()


class BlipSchema:
    """One body, which begins with a line; lines are empty, images may hold captions."""

    def permits_child(self, parent: str | None, child: str) -> bool:
        return child in {None: {"body"}, "body": {"line", "image"}, "image": {"caption"}}.get(parent, set())

    def permits_attribute(self, element: str, name: str, value: str) -> bool:
        return (element, name) == ("line", "t") and value in {"h1", "li"}

    def permits_text(self, parent: str | None, text: str) -> bool:
        return parent in {"body", "caption"} and "\n" not in text

    def required_first_child(self, parent: str | None) -> str | None:
        return {None: "body", "body": "line"}.get(parent)

    def single_root(self) -> bool:
        return True


SCHEMA = BlipSchema()
BLIP = DocOp((BODY, LINE, END, Characters("ab"), LINE, END, END))  # items 0 to 7


def verdict(*components: Component) -> Verdict:
    return validate(Document.from_op(BLIP), DocOp(components), SCHEMA)


def test_a_document_may_be_made_taken_apart_and_made_again() -> None:
    document = Document.empty()
    document.apply(BLIP, SCHEMA)
    deletions = [
        DeleteElementStart("body", ()),
        DeleteElementStart("line", ()),
        DeleteElementEnd(),
        DeleteCharacters("ab"),
    ]
    deletions += [DeleteElementStart("line", ()), DeleteElementEnd(), DeleteElementEnd()]
    document.apply(DocOp(deletions), SCHEMA)
    assert document.size == 0
    document.apply(BLIP, SCHEMA)
    document.apply(DocOp([*deletions, *BLIP.components]), SCHEMA)
    assert document.to_op() == BLIP


@pytest.mark.parametrize(
    "op",
    [
        (Retain(3), Characters("x"), Retain(5)),
        (Retain(1), LINE, END, Retain(7)),
        (Retain(1), LINE, END, Characters("x"), Retain(7)),
        (Retain(1), UpdateAttributes((("t", None, "h1"),)), Retain(6)),
        (Retain(5), ReplaceAttributes((), (("t", "li"),)), Retain(2)),
        (Retain(7), IMAGE, ElementStart("caption", ()), Characters("x"), END, END, Retain(1)),
        (Retain(3), DeleteCharacters("ab"), Retain(3)),
        (Retain(1), DeleteElementStart("line", ()), DeleteElementEnd(), DeleteCharacters("ab"), Retain(3)),
        (Retain(1), DeleteElementStart("line", ()), DeleteElementEnd(), LINE, END, Retain(5)),
        (AnnotationBoundary((), (("k", None, "1"),)), Retain(8), AnnotationBoundary(("k",), ())),
    ],
)
def test_what_the_schema_permits_is_valid(op: tuple[Component, ...]) -> None:
    assert verdict(*op) is Verdict.VALID


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        ((Retain(3), IMAGE, Characters("x"), END, Retain(5)), "does not permit this text in <image>"),
        ((Retain(2), Characters("x"), Retain(6)), "does not permit this text in <line>"),
        ((Characters("x"), Retain(8)), "does not permit this text in the document's top level"),
        ((Retain(4), Characters("\n"), Retain(4)), "does not permit this text in <body>"),
        ((Retain(3), ElementStart("video", ()), END, Retain(5)), "does not permit <video> in <body>"),
        ((Retain(2), LINE, END, Retain(6)), "does not permit <line> in <line>"),
        ((Retain(3), ElementStart("line", (("x", "1"),)), END, Retain(5)), "does not permit x='1' on <line>"),
        ((Retain(1), UpdateAttributes((("t", None, "h9"),)), Retain(6)), "does not permit t='h9' on <line>"),
        ((Retain(1), ReplaceAttributes((), (("u", ""),)), Retain(6)), "does not permit u='' on <line>"),
        ((Retain(1), Characters("x"), Retain(7)), "the first thing here must be <line>"),
        ((Retain(1), IMAGE, END, Retain(7)), "the first thing here must be <line>"),
        ((Retain(1), DeleteElementStart("line", ()), DeleteElementEnd(), Retain(5)), "first thing here must be <line>"),
        ((Retain(8), BODY, LINE, END, END), "a second element at the top level"),
        ((BODY, LINE, END, END, Retain(8)), "a second element at the top level"),
    ],
)
def test_what_the_schema_does_not_permit_is_refused_with_the_reason(op: tuple[Component, ...], reason: str) -> None:
    document = Document.from_op(BLIP)
    violation = check(document, DocOp(op), SCHEMA)
    assert violation is not None
    assert violation.verdict is Verdict.INVALID_SCHEMA
    assert reason in violation.reason
    with pytest.raises(InvalidOperation):
        document.apply(DocOp(op), SCHEMA)
    assert document.to_op() == BLIP


def test_an_inserted_element_needs_its_first_child_too() -> None:
    for inside in ((), (Characters("x"),), (IMAGE, END, LINE, END)):
        op = DocOp((BODY, *inside, END))
        assert validate(Document.empty(), op, SCHEMA) is Verdict.INVALID_SCHEMA


def test_what_does_not_fit_the_document_is_not_judged_by_the_schema() -> None:
    assert verdict(Characters("x"), Retain(9)) is Verdict.INVALID_DOCUMENT
    assert verdict(Characters("x"), Retain(0)) is Verdict.ILL_FORMED


def test_without_a_schema_all_content_is_permitted() -> None:
    assert validate(Document.from_op(BLIP), DocOp((Characters("x\n"), Retain(8)))) is Verdict.VALID
