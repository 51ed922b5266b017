"""Validation against the conformance vectors and rule by rule (OT.md, V1 to V5)."""

from __future__ import annotations

import pytest

from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    ElementEnd,
    ElementStart,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import InvalidOperation
from wave_ot.validation import Verdict, check, is_well_formed, validate

from .vectors import failures, vectors


def test_every_vector_gets_the_verdict_of_the_reference() -> None:
    failing = []
    for case in vectors("validate"):
        document = Document.from_op(DocOp.from_json(case["doc"]))
        if validate(document, DocOp.from_json(case["op"])) is not Verdict[case["verdict"]]:
            failing.append(case["id"])
    assert not failing, failures("validate", failing)


def test_every_vector_is_found_well_formed_exactly_when_the_reference_says_so() -> None:
    failing = [
        case["id"]
        for case in vectors("validate")
        if is_well_formed(DocOp.from_json(case["op"])) is not case["well_formed"]
    ]
    assert not failing, failures("validate", failing)


def test_every_valid_vector_gives_the_document_of_the_reference() -> None:
    failing = []
    for case in vectors("validate"):
        if case["verdict"] == "VALID":
            document = Document.from_op(DocOp.from_json(case["doc"]))
            document.apply(DocOp.from_json(case["op"]))
            document.check_invariants()
            if document.to_op().to_json() != case["result"]:
                failing.append(case["id"])
    assert not failing, failures("validate", failing)


def test_every_refused_vector_leaves_the_document_as_it_was() -> None:
    failing = []
    for case in vectors("validate"):
        if case["verdict"] != "VALID":
            document = Document.from_op(DocOp.from_json(case["doc"]))
            with pytest.raises(InvalidOperation):
                document.apply(DocOp.from_json(case["op"]))
            document.check_invariants()
            if document.to_op().to_json() != case["doc"]:
                failing.append(case["id"])
    assert not failing, failures("validate", failing)


def test_supplementary_characters_are_text_and_count_as_one_item() -> None:
    document = Document.empty()
    document.apply(DocOp((Characters("a\U0001f600b"),)))
    assert document.size == 3
    assert validate(document, DocOp((Retain(1), DeleteCharacters("\U0001f600"), Retain(1)))) is Verdict.VALID


@pytest.mark.parametrize("text", [chr(0xD83D), chr(0xDE00), "\ufdd0", "\uffff", "\U0001fffe", "\U0010ffff"])
def test_surrogates_and_noncharacters_are_barred_from_inserted_and_deleted_text(text: str) -> None:
    assert not is_well_formed(DocOp((Characters("a" + text),)))
    assert not is_well_formed(DocOp((DeleteCharacters(text + "b"),)))


@pytest.mark.parametrize("text", ["\0", "\x1f", "\ufffd", "\ufeff", "\ue000", "\u200e", "\U0010fffd"])
def test_control_characters_and_private_use_are_left_to_the_schema(text: str) -> None:
    assert is_well_formed(DocOp((Characters(text),)))


@pytest.mark.parametrize("name", ["a", ":", "_a.b-c:d", "é", "\U00010000", "\u200c", "xml:lang", "a\u00b7"])
def test_xml_names_of_the_fifth_edition_name_elements_and_attributes(name: str) -> None:
    assert is_well_formed(DocOp((ElementStart(name, ((name, ""),)), ElementEnd())))


@pytest.mark.parametrize(
    "name", ["", "1", "-a", "a b", "a\n", "×", "\u00b7", "\u037e", "\ud83d", "a/b", "\U000f0000", "a\U0001fffe"]
)
def test_what_is_no_xml_name_names_nothing(name: str) -> None:
    assert not is_well_formed(DocOp((ElementStart(name, ()), ElementEnd())))
    assert not is_well_formed(DocOp((UpdateAttributes(((name, None, "1"),)),)))


def test_names_are_ordered_by_utf16_code_unit() -> None:
    sorted_names = (("\U00010400", "1"), ("\uff21", "2"))
    assert is_well_formed(DocOp((ElementStart("p", sorted_names), ElementEnd())))
    assert not is_well_formed(DocOp((ElementStart("p", sorted_names[::-1]), ElementEnd())))


@pytest.mark.parametrize("key", ["a?", "?", "a@b", "\ud83d", "\uffff"])
def test_annotation_keys_hold_no_question_mark_at_sign_or_barred_character(key: str) -> None:
    opened = AnnotationBoundary((), ((key, None, "1"),))
    assert not is_well_formed(DocOp((opened, Retain(1), AnnotationBoundary((key,), ()))))


def test_a_later_ill_formed_component_outweighs_an_earlier_one_that_does_not_fit() -> None:
    document = Document.from_op(DocOp((Characters("ab"),)))
    misfit: list[Component] = [DeleteCharacters("x"), Retain(1)]
    assert validate(document, DocOp(misfit)) is Verdict.INVALID_DOCUMENT
    assert validate(document, DocOp([*misfit, Characters("")])) is Verdict.ILL_FORMED


def test_a_violation_tells_the_reason_and_the_item() -> None:
    document = Document.from_op(DocOp((Characters("abcd"),)))
    violation = check(document, DocOp((Retain(2), DeleteCharacters("x"), Retain(1))))
    assert violation is not None
    assert (violation.verdict, violation.position) == (Verdict.INVALID_DOCUMENT, 2)
    assert str(violation) == "the characters to delete are not those of the document ('x'), at item 2 of the document"
    assert check(document, DocOp((Retain(4),))) is None


def test_an_operation_that_is_too_short_or_too_long_does_not_fit() -> None:
    document = Document.from_op(DocOp((Characters("abcd"),)))
    for op in (DocOp(), DocOp((Retain(3),)), DocOp((Retain(5),)), DocOp((Retain(4), UpdateAttributes(())))):
        assert validate(document, op) is Verdict.INVALID_DOCUMENT
