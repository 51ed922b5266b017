from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation

from .strategies import documents, operations
from .vectors import vectors

OPERATION_FIELDS = (
    "doc",
    "op",
    "op1",
    "op2",
    "client",
    "server",
    "client2",
    "server2",
    "composed",
    "inverse",
    "result",
)


@pytest.mark.parametrize("name", ["transform", "compose", "invert", "validate", "transform_error", "compose_error"])
def test_every_operation_of_the_vectors_survives_reading_and_writing(name: str) -> None:
    for case in vectors(name):
        for field in OPERATION_FIELDS:
            if case.get(field) is not None:
                operation = DocOp.from_json(case[field])
                assert operation.to_json() == case[field]
                assert DocOp.from_json(json.loads(json.dumps(operation.to_json()))) == operation


def test_each_shape_reads_as_its_component() -> None:
    operation = DocOp.from_json(
        [
            {"retain": 3},
            {"chars": "a\U0001f30a"},
            {"start": ["line", {"t": "h1"}]},
            {"end": True},
            {"delstart": ["p", [["b", "1"], ["a", "2"]]]},
            {"replattrs": [{}, {"x": "1"}]},
            {"updattrs": [["x", None, "1"]]},
            {"ann": {"end": ["k"], "change": [["l", "1", None]]}},
        ]
    )
    assert operation.components == (
        Retain(3),
        Characters("a\U0001f30a"),
        ElementStart("line", (("t", "h1"),)),
        ElementEnd(),
        DeleteElementStart("p", (("b", "1"), ("a", "2"))),
        ReplaceAttributes((), (("x", "1"),)),
        UpdateAttributes((("x", None, "1"),)),
        AnnotationBoundary(("k",), (("l", "1", None),)),
    )


def test_members_of_an_attribute_object_are_sorted_by_utf16_code_unit() -> None:
    operation = DocOp.from_json([{"start": ["p", {"\uff21": "1", "\U00010400": "2"}]}])
    assert operation.components == (ElementStart("p", (("\U00010400", "2"), ("\uff21", "1"))),)


def test_attributes_out_of_order_or_repeated_are_written_as_a_list() -> None:
    attributes = [["b", "1"], ["a", "2"], ["a", "3"]]
    assert DocOp.from_json([{"start": ["p", attributes]}]).to_json() == [{"start": ["p", attributes]}]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"retain": 1}, "an operation must be a list of components, not an object"),
        (None, "an operation must be a list of components, not null"),
        ([7], "component 0: must be an object, not a number"),
        ([{"retain": 1}, {}], "component 1: must have exactly one key, not 0"),
        ([{"retain": 1, "chars": "a"}], "component 0: must have exactly one key, not 2"),
        ([{"insert": "a"}], "component 0: unknown kind 'insert'"),
        ([{"retain": True}], "component 0: retain must be an integer, not true"),
        ([{"retain": 1.0}], "component 0: retain must be an integer, not a number"),
        ([{"retain": "1"}], "component 0: retain must be an integer, not a string"),
        ([{"retain": 2**53}], "component 0: retain must be a smaller number"),
        ([{"chars": None}], "component 0: chars must be a string, not null"),
        ([{"delchars": ["a"]}], "component 0: delchars must be a string, not a list of 1"),
        ([{"end": False}], "component 0: end must be true, not false"),
        ([{"delend": 1}], "component 0: delend must be true, not a number"),
        ([{"start": ["p"]}], "component 0: start must be a list [element type, attributes], not a list of 1"),
        ([{"start": [1, {}]}], "component 0: start: the element type must be a string, not a number"),
        ([{"start": ["p", {"a": 1}]}], "component 0: start: an attribute value must be a string, not a number"),
        ([{"start": ["p", None]}], "component 0: start: attributes must be an object or a list of pairs, not null"),
        ([{"delstart": ["p", [["a"]]]}], "component 0: delstart: an attribute must be a list [name, value]"),
        ([{"replattrs": [{}]}], "component 0: replattrs must be a list [old attributes, new attributes]"),
        ([{"updattrs": {}}], "component 0: updattrs must be a list of [name, old, new], not an object"),
        ([{"updattrs": [["a", None]]}], "component 0: updattrs: a change must be a list [name, old, new]"),
        ([{"updattrs": [["a", 0, None]]}], "component 0: updattrs: the old value must be a string or null"),
        ([{"ann": {"end": []}}], 'component 0: ann must be an object with just "end" and "change"'),
        ([{"ann": {"end": [], "change": [], "more": 1}}], 'component 0: ann must be an object with just "end"'),
        ([{"ann": {"end": [None], "change": []}}], "component 0: ann: a key to end must be a string, not null"),
        ([{"ann": {"end": "k", "change": []}}], "component 0: ann: end must be a list of keys, not a string"),
        ([{"ann": {"end": [], "change": ["k"]}}], "component 0: ann: change: a change must be a list"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place_and_reason(value: Any, message: str) -> None:
    with pytest.raises(MalformedOperation) as refusal:
        DocOp.from_json(value)
    assert str(refusal.value).startswith(message)


def test_operations_are_values() -> None:
    first = DocOp([Retain(1), Characters("a"), ElementEnd()])
    second = DocOp([Retain(1), Characters("a"), ElementEnd()])
    assert first == second
    assert hash(first) == hash(second)
    assert first != DocOp([Retain(2), Characters("a"), ElementEnd()])
    assert repr(first) == "DocOp([Retain(1), Characters('a'), ElementEnd()])"


@given(st.data())
def test_every_operation_survives_a_round_trip_through_json_text(data: st.DataObject) -> None:
    operation = data.draw(operations(data.draw(documents())))
    assert DocOp.from_json(json.loads(json.dumps(operation.to_json()))) == operation
