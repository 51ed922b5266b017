"""Providers that are wired to each other without stanzas: a host hands its deltas over, and is handed submissions.

What connects them loses, doubles and reorders, when a test wants that; signatures are there, but nobody checks them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random

from named_signer import NamedSigner
from wave_ot.deltas import HashedVersion, SignedDelta, WaveletDelta
from wave_ot.history import version_zero
from wave_ot.protobuf import encode_delta
from wave_ot.wavelet_operations import AddParticipant, WaveletOperation
from wave_server.errors import Gap, Unavailable, WaveError
from wave_server.forwarding import Claimed
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.originals import Original, ReceivedDelta, read_original, read_received
from wave_server.store import NewDelta, Store, StoreUnavailable
from wave_server.submission import Acknowledgement, Committed, Cursor, Reader, Reply, Submission

from .hosting import UnsteadyStore
from .making import LIMITS, edit, insertion

ALPHA = "alpha.test"
BETA = "beta.test"
ALICE = WaveAddress("alice", ALPHA)
ANNE = WaveAddress("anne", ALPHA)
BOB = WaveAddress("bob", BETA)
BEN = WaveAddress("ben", BETA)
SHARED = WaveletName.parse_path("alpha.test/w+shared/~/conv+root")  # alpha hosts it


class Flight:
    """A submission on its way to its host, or waiting for its turn."""

    def __init__(self, name: WaveletName, author: WaveAddress, key: str | None, signed: SignedDelta | None) -> None:
        self.name = name
        self.author = author
        self.key = key
        self.signed = signed  # None: not yet its turn
        self.submission: Submission | None = None
        self.origin: Reader | None = None
        self.replies: list[Reply] = []
        self.settled = False


class Courier:
    """A forwarder that calls the other provider. ``written`` outlives it, as a table would."""

    def __init__(self, provider: Provider, written: list[Flight]) -> None:
        self._provider = provider
        self._written = written
        self._waiting: list[Flight] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Go on with what was on its way."""
        for flight in self._written:
            flight.origin, flight.replies = None, []
            self._carry(flight)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def forward(
        self, name: WaveletName, submission: Submission, author: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        flight = self._known(name, author, submission.key) or Flight(name, author, submission.key, None)
        flight.submission, flight.origin = submission, origin
        flight.replies.append(reply)
        if flight in self._written or flight in self._waiting:
            return
        if any(other.name == name and other.author == author for other in self._written):
            self._waiting.append(flight)
            return
        delta = encode_delta(WaveletDelta(submission.target, str(author), submission.operations))
        flight.signed = SignedDelta(delta, self._provider.signer.sign(delta))
        self._written.append(flight)
        self._carry(flight)

    def claim(self, name: WaveletName, original: Original) -> Claimed | None:
        for flight in self._written:
            if flight.name == name and flight.signed is not None and flight.signed.delta == original.signed.delta:
                return Claimed(flight.key, flight.origin, partial(self._settle, flight))
        return None

    def _known(self, name: WaveletName, author: WaveAddress, key: str | None) -> Flight | None:
        for flight in (*self._written, *self._waiting):
            if (flight.name, flight.author, flight.key) == (name, author, key):
                return flight
        return None

    def _carry(self, flight: Flight) -> None:
        task = asyncio.get_running_loop().create_task(self._bring(flight))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring(self, flight: Flight) -> None:
        """Send the same bytes until the delta has come back."""
        assert flight.signed is not None
        while not flight.settled:
            await asyncio.sleep(0)
            if self._provider.loses():
                continue
            host = self._provider.peers[flight.name.host].host
            submission = Submission.of(read_original(flight.signed))
            try:
                answer = await host.submit_and_wait(flight.name, submission, flight.author)
                if not self._provider.loses():
                    await self._provider.catch_up(flight.name, answer.at)
            except Unavailable:
                continue
            except WaveError as error:
                self._settle(flight, error)

    def _settle(self, flight: Flight, answer: Acknowledgement | WaveError) -> None:
        assert not flight.settled
        flight.settled = True
        self._written.remove(flight)
        for reply in flight.replies:
            reply(answer)
        following = next((each for each in self._waiting if each.author == flight.author), None)
        if following is not None:
            self._waiting.remove(following)
            assert following.submission is not None
            self._provider.host.submit(
                following.name, following.submission, following.author, following.origin, _all(following.replies)
            )


def _all(replies: Sequence[Reply]) -> Reply:
    def reply(answer: Acknowledgement | WaveError) -> None:
        for each in replies:
            each(answer)

    return reply


class MortalStore(UnsteadyStore):
    """One that a killed process had: nothing is written any more."""

    def __init__(self, inner: Store, random: Random, *, steady: bool) -> None:
        super().__init__(inner, random)
        self.dead = False
        self._steady = steady

    async def append(self, batch: Sequence[NewDelta]) -> None:
        if self.dead:
            raise StoreUnavailable("the process was killed")
        if self._steady:
            await Store.append(self, batch)
        else:
            await super().append(batch)


class Provider:
    """A domain's server: a host, a courier, and what its peers send."""

    def __init__(
        self,
        domain: str,
        store: Store,
        clock: Callable[[], int],
        *,
        limits: HostLimits = LIMITS,
        random: Random | None = None,
    ) -> None:
        """With ``random``, the store fails, and what it sends is lost, doubled and reordered, now and then."""
        self.domain = domain
        self.store = store
        self.signer = NamedSigner(domain)
        self.peers: dict[str, Provider] = {}
        self.observed: list[Committed] = []
        self.cursors: list[Cursor] = []
        self.written: list[Flight] = []
        self._clock = clock
        self._limits = limits
        self._random = random
        self._inbox: asyncio.Queue[tuple[WaveletName, bytes]] = asyncio.Queue()
        self._taking_in: asyncio.Task[None] | None = None

    def loses(self) -> bool:
        """Whether the next message is lost."""
        return self._random is not None and self._random.random() < 0.2

    async def start(self) -> None:
        self.mortal = MortalStore(self.store, self._random or Random(0), steady=self._random is None)
        self.courier = Courier(self, self.written)
        self.host = WaveHost(
            domain=self.domain,
            store=self.mortal,
            clock=self._clock,
            limits=self._limits,
            signer=self.signer,
            observers=[self.observed.append, self._hand_over],
            cursor_listeners=[self.cursors.append],
            forwarder=self.courier,
        )
        await self.host.start()
        self.courier.start()
        self._taking_in = asyncio.get_running_loop().create_task(self._take_in())

    async def stop(self) -> None:
        await self.courier.stop()
        if self._taking_in is not None:
            self._taking_in.cancel()
            await asyncio.gather(self._taking_in, return_exceptions=True)
        await self.host.stop()

    async def kill_and_start(self) -> None:
        """What is not in the store is lost."""
        self.mortal.dead = True
        await self.stop()
        self._inbox = asyncio.Queue()
        await self.start()

    async def catch_up(self, name: WaveletName, at: int | None = None) -> None:
        """Fetch what a copy lacks from its host, or everything from version ``at`` on. Raises Unavailable."""
        while True:
            start = (await self.host.head(name)).version if at is None else at
            rows = await self.peers[name.host].store.deltas(name, start, limit=50)
            at = None
            if not rows:
                return
            with suppress(Gap):  # the store failed: the copy stands further back than it seemed
                await self.host.receive(name, [read_received(row.applied) for row in rows])

    async def recover(self, name: WaveletName) -> None:
        """The same, until the store can."""
        while True:
            try:
                await self.catch_up(name)
                return
            except Unavailable:
                await asyncio.sleep(0)

    def _hand_over(self, committed: Committed) -> None:
        """Send a delta to every other domain that has a participant, or had one before it."""
        name = committed.delta.wavelet
        if name.host != self.domain:
            return
        domains = {address.rpartition("@")[2] for address in (*committed.before, *committed.after)}
        for domain in domains & self.peers.keys():
            for _ in range(self._copies()):
                self.peers[domain].hand_in(name, committed.applied)

    def _copies(self) -> int:
        if self._random is None:
            return 1
        return self._random.choices((0, 1, 2), (0.2, 0.7, 0.1))[0]

    def hand_in(self, name: WaveletName, applied: bytes) -> None:
        """A peer sends a delta."""
        self._inbox.put_nowait((name, applied))

    async def _take_in(self) -> None:
        while True:
            arrived = [await self._inbox.get()]
            while not self._inbox.empty():
                arrived.append(self._inbox.get_nowait())
            if self._random is not None:
                self._random.shuffle(arrived)
            for name, applied in arrived:
                await self._take(name, applied)

    async def _take(self, name: WaveletName, applied: bytes) -> None:
        try:
            await self.host.receive(name, [read_received(applied)])
        except (Gap, Unavailable):
            await self.recover(name)


async def wire(*providers: Provider) -> None:
    """Start providers that know each other."""
    for each in providers:
        each.peers = {other.domain: other for other in providers if other is not each}
    for each in providers:
        await each.start()


async def share(
    provider: Provider, *others: WaveAddress, text: str = "", name: WaveletName = SHARED, author: WaveAddress = ALICE
) -> HashedVersion:
    """Make a wavelet at its host, with ``text`` in the document "notes". Returns its version."""
    operations: list[WaveletOperation] = [AddParticipant(str(each)) for each in (author, *others)]
    if text:
        operations.append(edit(insertion(0, 0, text)))
    submission = Submission(version_zero(name.uri), tuple(operations), "first")
    made = await provider.host.submit_and_wait(name, submission, author)
    return HashedVersion(made.version, made.history_hash)


async def history(provider: Provider, name: WaveletName = SHARED) -> list[ReceivedDelta]:
    """Everything that a provider has of a wavelet, as its host would send it."""
    return [read_received(row.applied) for row in await provider.store.deltas(name, 0)]
