"""Transform against the original's four steps, literally: on the vectors, on random pairs, on pairs that do not fit."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

from hypothesis import given, reject
from hypothesis import strategies as st

from wave_ot.components import Retain
from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.errors import OperationError, TransformError
from wave_ot.tolerance import transform_tolerantly
from wave_ot.transformation import transform
from wave_ot.wavelet_operations import MutateDocument, transform_operation

from .oracle import applied
from .reference_buffers import Refused
from .reference_cases import random_operation, random_state
from .reference_mutations import misfit, remodelled
from .reference_transformer import reference_transform
from .reference_validator import is_well_formed, verdict
from .strategies import concurrent_operations
from .vectors import failures, vectors

seeds = st.integers(0, 2**48)
WAVELET_OPERATIONS = 31  # the vectors w0 to w960 are the pairs of so many, those of the first as clients first


def outcome(client: DocOp, server: DocOp) -> tuple[DocOp, DocOp] | None:
    """What the reference makes of a pair; None when it refuses."""
    try:
        return reference_transform(client, server)
    except Refused:
        return None


def test_the_reference_gives_what_the_original_gave() -> None:
    failing = []
    for case in vectors("transform"):
        client, server = reference_transform(DocOp.from_json(case["client"]), DocOp.from_json(case["server"]))
        if (client.to_json(), server.to_json()) != (case["client2"], case["server2"]):
            failing.append(case["id"])
    assert not failing, failures("transform", failing)


def test_the_reference_refuses_what_the_original_refused_and_is_as_lax() -> None:
    failing = []
    for case in vectors("transform_error"):
        result = outcome(DocOp.from_json(case["client"]), DocOp.from_json(case["server"]))
        expected = (case["client2"], case["server2"]) if case["outcome"] == "ok" else None
        if (result and (result[0].to_json(), result[1].to_json())) != expected:
            failing.append(case["id"])
    assert not failing, failures("transform_error", failing)


@given(concurrent_operations())
def test_the_engine_does_what_the_reference_does(drawn: tuple[DocOp, DocOp, DocOp]) -> None:
    _, client, server = drawn
    assert transform(client, server) == reference_transform(client, server)


@given(seeds)
def test_the_engine_does_what_the_reference_does_with_dense_and_untidy_operations(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    client, server = random_operation(rng, state), random_operation(rng, state)
    assert transform(client, server) == reference_transform(client, server)


@given(seeds)
def test_the_engine_does_what_the_reference_does_with_operations_that_compose_and_transform_made(seed: int) -> None:
    rng = Random(seed)
    state = random_state(rng)
    first, server = random_operation(rng, state), random_operation(rng, state)
    between = applied(state, first)
    second = random_operation(rng, between)
    client = compose(first, second)
    assert transform(client, server) == reference_transform(client, server)
    _, rebased = reference_transform(first, server)
    assert transform(second, rebased) == reference_transform(second, rebased)


@given(seeds)
def test_what_the_reference_refuses_is_refused_and_nothing_else_comes_out_than_from_it(seed: int) -> None:
    """Pairs from two documents: the engine may refuse more than the reference, but not a pair that does fit."""
    rng = Random(seed)
    state = random_state(rng)
    client = random_operation(rng, state)
    if rng.random() < 0.5:
        server = random_operation(rng, remodelled(rng, state))
    else:
        server = misfit(rng, random_operation(rng, state))
    if rng.random() < 0.5:
        client, server = server, client
    if not is_well_formed(client) or not is_well_formed(server):
        return
    try:
        result = transform(client, server)
    except TransformError:
        assert (verdict(state, client), verdict(state, server)) != ("VALID", "VALID")
    else:
        assert result == outcome(client, server)


@given(seeds)
def test_a_longer_server_operation_is_cut_as_by_the_reference_or_refused(seed: int) -> None:
    """L1, which the wavelet level needs."""
    rng = Random(seed)
    state = random_state(rng)
    client, server = random_operation(rng, state), random_operation(rng, state + random_state(rng))
    try:
        result = transform_tolerantly(client, server)
    except TransformError:
        reject()
    assert result == outcome(client, server)


def test_all_pairs_of_document_operations_in_the_wavelet_vectors_are_transformed_as_by_the_reference() -> None:
    """About half of these pairs are published. In some, the server's operation reads more than the client's (L1)."""
    operations: dict[int, dict[str, Any]] = {}
    for case in vectors("wavelet_ops"):
        client, server = divmod(int(case["id"][1:]), WAVELET_OPERATIONS)
        operations |= {client: case["client"]["op"], server: case["server"]["op"]}
    on_one_document = [
        MutateDocument(mutation["document_id"], DocOp.from_json(mutation["document_operation"]))
        for mutation in (operation.get("mutate_document") for operation in operations.values())
        if mutation
    ]
    pairs = [(one, other) for one, other in product(on_one_document, repeat=2) if one.document_id == other.document_id]
    assert len(pairs) == 37
    for client_op, server_op in pairs:
        expected = outcome(client_op.op, server_op.op)
        try:
            client_after, server_after = transform_operation(client_op, "alice@example.com", server_op)
        except OperationError:
            assert expected is None
        else:
            assert isinstance(client_after, MutateDocument)
            assert isinstance(server_after, MutateDocument)
            assert (client_after.op, server_after.op) == expected


def test_the_reference_refuses_a_longer_client_operation_and_cuts_a_longer_server_operation() -> None:
    """L1."""
    assert outcome(DocOp([Retain(2)]), DocOp([Retain(1)])) is None
    assert outcome(DocOp([Retain(1)]), DocOp([Retain(2)])) == (DocOp([Retain(1)]), DocOp([Retain(1)]))
