"""Digests as they change, for those who watch their inbox. No I/O: the indexer tells what it has written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, final

from wave_server.digests import Digest, digest_for, visible_to
from wave_server.indexing import WaveChange
from wave_server.names import WaveAddress
from wave_server.store.index_rows import IndexedWave

Watcher: TypeAlias = Callable[[str, Digest | None], None]
"""Told a wave, and its digest for the one who watches, or None when they see nothing of it any more. Must not block."""


@final
class LiveDigests:
    """Who watches, by address. Costs nothing for those who do not."""

    def __init__(self) -> None:
        self._watchers: Final[dict[str, list[Watcher]]] = {}

    def watch(self, address: WaveAddress, watcher: Watcher) -> None:
        """Tell ``watcher`` whenever the digest of a wave that ``address`` follows changes, as they see it."""
        self._watchers.setdefault(str(address), []).append(watcher)

    def unwatch(self, address: WaveAddress, watcher: Watcher) -> None:
        """Tell it no more. Nothing happens when it does not watch."""
        watchers = self._watchers.get(str(address), [])
        if watcher in watchers:
            watchers.remove(watcher)
        if not watchers:
            self._watchers.pop(str(address), None)

    def changed(self, change: WaveChange) -> None:
        """The index has something new of a wave: tell those for whom it makes a difference."""
        before, after = change.before, change.after
        for address in self._watchers.keys() & (before.entries.keys() | after.entries.keys()):
            old, new = (_digest(str(change.wave), address, each) for each in (before, after))
            if new != old:
                for watcher in list(self._watchers[address]):
                    watcher(str(change.wave), new)


def _digest(wave: str, address: str, indexed: IndexedWave) -> Digest | None:
    """The digest of a wave that the address follows; None when it does not."""
    entry = indexed.entries.get(address)
    if entry is None:
        return None
    visible = visible_to(WaveAddress.parse(address), list(indexed.wavelets.values()))
    return digest_for(wave, [each.digest for each in visible], entry)
