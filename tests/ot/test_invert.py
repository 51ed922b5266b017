from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.inversion import invert

from .oracle import after
from .strategies import documents, operations
from .vectors import failures, vectors


def test_every_invert_vector_gives_the_same_operation() -> None:
    failing = [
        case["id"] for case in vectors("invert") if invert(DocOp.from_json(case["op"])).to_json() != case["inverse"]
    ]
    assert not failing, failures("invert", failing)


def test_inverting_twice_gives_the_operation_back() -> None:
    for case in vectors("invert"):
        operation = DocOp.from_json(case["op"])
        assert invert(invert(operation)) == operation


@given(st.data())
def test_the_inverse_undoes(data: st.DataObject) -> None:
    document = data.draw(documents())
    operation = data.draw(operations(document))
    assert after(document, operation, invert(operation)) == document
    assert after(document, compose(operation, invert(operation))) == document
