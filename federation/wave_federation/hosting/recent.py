"""The deltas that were committed last, so that sending them need not read them from the store again."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import takewhile
from typing import Final, NamedTuple, final

from wave_server.names import WaveletName
from wave_server.submission import Committed

MOST_BYTES: Final = 8_000_000  # of applied deltas kept, of all wavelets together


class AppliedAt(NamedTuple):
    """A delta of a history, as much of it as is sent: it leads from version ``at`` to ``version``."""

    at: int
    version: int
    history_hash: bytes  # at ``version``
    applied: bytes


@final
class RecentDeltas:
    """The newest stretch of each wavelet's history, without gaps; the wavelet that changed longest ago goes first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most: Final = most
        self._of: Final[OrderedDict[WaveletName, deque[AppliedAt]]] = OrderedDict()
        self._bytes = 0

    def put(self, committed: Committed) -> None:
        """It is in the history now, behind all that came before."""
        delta = committed.delta
        kept = self._of.setdefault(delta.wavelet, deque())
        if kept and kept[-1].version != delta.at:
            self._bytes -= sum(len(each.applied) for each in kept)
            kept.clear()
        kept.append(AppliedAt(delta.at, delta.version, delta.history_hash, committed.applied))
        self._bytes += len(committed.applied)
        self._of.move_to_end(delta.wavelet)
        self._make_room()

    def since(self, name: WaveletName, start: int, end: int, limit: int) -> list[AppliedAt]:
        """At most ``limit`` deltas from version ``start`` to below ``end``; none when that is too long ago."""
        kept = self._of.get(name)
        if kept is None or not kept[0].at <= start < kept[-1].version:
            return []
        newest_first = takewhile(lambda delta: delta.at >= start, reversed(kept))  # what is owed is mostly little
        found = [delta for delta in newest_first if delta.at < end][::-1]
        return found[:limit] if found and found[0].at == start else []

    def _make_room(self) -> None:
        while self._bytes > self._most:
            name, oldest = next(iter(self._of.items()))
            self._bytes -= len(oldest.popleft().applied)
            if not oldest:
                del self._of[name]
