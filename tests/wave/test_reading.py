"""Reading the committed state without being a reader, and observing what is committed."""

from __future__ import annotations

import asyncio

import pytest

from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant
from wave_server.errors import Unavailable
from wave_server.host import WaveHost
from wave_server.names import WaveletName
from wave_server.store import Store
from wave_server.submission import Committed

from .hosting import Clock, FaultyStore, Replies, create, new_host, typing
from .making import ALICE, DOMAIN, LIMITS, NAME, edit, insertion, submission

ELSEWHERE = WaveletName.parse_path("example.com/w+abc/other.example/conv+root")


async def test_reading_gives_the_state_at_the_head(host: WaveHost) -> None:
    head = await create(host, text="ab")
    await typing(host, head, "c", size=2)
    found = await host.read(NAME)
    assert found is not None
    assert (found.version, found.participants) == (head.version + 1, (str(ALICE),))


async def test_reading_loads_what_is_not_in_memory(sqlite: Store, clock: Clock) -> None:
    first = new_host(sqlite, clock)
    await first.start()
    head = await create(first, text="ab")
    await first.stop()
    second = new_host(sqlite, clock)
    await second.start()
    found = await second.read(NAME)
    await second.stop()
    assert found is not None
    assert found.version == head.version


@pytest.mark.parametrize("name", [NAME, ELSEWHERE])
async def test_a_wavelet_that_does_not_exist_here_reads_as_none(host: WaveHost, name: WaveletName) -> None:
    assert await host.read(name) is None


async def test_reading_waits_until_the_store_has_what_it_shows(sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, text="ab")
    store.gate.clear()
    store.appending.clear()
    host.submit(NAME, submission(head, edit(insertion(2, 2, "c"))), ALICE, None, Replies())
    reading = asyncio.ensure_future(host.read(NAME))
    await store.appending.wait()
    assert not reading.done()
    store.gate.set()
    found = await reading
    await host.stop()
    assert found is not None
    assert found.version == head.version + 1


async def test_what_the_store_never_took_is_not_shown(sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, text="ab")
    store.gate.clear()
    store.appending.clear()
    store.fail_before = 1
    host.submit(NAME, submission(head, edit(insertion(2, 2, "c"))), ALICE, None, Replies())
    reading = asyncio.ensure_future(host.read(NAME))
    await store.appending.wait()
    store.gate.set()
    with pytest.raises(Unavailable):
        await reading
    found = await host.read(NAME)
    await host.stop()
    assert found is not None
    assert found.version == head.version


async def test_the_observer_is_told_of_each_delta_once_it_is_committed(sqlite: Store, clock: Clock) -> None:
    seen: list[Committed] = []
    host = WaveHost(domain=DOMAIN, store=sqlite, clock=clock, limits=LIMITS, observers=[seen.append])
    await host.start()
    head = await create(host, text="ab")
    await typing(host, head, "cd", size=2)
    await host.stop()
    assert [(each.delta.wavelet, each.delta.at, each.delta.version) for each in seen] == [
        (NAME, 0, 2),
        (NAME, 2, 3),
        (NAME, 3, 4),
    ]


async def test_the_observer_is_not_told_of_what_the_store_refused(sqlite: Store, clock: Clock) -> None:
    seen: list[Committed] = []
    store = FaultyStore(sqlite)
    store.fail_before = 1
    host = WaveHost(domain=DOMAIN, store=store, clock=clock, limits=LIMITS, observers=[seen.append])
    await host.start()
    first = submission(version_zero(NAME.uri), AddParticipant(str(ALICE)))
    with pytest.raises(Unavailable):
        await host.submit_and_wait(NAME, first, ALICE)
    assert seen == []
    await host.submit_and_wait(NAME, first, ALICE)
    await host.stop()
    assert [each.delta.version for each in seen] == [1]
