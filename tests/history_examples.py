"""Deltas to put into a store: their bytes mean nothing, the store does not look inside."""

from __future__ import annotations

import hashlib

from wave_server.names import WaveletName
from wave_server.store import NewDelta

ROOT = WaveletName.parse_path("alpha.test/w+one/~/conv+root")
REPLY = WaveletName.parse_path("alpha.test/w+one/~/conv+reply")
FOREIGN = WaveletName.parse_path("alpha.test/w+one/beta.test/conv+root")
OTHER = WaveletName.parse_path("alpha.test/w+two/~/conv+root")


def delta(name: WaveletName, at: int, version: int | None = None, *, transformed: bytes | None = None) -> NewDelta:
    """One delta, of one operation unless ``version`` says otherwise."""
    after = at + 1 if version is None else version
    applied = f"{name.uri} {at}".encode()
    history_hash = hashlib.sha256(applied).digest()[:20]
    return NewDelta(
        name, at, after, history_hash, "alice@alpha.test", 1_763_800_000_000 + at, applied, transformed, f"key-{at}"
    )


def chain(name: WaveletName, start: int, end: int) -> list[NewDelta]:
    """Deltas of one operation each that take the wavelet from one version to another."""
    return [delta(name, at) for at in range(start, end)]
