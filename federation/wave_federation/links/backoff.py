"""How long to wait before the next attempt: longer each time, never the same for two, and never longer than hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double with each failed attempt up to a cap. In seconds.

    Each is drawn from the upper half of what is due: a thousand links that broke at once do not come back at once, and
    none comes back at once either. The cap is low enough that a server that was away for a week is found again within
    the hour.
    """

    first: float = 2.0
    cap: float = 3600.0

    def pause(self, failures: int, random: Callable[[], float]) -> float:
        """How long to wait after ``failures`` attempts in a row (at least 1). ``random`` is as random.random."""
        # 2.0 ** 1024 is no float: the exponent stops growing long after the cap is reached
        due = min(self.cap, self.first * 2.0 ** min(failures - 1, 64))
        return due * (1 + random()) / 2
