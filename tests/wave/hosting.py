"""What tests of the host stand on: a clock, readers that note what they are told, stores that fail on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random

from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant, WaveletOperation
from wave_server.errors import WaveError
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.store import NewDelta, Store, StoredSnapshot, StoredWavelet, StoreUnavailable, VersionConflict
from wave_server.submission import Acknowledgement, Cursor, Delta, Submission, WaveletSnapshot
from wave_server.troubles import WaveletTroubles

from .making import ALICE, DOMAIN, LIMITS, NAME, edit, insertion


class Clock:
    """Milliseconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


class Recorder:
    """A reader that keeps all it is told, and checks that versions follow each other without gap or repetition."""

    def __init__(self, address: WaveAddress = ALICE) -> None:
        self._address = address
        self.names: list[WaveletName] | None = None
        self.snapshots: list[WaveletSnapshot] = []
        self.deltas: list[Delta] = []
        self.cursors: list[Cursor] = []
        self.troubled: list[WaveletTroubles] = []
        self.ends: list[tuple[WaveletName, WaveError]] = []
        self.versions: dict[WaveletName, int] = {}
        self._changed = asyncio.Event()

    @property
    def address(self) -> WaveAddress:
        return self._address

    def opened(self, wave: WaveId, names: Sequence[WaveletName]) -> None:
        self.names = list(names)
        self._changed.set()

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        self.snapshots.append(snapshot)
        self.versions[snapshot.wavelet] = snapshot.version
        self._changed.set()

    def delta(self, delta: Delta) -> None:
        assert delta.at == self.versions[delta.wavelet], "a gap, or a repetition"
        self.deltas.append(delta)
        self.versions[delta.wavelet] = delta.version
        self._changed.set()

    def cursor(self, cursor: Cursor) -> None:
        self.cursors.append(cursor)
        self._changed.set()

    def troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        assert name in self.versions
        self.troubled.append(troubles)
        self._changed.set()

    def ended(self, name: WaveletName, error: WaveError) -> None:
        del self.versions[name]
        self.ends.append((name, error))
        self._changed.set()

    def knows(self, name: WaveletName, version: int) -> None:
        """Pretend to have a version, as a client that resumes does, or one that has been acknowledged."""
        self.versions[name] = version

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds, which can change only with something that this reader is told."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()


class Replies:
    """Collects the answers to submissions, in their order."""

    def __init__(self) -> None:
        self.answers: list[Acknowledgement | WaveError] = []
        self._changed = asyncio.Event()

    def __call__(self, answer: Acknowledgement | WaveError) -> None:
        self.answers.append(answer)
        self._changed.set()

    async def count(self, number: int) -> list[Acknowledgement | WaveError]:
        """Wait for so many answers."""
        while len(self.answers) < number:
            self._changed.clear()
            await self._changed.wait()
        return self.answers


class FaultyStore(Store):
    """A real store whose appends can be held back, refused, or written and then reported as failed."""

    def __init__(self, inner: Store) -> None:
        self.__dict__.update(inner.__dict__)
        self.gate = asyncio.Event()
        self.gate.set()
        self.batches: list[int] = []
        self.fail_before = 0  # so many appends fail without writing
        self.fail_after = 0  # so many write, and fail nevertheless
        self.conflict: WaveletName | None = None
        self.appending = asyncio.Event()

    async def append(self, batch: Sequence[NewDelta]) -> None:
        self.appending.set()
        await self.gate.wait()
        self.batches.append(len(batch))
        for row in batch:
            if row.wavelet == self.conflict:
                raise VersionConflict(row.wavelet, row.at)
        if self.fail_before > 0:
            self.fail_before -= 1
            raise StoreUnavailable("the database is away")
        await super().append(batch)
        if self.fail_after > 0:
            self.fail_after -= 1
            raise StoreUnavailable("the database went away after writing")


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


class CountingStore(FaultyStore):
    """Notes what was loaded and which snapshots were stored."""

    loaded: StoredWavelet | None = None

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.stored: list[StoredSnapshot] = []
        self.snapshot_stored = asyncio.Event()

    async def put_snapshot(self, snapshot: StoredSnapshot) -> None:
        await super().put_snapshot(snapshot)
        self.stored.append(snapshot)
        self.snapshot_stored.set()

    async def load(self, name: WaveletName) -> StoredWavelet | None:
        self.loaded = await super().load(name)
        return self.loaded


def new_host(store: Store, clock: Callable[[], int], limits: HostLimits = LIMITS) -> WaveHost:
    return WaveHost(domain=DOMAIN, store=store, clock=clock, limits=limits)


def version_of(acknowledgement: Acknowledgement) -> HashedVersion:
    return HashedVersion(acknowledgement.version, acknowledgement.history_hash)


async def create(
    host: WaveHost,
    *others: WaveAddress,
    text: str = "",
    name: WaveletName = NAME,
    author: WaveAddress = ALICE,
) -> HashedVersion:
    """Make a wavelet, with ``text`` in the document "notes". Returns its version."""
    operations: list[WaveletOperation] = [AddParticipant(str(each)) for each in (author, *others)]
    if text:
        operations.append(edit(insertion(0, 0, text)))
    first = Submission(version_zero(name.uri), tuple(operations), "first")
    return version_of(await host.submit_and_wait(name, first, author))


async def typing(
    host: WaveHost, at: HashedVersion, text: str, *, size: int = 0, author: WaveAddress = ALICE
) -> HashedVersion:
    """Append ``text`` to the document "notes", of ``size`` items, one character a delta."""
    for place, character in enumerate(text, size):
        op = edit(insertion(place, place, character))
        at = version_of(await host.submit_and_wait(NAME, Submission(at, (op,), f"t{place}"), author))
    return at


def nothing_known() -> Mapping[WaveletName, HashedVersion]:
    return {}
