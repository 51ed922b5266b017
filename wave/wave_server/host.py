"""WaveHost: the wavelets that this process orders, between their readers, their authors and the store.

The pure part of a submission is ``Wavelet.prepare``; here it is brought together with loading,
group commit, publishing and eviction. A submission to a loaded wavelet takes no task and no await:
it is prepared at once, queued for the committer, and settled by a callback when it is durable.

Source: DESIGN.md, sections 4 and 8; docs/core.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, final

from wave_ot.deltas import HashedVersion
from wave_server import access
from wave_server.cache import WaveletCache
from wave_server.commits import Commit, Committer
from wave_server.cursors import placed
from wave_server.errors import NotFound, Unavailable, WaveError
from wave_server.hosted import Deferred, Hosted, View
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.opening import Opening
from wave_server.store import NewDelta, Store
from wave_server.submission import (
    Acknowledgement,
    Delta,
    DeltaSigner,
    Observer,
    Reader,
    Reply,
    Submission,
    WaveletSnapshot,
    acknowledge,
    unsigned,
)
from wave_server.wavelet import Prepared, Repeated, Stretch

_log: Final = logging.getLogger(__name__)


@final
class _Request:
    """A submission on its way: who made it, through which reader, and who is told the outcome."""

    __slots__ = ("origin", "reply", "submission", "submitter")

    def __init__(self, submission: Submission, submitter: WaveAddress, origin: Reader | None, reply: Reply) -> None:
        self.submission: Final = submission
        self.submitter: Final = submitter
        self.origin: Final = origin
        self.reply: Final = reply


@final
class WaveHost:
    """Orders, keeps and hands out the deltas of the wavelets of one domain. Belongs to one event loop."""

    def __init__(
        self,
        *,
        domain: str,
        store: Store,
        clock: Callable[[], int],
        limits: HostLimits,
        signer: DeltaSigner = unsigned,
        observer: Observer | None = None,
    ) -> None:
        """``clock`` gives ms since 1970; ``observer`` is told of each delta. The host does not close the store."""
        self._observer: Final = observer
        self._domain: Final = domain
        self._store: Final = store
        self._clock: Final = clock
        self._limits: Final = limits
        self._committer: Final = Committer(store.append, limits.commit_deltas)
        self._cache: Final = WaveletCache(
            domain=domain, store=store, clock=clock, limits=limits, signer=signer, committer=self._committer
        )
        self._late: Final[set[asyncio.Task[None]]] = set()  # submissions that wait for older deltas
        self._stopping = False

    async def start(self) -> None:
        """Start the committer and the eviction of idle wavelets."""
        self._committer.start()
        self._cache.start()

    async def stop(self) -> None:
        """Accept nothing more, settle what was accepted, write the snapshots that are due."""
        self._stopping = True
        await asyncio.gather(*self._late)
        await self._committer.stop()
        await self._cache.stop()

    @property
    def loaded_wavelets(self) -> int:
        """How many wavelets are in memory."""
        return self._cache.wavelets

    @property
    def open_waves(self) -> int:
        """How many waves have a wavelet in memory or a reader."""
        return self._cache.waves

    def evict_idle(self) -> None:
        """Let go wavelets that have been idle for long or are too many. Happens by itself every now and then."""
        self._cache.evict_idle()

    # Reading

    async def read(self, name: WaveletName) -> WaveletSnapshot | None:
        """The committed state of a wavelet; None when there is no such wavelet here.

        Whoever asks is not made a reader, and is not checked: that is the caller's business. The state
        is the one at the head when this is called, or later. Raises Unavailable or CorruptHistory.
        """
        if name.host != self._domain:
            return None
        hosted = self._cache.get(name)
        while hosted is None or hosted.lost:
            if self._stopping:
                raise Unavailable("the server is stopping; ask again later")
            hosted = await asyncio.shield(self._cache.load(name))  # others may wait for the same load
        hosted.last_used = self._clock()
        snapshot = hosted.snapshot()
        if snapshot.version > hosted.committed:
            await self._committed(name)
        return snapshot if snapshot.version > 0 else None

    async def _committed(self, name: WaveletName) -> None:
        """Wait until everything of the wavelet that is on its way to the store is there. Raises Unavailable."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(error: WaveError | None) -> None:
            if settled.done():  # the caller was cancelled
                return
            if error is None:
                settled.set_result(None)
            else:
                settled.set_exception(error)

        self._committer.put(Commit(name, None, settle))
        await settled

    async def open(self, wave: WaveId, reader: Reader, known: Mapping[WaveletName, HashedVersion]) -> None:
        """Make ``reader`` a reader of the wave.

        It is told which wavelets it may see, then gets of each the deltas after the version in
        ``known``, where that is in the history, and else a snapshot; then all that follows, without
        gap or repetition. Wavelets that it may see only later begin with a snapshot.

        Raises Unavailable when the store cannot be read; the reader is then no reader of the wave.
        """
        if self._stopping:
            raise Unavailable("the server is stopping; open the wave again later")
        self.close(wave, reader)
        view = View(wave, reader)
        self._cache.add_view(view)
        try:
            opening = Opening(view, known, self._cache, self._store)
            await opening.gather()
        except BaseException:
            self._forget(view)
            raise
        if not view.closed:
            opening.finish()
            for deferred in view.deferred:
                deferred.submit()

    def close(self, wave: WaveId, reader: Reader) -> None:
        """Tell ``reader`` nothing more of the wave. Nothing happens when it has not opened it."""
        view = self._cache.view_of(wave, reader)
        if view is not None:
            self._forget(view)

    def _forget(self, view: View) -> None:
        view.closed = True
        now = self._clock()
        for hosted in list(view.wavelets):
            hosted.leave(view)
            hosted.last_used = now
        self._cache.remove_view(view)
        while view.opening and view.deferred:
            again = Unavailable("the wave was closed before it was open; send it again with the same key")
            view.deferred.pop().reply(again)

    def cursor(self, name: WaveletName, document: str, anchor: int, head: int, origin: Reader) -> None:
        """Show the other readers of the wavelet where ``origin``'s cursor is.

        Raises Forbidden when ``origin`` does not read that wavelet, InvalidRequest for positions that cannot be.
        """
        view = self._cache.view_of(name.wave, origin)
        hosted = self._cache.get(name)
        if view is None or hosted is None or hosted not in view.wavelets:
            raise access.forbidden(name)
        cursor = placed(hosted.wavelet, str(origin.address), document, anchor, head, self._limits)
        for other in hosted.views:
            if other is not view and not other.closed:
                other.reader.cursor(cursor)

    # Writing

    def submit(
        self, name: WaveletName, submission: Submission, submitter: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        """Apply a submission of the authenticated ``submitter``.

        ``reply`` is called exactly once, perhaps before this returns: with the error, or, when the
        delta is durable and after all deltas before it, with the acknowledgement. ``origin``, the
        reader through which it came, does not get the delta as well. What comes while ``origin`` is
        opening the wave waits until it is open.
        """
        view = None if origin is None else self._cache.view_of(name.wave, origin)
        if view is not None and view.opening:
            again = partial(self.submit, name, submission, submitter, origin, reply)
            view.deferred.append(Deferred(again, reply))
            return
        request = _Request(submission, submitter, origin, reply)
        hosted = self._cache.get(name)
        if hosted is not None:
            self._submit_to(hosted, request)
        elif name.host != self._domain:
            reply(NotFound(f"{name.path} is hosted by {name.host}, not by {self._domain}"))
        else:
            self._cache.load(name).add_done_callback(partial(self._loaded, request))

    async def submit_and_wait(
        self, name: WaveletName, submission: Submission, submitter: WaveAddress
    ) -> Acknowledgement:
        """As ``submit``, for callers that wait. Raises the WaveError."""
        answered: asyncio.Future[Acknowledgement] = asyncio.get_running_loop().create_future()

        def reply(answer: Acknowledgement | WaveError) -> None:
            if answered.done():  # the caller was cancelled
                return
            if isinstance(answer, Acknowledgement):
                answered.set_result(answer)
            else:
                answered.set_exception(answer)

        self.submit(name, submission, submitter, None, reply)
        return await answered

    def _loaded(self, request: _Request, task: asyncio.Task[Hosted]) -> None:
        error = Unavailable("the server stopped") if task.cancelled() else task.exception()
        if error is None:
            hosted = task.result()
            if hosted.lost:  # let go again before we had our turn
                self.submit(hosted.name, request.submission, request.submitter, request.origin, request.reply)
            else:
                self._submit_to(hosted, request)
        elif isinstance(error, WaveError):
            request.reply(error)
        else:
            _log.error("a wavelet could not be loaded", exc_info=error)
            request.reply(WaveError("the server failed to load the wavelet"))

    def _submit_to(self, hosted: Hosted, request: _Request, earlier: Stretch | None = None) -> None:
        """Prepare and queue a submission to a loaded wavelet. ``earlier``: deltas from its target on, if it is old."""
        refused = self._refusal(hosted)
        if refused is not None:
            request.reply(refused)
        elif earlier is None and not hosted.wavelet.recent.covers(request.submission.target.version):
            late = asyncio.get_running_loop().create_task(self._submit_late(hosted, request), name="late submission")
            self._late.add(late)
            late.add_done_callback(self._late.discard)
        else:
            result = self._prepare(hosted, request, earlier)
            if isinstance(result, Prepared):
                hosted.pending += 1
                settle = partial(self._settle, hosted, result, request)
                self._committer.put(Commit(hosted.name, _row(result), settle))
            elif isinstance(result, Repeated):
                self._repeat(hosted, result.delta, request.reply)
            else:
                request.reply(result)

    def _prepare(self, hosted: Hosted, request: _Request, earlier: Stretch | None) -> Prepared | Repeated | WaveError:
        now = self._clock()
        hosted.last_used = now
        try:
            return hosted.wavelet.prepare(request.submission, request.submitter, now, earlier)
        except WaveError as error:
            return error
        except Exception:  # a fault of ours: what is in memory can no longer be trusted, what is stored can
            _log.exception("preparing a delta of %s failed", hosted.name.path)
            self._lose(hosted, Unavailable(f"{hosted.name.path} is loaded again: open the wave again"))
            return WaveError("the server failed on this submission; it was not applied")

    def _refusal(self, hosted: Hosted) -> WaveError | None:
        if self._stopping:
            return Unavailable("the server is stopping; send it again with the same key")
        if hosted.lost:
            return Unavailable(f"{hosted.name.path} is loaded again; send it again with the same key")
        if len(self._committer) >= self._limits.commit_queue:
            return Unavailable("the server is overloaded; send it again later with the same key")
        return None

    async def _submit_late(self, hosted: Hosted, request: _Request) -> None:
        """Fetch the deltas since an old target, then submit."""
        hosted.pending += 1  # keeps it loaded
        try:
            earlier = await self._cache.stretch(hosted, request.submission.target)
        except WaveError as error:
            request.reply(error)
            return
        finally:
            hosted.pending -= 1
        # Without a stretch the target is not in the history; an empty one lets ``prepare`` find the right words
        self._submit_to(hosted, request, earlier or Stretch(hosted.wavelet.recent.start, ()))

    def _repeat(self, hosted: Hosted, original: Delta, reply: Reply) -> None:
        """Acknowledge a repetition as the original was, or will be."""
        if original.version <= hosted.committed:
            reply(acknowledge(original))
            return

        def settle(error: WaveError | None) -> None:
            reply(error or acknowledge(original))

        self._committer.put(Commit(hosted.name, None, settle))

    def _settle(self, hosted: Hosted, prepared: Prepared, request: _Request, error: WaveError | None) -> None:
        """The store has the delta, or (``error``) may not have it."""
        hosted.pending -= 1
        if error is not None:
            self._lose(hosted, error)
            request.reply(error)
            return
        delta = prepared.delta
        if self._observer is not None:
            self._observer(delta)
        if hosted.lost:  # for another reason; its readers open again
            request.reply(acknowledge(delta))
            return
        changed = hosted.publish(prepared, request.origin)
        request.reply(acknowledge(delta))
        if changed:
            self._cache.members_changed(hosted, request.origin if delta.at == 0 else None)
        hosted.wavelet.recent.trim(delta.version, delta.timestamp, self._limits)
        self._cache.grew(hosted, delta.version - delta.at, len(prepared.applied))

    def _lose(self, hosted: Hosted, error: WaveError) -> None:
        """Memory and store have parted: forget the memory. Readers open again, authors send again."""
        if not hosted.lost:
            hosted.lost = True
            self._cache.drop(hosted)
            hosted.end(error)


def _row(prepared: Prepared) -> NewDelta:
    delta = prepared.delta
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
    )
