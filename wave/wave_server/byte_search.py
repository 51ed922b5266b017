"""Finding the byte that is wrong, where only a hash of the right ones is known."""

from __future__ import annotations

from hashlib import sha256
from typing import Final, NamedTuple

from wave_ot.history import HASH_LENGTH

LONGEST_SEARCHED: Final = 4096  # bytes; a longer search takes more than some ten seconds


class Correction(NamedTuple):
    """Byte ``offset`` must be ``right``; then the hash fits."""

    offset: int
    right: int


def first_difference(one: bytes, other: bytes) -> int:
    """The offset of the first byte that differs; where one ends, if it is the other's beginning."""
    for offset, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return offset
    return min(len(one), len(other))


def equal_bytes(one: bytes, other: bytes) -> int:
    """How many bytes are equal, place by place."""
    return sum(mine == theirs for mine, theirs in zip(one, other, strict=False))


def single_byte_correction(prefix: bytes, data: bytes, history_hash: bytes) -> Correction | None:
    """The one byte of ``data`` that has to change for SHA-256(prefix ‖ data) to begin with ``history_hash``.

    None when no single byte will do, or ``data`` is longer than LONGEST_SEARCHED. Tries 255 values for each
    byte, each over the rest of the data: some 50 ms for 150 bytes, seconds for the longest.
    """
    if len(data) > LONGEST_SEARCHED:
        return None
    before = sha256(prefix)
    for offset, wrong in enumerate(data):
        rest = data[offset + 1 :]
        for right in range(256):
            if right == wrong:
                continue
            attempt = before.copy()
            attempt.update(bytes((right,)) + rest)
            if attempt.digest()[:HASH_LENGTH] == history_hash:
                return Correction(offset, right)
        before.update(data[offset : offset + 1])
    return None
