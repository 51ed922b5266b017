"""WaveHost: the wavelets that are kept here, between their readers, their authors, other hosts and the store.

The pure part of a submission is ``Wavelet.prepare``; what brings it together with loading, group commit and
publishing is in ``submitting.py`` and ``publishing.py``. Copies of other hosts' wavelets are in ``copies.py``.

Source: DESIGN.md, sections 4 and 8; docs/core.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, final

from wave_ot.deltas import HashedVersion
from wave_server import access
from wave_server.cache import WaveletCache
from wave_server.commits import Committer
from wave_server.copies import Copies
from wave_server.cursors import placed
from wave_server.doubts import Doubts
from wave_server.errors import Unavailable, WaveError
from wave_server.forwarding import Forwarder
from wave_server.hosted import Deferred, Hosted, View
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.opening import Opening
from wave_server.originals import ReceivedDelta
from wave_server.publishing import Publisher
from wave_server.store import Store
from wave_server.submission import (
    Acknowledgement,
    Cursor,
    CursorListener,
    DeltaSigner,
    Observer,
    Reader,
    Reply,
    Submission,
    WaveletSnapshot,
    unsigned,
)
from wave_server.submitting import Request, Submissions
from wave_server.troubles import Troubles, WaveletTroubles


@final
class WaveHost:
    """Orders, keeps and hands out the deltas of the wavelets of one domain, and keeps copies of those of others.

    Belongs to one event loop.
    """

    def __init__(
        self,
        *,
        domain: str,
        store: Store,
        clock: Callable[[], int],
        limits: HostLimits,
        signer: DeltaSigner = unsigned,
        observers: Sequence[Observer] = (),
        cursor_listeners: Sequence[CursorListener] = (),
        forwarder: Forwarder | None = None,
    ) -> None:
        """``clock`` gives ms since 1970. Each of ``observers`` is told of each delta, in this order.

        Without a ``forwarder``, copies can be read only. The host does not close the store.
        """
        self._domain: Final = domain
        self._store: Final = store
        self._clock: Final = clock
        self._limits: Final = limits
        self._cursor_listeners: Final = tuple(cursor_listeners)
        self._troubles: Final = Troubles()
        self._committer: Final = Committer(store.append, limits.commit_deltas)
        doubts = Doubts(observers)
        self._cache: Final = WaveletCache(
            domain=domain,
            store=store,
            clock=clock,
            limits=limits,
            signer=signer,
            committer=self._committer,
            doubts=doubts,
            troubles=self._troubles,
        )
        self._publisher: Final = Publisher(domain, self._cache, self._committer, doubts, limits)
        self._submissions: Final = Submissions(self._cache, self._publisher, clock, forwarder)
        self._copies: Final = Copies(
            domain=domain,
            cache=self._cache,
            publisher=self._publisher,
            store=store,
            clock=clock,
            limits=limits,
            forwarder=forwarder,
        )
        self._stopping = False

    async def start(self) -> None:
        """Start the committer and the eviction of idle wavelets."""
        self._committer.start()
        self._cache.start()

    async def stop(self) -> None:
        """Accept nothing more, settle what was accepted, write the snapshots that are due."""
        self._stopping = True
        self._publisher.stop()
        await self._submissions.stop()
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
        """The committed state of a wavelet, of this host or a copy; None when it is not here.

        Whoever asks is not made a reader, and is not checked: that is the caller's business. The state
        is the one at the head when this is called, or later. Raises Unavailable or CorruptHistory.
        """
        hosted = await self._hosted(name)
        snapshot = hosted.snapshot()
        if snapshot.version > hosted.committed:
            await self._publisher.committed(name)
        return snapshot if snapshot.version > 0 else None

    async def head(self, name: WaveletName) -> HashedVersion:
        """The committed version of a wavelet, without the cost of its state; version 0 when it is not here.

        Raises Unavailable or CorruptHistory.
        """
        hosted = await self._hosted(name)
        head = hosted.wavelet.head
        if head.version > hosted.committed:
            await self._publisher.committed(name)
        return head

    async def _hosted(self, name: WaveletName) -> Hosted:
        if self._stopping:
            raise Unavailable("the server is stopping; ask again later")
        hosted = await self._cache.loaded(name)
        hosted.last_used = self._clock()
        return hosted

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
        hosted.show_cursor(cursor, view)
        for listener in self._cursor_listeners:
            listener(cursor)

    def show_cursor(self, cursor: Cursor) -> None:
        """Show readers the cursor of somebody on another domain, who is to be known as its author.

        Nothing happens when nobody reads the wavelet here. Raises Forbidden when the author cannot see the wavelet,
        or is of this host's domain; InvalidRequest for positions that cannot be.
        """
        hosted = self._cache.get(cursor.wavelet)
        if hosted is None or not hosted.views:
            return
        author = WaveAddress.parse(cursor.author)
        if author.domain == self._domain or not access.may_read(author, hosted.audience):
            raise access.forbidden(cursor.wavelet)
        shown = placed(hosted.wavelet, str(author), cursor.document, cursor.anchor, cursor.head, self._limits)
        hosted.show_cursor(shown, None)

    def set_troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        """Let the wavelet, loaded or not, have these troubles and no others, and tell its readers.

        While one of them is that it is quarantined, a copy takes neither submissions nor deltas.
        """
        if self._troubles.put(name, troubles):
            hosted = self._cache.get(name)
            if hosted is not None:
                hosted.show_troubles(troubles)

    # Writing

    def submit(
        self, name: WaveletName, submission: Submission, submitter: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        """Apply a submission of the authenticated ``submitter``; to a copy, by bringing it to the wavelet's host.

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
        self._submissions.submit(name, Request(submission, submitter, origin, reply))

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

    async def receive(self, name: WaveletName, deltas: Sequence[ReceivedDelta]) -> HashedVersion:
        """Take what another host applied into the copy of its wavelet; one at version 0 begins the copy.

        Their signatures have been verified. Deltas that the copy has are passed over, but those forwarded from here
        are acknowledged all the same. Returns where the copy stands, once they are durable.

        Raises, when those before the one at fault are durable, Gap or Diverged; Quarantined; Unavailable, after which
        the copy may stand further back than before; InvalidRequest or Forbidden where there can be no copy.
        """
        return await self._copies.receive(name, deltas)
