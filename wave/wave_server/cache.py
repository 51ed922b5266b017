"""The wavelets in memory: loading each once, finding them by wave, letting idle ones go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, final

from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_server.commits import Committer
from wave_server.doubts import Doubt, Doubts
from wave_server.errors import CorruptHistory, Unavailable, WaveError
from wave_server.hosted import Hosted, OpenWave, View
from wave_server.limits import HostLimits
from wave_server.names import WaveId, WaveletName
from wave_server.restoring import delta_of, from_snapshot, replay
from wave_server.sharing import is_signed
from wave_server.snapshotting import SnapshotWriter
from wave_server.store import Store, StoredDelta, StoredWavelet
from wave_server.submission import Delta, DeltaSigner, Reader, unsigned
from wave_server.troubles import Troubles
from wave_server.wavelet import Stretch

_FIRST_PAUSE: Final = 0.1  # seconds until a wavelet is loaded again that could not be; twice as long each time
_LONGEST_PAUSE: Final = 10.0
_SLICE: Final = 256  # deltas replayed or fetched before others get their turn on the loop

_log: Final = logging.getLogger(__name__)


@final
class WaveletCache:
    """Loaded wavelets and open waves. A wavelet that somebody reads, or that is being written, stays."""

    def __init__(
        self,
        *,
        domain: str,
        store: Store,
        clock: Callable[[], int],
        limits: HostLimits,
        signer: DeltaSigner,
        committer: Committer,
        doubts: Doubts,
        troubles: Troubles,
    ) -> None:
        self._domain: Final = domain
        self._store: Final = store
        self._clock: Final = clock
        self._limits: Final = limits
        self._signer: Final = signer
        self._troubles: Final = troubles
        self._committer: Final = committer
        self._doubts: Final = doubts
        self._snapshots: Final = SnapshotWriter(store, committer, limits)
        self._wavelets: Final[dict[WaveletName, Hosted]] = {}
        self._waves: Final[dict[WaveId, OpenWave]] = {}
        self._loading: Final[dict[WaveletName, asyncio.Task[Hosted]]] = {}
        self._resolving: Final[set[asyncio.Task[None]]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start letting idle wavelets go."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.idle_time / 4000, self._evict_idle_again)

    async def stop(self) -> None:
        """Let everything go, storing the snapshots that spare the next start something."""
        if self._timer is not None:
            self._timer.cancel()
        for resolving in self._resolving:
            resolving.cancel()
        await asyncio.gather(*self._resolving, return_exceptions=True)
        await asyncio.gather(*self._loading.values(), return_exceptions=True)  # who asked has been told
        for hosted in list(self._wavelets.values()):
            self._evict(hosted)
        await self._snapshots.stop()

    @property
    def wavelets(self) -> int:
        """How many wavelets are loaded."""
        return len(self._wavelets)

    @property
    def waves(self) -> int:
        """How many waves have a loaded wavelet or a view."""
        return len(self._waves)

    # Wavelets

    def get(self, name: WaveletName) -> Hosted | None:
        """The wavelet, if it is loaded."""
        return self._wavelets.get(name)

    def of_wave(self, wave: WaveId) -> Sequence[Hosted]:
        """The loaded wavelets of a wave."""
        found = self._waves.get(wave)
        return [] if found is None else list(found.wavelets.values())

    def load(self, name: WaveletName) -> asyncio.Task[Hosted]:
        """Load a wavelet that is not in memory. Who asks meanwhile gets the same task.

        An absent wavelet loads as one of version 0. The task fails with Unavailable or CorruptHistory.
        """
        task = self._loading.get(name)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load(name), name="load")
            self._loading[name] = task
            task.add_done_callback(lambda _: self._loading.pop(name, None))
        return task

    async def _load(self, name: WaveletName) -> Hosted:
        doubt = self._doubts.of(name)
        if doubt is not None:
            with suppress(Unavailable):
                await self._committer.settled(name)  # what is on its way to the store gets there first
        stored = await self._store.load(name)
        if stored is None:
            stored = StoredWavelet(None, [])
        wavelet = from_snapshot(name, stored, domain=self._domain, limits=self._limits, signer=self._signer)
        wavelet.begun_unsigned = not wavelet.is_copy and not await self._is_signed(stored, name)
        base = wavelet.head.version
        for start in range(0, len(stored.deltas), _SLICE):
            if start > 0:
                await asyncio.sleep(0)  # a long history without a snapshot must not hold up everybody else
            replay(wavelet, stored.deltas[start : start + _SLICE], self._limits)
        missed = [] if doubt is None else await self._between(name, doubt.version, wavelet.head.version)
        hosted = Hosted(wavelet, self._clock(), self._troubles.of(name))
        hosted.state_bytes = 0 if stored.snapshot is None else len(stored.snapshot.state)
        self._wavelets[name] = hosted
        self._waves.setdefault(name.wave, OpenWave()).wavelets[name] = hosted
        self._snapshots.grew(hosted, wavelet.head.version - base, sum(len(row.applied) for row in stored.deltas))
        if doubt is not None:
            self._doubts.resolve(name, missed)
            self.members_changed(hosted, None)
        return hosted

    async def _between(self, name: WaveletName, start: int, end: int) -> list[StoredDelta]:
        """The stored deltas from one version to another."""
        rows: list[StoredDelta] = []
        while start < end:
            page = await self._store.deltas(name, start, end, limit=_SLICE)
            if not page:
                raise CorruptHistory(f"{name.path}: the history has no delta at version {start}")
            rows += page
            start = page[-1].version
        return rows

    async def _is_signed(self, stored: StoredWavelet, name: WaveletName) -> bool:
        """Whether a history began with a signature, or has not begun. Not looked at where nothing is signed."""
        if self._signer is unsigned:
            return True
        first = stored.deltas[:1] if stored.snapshot is None else await self._store.deltas(name, 0, limit=1)
        return not first or is_signed(first[0].applied)

    async def loaded(self, name: WaveletName) -> Hosted:
        """The wavelet, loaded if it has to be. Raises what loading raises."""
        hosted = self._wavelets.get(name)
        while hosted is None or hosted.lost:  # let go again before we had our turn
            hosted = await asyncio.shield(self.load(name))  # others may wait for the same load
        return hosted

    def drop(self, hosted: Hosted) -> None:
        """Take a wavelet out of memory; nobody must use the object any more."""
        hosted.lost = True
        del self._wavelets[hosted.name]
        wave = self._waves[hosted.name.wave]
        del wave.wavelets[hosted.name]
        self._tidy(hosted.name.wave, wave)

    def doubt(self, hosted: Hosted) -> None:
        """Memory and store have parted: forget the memory, and load the wavelet again as soon as that can be done.

        Then observers hear what the store has after all, and readers that never saw the wavelet see it.
        """
        self.drop(hosted)
        if self._doubts.begin(hosted.name, Doubt(hosted.committed, hosted.audience)):
            task = asyncio.get_running_loop().create_task(self._resolve(hosted.name), name="reload")
            self._resolving.add(task)
            task.add_done_callback(self._resolving.discard)

    async def _resolve(self, name: WaveletName) -> None:
        pause = _FIRST_PAUSE
        while name in self._doubts:
            try:
                await asyncio.shield(self.load(name))
            except CorruptHistory:
                _log.exception("what the store has of %s cannot be read", name.path)
                return
            except WaveError as error:
                _log.warning("%s cannot be loaded again yet: %s", name.path, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def grew(self, hosted: Hosted, operations: int, size: int) -> None:
        """A delta of so many operations and bytes was committed."""
        self._snapshots.grew(hosted, operations, size)

    async def stretch(self, hosted: Hosted, target: HashedVersion, begun: Stretch | None = None) -> Stretch | None:
        """The deltas from an old version to the start of the recent ones, from the store.

        ``begun`` is a stretch from the same version that is to be gone on with.
        None when the version is not in the history with that hash, or lies more than
        ``catch_up_deltas`` back. On return the stretch reaches the recent deltas.
        """
        name, recent = hosted.name, hosted.wavelet.recent
        if begun is None and await self.hash_at(name, target.version) != target.history_hash:
            return None
        deltas: list[Delta] = [] if begun is None else list(begun.deltas)
        version = target.version if begun is None else begun.end
        while version < recent.start.version:
            page = await self._store.deltas(name, version, recent.start.version, limit=_SLICE)
            if not page:
                raise CorruptHistory(f"{name.path}: the history has no delta at version {version}")
            deltas.extend(delta_of(row) for row in page)
            version = deltas[-1].version
            if len(deltas) > self._limits.catch_up_deltas:
                return None
        return Stretch(target, deltas)

    async def hash_at(self, name: WaveletName, version: int) -> bytes | None:
        """The history hash of a stored version; None when no delta leads there."""
        if version == 0:
            return version_zero(name.uri).history_hash
        return await self._store.hash_at(name, version)

    # Views

    def add_view(self, view: View) -> None:
        """Register a view of a wave, which is opening."""
        self._waves.setdefault(view.wave, OpenWave()).views.append(view)

    def remove_view(self, view: View) -> None:
        """Forget a view that has left all its wavelets."""
        wave = self._waves.get(view.wave)
        if wave is not None and view in wave.views:
            wave.views.remove(view)
            self._tidy(view.wave, wave)

    def views(self, wave: WaveId) -> Sequence[View]:
        """The views of a wave."""
        found = self._waves.get(wave)
        return [] if found is None else found.views

    def view_of(self, wave: WaveId, reader: Reader) -> View | None:
        """The reader's view of the wave."""
        found = self._waves.get(wave)
        return None if found is None else found.view_of(reader)

    def members_changed(self, hosted: Hosted, creator: Reader | None) -> None:
        """Participants have come or gone: end views, and begin others with a snapshot.

        ``creator`` has just made the wavelet, so it knows the state.
        """
        hosted.expel()
        for view in list(self.views(hosted.name.wave)):
            joined = hosted in view.wavelets or hosted.name in view.ended
            if not view.opening and not joined and hosted.is_visible_to(view):
                hosted.join(view, [] if view.reader is creator else None)

    # Eviction

    def evict_idle(self) -> None:
        """Let go what has been idle for long, what is too much, and what does not exist."""
        now, limits = self._clock(), self._limits
        for hosted in self._wavelets.values():
            hosted.forget_snapshot()
        idle = sorted(filter(self._may_go, self._wavelets.values()), key=lambda hosted: -hosted.last_used)
        items = 0
        for place, hosted in enumerate(idle):
            items += hosted.wavelet.items()
            if (
                place >= limits.idle_wavelets
                or items > limits.idle_items
                or now - hosted.last_used >= limits.idle_time
                or hosted.wavelet.head.version == 0
            ):
                self._evict(hosted)

    def _evict_idle_again(self) -> None:
        self.evict_idle()
        self.start()

    def _may_go(self, hosted: Hosted) -> bool:
        """Whether nobody uses it; a wave that is being opened is about to."""
        return hosted.is_idle and not any(view.opening for view in self.views(hosted.name.wave))

    def _evict(self, hosted: Hosted) -> None:
        self._snapshots.leaving(hosted)
        self.drop(hosted)

    def _tidy(self, wave_id: WaveId, wave: OpenWave) -> None:
        if not wave.views and not wave.wavelets:
            self._waves.pop(wave_id, None)
