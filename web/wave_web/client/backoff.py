"""How long to wait before trying again: longer each time, never too long, and not everybody at once. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays that double from ``first`` to at most ``most`` seconds, each cut by up to half at random."""

    first: float = 0.1
    most: float = 10.0

    def delay(self, failures: int, chance: float) -> float:
        """Seconds to wait after so many failures in a row (1 or more); ``chance`` is random, from 0 to 1."""
        longest = min(self.most, self.first * 2.0 ** min(failures - 1, 60))
        return longest * (1 - chance / 2)
