"""Which wavelets stay in memory."""

from __future__ import annotations

import asyncio

from wave_ot.history import version_zero
from wave_ot.wavelet_operations import NoOp
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.store import Store

from .hosting import Clock, CountingStore, Recorder, create, new_host, typing
from .making import ALICE, BOB, NAME, submission

IDLE = HostLimits().idle_time


async def test_an_idle_wavelet_leaves_memory_and_comes_back_whole(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    head = await create(host, BOB)
    head = await typing(host, head, "abc")
    clock.now += IDLE
    host.evict_idle()
    assert host.loaded_wavelets == 0
    assert host.open_waves == 0
    head = await typing(host, head, "de", size=3)
    reader = Recorder(BOB)
    await host.open(NAME.wave, reader, {})
    assert reader.versions[NAME] == head.version
    await host.stop()


async def test_a_wavelet_that_is_read_stays(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    other = WaveletName.parse_path("example.com/w+other/~/conv+root")
    await create(host, BOB)
    await create(host, name=other)
    reader = Recorder(BOB)
    await host.open(NAME.wave, reader, {})
    clock.now += IDLE
    host.evict_idle()
    assert host.loaded_wavelets == 1
    assert (reader.ends, host.open_waves) == ([], 1)
    host.close(NAME.wave, reader)
    clock.now += IDLE
    host.evict_idle()
    assert host.loaded_wavelets == 0
    await host.stop()


async def test_wavelets_that_do_not_exist_do_not_stay(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    names = [WaveletName.parse_path(f"example.com/w+{number}/~/conv+root") for number in range(5)]
    tried = [host.submit_and_wait(name, submission(version_zero(name.uri), NoOp()), ALICE) for name in names]
    refused = await asyncio.gather(*tried, return_exceptions=True)
    assert {type(error).__name__ for error in refused} == {"Forbidden"}
    host.evict_idle()
    assert host.loaded_wavelets == 0
    await host.stop()


async def test_too_many_idle_wavelets_leave_the_oldest_first(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock, HostLimits(idle_wavelets=2))
    await host.start()
    for number in range(4):
        clock.now += 1
        await create(host, name=WaveletName.parse_path(f"example.com/w+{number}/~/conv+root"))
    host.evict_idle()
    assert host.loaded_wavelets == 2
    await host.stop()


async def test_the_host_looks_for_idle_wavelets_by_itself_and_keeps_their_state(sqlite: Store, clock: Clock) -> None:
    store = CountingStore(sqlite)
    host = new_host(store, clock, HostLimits(idle_time=4, snapshot_operations=10))  # looks every millisecond
    await host.start()
    head = await create(host)
    clock.now += 4
    await store.snapshot_stored.wait()
    assert [snapshot.version for snapshot in store.stored] == [head.version]
    await host.stop()
