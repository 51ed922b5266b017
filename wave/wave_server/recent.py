"""The youngest part of a wavelet's history, in memory: what submissions are transformed against."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import final

from wave_ot.deltas import HashedVersion
from wave_server.limits import HostLimits
from wave_server.submission import Delta


@final
class RecentDeltas:
    """An unbroken run of deltas that starts at ``start`` and ends at the wavelet's head.

    Deltas are appended when they are applied, and dropped from the front by ``trim``. Looking up
    a version costs as much as there are deltas after it, the very ones a caller then walks over.
    """

    __slots__ = ("_deltas", "start")

    def __init__(self, start: HashedVersion, deltas: Sequence[Delta] = ()) -> None:
        self.start = start
        self._deltas: deque[Delta] = deque(deltas)

    def __len__(self) -> int:
        return len(self._deltas)

    def covers(self, version: int) -> bool:
        """Whether everything from ``version`` on is here."""
        return version >= self.start.version

    def append(self, delta: Delta) -> None:
        """Add the delta just applied."""
        self._deltas.append(delta)

    def after(self, target: HashedVersion) -> list[Delta] | None:
        """The deltas after ``target``, oldest first; None when that is no boundary of this run, or has another hash."""
        later: list[Delta] = []
        for delta in reversed(self._deltas):
            if delta.version <= target.version:
                boundary = HashedVersion(delta.version, delta.history_hash)
                break
            later.append(delta)
        else:
            boundary = self.start
        if boundary.version != target.version or boundary.history_hash != target.history_hash:
            return None
        later.reverse()
        return later

    def trim(self, committed: int, now: int, limits: HostLimits) -> None:
        """Drop deltas from the front, as far as they are in the store (at or below version ``committed``).

        Kept are the last ``recent_deltas``, and those younger than ``recent_age`` up to
        ``recent_deltas_most``: under load, submissions are many deltas behind.
        """
        deltas = self._deltas
        while len(deltas) > limits.recent_deltas and deltas[0].version <= committed:
            first = deltas[0]
            if len(deltas) <= limits.recent_deltas_most and now - first.timestamp < limits.recent_age:
                return
            self.start = HashedVersion(first.version, first.history_hash)
            deltas.popleft()
