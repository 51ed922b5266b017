"""What the store knows of deltas on their way to other hosts: each is written down before it is sent, and crossed off
soon after it has been answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NamedTuple, TypeAlias, TypeVar, final

from wave_federation.links.backoff import Backoff
from wave_federation.persistence import FederationStore
from wave_federation.remote.pending import Pending
from wave_server.errors import Unavailable, WaveError
from wave_server.names import WaveAddress, WaveletName

CROSSING_OFF_SECONDS: Final = 0.5  # that what has been answered stays noted, so that many are crossed off together

_Mark: TypeAlias = tuple[WaveletName, WaveAddress, str]  # of a delta: its wavelet, author and key
_Result = TypeVar("_Result")

_log: Final = logging.getLogger(__name__)


class _Crossed(NamedTuple):
    row: int
    gone: asyncio.Event


@final
class Notes:
    """Writes are tried until the store has confirmed them: what it may have or not is neither given up nor sent."""

    def __init__(
        self, store: FederationStore, now: Callable[[], float], random: Callable[[], float], backoff: Backoff
    ) -> None:
        """``now`` gives seconds since 1970."""
        self._store: Final = store
        self._now: Final = now
        self._random: Final = random
        self._backoff: Final = backoff
        self._crossed: Final[dict[_Mark, _Crossed]] = {}  # answered, and still noted
        self._removing: asyncio.Task[None] | None = None

    async def write_down(self, pending: Pending, signed: bytes) -> int:
        """Note a ProtocolSignedDelta, durably. The id of its row.

        Raises LookupError when there is no copy of the wavelet.
        """
        crossed = self._crossed.get(_mark(pending))
        if crossed is not None:  # it was refused, and comes again under its key
            await crossed.gone.wait()
        author, created = str(pending.author), int(self._now() * 1000)
        writing = partial(self._store.add_forwarded, pending.name, author, pending.key, signed, created)
        return await self._until_stored(writing)

    def cross_off(self, pending: Pending) -> None:
        """Soon, for nobody waits for it: one that is still there after a crash is sent again, and applied only once."""
        self._crossed[_mark(pending)] = _Crossed(pending.row, asyncio.Event())
        if self._removing is None:
            self._removing = asyncio.get_running_loop().create_task(self._remove(), name="crossing off")

    async def stop(self) -> None:
        """Cross off what can be; the rest is sent again after the next start."""
        if self._removing is not None:
            self._removing.cancel()
            await asyncio.gather(self._removing, return_exceptions=True)
        try:
            await asyncio.gather(*(self._store.remove_forwarded(each.row) for each in self._crossed.values()))
        except WaveError as error:
            _log.warning("deltas that have been answered could not be crossed off, and are sent again: %s", error)

    async def _remove(self) -> None:
        while self._crossed:
            await asyncio.sleep(CROSSING_OFF_SECONDS)
            batch = dict(self._crossed)
            removals = [partial(self._store.remove_forwarded, crossed.row) for crossed in batch.values()]
            await asyncio.gather(*map(self._until_stored, removals))
            for mark, crossed in batch.items():
                del self._crossed[mark]
                crossed.gone.set()
        self._removing = None

    async def _until_stored(self, write: Callable[[], Awaitable[_Result]]) -> _Result:
        failures = 0
        while True:
            try:
                return await write()
            except Unavailable as error:
                failures += 1
                _log.warning("what is on its way to other hosts cannot be noted: %s", error)
            await asyncio.sleep(self._backoff.pause(failures, self._random))


def _mark(pending: Pending) -> _Mark:
    return pending.name, pending.author, pending.key
