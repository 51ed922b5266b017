"""Stanzas from one address to another are served one after the other, those of others meanwhile. RFC 6120 §10.1."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeAlias, final

from wave_federation.stanzas import Stanza

_Pair: TypeAlias = tuple[str, str]


@final
class Lanes:
    """One lane per pair of addresses, for as long as there is something in it; ``per_domain`` stanzas of each sender's.

    ``serve`` must not raise.
    """

    def __init__(self, serve: Callable[[Stanza], Awaitable[None]], per_domain: int) -> None:
        self._serve = serve
        self._per_domain = per_domain
        self._waiting: dict[_Pair, deque[Stanza]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many stanzas wait or are being served."""
        return self._counts.total()

    def put(self, stanza: Stanza) -> bool:
        """Have it served in its turn. False: its domain has as many here as it may, and it was not taken."""
        domain = stanza.sender.domain
        if self._counts[domain] >= self._per_domain:
            return False
        self._counts[domain] += 1
        pair = (str(stanza.sender), str(stanza.recipient))
        waiting = self._waiting.get(pair)
        if waiting is not None:
            waiting.append(stanza)
            return True
        self._waiting[pair] = deque((stanza,))
        worker = asyncio.get_running_loop().create_task(self._work(pair))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)
        return True

    def beside(self, stanza: Stanza, work: Coroutine[object, object, None]) -> None:
        """Go on with a stanza beside its lane. It counts for its domain until ``work``, which must not raise, ends."""
        self._counts[stanza.sender.domain] += 1
        worker = asyncio.get_running_loop().create_task(self._work_beside(stanza, work))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def stop(self) -> None:
        """Break off what is being served, and forget what waits."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._waiting.clear()
        self._counts.clear()

    async def _work(self, pair: _Pair) -> None:
        waiting = self._waiting[pair]
        while waiting:
            stanza = waiting.popleft()
            await self._serve(stanza)
            self._served(stanza.sender.domain)
        del self._waiting[pair]

    async def _work_beside(self, stanza: Stanza, work: Coroutine[object, object, None]) -> None:
        await work
        self._served(stanza.sender.domain)

    def _served(self, domain: str) -> None:
        self._counts[domain] -= 1
        if not self._counts[domain]:
            del self._counts[domain]
