"""Wavelet operations against the reference, and their JSON."""

from __future__ import annotations

from typing import Any

import pytest

from wave_ot.components import Characters, Component, ElementEnd, ElementStart, Retain
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation, TransformError
from wave_ot.wavelet_json import operation_from_json, operation_to_json, operations_from_json, operations_to_json
from wave_ot.wavelet_operations import (
    AddParticipant,
    MutateDocument,
    NoOp,
    RemovedAuthor,
    RemoveParticipant,
    WaveletOperation,
    transform_operation,
    transform_operations,
)

from .vectors import vectors

ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"


def from_vector(value: dict[str, Any]) -> WaveletOperation:
    """The operation that a vector's JSON stands for."""
    match value:
        case {"add_participant": address}:
            return AddParticipant(address)
        case {"remove_participant": address}:
            return RemoveParticipant(address)
        case {"no_op": True}:
            return NoOp()
        case {"mutate_document": {"document_id": document_id, "document_operation": op}}:
            return MutateDocument(document_id, DocOp.from_json(op))
    raise AssertionError(value)


def insert(document_id: str, text: str, before: int = 0, after: int = 0) -> MutateDocument:
    components = [Retain(before)] * (before > 0) + [Characters(text)] + [Retain(after)] * (after > 0)
    return MutateDocument(document_id, DocOp(components))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in vectors("wavelet_ops")])
def test_the_reference_transforms_the_same(case: dict[str, Any]) -> None:
    client, server = from_vector(case["client"]["op"]), from_vector(case["server"]["op"])
    author = case["client"]["author"]
    if "error" in case:
        error = RemovedAuthor if case["error"] == "RemovedAuthorException" else TransformError
        with pytest.raises(error) as raised:
            transform_operation(client, author, server)
        assert type(raised.value) is error
    else:
        expected = (from_vector(case["client2"]), from_vector(case["server2"]))
        assert transform_operation(client, author, server) == expected


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in vectors("wavelet_ops")[::9]])
def test_json_keeps_the_reference_s_operations(case: dict[str, Any]) -> None:
    operation = from_vector(case["client"]["op"])
    assert operation_from_json(operation_to_json(operation)) == operation


def test_sequences_are_rebased_over_each_other_operation_by_operation() -> None:
    client = (insert("b+1", "ab"), insert("b+1", "c", before=2), AddParticipant(BOB))
    server = (insert("b+1", "xyz"), AddParticipant(BOB))
    assert transform_operations(client, ALICE, server) == (
        (insert("b+1", "ab", after=3), insert("b+1", "c", before=2, after=3), NoOp()),
        (insert("b+1", "xyz", before=3), NoOp()),
    )


def test_nothing_changes_against_an_empty_sequence() -> None:
    operations = (insert("b+1", "a"), NoOp())
    assert transform_operations(operations, ALICE, ()) == (operations, ())
    assert transform_operations((), ALICE, operations) == ((), operations)


def test_documents_of_other_ids_do_not_touch_and_case_counts() -> None:
    client, server = insert("b+a", "x"), insert("b+A", "y")
    assert transform_operation(client, ALICE, server) == (client, server)


def test_the_removed_author_is_recognised_whatever_the_case_of_the_address() -> None:
    with pytest.raises(RemovedAuthor, match="was removed from the wavelet"):
        transform_operation(NoOp(), ALICE, RemoveParticipant("Alice@Example.com"))


def test_a_longer_server_operation_is_cut_where_it_only_retains() -> None:
    client, server = insert("b+1", "x"), insert("b+1", "y", after=3)
    assert transform_operation(client, ALICE, server) == (insert("b+1", "x", after=1), insert("b+1", "y", before=1))


@pytest.mark.parametrize("components", [[Retain(1), Characters("y")], [Retain(1), ElementStart("p", ()), ElementEnd()]])
def test_a_longer_server_operation_that_changes_what_the_client_did_not_read_is_refused(
    components: list[Component],
) -> None:
    with pytest.raises(TransformError, match="not of one document"):
        transform_operation(insert("b+1", "x"), ALICE, MutateDocument("b+1", DocOp(components)))


def test_a_longer_client_operation_is_refused() -> None:
    with pytest.raises(TransformError, match="not of one document"):
        transform_operation(insert("b+1", "x", after=3), ALICE, insert("b+1", "y", after=2))


def test_the_client_may_remove_the_author_of_the_server_s_operation() -> None:
    pair = (RemoveParticipant(CAROL), NoOp())
    assert transform_operation(pair[0], ALICE, pair[1]) == pair


def test_operations_are_values() -> None:
    def made() -> list[WaveletOperation]:
        return [AddParticipant(BOB), RemoveParticipant(BOB), NoOp(), insert("b+1", "a"), AddParticipant(CAROL)]

    assert made() == made()
    assert len({*made(), *made()}) == 5


def test_json_has_the_shapes_of_the_protocol() -> None:
    json = [{"add": BOB}, {"remove": BOB}, {"noop": True}, {"doc": "b+1", "op": [{"retain": 2}, {"chars": "a"}]}]
    operations = operations_from_json(json)
    assert operations == (AddParticipant(BOB), RemoveParticipant(BOB), NoOp(), insert("b+1", "a", before=2))
    assert operations_to_json(operations) == json


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([3], "operation 0: a wavelet operation is an object, not a number"),
        ({"add": BOB}, "the operations of a delta are a list, not an object with the keys"),
        ([{"noop": True}, {}], "operation 1: a wavelet operation has"),
        ([{"add": BOB, "remove": BOB}], r"keys \['add', 'remove'\]"),
        ([{"add": 3}], '"add" must be a string that is not empty, not a number'),
        ([{"remove": ""}], '"remove" must be a string that is not empty'),
        ([{"noop": 1}], '"noop" must be true'),
        ([{"noop": False}], '"noop" must be true, not false'),
        ([{"doc": "b+1"}], "a wavelet operation has"),
        ([{"doc": None, "op": []}], '"doc" must be a string that is not empty, not null'),
        ([{"doc": "b+1", "op": [{"retain": "1"}]}], "operation 0: component 0"),
        ([{"author": BOB, "add": CAROL}], "and no more"),
    ],
)
def test_wrong_shapes_are_refused_with_the_reason(value: object, message: str) -> None:
    with pytest.raises(MalformedOperation, match=message):
        operations_from_json(value)
