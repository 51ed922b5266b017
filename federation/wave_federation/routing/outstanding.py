"""Our requests that wait for an answer, matched by id, asker and asked. RFC 6120, section 8.1.3; FEDERATION.md, 2."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TypeAlias, final

from slixmpp.jid import JID

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, QueueFull
from wave_federation.stanzas import Stanza

_Address: TypeAlias = tuple[str, str, str]
_Key: TypeAlias = tuple[str | None, _Address, _Address]


@final
class Outstanding:
    """The requests under way, at most ``per_domain`` to any one."""

    def __init__(self, per_domain: int) -> None:
        self._per_domain = per_domain
        self._futures: dict[_Key, asyncio.Future[Stanza]] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._futures)

    def open(self, request: Stanza) -> asyncio.Future[Stanza]:
        """The future that the answer will be in. Close every request that has been opened.

        Raises QueueFull, and ValueError when the same id is under way between the two already.
        """
        key, domain = _key(request.id, request.sender, request.recipient), request.recipient.domain
        if key in self._futures:
            raise ValueError(f"request {request.id!r} to {request.recipient} is under way already")
        if self._counts[domain] >= self._per_domain:
            raise QueueFull(f"{self._per_domain} requests to {domain} wait for an answer already")
        self._counts[domain] += 1
        future: asyncio.Future[Stanza] = asyncio.get_running_loop().create_future()
        self._futures[key] = future
        return future

    def close(self, request: Stanza) -> None:
        """Wait no longer."""
        domain = request.recipient.domain
        del self._futures[_key(request.id, request.sender, request.recipient)]
        self._counts[domain] -= 1
        if not self._counts[domain]:
            del self._counts[domain]

    def answer(self, stanza: Stanza) -> bool:
        """Hand a result or an error to who waits for it; False when nobody does: it is late, repeated or made up."""
        future = self._futures.get(_key(stanza.id, stanza.recipient, stanza.sender))
        if future is None or future.done():
            return False
        future.set_result(stanza)
        return True

    def abandon(self) -> None:
        """Let everybody know that no answer will come: their futures are cancelled."""
        for future in self._futures.values():
            future.cancel()


def _key(id: str | None, asker: JID, asked: JID) -> _Key:  # noqa: A002 - the attribute's name
    return id, _comparable(asker), _comparable(asked)


def _comparable(address: JID) -> _Address:
    """An address in one form, whichever script its domain is written in."""
    try:
        domain = canonical_domain(address.domain)
    except InvalidDomain:  # nothing that we would have asked
        domain = address.domain
    return address.node, domain, address.resource
