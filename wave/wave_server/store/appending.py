"""What both append paths have in common: their interface, and what a refused batch means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wave_server.store.errors import StoreError
from wave_server.store.small_writes import SmallWrite, Written
from wave_server.store.values import NewDelta


class Appender(Protocol):
    """The one way in for deltas. Each database has its own, because this path decides the server's speed."""

    async def append(self, batch: Sequence[NewDelta]) -> None:
        """Commit the whole batch, durably, in one transaction, or nothing of it.

        Raises VersionConflict, StoreUnavailable, or StoreError for what can never be stored.
        """

    async def carry_out(self, statements: Sequence[SmallWrite]) -> Sequence[Written]:
        """Commit statements, durably, in one transaction, or nothing of them; what each returned.

        Raises StoreUnavailable, or StoreError for what breaks a rule of the tables.
        """

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""


def unknown_wavelet(delta: NewDelta) -> StoreError:
    """The error for a delta that continues a history of which there is no beginning."""
    return StoreError(f"{delta.wavelet} is not in the store, so nothing can follow its version {delta.at}")


def refused(batch: Sequence[NewDelta], reason: Exception) -> StoreError:
    """The error for a batch that breaks one of the tables' rules other than uniqueness: a bug of the caller."""
    where = ", ".join(f"{delta.wavelet} at {delta.at}" for delta in batch[:3])
    return StoreError(f"the database refused {len(batch)} deltas ({where}…): {reason}")


def refused_statements(reason: Exception) -> StoreError:
    """The error for small writes of which one breaks a rule of the tables: a bug of the caller."""
    return StoreError(f"the database refused to note something: {reason}")


def repeated_in(batch: Sequence[NewDelta]) -> NewDelta | None:
    """The first delta that claims a version which an earlier one in the same batch has claimed."""
    seen: set[tuple[object, int, bool]] = set()
    for delta in batch:
        ends = {(delta.wavelet, delta.at, False), (delta.wavelet, delta.version, True)}
        if seen & ends:
            return delta
        seen |= ends
    return None
