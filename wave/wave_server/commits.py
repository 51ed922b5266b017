"""Group commit: one writer takes all that waits, appends it in one transaction, and settles it in order.

While one batch is on its way to the disk the next one gathers, so the batches grow with the load
and an idle server writes at once. Nothing is settled as committed before the store says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, final

from wave_server.errors import Unavailable, WaveError
from wave_server.names import WaveletName
from wave_server.store import NewDelta, VersionConflict

_log: Final = logging.getLogger(__name__)


@final
class Commit:
    """One thing to settle when its turn comes: a delta to write, or (``row`` None) something that waits behind others.

    ``settle`` is called exactly once: with None when the row, and everything of this wavelet before
    it, is durable; else with the error.
    """

    __slots__ = ("row", "settle", "wavelet")

    def __init__(self, wavelet: WaveletName, row: NewDelta | None, settle: Callable[[WaveError | None], None]) -> None:
        self.wavelet: Final = wavelet
        self.row: Final = row
        self.settle: Final = settle


@final
class Committer:
    """The queue and its one writer.

    When a wavelet's append fails, everything of that wavelet that waits behind it fails with it:
    those deltas build on one that is not there.
    """

    def __init__(self, append: Callable[[Sequence[NewDelta]], Awaitable[None]], batch: int) -> None:
        """``append`` writes up to ``batch`` deltas, all or none."""
        self._append: Final = append
        self._batch: Final = batch
        self._queue: deque[Commit] = deque()
        self._wake: Final = asyncio.Event()
        self._stopping = False
        self._stopped = False
        self._writer: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def start(self) -> None:
        """Start the writer on the running loop."""
        self._writer = asyncio.get_running_loop().create_task(self._run(), name="committer")

    async def stop(self) -> None:
        """Settle all that waits, then end the writer."""
        self._stopping = True
        self._wake.set()
        if self._writer is not None:
            await self._writer

    def put(self, commit: Commit) -> None:
        """Queue a commit, behind all those queued before. After the end it is settled with Unavailable."""
        if self._stopped:
            commit.settle(Unavailable("the server has stopped; send it again with the same key"))
            return
        self._queue.append(commit)
        self._wake.set()

    async def settled(self, wavelet: WaveletName) -> None:
        """Wait until all of the wavelet that has been put is settled. Raises Unavailable when it was not written."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(error: WaveError | None) -> None:
            if settled.done():  # the caller was cancelled
                return
            if error is None:
                settled.set_result(None)
            else:
                settled.set_exception(error)

        self.put(Commit(wavelet, None, settle))
        await settled

    async def _run(self) -> None:
        while True:
            while self._queue:
                await self._write(self._take())
            if self._stopping:
                self._stopped = True
                return
            self._wake.clear()
            await self._wake.wait()

    def _take(self) -> list[Commit]:
        queue = self._queue
        return [queue.popleft() for _ in range(min(len(queue), self._batch))]

    async def _write(self, commits: list[Commit]) -> None:
        rows = [commit.row for commit in commits if commit.row is not None]
        try:
            if rows:
                await self._append(rows)
        except VersionConflict as error:
            rest = [commit for commit in commits if commit.wavelet != error.wavelet]
            self._fail(commits, {error.wavelet}, _taken(error))
            if rest:
                await self._write(rest)
        except Unavailable as error:
            self._fail(commits, {commit.wavelet for commit in commits}, error)
        except Exception as error:
            await self._write_apart(commits, error)
        else:
            _settle(commits, None)

    async def _write_apart(self, commits: list[Commit], error: Exception) -> None:
        """Something in the batch can never be written: let its wavelet alone suffer for that."""
        wavelets = dict.fromkeys(commit.wavelet for commit in commits)
        if len(wavelets) > 1:
            for wavelet in wavelets:
                await self._write([commit for commit in commits if commit.wavelet == wavelet])
            return
        _log.error("deltas of %s cannot be written", commits[0].wavelet.path, exc_info=error)
        self._fail(commits, set(wavelets), Unavailable("the server could not write it down; open the wave again"))

    def _fail(self, commits: list[Commit], wavelets: set[WaveletName], error: WaveError) -> None:
        """Settle everything of ``wavelets``, among ``commits`` and in the queue, with the error."""
        lost = [commit for commit in (*commits, *self._queue) if commit.wavelet in wavelets]
        self._queue = deque(commit for commit in self._queue if commit.wavelet not in wavelets)
        _settle(lost, error)


def _taken(error: VersionConflict) -> Unavailable:
    """Somebody else has written to a wavelet that this host took for its own: its state here is stale."""
    _log.error("another writer owns %s: version %d was taken", error.wavelet.path, error.at)
    return Unavailable(f"{error.wavelet.path} moved to another server; send it again with the same key")


def _settle(commits: Sequence[Commit], error: WaveError | None) -> None:
    for commit in commits:
        try:
            commit.settle(error)
        except Exception:  # one that misbehaves must not keep the others waiting
            _log.exception("settling a delta of %s failed", commit.wavelet.path)
