"""What our users write in wavelets of other domains: signed, written down, and brought to the wavelet's host.

The browser's acknowledgement comes when the delta has come back in the wavelet's history and that is durable here: it
is known by the exact bytes that were sent. Until then it is on its way, for days if need be: sent again when the host
does not answer, after a restart, and at once when the host is heard of. The same bytes twice are applied once.

A host takes equal operations of one author for a repetition, so one delta per author and wavelet is under way; the
next, made for an older head, goes through the core again when its turn comes.

Source: DESIGN.md, sections 4 (step 3) and 9; FEDERATION.md, section 5.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final, TypeAlias, final

from wave_federation.errors import FederationError
from wave_federation.links.backoff import Backoff
from wave_federation.persistence import FederationStore
from wave_federation.protocol.messages import SubmitRequest, SubmitResponse
from wave_federation.remote.asking import Asking
from wave_federation.remote.copying import CopyFault, Copying
from wave_federation.remote.notes import Notes
from wave_federation.remote.pending import Pending, final_error, is_unknown_signer
from wave_federation.remote.turns import Turns
from wave_federation.routing.answers import RequestRefused
from wave_federation.signers.registry import Signers
from wave_federation.stanzas import new_id
from wave_federation.trouble_board import TroubleBoard
from wave_ot.deltas import SignedDelta, WaveletDelta
from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_signed_delta, encode_delta, encode_signed_delta
from wave_server.errors import InvalidOperation, Quarantined, Unavailable, WaveError
from wave_server.forwarding import Claimed
from wave_server.host import WaveHost
from wave_server.names import InvalidName, WaveAddress, WaveletName
from wave_server.originals import Original
from wave_server.submission import Acknowledgement, DeltaSigner, Reader, Reply, Submission
from wave_server.troubles import Trouble, TroubleKind

ARRIVAL_SECONDS: Final = 10.0  # from the host's answer to the delta's coming back; then its history is asked for
TROUBLE_SECONDS: Final = 10.0  # without an answer of the host's before readers are told
AT_ONCE: Final = 50  # submissions to one host; it refuses what is too much, and then everything takes longer
WAITING: Final = 1_000  # submissions of one author in one wavelet that may wait for their turn

_Lane: TypeAlias = tuple[WaveletName, str]

_log: Final = logging.getLogger(__name__)


@final
class Forwarding:
    """The core's Forwarder. ``connect`` gives it the host that it serves, before ``start``."""

    def __init__(
        self,
        *,
        store: FederationStore,
        signer: DeltaSigner,
        signers: Signers,
        asking: Asking,
        troubles: TroubleBoard,
        turns: Turns,
        now: Callable[[], float],
        random: Callable[[], float],
        backoff: Backoff | None = None,
    ) -> None:
        """``now`` gives seconds since 1970."""
        self._store: Final = store
        self._signer: Final = signer
        self._signers: Final = signers
        self._asking: Final = asking
        self._troubles: Final = troubles
        self._turns: Final = turns
        self._now: Final = now
        self._random: Final = random
        self._backoff: Final = backoff or Backoff()
        self._notes: Final = Notes(store, now, random, self._backoff)
        self._lanes: Final[dict[_Lane, list[Pending]]] = {}  # the first of each is under way
        self._originals: Final[dict[tuple[WaveletName, bytes], Pending]] = {}
        self._posted: Final[set[tuple[str, bytes]]] = set()  # (host, signer)
        self._heard: Final[dict[str, asyncio.Event]] = {}  # by host
        self._unanswered: Final[defaultdict[str, set[asyncio.Timeout]]] = defaultdict(set)  # by host
        self._room: Final[defaultdict[str, asyncio.Semaphore]] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._host: WaveHost | None = None
        self._copying: Copying | None = None

    def connect(self, host: WaveHost, copying: Copying) -> None:
        """The core that forwards, and what brings its copies up to date."""
        self._host, self._copying = host, copying

    async def start(self) -> None:
        """Go on with what was under way. Call it before updates are taken in. Raises StoreUnavailable."""
        for row in await self._store.all_forwarded():
            try:
                signed = decode_signed_delta(row.delta)
                pending = Pending(row.wavelet, WaveAddress.parse(row.author), row.key, None)
            except (OperationError, InvalidName):
                _log.exception("a delta of %s that was under way cannot be read and is dropped", row.author)
                await self._store.remove_forwarded(row.id)
                continue
            self._carry(pending, signed, row.delta, row.id)
            self._lanes.setdefault((row.wavelet, row.author), []).append(pending)
        for lane in list(self._lanes):
            self._begin(lane)

    async def stop(self) -> None:
        """Send nothing more. What is under way goes on after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._notes.stop()
        for waiting in self._lanes.values():
            for pending in waiting:
                pending.answer(Unavailable("the server is stopping; send it again with the same key"))

    def contact(self, domain: str) -> None:
        """Something authentic has come from the domain: what waits for it is sent at once."""
        event = self._heard.pop(domain, None)
        if event is not None:
            event.set()

    def reconnected(self, domain: str) -> None:
        """The link to the domain broke and is there again: what was asked there is asked anew."""
        self.contact(domain)
        now = asyncio.get_running_loop().time()
        for waiting in self._unanswered.pop(domain, ()):
            waiting.reschedule(now)

    def under_way(self) -> int:
        """How many deltas are on their way or wait for their turn."""
        return sum(len(waiting) for waiting in self._lanes.values())

    # The core's side

    def forward(
        self, name: WaveletName, submission: Submission, author: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        """See Forwarder."""
        lane = (name, str(author))
        waiting = self._lanes.setdefault(lane, [])
        key = submission.key or new_id()
        for pending in waiting:
            if pending.key == key:
                pending.add(origin, reply)
                return
        if len(waiting) >= WAITING:
            reply(Unavailable(f"too much waits for {name.host} already; send it again later with the same key"))
            return
        pending = Pending(name, author, key, submission)
        pending.add(origin, reply)
        waiting.append(pending)
        if len(waiting) == 1:
            self._begin(lane)

    def claim(self, name: WaveletName, original: Original) -> Claimed | None:
        """See Forwarder."""
        pending = self._originals.get((name, original.signed.delta))
        return None if pending is None else Claimed(pending.key, pending.origin, pending.answer)

    def has_sent(self, name: WaveletName, signed: SignedDelta) -> bool:
        """Whether this is a delta under way, exactly as it was signed here."""
        pending = self._originals.get((name, signed.delta))
        return pending is not None and pending.signed == encode_signed_delta(signed)

    # On the way

    def _begin(self, lane: _Lane) -> None:
        self._run(self._bring_first(lane))

    def _run(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name="forwarding")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _bring_first(self, lane: _Lane) -> None:
        pending = self._lanes[lane][0]
        try:
            if not pending.signed:
                await self._write_down(pending)
            await self._bring(pending)
        except (FederationError, WaveError, OperationError) as error:
            pending.answer(error if isinstance(error, WaveError) else InvalidOperation(str(error)))
        except Exception:
            _log.exception("forwarding a delta of %s failed", pending.name.path)
            pending.answer(Unavailable("the server failed on this; send it again with the same key"))
        self._finish(lane, pending)

    async def _write_down(self, pending: Pending) -> None:
        submission = pending.submission
        assert submission is not None
        original = encode_delta(WaveletDelta(submission.target, str(pending.author), submission.operations))
        signed = SignedDelta(original, self._signer.sign(original))
        encoded = encode_signed_delta(signed)
        row = await self._notes.write_down(pending, encoded)
        self._carry(pending, signed, encoded, row)

    def _carry(self, pending: Pending, signed: SignedDelta, encoded: bytes, row: int) -> None:
        pending.signed, pending.original, pending.row = encoded, signed.delta, row
        pending.signers = tuple(signature.signer_id for signature in signed.signatures)
        self._originals[pending.name, signed.delta] = pending

    async def _bring(self, pending: Pending) -> None:
        """Until it has come back, or the host has refused it for good."""
        failures = 0
        while not pending.settled.is_set():
            try:
                response = await self._unless_reconnected(pending)
                if response is not None:
                    await self._arrival(pending, response)
            except CopyFault as error:
                raise Quarantined(str(error)) from error
            except RequestRefused as refused:
                if (final := final_error(refused.refusal)) is not None:
                    raise final from refused
                failures += 1
                await self._pause(pending, failures, str(refused))
            except (FederationError, WaveError) as passing:
                failures += 1
                await self._pause(pending, failures, str(passing))

    async def _unless_reconnected(self, pending: Pending) -> SubmitResponse | None:
        """Submit, and do not wait for an answer that was lost with a link: None when that may be."""
        host, since = pending.name.host, self._now()
        trouble = asyncio.get_running_loop().call_later(
            TROUBLE_SECONDS, self._put_trouble, pending.name, since, "it does not answer"
        )  # it waits for a link, perhaps
        waiting = asyncio.timeout(None)
        self._unanswered[host].add(waiting)
        try:
            async with waiting:
                return await self._submit(pending)
        except TimeoutError:
            if not waiting.expired():
                raise
            return None
        finally:
            trouble.cancel()
            self._unanswered[host].discard(waiting)

    async def _submit(self, pending: Pending) -> SubmitResponse:
        async with self._room[pending.name.host]:
            return await self._submit_now(pending)

    async def _submit_now(self, pending: Pending) -> SubmitResponse:
        host = pending.name.host
        await self._post_signers(host, pending.signers)
        request = SubmitRequest(pending.name, pending.signed)
        try:
            return await self._asking.submit(host, request)
        except RequestRefused as refused:
            if not is_unknown_signer(refused.refusal):
                raise
        self._posted.difference_update((host, signer) for signer in pending.signers)
        await self._post_signers(host, pending.signers)
        return await self._asking.submit(host, request)

    async def _post_signers(self, host: str, signer_ids: tuple[bytes, ...]) -> None:
        for signer_id in signer_ids:
            if (host, signer_id) not in self._posted:
                known = await self._signers.find(signer_id)
                if known is not None:
                    await self._asking.post_signer(host, known.chain.info)
                    self._posted.add((host, signer_id))

    async def _arrival(self, pending: Pending, response: SubmitResponse) -> None:
        """Wait for the delta to come back, unless it has; ask for the history when it does not."""
        self._troubles.lift(pending.name, TroubleKind.HOST_UNREACHABLE, pending.name.host)
        assert self._host is not None
        assert self._copying is not None
        if (await self._host.head(pending.name)).version < response.version.version:
            with suppress(TimeoutError):
                async with asyncio.timeout(ARRIVAL_SECONDS):
                    await pending.settled.wait()
        if pending.settled.is_set():
            return
        service = await self._asking.service_of(pending.name.host)
        async with self._turns.of(pending.name):
            await self._copying.reach(pending.name, response.version, service.address)
        if not pending.settled.is_set():  # the copy had it before it was known whose it is
            version, at = response.version, response.version.version - response.operations_applied
            landed = (pending.name, at, version.version, version.history_hash, response.timestamp)
            pending.answer(Acknowledgement(*landed))

    async def _pause(self, pending: Pending, failures: int, said: str) -> None:
        """Wait for the next attempt, or until the host is heard of."""
        name, host = pending.name, pending.name.host
        _log.info("a delta of %s has not reached %s: %s", name.path, host, said)
        if failures > 1:
            self._put_trouble(name, self._now(), said)
        heard = self._heard.setdefault(host, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._backoff.pause(failures, self._random)):
                await heard.wait()

    def _put_trouble(self, name: WaveletName, since: float, said: str) -> None:
        host = name.host
        message = f"{host} cannot be reached: what you write here is kept and sent when it can. ({said})"
        self._troubles.put(name, Trouble(TroubleKind.HOST_UNREACHABLE, host, int(since * 1000), message))

    def _finish(self, lane: _Lane, pending: Pending) -> None:
        """It has been answered: let the next one go."""
        self._originals.pop((pending.name, pending.original), None)
        if pending.row:
            self._notes.cross_off(pending)
        waiting = self._lanes[lane]
        waiting.remove(pending)
        if not waiting:
            del self._lanes[lane]
            self._troubles.lift(pending.name, TroubleKind.HOST_UNREACHABLE, pending.name.host)
            return
        if waiting[0].signed:  # from before a restart
            self._begin(lane)
            return
        following, waiting[:] = list(waiting), []
        del self._lanes[lane]
        assert self._host is not None
        for each in following:  # the first is under way again; the others wait behind it
            assert each.submission is not None
            self._host.submit(each.name, each.submission, each.author, each.origin, each.answer)
