"""Wavelets whose newest deltas the store may have or may not have, because it failed while it wrote them.

They have left memory. When they are loaded again it turns out what was written after all, and observers are told of
that then: so they hear of every delta that is in the history, in order, whatever happens to the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from wave_server.names import WaveletName
from wave_server.participants import Participants, after_change
from wave_server.restoring import delta_of
from wave_server.store import StoredDelta
from wave_server.submission import Committed, Observer


class Doubt(NamedTuple):
    """Up to where observers have been told of a wavelet, and who took part then."""

    version: int
    participants: Participants


@final
class Doubts:
    """All of them."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers: Final = tuple(observers)
        self._of: Final[dict[WaveletName, Doubt]] = {}

    def __contains__(self, name: WaveletName) -> bool:
        return name in self._of

    def begin(self, name: WaveletName, told: Doubt) -> bool:
        """It is not known what the store has of a wavelet; whether that was known before."""
        if name in self._of:
            return False
        self._of[name] = told
        return True

    def of(self, name: WaveletName) -> Doubt | None:
        """The doubt about a wavelet; None when there is none."""
        return self._of.get(name)

    def resolve(self, name: WaveletName, rows: Sequence[StoredDelta]) -> None:
        """The store has ``rows`` after what observers know: tell them. Raises CorruptHistory."""
        told = [(delta_of(row), row.applied) for row in rows]
        participants = self._of.pop(name).participants
        for delta, applied in told:
            before = participants
            for operation in delta.operations:
                participants = after_change(participants, operation)
            self.tell(Committed(delta, applied, before, participants))

    def tell(self, committed: Committed) -> None:
        """A delta is in the store: tell every observer."""
        for observer in self._observers:
            observer(committed)
