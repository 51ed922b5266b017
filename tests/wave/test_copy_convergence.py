"""Two providers, one wavelet: whatever is lost, doubled, reordered or killed, both have the same history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from databases import sqlite_database
from named_signer import NamedSigner
from wave_ot.document import Document
from wave_ot.protobuf import decode_applied_delta
from wave_server.limits import HostLimits
from wave_server.store import Store, StoredDelta
from wave_server.verification import Finding, verify

from .federating import ALICE, ALPHA, ANNE, BEN, BETA, BOB, SHARED, Provider, share, wire
from .hosting import Clock
from .resuming import ResumingClient

EDITS = 16  # of each client, two at a time
LIMITS = HostLimits(recent_deltas=3, recent_age=0, snapshot_operations=10)
TABS = ((ALPHA, ALICE), (ALPHA, ANNE), (BETA, BOB), (BETA, BOB), (BETA, BEN))  # Bob has two
LETTERS = "ab"  # so that the same operations come from two tabs of one person


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[dict[str, Store]]:
    opened = {domain: await Store.open(await sqlite_database(tmp_path / f"{domain}.db")) for domain in (ALPHA, BETA)}
    yield opened
    for store in opened.values():
        await store.close()


async def typed_by_all(stores: dict[str, Store], clock: Clock, seed: int, kills: int) -> list[ResumingClient]:
    """Everybody types; servers are killed meanwhile. Afterwards both have everything."""
    random = Random(seed)
    providers = {domain: Provider(domain, stores[domain], clock, limits=LIMITS, random=random) for domain in stores}
    await wire(*providers.values())
    await invited(providers, clock)
    clients = [
        ResumingClient(providers[domain].host, SHARED, author, number, EDITS, LETTERS)
        for number, (domain, author) in enumerate(TABS)
    ]
    running = asyncio.gather(*(client.run() for client in clients))
    for _ in range(kills):
        await some_more(clients, random)
        domain = random.choice((ALPHA, BETA))
        await providers[domain].kill_and_start()
        for (at, _), client in zip(TABS, clients, strict=True):
            if at == domain:
                client.connect(providers[domain].host)
    await running
    await providers[BETA].recover(SHARED)
    for provider in providers.values():
        await provider.stop()
    return clients


async def invited(providers: dict[str, Provider], clock: Clock) -> None:
    """Make the wavelet, with everybody in it, however often the store fails at that."""
    steady = Provider(ALPHA, providers[ALPHA].store, clock)
    await steady.start()
    await share(steady, ANNE, BOB, BEN)
    await steady.stop()
    await providers[BETA].recover(SHARED)


async def some_more(clients: list[ResumingClient], random: Random) -> None:
    """Wait until a few more edits are acknowledged, or all are."""
    for _ in range(random.randint(2, 8)):
        busy = [client for client in clients if not client.done.is_set()]
        for client in busy:
            client.progress.clear()
        if busy:
            waiting = [asyncio.ensure_future(client.progress.wait()) for client in busy]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()


def without_key(row: StoredDelta) -> StoredDelta:
    return row._replace(key=None)


@pytest.mark.parametrize(("seed", "kills"), [(seed, kills) for kills in (0, 3) for seed in range(6)])
async def test_both_have_every_edit_once_and_the_same_bytes(
    stores: dict[str, Store], clock: Clock, seed: int, kills: int
) -> None:
    clients = await typed_by_all(stores, clock, seed, kills)
    at_host, copied = [await stores[domain].deltas(SHARED, 0) for domain in (ALPHA, BETA)]
    assert list(map(without_key, at_host)) == list(map(without_key, copied))
    for domain, rows in ((ALPHA, at_host), (BETA, copied)):
        keys = [row.key for row in rows if row.author.endswith("@" + domain) and row.key != "first"]
        acknowledged = [client.acknowledged for client in clients if client.address.domain == domain]
        assert len(keys) == len(set(keys))
        assert set(keys) == set[str]().union(*acknowledged)
    for store in stores.values():
        assert [event async for event in verify(store) if isinstance(event, Finding)] == []


@pytest.mark.parametrize("seed", range(3))
async def test_every_client_ends_with_all_letters_and_every_delta_is_signed_by_its_authors_domain(
    stores: dict[str, Store], clock: Clock, seed: int
) -> None:
    await typed_by_all(stores, clock, seed + 100, 1)
    after = Provider(BETA, stores[BETA], clock)
    await after.start()
    snapshot = await after.host.read(SHARED)
    await after.stop()
    assert snapshot is not None
    assert Document.from_op(snapshot.documents["notes"]).size == EDITS * len(TABS)
    for row in await stores[BETA].deltas(SHARED, 0):
        signed = decode_applied_delta(row.applied).signed
        assert signed.signatures == NamedSigner(row.author.rpartition("@")[2]).sign(signed.delta)
