"""The row ids of wavelets in recent use, so that an append need not look them up."""

from __future__ import annotations

from typing import Final, final

from wave_server.names import WaveletName

CAPACITY: Final = 100_000  # about 20 MB at most: the names are mostly shared with the core


@final
class WaveletIds:
    """A bounded map from wavelet name to row id. A row's id never changes, so nothing has to be invalidated."""

    __slots__ = ("_capacity", "_ids")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._ids: dict[WaveletName, int] = {}

    def get(self, name: WaveletName) -> int | None:
        """The row id, if it is remembered."""
        return self._ids.get(name)

    def remember(self, name: WaveletName, row_id: int) -> None:
        """Keep a *committed* row's id; the oldest entry goes when there is no room."""
        # Also called from SQLite's writer thread. Each step is atomic under the interpreter's lock; were two
        # threads to interleave, one entry too many would be dropped, and looked up again when needed.
        if len(self._ids) >= self._capacity and name not in self._ids:
            self._ids.pop(next(iter(self._ids)), None)
        self._ids[name] = row_id
