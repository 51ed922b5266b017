"""The hash chain that makes a wavelet's history tamper-evident.

``H(0)`` is the UTF-8 of the wavelet's URI, unhashed; ``H(n + 1)`` is the first 20 bytes of
``SHA-256(H(n) ‖ applied delta)``, over the exact bytes of the applied delta.

Source: DESIGN.md, section 4, step 5; OT.md, H1.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from wave_ot.deltas import HashedVersion

HASH_LENGTH: Final = 20  # bytes, of every hash but version zero's


def version_zero(uri: str) -> HashedVersion:
    """The version before the first delta of the wavelet with this URI (``WaveletName.uri``)."""
    return HashedVersion(0, uri.encode("utf-8"))


def next_version(previous: HashedVersion, applied_delta: bytes, operations: int) -> HashedVersion:
    """The version after a delta of ``operations`` operations was applied at ``previous``.

    ``applied_delta`` are the bytes of the ProtocolAppliedWaveletDelta as they were made or received:
    never bytes encoded anew.
    """
    digest = sha256(previous.history_hash + applied_delta).digest()
    return HashedVersion(previous.version + operations, digest[:HASH_LENGTH])
