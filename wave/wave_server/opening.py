"""Opening a wave: gather what it takes, with awaits; then hand it over in one go, without.

Because the second part does not yield, nothing can be committed between telling a reader where it
stands and making it a reader: no gap, no repetition.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, final

from wave_ot.deltas import HashedVersion
from wave_server import access
from wave_server.cache import WaveletCache
from wave_server.errors import CorruptHistory
from wave_server.hosted import Hosted, View
from wave_server.names import WaveletName
from wave_server.store import Store
from wave_server.submission import Delta
from wave_server.wavelet import Stretch

_log: Final = logging.getLogger(__name__)


@final
class Opening:
    """One reader's opening of one wave. ``known``: the versions that the reader has, by wavelet."""

    def __init__(
        self, view: View, known: Mapping[WaveletName, HashedVersion], cache: WaveletCache, store: Store
    ) -> None:
        self._view: Final = view
        self._known: Final = known
        self._cache: Final = cache
        self._store: Final = store
        self._names: list[WaveletName] = []  # stored, and possibly visible
        self._stretches: Final[dict[WaveletName, Stretch | None]] = {}

    async def gather(self) -> None:
        """Load the wavelets of the wave, and the deltas that the reader lacks. Raises Unavailable."""
        address = self._view.reader.address
        stored = await self._store.wavelets_of(self._view.wave)
        self._names = [name for name in stored if not access.is_private_of_another(name, address)]
        while True:  # while one thing was fetched another may have changed: go on until nothing is missing
            missing = next((name for name in self._names if self._cache.get(name) is None), None)
            if missing is not None:
                await self._load(missing)
                continue
            behind = next((hosted for hosted in self._visible() if self._lacks_deltas(hosted)), None)
            if behind is None:
                return
            begun = self._stretches.get(behind.name)
            self._stretches[behind.name] = await self._cache.stretch(behind, self._known[behind.name], begun)

    def finish(self) -> None:
        """Tell the reader all, and make it a reader of each wavelet."""
        visible = self._visible()
        self._view.opening = False
        self._view.reader.opened(self._view.wave, [hosted.name for hosted in visible])
        for hosted in visible:
            hosted.join(self._view, self._catch_up(hosted))

    async def _load(self, name: WaveletName) -> None:
        try:
            await asyncio.shield(self._cache.load(name))  # others may wait for the same load
        except CorruptHistory:
            _log.exception("a wavelet of %s cannot be shown", self._view.wave)
            self._names.remove(name)

    def _visible(self) -> list[Hosted]:
        """The loaded wavelets that the reader may see, in order of their names."""
        visible = [hosted for hosted in self._cache.of_wave(self._view.wave) if hosted.is_visible_to(self._view)]
        return sorted(visible, key=lambda hosted: hosted.name.path)

    def _lacks_deltas(self, hosted: Hosted) -> bool:
        """Whether the reader is so far behind that deltas must come from the store, and they have not."""
        known = self._known.get(hosted.name)
        if known is None or hosted.wavelet.recent.covers(known.version):
            return False
        if hosted.name not in self._stretches:
            return True
        stretch = self._stretches[hosted.name]
        return stretch is not None and stretch.end < hosted.wavelet.recent.start.version

    def _catch_up(self, hosted: Hosted) -> list[Delta] | None:
        """The deltas after the version that the reader has; None when it needs a snapshot."""
        known = self._known.get(hosted.name)
        if known is None:
            return None
        recent = hosted.wavelet.recent
        if recent.covers(known.version):
            return hosted.committed_after(known)
        stretch = self._stretches[hosted.name]
        if stretch is None:
            return None
        later = hosted.committed_after(recent.start)
        if later is None:
            return None
        # Loaded again meanwhile, the wavelet may remember deltas from further back: none is sent twice.
        return [*stretch.deltas, *(delta for delta in later if delta.at >= stretch.end)]
