"""With which domains we speak at all: the administrator's lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol, final


class Policy(Protocol):
    """Asked before a stream is opened to a domain, and when one authenticates from it."""

    def refusal(self, domain: str) -> str | None:
        """Why nothing is exchanged with ``domain`` (canonical), in a sentence that the peer may see; None if it is."""


@final
class DomainPolicy:
    """Lists of domains. A domain in a list stands for those below it too: ``wave.beta.test`` goes with ``beta.test``.

    With anything in ``allow``, only those are spoken to. ``block`` wins over ``allow``.
    """

    def __init__(self, *, allow: Collection[str] = (), block: Collection[str] = ()) -> None:
        self._allow = frozenset(allow)
        self._block = frozenset(block)

    def refusal(self, domain: str) -> str | None:
        """See Policy."""
        names = frozenset(_and_above(domain))
        if names & self._block:
            return f"{domain} is blocked by this server's policy"
        if self._allow and not names & self._allow:
            return f"{domain} is not among the domains that this server speaks to"
        return None


def _and_above(domain: str) -> Iterator[str]:
    """``a.b.test`` gives itself, ``b.test`` and ``test``."""
    yield domain
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain
