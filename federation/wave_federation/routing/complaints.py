"""Warnings about other domains, each domain's once a minute: whoever floods us does not fill the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, final

QUIET_SECONDS: Final = 60.0
MAX_REMEMBERED: Final = 1_000  # domains


@final
class Complaints:
    """One kind of warning. ``clock`` is monotonic, in seconds."""

    def __init__(self, log: logging.Logger, message: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``message`` takes the domain as its first argument."""
        self._log: Final = log
        self._message: Final = message
        self._clock: Final = clock
        self._last: Final[dict[str, float]] = {}
        self._unsaid: Final[dict[str, int]] = {}

    def about(self, domain: str, *details: object) -> None:
        """Warn, with how many warnings about the domain were left out, unless that was done just now."""
        now = self._clock()
        last = self._last.get(domain)
        if last is not None and now - last < QUIET_SECONDS:
            self._unsaid[domain] = self._unsaid.get(domain, 0) + 1
            return
        self._last.pop(domain, None)  # to the end
        while len(self._last) >= MAX_REMEMBERED:
            forgotten = next(iter(self._last))
            del self._last[forgotten]
            self._unsaid.pop(forgotten, None)
        self._last[domain] = now
        unsaid = self._unsaid.pop(domain, 0)
        again = f" ({unsaid:,} more times since the last warning)" if unsaid else ""
        self._log.warning(self._message + "%s", domain, *details, again)
