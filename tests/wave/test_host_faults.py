"""A host on a real store that fails at random, from seeds: clients that resume lose nothing and double nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from wave_ot.composition import compose
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.transformation import transform
from wave_ot.wavelet_operations import MutateDocument
from wave_server.errors import Unavailable, WaveError
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.store import NewDelta, Store, StoreUnavailable
from wave_server.submission import Acknowledgement, Cursor, Delta, Submission, WaveletSnapshot
from wave_server.troubles import WaveletTroubles

from .hosting import Clock, FaultyStore, Recorder, create, new_host
from .making import ALICE, BOB, CAROL, NAME, edit, insertion

EDITS = 40  # of each client, two at a time
LIMITS = HostLimits(recent_deltas=4, recent_age=0, snapshot_operations=10)


class UnsteadyStore(FaultyStore):
    """One append in five fails, before writing or after; every append lets others run first."""

    def __init__(self, inner: Store, random: Random) -> None:
        super().__init__(inner)
        self.random = random
        self.failures = 0

    async def append(self, batch: Sequence[NewDelta]) -> None:
        fate = self.random.random()
        if fate < 0.1:
            self.failures += 1
            raise StoreUnavailable("the database is away")
        await super().append(batch)
        if fate > 0.9:
            self.failures += 1
            raise StoreUnavailable("the database went away after writing")


class ResumingClient:
    """Types into one document; after ``unavailable`` it opens again and sends again, as a browser does."""

    def __init__(self, host: WaveHost, author: WaveAddress, seed: int) -> None:
        self.address = author
        self.document = Document.empty()
        self.acknowledged: set[str] = set()
        self.done = asyncio.Event()
        self._host = host
        self._random = Random(seed)
        self._label = f"{author.name}{seed}"
        self._typed = 0
        self._version: HashedVersion | None = None
        self._sent: Submission | None = None
        self._in_flight: DocOp | None = None
        self._buffer: DocOp | None = None
        self._reopen = asyncio.Event()

    async def run(self) -> None:
        """Open, and open again whenever the host says so, until all is typed and acknowledged."""
        while not self.done.is_set():
            self._reopen.clear()
            known = {} if self._version is None else {NAME: self._version}
            await self._host.open(NAME.wave, self, known)
            if self._sent is not None:
                self._send()
            await self._reopen.wait()
        self._host.close(NAME.wave, self)

    def _type(self) -> None:
        """Two edits: the first goes out, the second waits for its acknowledgement in the buffer."""
        for _ in range(2):
            size = self.document.size
            op = insertion(size, self._random.randint(0, size), self._random.choice("abcdef"))
            self.document.apply(op)
            self._buffer = op if self._buffer is None else compose(self._buffer, op)
            self._typed += 1
        self._next()

    def _next(self) -> None:
        assert self._version is not None
        if self._buffer is None:
            if self._typed < EDITS:
                self._type()
            else:
                self.done.set()
                self._reopen.set()
            return
        self._in_flight, self._buffer = self._buffer, None
        self._sent = Submission(self._version, (edit(self._in_flight),), f"{self._label}.{self._typed}")
        asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        if self._sent is not None:
            self._host.submit(NAME, self._sent, self.address, self, self._answered)

    def _answered(self, answer: Acknowledgement | WaveError) -> None:
        if isinstance(answer, WaveError):
            assert isinstance(answer, Unavailable), answer
            self._reopen.set()
        elif self._version is not None and answer.at == self._version.version and self._sent is not None:
            # else: opening again, the deltas before it are still to come, and it comes with its key among them
            self._arrived(HashedVersion(answer.version, answer.history_hash))

    def _arrived(self, version: HashedVersion) -> None:
        assert self._sent is not None
        assert self._sent.key is not None
        self.acknowledged.add(self._sent.key)
        self._version = version
        self._sent = self._in_flight = None
        self._next()

    def opened(self, wave: WaveId, names: Sequence[WaveletName]) -> None:
        assert list(names) == [NAME]

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        assert self._version is None, "what was acknowledged or shown is always in the history"
        self._version = HashedVersion(snapshot.version, snapshot.history_hash)
        self.document = Document.from_op(snapshot.documents.get("notes", DocOp()))
        asyncio.get_running_loop().call_soon(self._type)

    def delta(self, delta: Delta) -> None:
        assert self._version is not None
        if delta.version <= self._version.version:  # acknowledged after the version that ``open`` was given
            assert delta.key in self.acknowledged
            return
        assert delta.at == self._version.version, "a gap"
        version = HashedVersion(delta.version, delta.history_hash)
        if self._sent is not None and delta.author == str(self.address) and delta.key == self._sent.key:
            self._arrived(version)
            return
        self._version = version
        for operation in delta.operations:
            assert isinstance(operation, MutateDocument)
            theirs = operation.op
            if self._in_flight is not None:
                self._in_flight, theirs = transform(self._in_flight, theirs)
            if self._buffer is not None:
                self._buffer, theirs = transform(self._buffer, theirs)
            self.document.apply(theirs)

    def cursor(self, cursor: Cursor) -> None:
        raise AssertionError("nobody sent one")

    def troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        raise AssertionError("there are none")

    def ended(self, name: WaveletName, error: WaveError) -> None:
        assert isinstance(error, Unavailable), error
        self._reopen.set()


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_the_store_does_each_edit_is_there_once_and_all_agree(
    sqlite: Store, clock: Clock, seed: int
) -> None:
    steady = new_host(sqlite, clock)
    await steady.start()
    await create(steady, BOB, CAROL)
    await steady.stop()
    store = UnsteadyStore(sqlite, Random(seed))
    host = new_host(store, clock, LIMITS)
    await host.start()
    clients = [ResumingClient(host, author, number) for number, author in enumerate((ALICE, BOB, CAROL, ALICE))]
    await asyncio.gather(*(client.run() for client in clients))
    await host.stop()
    assert store.failures > 0

    after = new_host(sqlite, clock)
    await after.start()
    reader = Recorder(BOB)
    await after.open(NAME.wave, reader, {})
    final = Document.from_op(reader.snapshots[0].documents["notes"])
    assert final.size == EDITS * len(clients)
    keys = [row.key for row in await sqlite.deltas(NAME, 0)]
    assert len(keys) == len(set(keys))
    assert set(keys) == {"first"}.union(*(client.acknowledged for client in clients))
    await after.stop()
