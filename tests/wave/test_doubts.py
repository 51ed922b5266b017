"""A store that fails after writing: what it has is known to observers and readers as soon as it can be read again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant
from wave_server.errors import Unavailable
from wave_server.host import WaveHost
from wave_server.store import Store
from wave_server.submission import Committed, Submission

from .hosting import Clock, FaultyStore, Recorder, create, nothing_known, typing
from .making import ALICE, BOB, DOMAIN, LIMITS, NAME, edit, insertion


class Watch:
    """An observer that can be waited for."""

    def __init__(self) -> None:
        self.told: list[Committed] = []
        self._changed = asyncio.Event()

    def __call__(self, committed: Committed) -> None:
        self.told.append(committed)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()


async def test_observers_hear_in_order_of_what_was_written_before_the_store_failed(sqlite: Store, clock: Clock) -> None:
    store, watch = FaultyStore(sqlite), Watch()
    host = WaveHost(domain=DOMAIN, store=store, clock=clock, limits=LIMITS, observers=[watch])
    await host.start()
    at = await create(host)
    store.fail_after = 1
    with pytest.raises(Unavailable):
        await host.submit_and_wait(NAME, Submission(at, (AddParticipant(str(BOB)),), "k"), ALICE)
    await watch.until(lambda: len(watch.told) == 2)
    assert str(BOB) not in watch.told[1].before
    assert str(BOB) in watch.told[1].after
    await typing(host, await host.head(NAME), "a")
    assert [(each.delta.at, each.applied) for each in watch.told] == [
        (row.at, row.applied) for row in await sqlite.deltas(NAME, 0)
    ]
    await host.stop()


async def test_nobody_hears_of_what_was_not_written(sqlite: Store, clock: Clock) -> None:
    store, watch = FaultyStore(sqlite), Watch()
    host = WaveHost(domain=DOMAIN, store=store, clock=clock, limits=LIMITS, observers=[watch])
    await host.start()
    at = await create(host)
    store.fail_before = 1
    with pytest.raises(Unavailable):
        await host.submit_and_wait(NAME, Submission(at, (edit(insertion(0, 0, "b")),), "k"), ALICE)
    await typing(host, at, "a")
    assert [each.delta.key for each in watch.told] == ["first", "t0"]
    await host.stop()


async def test_who_has_the_wave_open_sees_a_wavelet_whose_beginning_was_written_and_denied(
    sqlite: Store, clock: Clock
) -> None:
    store = FaultyStore(sqlite)
    host = WaveHost(domain=DOMAIN, store=store, clock=clock, limits=LIMITS)
    await host.start()
    reader = Recorder(BOB)
    await host.open(NAME.wave, reader, nothing_known())
    store.fail_after = 1
    both = (AddParticipant(str(ALICE)), AddParticipant(str(BOB)))
    with pytest.raises(Unavailable):
        await host.submit_and_wait(NAME, Submission(version_zero(NAME.uri), both, "k"), ALICE)
    await reader.until(lambda: reader.snapshots)
    assert [snapshot.version for snapshot in reader.snapshots] == [2]
    await host.stop()


async def test_a_reader_that_was_told_to_open_again_gets_nothing_before_it_has_done_so(
    sqlite: Store, clock: Clock
) -> None:
    store, watch = FaultyStore(sqlite), Watch()
    host = WaveHost(domain=DOMAIN, store=store, clock=clock, limits=LIMITS, observers=[watch])
    await host.start()
    at = await create(host, BOB)
    reader = Recorder(BOB)
    reader.knows(NAME, at.version)
    await host.open(NAME.wave, reader, {NAME: at})
    store.fail_after = 1
    with pytest.raises(Unavailable):
        await host.submit_and_wait(NAME, Submission(at, (edit(insertion(0, 0, "b")),), "k"), ALICE)
    await watch.until(lambda: len(watch.told) == 2)
    assert [name for name, _ in reader.ends] == [NAME]
    assert not reader.snapshots
    reader.knows(NAME, at.version)
    await host.open(NAME.wave, reader, {NAME: at})
    assert [delta.key for delta in reader.deltas] == ["k"]
    await host.stop()
