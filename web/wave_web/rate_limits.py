"""Rate limits: token buckets, and tables of them by key that forget the idle. Time is an argument, in seconds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_second`` on average and at most ``burst`` at once; ``per_second == 0`` means no limit."""

    per_second: float
    burst: float


UNLIMITED: Final = Rate(0, 0)


@final
class TokenBucket:
    """How much of a rate is left. Starts full."""

    __slots__ = ("_level", "_rate", "_updated")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._level = rate.burst
        self._updated = now

    def take(self, amount: float, now: float) -> float:
        """0 when ``amount`` was there, and is now taken; else the seconds until it will be, and nothing is taken.

        What is larger than the burst is granted when the bucket is full, and leaves it in debt.
        """
        rate = self._rate
        if not rate.per_second:
            return 0.0
        level = self._level + (now - self._updated) * rate.per_second
        level = min(level, rate.burst)
        self._updated = now
        if level < amount and level < rate.burst:
            self._level = level
            return (min(amount, rate.burst) - level) / rate.per_second
        self._level = level - amount
        return 0.0

    def give_back(self, amount: float) -> None:
        """Return what was taken for something that did not happen after all."""
        self._level += amount

    def is_full(self, now: float) -> bool:
        """Whether the bucket has nothing to remember."""
        return self._level + (now - self._updated) * self._rate.per_second >= self._rate.burst


class BucketTable(Generic[Key]):
    """A bucket for each key that was active lately. Full buckets are forgotten when the table has grown."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: dict[Key, TokenBucket] = {}
        self._sweep_at = 1024

    def bucket(self, key: Key, now: float) -> TokenBucket:
        """The bucket of that key. Ask again each time: one that has filled up may have been replaced."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._sweep_at:
                self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.is_full(now)}
                self._sweep_at = max(1024, 2 * len(self._buckets))
            bucket = self._buckets[key] = TokenBucket(self._rate, now)
        return bucket

    def take(self, key: Key, amount: float, now: float) -> float:
        """As TokenBucket.take, from the key's bucket."""
        return self.bucket(key, now).take(amount, now)
