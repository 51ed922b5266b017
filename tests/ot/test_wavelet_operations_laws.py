"""The laws of wavelet operations: sequences of them converge, and survive JSON and protocol buffers."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wave_ot.deltas import HashedVersion, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.errors import TransformError
from wave_ot.normalization import normalize
from wave_ot.protobuf import decode_delta, encode_delta
from wave_ot.wavelet_json import operations_from_json, operations_to_json
from wave_ot.wavelet_operations import (
    AddParticipant,
    MutateDocument,
    NoOp,
    RemoveParticipant,
    WaveletOperation,
    transform_operations,
)

from .oracle import after
from .strategies import documents, operations

AUTHOR = "author@a.test"
PEOPLE = ("b@a.test", "c@b.test", "@a.test")
DOCUMENTS = ("b+1", "b+2")


class Wavelet:
    """A wavelet's state: who takes part, and each document as an operation on nothing. Never changed."""

    def __init__(self, participants: frozenset[str], documents: dict[str, DocOp]) -> None:
        self.participants = participants
        self.documents = documents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wavelet) and (self.participants, self.documents) == (
            other.participants,
            other.documents,
        )

    __hash__ = None  # type: ignore[assignment]

    def after(self, *applied: WaveletOperation) -> Wavelet:
        """The state after valid operations; the oracle asserts that they are."""
        participants, documents = set(self.participants), dict(self.documents)
        for operation in applied:
            match operation:
                case AddParticipant(address):
                    assert address not in participants
                    participants.add(address)
                case RemoveParticipant(address):
                    assert address in participants
                    participants.remove(address)
                case MutateDocument(document_id, op):
                    documents[document_id] = after(documents[document_id], op)
        return Wavelet(frozenset(participants), documents)


@st.composite
def wavelets(draw: st.DrawFn) -> Wavelet:
    participants = draw(st.frozensets(st.sampled_from(PEOPLE))) | {AUTHOR}
    return Wavelet(participants, {document_id: normalize(draw(documents())) for document_id in DOCUMENTS})


@st.composite
def sequences(draw: st.DrawFn, wavelet: Wavelet) -> tuple[WaveletOperation, ...]:
    """Up to three operations, each valid after those before it."""
    sequence: list[WaveletOperation] = []
    for _ in range(draw(st.integers(1, 3))):
        operation = draw(operation_on(wavelet))
        sequence.append(operation)
        wavelet = wavelet.after(operation)
    return tuple(sequence)


@st.composite
def operation_on(draw: st.DrawFn, wavelet: Wavelet) -> WaveletOperation:
    kind = draw(st.sampled_from(["mutate", "mutate", "mutate", "participant", "no-op"]))
    if kind == "mutate":
        document_id = draw(st.sampled_from(DOCUMENTS))
        return MutateDocument(document_id, draw(operations(wavelet.documents[document_id], max_steps=3)))
    if kind == "participant":
        address = draw(st.sampled_from(PEOPLE))
        return RemoveParticipant(address) if address in wavelet.participants else AddParticipant(address)
    return NoOp()


@given(st.data())
def test_sequences_converge_in_both_orders(data: st.DataObject) -> None:
    wavelet = data.draw(wavelets())
    client, server = data.draw(sequences(wavelet)), data.draw(sequences(wavelet))
    try:
        client_after, server_after = transform_operations(client, AUTHOR, server)
    except TransformError:  # one adds whom the other removes
        assume(False)
        raise
    assert wavelet.after(*client, *server_after) == wavelet.after(*server, *client_after)


@given(st.data())
def test_a_sequence_can_be_rebased_piece_by_piece(data: st.DataObject) -> None:
    """What a host does with each later delta in turn is what it would do with all at once."""
    wavelet = data.draw(wavelets())
    client, server = data.draw(sequences(wavelet)), data.draw(sequences(wavelet))
    cut = data.draw(st.integers(0, len(server)))
    try:
        whole, _ = transform_operations(client, AUTHOR, server)
    except TransformError:
        with pytest.raises(TransformError):
            transform_operations(transform_operations(client, AUTHOR, server[:cut])[0], AUTHOR, server[cut:])
        return
    first, _ = transform_operations(client, AUTHOR, server[:cut])
    assert transform_operations(first, AUTHOR, server[cut:])[0] == whole


@given(st.data())
def test_valid_operations_survive_json_and_protocol_buffers(data: st.DataObject) -> None:
    sequence = data.draw(sequences(data.draw(wavelets())))
    assert operations_from_json(json.loads(json.dumps(operations_to_json(sequence)))) == sequence
    delta = WaveletDelta(HashedVersion(7, b"\x00" * 20), AUTHOR, sequence)
    assert decode_delta(encode_delta(delta)) == delta
