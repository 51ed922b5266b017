"""What waits for one domain: bounded in number and in bytes, first in, first out. Time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from wave_federation.errors import QueueFull
from wave_federation.stanzas import Stanza


@final
@dataclass(frozen=True, slots=True)
class QueueLimits:
    """For one link."""

    stanzas: int = 1000
    bytes: int = 4 * 1024 * 1024  # as they would be written; elements take some times that in memory
    patience: float = 60.0  # seconds after which what has not been sent goes back


@final
@dataclass(frozen=True, slots=True)
class Waiting:
    """One stanza in a queue."""

    stanza: Stanza
    size: int  # in bytes, as written
    expires: float


@final
class StanzaQueue:
    """Stanzas in the order in which they were put, which is the order in which they expire."""

    __slots__ = ("_bytes", "_limits", "_waiting")

    def __init__(self, limits: QueueLimits) -> None:
        self._limits: Final = limits
        self._waiting: Final[deque[Waiting]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def next_expiry(self) -> float | None:
        """When the one in front has waited too long."""
        return self._waiting[0].expires if self._waiting else None

    def put(self, stanza: Stanza, size: int, now: float) -> None:
        """Queue it at the end. Raises QueueFull, which changes nothing."""
        limits = self._limits
        if len(self._waiting) >= limits.stanzas or (self._waiting and self._bytes + size > limits.bytes):
            raise QueueFull(
                f"{len(self._waiting)} stanzas, {self._bytes} bytes, wait for {stanza.recipient.domain} already"
            )
        self._waiting.append(Waiting(stanza, size, now + limits.patience))
        self._bytes += size

    def take(self) -> Waiting:
        """Take the one in front. There must be one."""
        first = self._waiting.popleft()
        self._bytes -= first.size
        return first

    def take_expired(self, by: float) -> Iterator[Stanza]:
        """Take those, from the front, that have waited too long at ``by``."""
        while self._waiting and self._waiting[0].expires <= by:
            yield self.take().stanza

    def take_all(self) -> Iterator[Stanza]:
        """Take everything, in order."""
        while self._waiting:
            yield self.take().stanza
