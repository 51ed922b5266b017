"""Submissions: to the wavelets of this host, and, by way of their copies, to those of others.

A submission to a loaded wavelet takes no task and no await: it is prepared at once, queued for the store,
and settled by a callback when it is durable.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final, final

from wave_server.cache import WaveletCache
from wave_server.errors import Quarantined, Unavailable, WaveError
from wave_server.forwarding import Forwarder
from wave_server.hosted import Hosted
from wave_server.names import WaveAddress, WaveletName
from wave_server.publishing import Publisher
from wave_server.submission import Reader, Reply, Submission
from wave_server.troubles import is_quarantined
from wave_server.wavelet import Prepared, Repeated, Stretch

_log: Final = logging.getLogger(__name__)


@final
class Request:
    """A submission on its way: who made it, through which reader, and who is told the outcome."""

    __slots__ = ("origin", "reply", "submission", "submitter")

    def __init__(self, submission: Submission, submitter: WaveAddress, origin: Reader | None, reply: Reply) -> None:
        self.submission: Final = submission
        self.submitter: Final = submitter
        self.origin: Final = origin
        self.reply: Final = reply


@final
class Submissions:
    """Takes a submission through ``Wavelet.prepare`` to the publisher, or through ``rebase`` to the forwarder."""

    def __init__(
        self, cache: WaveletCache, publisher: Publisher, clock: Callable[[], int], forwarder: Forwarder | None
    ) -> None:
        self._cache: Final = cache
        self._publisher: Final = publisher
        self._clock: Final = clock
        self._forwarder: Final = forwarder
        self._late: Final[set[asyncio.Task[None]]] = set()  # submissions that wait for older deltas

    async def stop(self) -> None:
        """Finish what waits for older deltas."""
        await asyncio.gather(*self._late)

    def submit(self, name: WaveletName, request: Request) -> None:
        """Answer a request, perhaps before this returns."""
        hosted = self._cache.get(name)
        if hosted is not None:
            self._submit_to(hosted, request)
        else:
            self._cache.load(name).add_done_callback(partial(self._loaded, request))

    def _loaded(self, request: Request, task: asyncio.Task[Hosted]) -> None:
        error = Unavailable("the server stopped") if task.cancelled() else task.exception()
        if error is None:
            hosted = task.result()
            if hosted.lost:  # let go again before we had our turn
                self.submit(hosted.name, request)
            else:
                self._submit_to(hosted, request)
        elif isinstance(error, WaveError):
            request.reply(error)
        else:
            _log.error("a wavelet could not be loaded", exc_info=error)
            request.reply(WaveError("the server failed to load the wavelet"))

    def _submit_to(self, hosted: Hosted, request: Request, earlier: Stretch | None = None) -> None:
        """Carry out a submission to a loaded wavelet. ``earlier``: deltas from its target on, if it is old."""
        refused = self._publisher.refusal(hosted)
        if refused is not None:
            request.reply(refused)
        elif earlier is None and not hosted.wavelet.recent.covers(request.submission.target.version):
            late = asyncio.get_running_loop().create_task(self._submit_late(hosted, request), name="late submission")
            self._late.add(late)
            late.add_done_callback(self._late.discard)
        else:
            self._carry_out(hosted, request, earlier)

    def _carry_out(self, hosted: Hosted, request: Request, earlier: Stretch | None) -> None:
        result = self._prepare(hosted, request, earlier)
        if isinstance(result, Prepared):
            self._publisher.put(hosted, result, request.origin, request.reply)
        elif isinstance(result, Repeated):
            self._publisher.repeat(hosted, result.delta, request.reply)
        elif isinstance(result, Submission):
            self._forward(hosted, result, request)
        else:
            request.reply(result)

    def _prepare(
        self, hosted: Hosted, request: Request, earlier: Stretch | None
    ) -> Prepared | Repeated | Submission | WaveError:
        now = self._clock()
        hosted.last_used = now
        wavelet = hosted.wavelet
        try:
            if wavelet.is_copy:
                return wavelet.rebase(request.submission, request.submitter, earlier)
            return wavelet.prepare(request.submission, request.submitter, now, earlier)
        except WaveError as error:
            return error
        except Exception:
            return self._publisher.fault(hosted)

    def _forward(self, hosted: Hosted, submission: Submission, request: Request) -> None:
        """The submission may be sent to the wavelet's host."""
        name = hosted.name
        if is_quarantined(hosted.troubles):
            said = f"{name.path} stands still: its host, {name.host}, has sent histories that contradict each other"
            request.reply(Quarantined(said))
        elif self._forwarder is None:
            request.reply(Unavailable(f"{name.path} is hosted by {name.host}: this server does not federate now"))
        else:
            self._forwarder.forward(name, submission, request.submitter, request.origin, request.reply)

    async def _submit_late(self, hosted: Hosted, request: Request) -> None:
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
