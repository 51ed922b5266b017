"""A host on a real store that fails at random, from seeds: clients that resume lose nothing and double nothing."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from wave_ot.document import Document
from wave_server.limits import HostLimits
from wave_server.store import Store

from .hosting import Clock, Recorder, UnsteadyStore, create, new_host
from .making import ALICE, BOB, CAROL, NAME
from .resuming import ResumingClient

EDITS = 40  # of each client, two at a time
LIMITS = HostLimits(recent_deltas=4, recent_age=0, snapshot_operations=10)


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
    authors = (ALICE, BOB, CAROL, ALICE)
    clients = [ResumingClient(host, NAME, author, number, EDITS) for number, author in enumerate(authors)]
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
