from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.normalization import normalize

from .oracle import after
from .strategies import documents, operations


def normalized(*components: Component) -> list[Component]:
    return list(normalize(DocOp(components)).components)


def test_neighbours_of_one_kind_merge_and_empty_ones_vanish() -> None:
    assert normalized(Retain(1), Retain(0), Retain(2), Characters("a"), Characters(""), Characters("b")) == [
        Retain(3),
        Characters("ab"),
    ]
    assert normalized(DeleteCharacters("a"), DeleteCharacters(""), DeleteCharacters("b")) == [DeleteCharacters("ab")]
    assert normalized(ElementStart("p", ()), ElementEnd(), ElementStart("p", ()), ElementEnd()) == [
        ElementStart("p", ()),
        ElementEnd(),
        ElementStart("p", ()),
        ElementEnd(),
    ]


def test_insertions_and_deletions_at_one_place_keep_their_order() -> None:
    mixed = [Characters("a"), DeleteCharacters("b"), Characters("c")]
    assert normalized(*mixed) == mixed


def test_neighbouring_boundaries_become_one_in_which_the_last_word_on_a_key_counts() -> None:
    assert normalized(
        AnnotationBoundary((), (("k", None, "1"), ("l", None, "1"))),
        AnnotationBoundary(("l",), (("k", None, "2"),)),
        Retain(1),
        AnnotationBoundary(("k",), ()),
    ) == [AnnotationBoundary((), (("k", None, "2"),)), Retain(1), AnnotationBoundary(("k",), ())]


def test_a_boundary_that_changes_nothing_vanishes_and_what_it_parted_merges() -> None:
    opening, closing = AnnotationBoundary((), (("k", None, "1"),)), AnnotationBoundary(("k",), ())
    assert normalized(opening, Retain(1), opening, Retain(1), AnnotationBoundary((), ()), Retain(1), closing) == [
        opening,
        Retain(3),
        closing,
    ]


def test_keys_are_sorted_by_utf16_code_unit() -> None:
    boundary = AnnotationBoundary((), (("\uff21", None, "1"), ("\U00010400", None, "1")))
    assert normalized(boundary, Retain(1))[0] == AnnotationBoundary(
        (), (("\U00010400", None, "1"), ("\uff21", None, "1"))
    )


def test_changes_to_what_was_there_stay() -> None:
    kept = [
        AnnotationBoundary((), (("k", "1", "1"),)),
        UpdateAttributes(()),
        UpdateAttributes((("a", "x", "x"),)),
        ReplaceAttributes((), ()),
        AnnotationBoundary(("k",), ()),
    ]
    assert normalized(*kept) == kept


@given(st.data())
def test_normalising_twice_is_normalising_once_and_keeps_the_effect(data: st.DataObject) -> None:
    document = data.draw(documents())
    operation = data.draw(operations(document))
    once = normalize(operation)
    assert normalize(once) == once
    assert after(document, once) == after(document, operation)
