"""Sequences of wavelet operations as a client handles them: joined, transformed, undone. Pure.

A sequence stands for its operations applied one after the other. Operations on different documents never
touch each other, so a sequence may hold one operation per document in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from wave_ot.composition import compose
from wave_ot.inversion import invert
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, WaveletOperation

Operations: TypeAlias = tuple[WaveletOperation, ...]


def joined(pending: Operations, operation: WaveletOperation) -> Operations:
    """``pending`` and then ``operation``; what changes the same document is composed into one operation."""
    if isinstance(operation, MutateDocument):
        for place, earlier in enumerate(pending):
            if isinstance(earlier, MutateDocument) and earlier.document_id == operation.document_id:
                both = MutateDocument(operation.document_id, compose(earlier.op, operation.op))
                return (*pending[:place], both, *pending[place + 1 :])
    return (*pending, operation)


def inverted(operations: Sequence[WaveletOperation]) -> Operations:
    """The operations that undo these, to be applied to the state that these led to."""
    return tuple([_inverse(operation) for operation in reversed(operations)])


def _inverse(operation: WaveletOperation) -> WaveletOperation:
    if isinstance(operation, MutateDocument):
        return MutateDocument(operation.document_id, invert(operation.op))
    if isinstance(operation, AddParticipant):
        return RemoveParticipant(operation.address)
    if isinstance(operation, RemoveParticipant):
        return AddParticipant(operation.address)
    return operation
