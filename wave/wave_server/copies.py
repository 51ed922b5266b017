"""Copies of other hosts' wavelets: taking in what their hosts applied, in order and once.

A copy is a wavelet like any other, with the same tables, cache and readers; deltas get into it here and in no
other way. Those that come have verified signatures; ``following`` checks them against the copy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, final
from weakref import WeakValueDictionary

from wave_ot.deltas import HashedVersion
from wave_server import access
from wave_server.cache import WaveletCache
from wave_server.errors import Diverged, Forbidden, Gap, InvalidRequest, Quarantined, WaveError
from wave_server.following import another_history, check_next, follow
from wave_server.forwarding import Claimed, Forwarder
from wave_server.hosted import Hosted
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.originals import ReceivedDelta
from wave_server.publishing import Publisher
from wave_server.store import Store
from wave_server.submission import Acknowledgement, Reply
from wave_server.troubles import is_quarantined
from wave_server.wavelet import Prepared, Stretch


@final
class Copies:
    """Receives the applied deltas of other hosts."""

    def __init__(
        self,
        *,
        domain: str,
        cache: WaveletCache,
        publisher: Publisher,
        store: Store,
        clock: Callable[[], int],
        limits: HostLimits,
        forwarder: Forwarder | None,
    ) -> None:
        self._domain: Final = domain
        self._cache: Final = cache
        self._publisher: Final = publisher
        self._store: Final = store
        self._clock: Final = clock
        self._limits: Final = limits
        self._forwarder: Final = forwarder
        self._turns: Final[WeakValueDictionary[WaveletName, asyncio.Lock]] = WeakValueDictionary()

    async def receive(self, name: WaveletName, deltas: Sequence[ReceivedDelta]) -> HashedVersion:
        """Apply deltas in order; where the copy stands when they, and those before a fault, are durable."""
        self._check_name(name)
        fault: Gap | Diverged | None = None
        known: list[ReceivedDelta] = []
        turn = self._turns.setdefault(name, asyncio.Lock())
        async with turn:  # what comes meanwhile waits: else it would seem to leave a gap
            try:
                for received in deltas:
                    await self._take(name, received, known)
            except (Gap, Diverged) as error:
                fault = error
            head = (await self._cache.loaded(name)).wavelet.head
        await self._publisher.committed(name)
        self._acknowledge(name, known)
        if isinstance(fault, Diverged):
            fault.ours = await self._standing(name, fault.at.version)
        if fault is not None:
            raise fault
        return head

    def _check_name(self, name: WaveletName) -> None:
        if name.host == self._domain:
            raise InvalidRequest(f"{name.path} is hosted here: its deltas come from nowhere else")
        if not name.is_valid:
            raise InvalidRequest(f"{name.uri} cannot be copied: its ids are outside the specification")
        if access.is_private(name):
            raise Forbidden(f"{name.path} is a user's private data, which stays on their own host")

    async def _take(self, name: WaveletName, received: ReceivedDelta, known: list[ReceivedDelta]) -> None:
        """Apply the delta, or add it to ``known``. Raises Gap, Diverged, Quarantined or Unavailable."""
        while True:  # while something was fetched the wavelet may have been loaded anew
            hosted = await self._cache.loaded(name)
            self._check_open(hosted)
            if received.at.version < hosted.wavelet.head.version:
                if not await self._has(hosted, received.after):
                    raise another_history(hosted.wavelet, received)
                known.append(received)
                return
            check_next(hosted.wavelet, received)
            earlier = await self._earlier(hosted, received)
            if not hosted.lost:
                self._apply(hosted, received, earlier)
                return

    def _check_open(self, hosted: Hosted) -> None:
        refused = self._publisher.refusal(hosted)
        if refused is not None:
            raise refused
        if is_quarantined(hosted.troubles):
            raise Quarantined(f"{hosted.name.path} is in quarantine: nothing is added to it")

    async def _has(self, hosted: Hosted, version: HashedVersion) -> bool:
        """Whether the version, with this hash, is in the history: then so is everything that led to it."""
        recent = hosted.wavelet.recent
        if recent.covers(version.version):
            return recent.after(version) is not None
        return await self._cache.hash_at(hosted.name, version.version) == version.history_hash

    async def _earlier(self, hosted: Hosted, received: ReceivedDelta) -> Stretch | None:
        """The deltas that the delta is to be transformed over and that memory does not hold."""
        target = received.original.delta.target
        if hosted.wavelet.recent.covers(target.version):
            return None
        hosted.pending += 1  # keeps it loaded
        try:
            stretch = await self._cache.stretch(hosted, target)
        finally:
            hosted.pending -= 1
        return stretch or Stretch(hosted.wavelet.recent.start, ())  # following says that the target is not there

    def _acknowledge(self, name: WaveletName, known: Sequence[ReceivedDelta]) -> None:
        """Answer submissions whose deltas were here before they came, because the store, or we, failed right after."""
        for received in known:
            claimed = None if self._forwarder is None else self._forwarder.claim(name, received.original)
            if claimed is not None:
                claimed.reply(_acknowledgement(name, received))

    def _apply(self, hosted: Hosted, received: ReceivedDelta, earlier: Stretch | None) -> None:
        hosted.last_used = self._clock()
        claimed = None if self._forwarder is None else self._forwarder.claim(hosted.name, received.original)
        prepared = self._follow(hosted, received, None if claimed is None else claimed.key, earlier)
        origin = None if claimed is None else claimed.origin
        self._publisher.put(hosted, prepared, origin, _reply(claimed))

    def _follow(self, hosted: Hosted, received: ReceivedDelta, key: str | None, earlier: Stretch | None) -> Prepared:
        try:
            return follow(hosted.wavelet, received, key, earlier)
        except WaveError:
            raise
        except Exception as error:
            raise self._publisher.fault(hosted) from error

    async def _standing(self, name: WaveletName, version: int) -> bytes | None:
        """The stored applied delta that ``version`` is the beginning or the inside of, or at the head the last."""
        start = max(0, version - self._limits.operations_per_delta)  # no delta is longer
        rows = await self._store.deltas(name, start, version + 1, limit=version + 1 - start)
        return rows[-1].applied if rows else None


def _acknowledgement(name: WaveletName, received: ReceivedDelta) -> Acknowledgement:
    at, after = received.at, received.after
    return Acknowledgement(name, at.version, after.version, after.history_hash, received.applied.timestamp)


def _reply(claimed: Claimed | None) -> Reply:
    """Who is told when a received delta is durable. When it could not be stored it comes again, so nobody is told."""

    def reply(answer: Acknowledgement | WaveError) -> None:
        if claimed is not None and isinstance(answer, Acknowledgement):
            claimed.reply(answer)

    return reply
