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
from wave_ot.errors import MalformedOperation, TransformError
from wave_ot.transformation import transform

from .vectors import failures, vectors


def test_every_transform_vector_gives_the_same_operations() -> None:
    failing = []
    for case in vectors("transform"):
        client, server = transform(DocOp.from_json(case["client"]), DocOp.from_json(case["server"]))
        if (client, server) != (DocOp.from_json(case["client2"]), DocOp.from_json(case["server2"])):
            failing.append(case["id"])
    assert not failing, failures("transform", failing)


def test_what_the_reference_refuses_to_transform_is_refused() -> None:
    accepted = []
    for case in vectors("transform_error"):
        try:
            client, server = transform(DocOp.from_json(case["client"]), DocOp.from_json(case["server"]))
        except TransformError:
            continue
        if case["outcome"] == "error" or (client.to_json(), server.to_json()) != (case["client2"], case["server2"]):
            accepted.append(case["id"])
    assert not accepted, failures("transform_error", accepted)


def transformed(client: list[Component], server: list[Component]) -> tuple[list[Component], list[Component]]:
    client_after, server_after = transform(DocOp(client), DocOp(server))
    return list(client_after.components), list(server_after.components)


def test_the_clients_insertion_comes_first_at_one_place() -> None:
    assert transformed([Characters("c"), Retain(1)], [Characters("s"), Retain(1)]) == (
        [Characters("c"), Retain(2)],
        [Retain(1), Characters("s"), Retain(1)],
    )


def test_an_insertion_inside_a_deleted_element_goes_with_it() -> None:
    deletion: list[Component] = [DeleteElementStart("p", ()), DeleteElementEnd()]
    assert transformed([Retain(1), Characters("c"), Retain(1)], deletion) == (
        [],
        [DeleteElementStart("p", ()), DeleteCharacters("c"), DeleteElementEnd()],
    )


def test_an_insertion_inside_deleted_text_survives() -> None:
    insertion: list[Component] = [Retain(1), ElementStart("br", ()), ElementEnd(), Retain(1)]
    assert transformed(insertion, [DeleteCharacters("ab")]) == (
        [ElementStart("br", ()), ElementEnd()],
        [DeleteCharacters("a"), Retain(2), DeleteCharacters("b")],
    )


def test_a_deletion_resets_the_annotation_that_the_other_side_set() -> None:
    """The example of OT.md, T11."""
    annotation: list[Component] = [
        Retain(4),
        AnnotationBoundary((), (("k", None, "w"),)),
        Retain(2),
        AnnotationBoundary(("k",), ()),
        Retain(3),
    ]
    _, before = transformed(annotation, [Retain(1), DeleteCharacters("bcde"), Retain(4)])
    assert before == [
        Retain(1),
        DeleteCharacters("bcd"),
        AnnotationBoundary((), (("k", "w", None),)),
        DeleteCharacters("e"),
        AnnotationBoundary(("k",), ()),
        Retain(4),
    ]
    _, behind = transformed(annotation, [Retain(5), DeleteCharacters("fghi")])
    assert behind == [
        Retain(5),
        DeleteCharacters("f"),
        AnnotationBoundary((), (("k", None, "w"),)),
        DeleteCharacters("ghi"),
        AnnotationBoundary(("k",), ()),
    ]


def test_a_replacement_of_attributes_wins_over_an_update_on_either_side() -> None:
    replacement = ReplaceAttributes((("a", "1"),), (("b", "2"),))
    update = UpdateAttributes((("a", "1", "9"),))
    rebased = ReplaceAttributes((("a", "9"),), (("b", "2"),))
    assert transformed([replacement], [update]) == ([rebased], [Retain(1)])
    assert transformed([update], [replacement]) == ([Retain(1)], [rebased])


def test_a_negative_retain_is_refused() -> None:
    with pytest.raises(MalformedOperation, match="a retain of -1 items"):
        transform(DocOp([Retain(-1)]), DocOp([Retain(1)]))


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ([Retain(2)], [Retain(1)]),
        ([Retain(1)], [Retain(2)]),
        ([DeleteCharacters("a")], [DeleteCharacters("b")]),
        ([DeleteCharacters("a")], [ReplaceAttributes((), ())]),
        ([DeleteElementStart("p", ()), DeleteElementEnd()], [DeleteElementStart("q", ()), DeleteElementEnd()]),
        ([DeleteElementStart("p", ()), DeleteElementEnd()], [UpdateAttributes((("a", "1", "2"),)), Retain(1)]),
        ([ReplaceAttributes((), ())], [ReplaceAttributes((("a", "1"),), ())]),
        ([UpdateAttributes((("a", "1", "2"),))], [UpdateAttributes((("a", "3", "4"),))]),
    ],
)
def test_operations_of_different_documents_are_refused(client: list[Component], server: list[Component]) -> None:
    with pytest.raises(TransformError, match="document"):
        transform(DocOp(client), DocOp(server))
