"""The outgoing links there are, one for each pair of domains: made on demand, and forgotten when they are of no use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, final

from wave_federation.errors import QueueFull
from wave_federation.links.outgoing import OutgoingLink
from wave_federation.links.transport import LinkState

_FORGET_SECONDS: Final = 6 * 3600.0  # after which a link that is idle is forgotten, and with it its last failure
_SWEEP_SECONDS: Final = 600.0


@final
class LinkPool:
    """Outgoing links by (domain of ours, other domain), both canonical. Time is an argument, of the loop's clock."""

    def __init__(self, make: Callable[[str, str], OutgoingLink], most: int, now: float) -> None:
        """``most`` is how many links there may be at once: to others, nothing is sent."""
        self._make: Final = make
        self._most: Final = most
        self._links: Final[dict[tuple[str, str], OutgoingLink]] = {}
        self._swept = now

    def __iter__(self) -> Iterator[OutgoingLink]:
        return iter(list(self._links.values()))

    def between(self, local: str, remote: str, now: float) -> OutgoingLink:
        """The link of a pair, a new one where there is none. Raises QueueFull when there are too many."""
        link = self._links.get((local, remote))
        if link is None:
            self._make_room(now)
            link = self._links[local, remote] = self._make(local, remote)
        return link

    def heard(self, local: str, remote: str) -> None:
        """``remote`` has sent something to ``local``: it is alive."""
        link = self._links.get((local, remote))
        if link is not None:
            link.heard()

    def to(self, remote: str) -> list[OutgoingLink]:
        """All links to a domain."""
        return [link for link in self._links.values() if link.remote == remote]

    def _make_room(self, now: float) -> None:
        if now >= self._swept + _SWEEP_SECONDS:
            self._swept = now
            self._forget(now - _FORGET_SECONDS)
        if len(self._links) >= self._most:
            self._forget(now)
            if len(self._links) >= self._most:
                raise QueueFull(f"there are links to {len(self._links)} domains already, and none of them is idle")

    def _forget(self, idle_since: float) -> None:
        for pair, link in list(self._links.items()):
            if link.link.state is LinkState.IDLE and link.link.since <= idle_since:
                link.stop()
                del self._links[pair]
