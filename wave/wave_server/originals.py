"""Deltas that another provider encoded: their exact bytes, and, read once, what these say.

Signatures and history hashes cover bytes, so those that came are kept and never written anew. Whoever needs
the contents takes them from the same value, so that the two cannot differ. Signatures are not looked at here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from wave_ot.deltas import AppliedDelta, HashedVersion, SignedDelta, WaveletDelta
from wave_ot.errors import OperationError
from wave_ot.history import next_version
from wave_ot.protobuf import decode_applied_delta, decode_delta
from wave_server.errors import InvalidOperation


@final
@dataclass(frozen=True, slots=True)
class Original:
    """A delta as its author's provider signed it. ``read_original`` makes it."""

    signed: SignedDelta
    delta: WaveletDelta  # what ``signed.delta`` says; its operations are well-formed


@final
@dataclass(frozen=True, slots=True)
class ReceivedDelta:
    """A delta as its wavelet's host applied it. ``read_received`` makes it."""

    data: bytes  # ProtocolAppliedWaveletDelta, what the history hash is made of
    applied: AppliedDelta
    original: Original
    at: HashedVersion  # where it applies
    after: HashedVersion  # where it leads, as far as its own bytes tell


def read_original(signed: SignedDelta) -> Original:
    """What a provider signed. Raises InvalidOperation when it cannot be read."""
    try:
        return Original(signed, decode_delta(signed.delta))
    except OperationError as error:
        raise InvalidOperation(f"the delta cannot be read: {error}") from error


def read_received(data: bytes) -> ReceivedDelta:
    """What a host applied, from a ProtocolAppliedWaveletDelta. Raises InvalidOperation when it cannot be read."""
    try:
        applied = decode_applied_delta(data)
    except OperationError as error:
        raise InvalidOperation(f"the applied delta cannot be read: {error}") from error
    original = read_original(applied.signed)
    at = original.delta.target if applied.applied_at is None else applied.applied_at
    return ReceivedDelta(data, applied, original, at, next_version(at, data, applied.operations_applied))
