"""The oracle itself, held against the vectors: what the other tests trust."""

from __future__ import annotations

import pytest

from wave_ot.docop import DocOp

from .oracle import DoesNotApply, after
from .vectors import failures, vectors


def test_it_reaches_the_states_of_the_reference() -> None:
    failing = [
        case["id"]
        for case in vectors("compose")
        if after(DocOp.from_json(case["doc"]), DocOp.from_json(case["op1"]), DocOp.from_json(case["op2"])).to_json()
        != case["result"]
    ]
    assert not failing, failures("compose", failing)


def test_it_undoes_with_the_inverses_of_the_reference() -> None:
    failing = [
        case["id"]
        for case in vectors("invert")
        if after(DocOp.from_json(case["doc"]), DocOp.from_json(case["op"]), DocOp.from_json(case["inverse"])).to_json()
        != case["doc"]
    ]
    assert not failing, failures("invert", failing)


@pytest.mark.parametrize("rest", [[], [{"retain": 3}], [{"delchars": "a"}, {"retain": 1}]])
def test_it_refuses_what_does_not_apply(rest: list[object]) -> None:
    with pytest.raises(DoesNotApply):
        after(DocOp.from_json([{"chars": "xy"}]), DocOp.from_json(rest))
