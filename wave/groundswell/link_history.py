"""What was decided about links lately, kept for those who ask: it listens to the log of ``links.journal``."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, final

from wave_federation.links.journal import LOGGER

MAX_DOMAINS: Final = 1_000
MAX_DECISIONS: Final = 20  # of one domain


@final
class LinkHistory(logging.Handler):
    """The last decisions about each other domain, oldest first, and how many there were of each kind.

    Who failed to authenticate is here under the domain that it claimed to be.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.counts: Final[Counter[str]] = Counter()  # by event
        self._decisions: Final[dict[str, deque[str]]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note a decision; other records are not for here."""
        link = getattr(record, "link", None)
        if not isinstance(link, dict):
            return
        self.counts[link["event"]] += 1
        decisions = self._decisions.pop(link["remote"], None) or deque(maxlen=MAX_DECISIONS)
        while len(self._decisions) >= MAX_DOMAINS:
            del self._decisions[next(iter(self._decisions))]
        self._decisions[link["remote"]] = decisions
        moment = datetime.fromtimestamp(record.created, UTC)
        decisions.append(f"{moment:%Y-%m-%d %H:%M:%S} {record.getMessage()}")

    def about(self, domain: str) -> Sequence[str]:
        """The last decisions about a domain, a line each, with the time in UTC."""
        return tuple(self._decisions.get(domain, ()))


@contextmanager
def kept_history() -> Iterator[LinkHistory]:
    """A history of what happens within the block. Every decision is logged meanwhile, whatever the log's level is."""
    history, log = LinkHistory(), logging.getLogger(LOGGER)
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(history)
    try:
        yield history
    finally:
        log.removeHandler(history)
        log.setLevel(level)
