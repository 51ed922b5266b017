"""The laws of transform, on random documents and operations."""

from __future__ import annotations

from hypothesis import given

from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    DeleteCharacters,
    Retain,
)
from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.normalization import normalize
from wave_ot.transformation import transform

from .oracle import after
from .strategies import concurrent_operations


@given(concurrent_operations())
def test_both_orders_converge(drawn: tuple[DocOp, DocOp, DocOp]) -> None:
    """TP1. The oracle checks on the way that the rebased operations are valid."""
    document, client, server = drawn
    client_after, server_after = transform(client, server)
    assert after(document, client, server_after) == after(document, server, client_after)


@given(concurrent_operations())
def test_results_are_in_normal_form(drawn: tuple[DocOp, DocOp, DocOp]) -> None:
    _, client, server = drawn
    for result in transform(client, server):
        assert normalize(result) == result


@given(concurrent_operations())
def test_the_form_of_the_operations_does_not_matter(drawn: tuple[DocOp, DocOp, DocOp]) -> None:
    _, client, server = drawn
    assert transform(client, server) == transform(normalize(client), normalize(server))


def test_transforming_a_client_composition_is_not_transforming_its_parts() -> None:
    """A law that does not hold, and that nothing may rely on: here the two ways leave different documents.

    Composed, the client's insertion comes behind its deletion (C1), and so behind what the server inserts before
    the deleted character. Taken one by one, the deletion is gone when the two insertions meet, and the client's
    comes first (T2).
    """
    document = DocOp([Characters("a")])
    deletion, insertion = DocOp([DeleteCharacters("a")]), DocOp([Characters("x")])
    server = DocOp([Characters("y"), Retain(1)])

    as_one, _ = transform(compose(deletion, insertion), server)
    deletion_after, server_after = transform(deletion, server)
    insertion_after, _ = transform(insertion, server_after)

    assert after(document, server, as_one) == DocOp([Characters("yx")])
    assert after(document, server, deletion_after, insertion_after) == DocOp([Characters("xy")])


def test_transforming_against_a_server_composition_is_not_transforming_against_its_parts() -> None:
    """The same law, on the other side: it fails where annotations meet a deletion.

    The server says that ``k`` is absent on "a", then sets it there and on an "a" behind. A client who deletes the
    first "a" meets either one change of ``k`` or two, and what is inserted ends up annotated or not.
    """
    document = DocOp([Characters("a")])
    nothing, end = AnnotationBoundary((), (("k", None, None),)), AnnotationBoundary(("k",), ())
    first = DocOp([nothing, Retain(1), end])
    second = DocOp([AnnotationBoundary((), (("k", None, "1"),)), Retain(1), Characters("b"), end])
    client = DocOp([DeleteCharacters("a")])

    _, as_one = transform(client, compose(first, second))
    client_after, first_after = transform(client, first)
    _, second_after = transform(client_after, second)

    annotated = DocOp([AnnotationBoundary((), (("k", None, "1"),)), Characters("b"), end])
    assert after(document, client, as_one) == annotated
    assert after(document, client, first_after, second_after) == DocOp([Characters("b")])
