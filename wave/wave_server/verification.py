"""Checks everything the store holds of every wavelet, and names what is wrong, down to the byte.

Every history hash is recomputed from the wavelet's name on. A hash that does not fit has two possible
reasons, told apart by the deltas that follow: where the chain goes on from the recomputed hash, the
stored hash is wrong; where it goes on from the stored one, the delta's bytes are. Everything else is
recomputed from the bytes that the hashes vouch for: columns, transformed deltas, snapshots.

Submission keys stand beside the history and nothing vouches for them: a changed key is not found.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from wave_server.names import WaveletName
from wave_server.store import Store, StoredDelta
from wave_server.verified_wavelet import Finding, VerifiedWavelet

__all__ = ["Event", "Finding", "Progress", "verify"]

PAGE = 1000  # deltas read at once


@dataclass(frozen=True, slots=True)
class Progress:
    """So many deltas of so many wavelets have been checked; the last to ``version`` of ``wavelet``."""

    wavelet: WaveletName
    version: int
    wavelets: int
    deltas: int


Event: TypeAlias = Progress | Finding

CheckSignature: TypeAlias = Callable[[StoredDelta], Awaitable[str | None]]
"""Says what is wrong with a delta's signatures; None when nothing is, or when it cannot be read at all."""


async def verify(store: Store, check_signature: CheckSignature | None = None) -> AsyncIterator[Event]:
    """Check every wavelet: each finding as it is made, and Progress after each page and each wavelet.

    May run beside a server: deltas appended meanwhile are checked or not. Raises StoreUnavailable.
    """
    wavelets = deltas = 0
    async for name in store.all_wavelets():
        wavelet = VerifiedWavelet(name, store, await store.snapshots(name))
        checked = 0
        async for row, following in _with_following(store, name):
            for finding in await wavelet.check(row, following):
                yield finding
            wrong = None if check_signature is None else await check_signature(row)
            if wrong is not None:
                yield Finding(name, row.at, "deltas.applied", None, wrong)
            checked += 1
            if checked % PAGE == 0:
                yield Progress(name, wavelet.head.version, wavelets, deltas + checked)
        for finding in wavelet.finish():
            yield finding
        wavelets += 1
        deltas += checked
        yield Progress(name, wavelet.head.version, wavelets, deltas)


async def _with_following(store: Store, name: WaveletName) -> AsyncIterator[tuple[StoredDelta, StoredDelta | None]]:
    """Each delta of a wavelet in the order of their ``at``, with the one after it."""
    previous: StoredDelta | None = None
    start = 0
    while page := await store.deltas(name, start, limit=PAGE):
        for row in page:
            if previous is not None:
                yield previous, row
            previous = row
        start = page[-1].at + 1
    if previous is not None:
        yield previous, None
