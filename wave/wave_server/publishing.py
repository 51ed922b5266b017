"""From a prepared delta to a durable one that everybody knows: queueing, and what follows when the store has it."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final, final

from wave_server.cache import WaveletCache
from wave_server.commits import Commit, Committer
from wave_server.doubts import Doubts
from wave_server.errors import Unavailable, WaveError
from wave_server.hosted import Hosted
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.participants import domain_change
from wave_server.store import NewDelta
from wave_server.submission import Committed, Delta, Reader, Reply, acknowledge
from wave_server.wavelet import Prepared

_log: Final = logging.getLogger(__name__)


@final
class Publisher:
    """Writes what was prepared, then tells observers, readers and the author, in this order."""

    def __init__(
        self, domain: str, cache: WaveletCache, committer: Committer, doubts: Doubts, limits: HostLimits
    ) -> None:
        self._domain: Final = domain
        self._cache: Final = cache
        self._committer: Final = committer
        self._doubts: Final = doubts
        self._limits: Final = limits
        self._stopping = False

    def stop(self) -> None:
        """Refuse everything from now on."""
        self._stopping = True

    def refusal(self, hosted: Hosted) -> WaveError | None:
        """Why nothing can be added to the wavelet at this moment."""
        if self._stopping:
            return Unavailable("the server is stopping; send it again with the same key")
        if hosted.lost:
            return Unavailable(f"{hosted.name.path} is loaded again; send it again with the same key")
        if len(self._committer) >= self._limits.commit_queue:
            return Unavailable("the server is overloaded; send it again later with the same key")
        return None

    def put(self, hosted: Hosted, prepared: Prepared, origin: Reader | None, reply: Reply) -> None:
        """Queue a delta. ``reply`` is told what became of it; ``origin`` does not get it."""
        hosted.pending += 1
        settle = partial(self._settle, hosted, prepared, origin, reply)
        self._committer.put(Commit(hosted.name, self._row(prepared), settle))

    def repeat(self, hosted: Hosted, original: Delta, reply: Reply) -> None:
        """Acknowledge a repetition as the original was, or will be."""
        if original.version <= hosted.committed:
            reply(acknowledge(original))
            return

        def settle(error: WaveError | None) -> None:
            reply(error or acknowledge(original))

        self._committer.put(Commit(hosted.name, None, settle))

    async def committed(self, name: WaveletName) -> None:
        """Wait until everything of the wavelet that is on its way to the store is there. Raises Unavailable."""
        await self._committer.settled(name)

    def fault(self, hosted: Hosted) -> WaveError:
        """A fault of ours, being handled: what is in memory can no longer be trusted, what is stored can."""
        _log.exception("preparing a delta of %s failed", hosted.name.path)
        self._lose(hosted, Unavailable(f"{hosted.name.path} is loaded again: open the wave again"))
        return WaveError("the server failed on this submission; it was not applied")

    def _settle(
        self, hosted: Hosted, prepared: Prepared, origin: Reader | None, reply: Reply, error: WaveError | None
    ) -> None:
        """The store has the delta, or (``error``) may not have it."""
        hosted.pending -= 1
        if error is not None:
            self._lose(hosted, error)
            reply(error)
            return
        delta = prepared.delta
        if hosted.name not in self._doubts:  # else all that is there is told in order, when it has been loaded
            self._doubts.tell(Committed(delta, prepared.applied, prepared.before, prepared.participants))
        if hosted.lost:  # for another reason; its readers open again
            reply(acknowledge(delta))
            return
        changed = hosted.publish(prepared, origin)
        reply(acknowledge(delta))
        if changed:
            self._cache.members_changed(hosted, origin if delta.at == 0 else None)
        hosted.wavelet.recent.trim(delta.version, delta.timestamp, self._limits)
        self._cache.grew(hosted, delta.version - delta.at, len(prepared.applied))

    def _lose(self, hosted: Hosted, error: WaveError) -> None:
        """Memory and store have parted: forget the memory. Readers open again, authors send again."""
        if not hosted.lost:
            self._cache.doubt(hosted)
            hosted.end(error)

    def _row(self, prepared: Prepared) -> NewDelta:
        delta = prepared.delta
        domains = None
        if delta.wavelet.host == self._domain:
            domains = domain_change(delta.wavelet, prepared.before, prepared.participants)
        return NewDelta(
            delta.wavelet,
            delta.at,
            delta.version,
            delta.history_hash,
            delta.author,
            delta.timestamp,
            prepared.applied,
            prepared.transformed,
            delta.key,
            domains,
        )
