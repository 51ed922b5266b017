"""What federation remembers, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from history_examples import OTHER, ROOT, delta
from wave_server.names import WaveletName
from wave_server.store import Store, destination_rows, follower_rows, forwarded_rows, quarantine_rows, signer_rows
from wave_server.store.destination_rows import Destination
from wave_server.store.errors import StoreError, VersionConflict
from wave_server.store.follower_rows import Follower
from wave_server.store.quarantine_rows import Quarantine
from wave_server.store.signer_rows import SignerRow
from wave_server.store.values import DomainChange, NewDelta


def joining(at: int, *domains: str, wavelet: WaveletName = ROOT) -> NewDelta:
    return delta(wavelet, at)._replace(domains=DomainChange(joined=domains))


def leaving(at: int, *domains: str) -> NewDelta:
    return delta(ROOT, at)._replace(domains=DomainChange(left=domains))


async def followers(store: Store, name: WaveletName = ROOT) -> list[Follower]:
    async with store.reading() as connection:
        row_id = await store.row_id(connection, name)
        assert row_id is not None
        return await follower_rows.followers_of(connection, row_id)


async def owed(store: Store, domain: str) -> list[Follower]:
    async with store.reading() as connection:
        return (await follower_rows.owed_to(connection, domain, 0, 10))[0]


async def confirm(store: Store, domain: str, version: int) -> None:
    async with store.writing() as connection:
        row_id = await store.row_id(connection, ROOT)
        assert row_id is not None
        await follower_rows.confirm(connection, row_id, domain, version)


async def test_a_domain_follows_from_the_delta_that_lets_it_in(store: Store) -> None:
    await store.append([delta(ROOT, 0), joining(1, "beta.test", "gamma.test"), delta(ROOT, 2)])
    assert await followers(store) == [
        Follower(ROOT, "beta.test", 1, None, 3),
        Follower(ROOT, "gamma.test", 1, None, 3),
    ]
    assert await owed(store, "beta.test") == [Follower(ROOT, "beta.test", 1, None, 3)]


async def test_a_domain_that_left_is_owed_the_delta_that_removed_it_and_nothing_after(store: Store) -> None:
    await store.append([delta(ROOT, 0), joining(1, "beta.test"), leaving(2, "beta.test"), delta(ROOT, 3)])
    assert await owed(store, "beta.test") == [Follower(ROOT, "beta.test", 1, 3, 4)]
    await confirm(store, "beta.test", 3)
    assert await owed(store, "beta.test") == []
    assert await followers(store) == [Follower(ROOT, "beta.test", 3, 3, 4)]


async def test_a_domain_that_comes_back_is_owed_what_follows_its_return(store: Store) -> None:
    await store.append([delta(ROOT, 0), joining(1, "beta.test"), leaving(2, "beta.test"), delta(ROOT, 3)])
    await store.append([joining(4, "beta.test")])
    assert await followers(store) == [Follower(ROOT, "beta.test", 4, None, 5)]


async def test_joining_again_without_having_left_changes_nothing(store: Store) -> None:
    await store.append([delta(ROOT, 0), joining(1, "beta.test")])
    await confirm(store, "beta.test", 2)
    await store.append([joining(2, "beta.test")])
    assert await followers(store) == [Follower(ROOT, "beta.test", 2, None, 3)]


async def test_what_is_confirmed_never_goes_back(store: Store) -> None:
    await store.append([delta(ROOT, 0), joining(1, "beta.test")])
    await confirm(store, "beta.test", 2)
    await confirm(store, "beta.test", 1)
    assert (await followers(store))[0].delivered == 2


async def test_a_domain_is_owed_nothing_of_what_it_has_confirmed(store: Store) -> None:
    await store.append([delta(ROOT, 0), joining(1, "beta.test")])
    await store.append([delta(OTHER, 0), joining(1, "beta.test", wavelet=OTHER)])
    await confirm(store, "beta.test", 2)
    assert await owed(store, "beta.test") == [Follower(OTHER, "beta.test", 1, None, 2)]
    async with store.reading() as connection:
        assert await follower_rows.domains_owed(connection) == ["beta.test"]


async def test_what_is_owed_comes_in_pages(store: Store) -> None:
    names = [WaveletName.parse_path(f"alpha.test/w+{number}/~/conv+root") for number in range(5)]
    for name in names:
        await store.append([joining(0, "beta.test", wavelet=name)])
    found: list[WaveletName] = []
    after = 0
    async with store.reading() as connection:
        while page := await follower_rows.owed_to(connection, "beta.test", after, 2):
            rows, after = page
            if not rows:
                break
            found += [row.wavelet for row in rows]
    assert found == names


async def test_a_batch_that_is_refused_lets_nobody_in(store: Store) -> None:
    await store.append([delta(ROOT, 0)])
    with pytest.raises(VersionConflict):
        await store.append([joining(1, "beta.test"), delta(ROOT, 1)])
    assert await followers(store) == []


async def test_an_id_stands_for_one_signer_for_ever(store: Store) -> None:
    first = SignerRow(b"1" * 32, "beta.test", 1, (b"leaf", b"root"), 1, 2**45, 5)
    async with store.writing() as connection:
        await signer_rows.add_signer(connection, first)
        await signer_rows.add_signer(connection, first._replace(domain="gamma.test"))
        await signer_rows.add_signer(connection, first._replace(id=b"2" * 32, stored_at=4))
    async with store.reading() as connection:
        assert await signer_rows.find_signer(connection, first.id) == first
        assert await signer_rows.find_signer(connection, b"3" * 32) is None
        assert [row.id[:1] for row in await signer_rows.signers_of(connection, "beta.test")] == [b"2", b"1"]


async def test_forwarded_deltas_come_back_in_order_until_they_are_removed(store: Store) -> None:
    await store.append([delta(ROOT, 0)])
    row_id = await store.find_row_id(ROOT)
    assert row_id is not None
    first = await store.note(forwarded_rows.add_forwarded(row_id, "ada@alpha.test", "k1", b"1", 5))
    await store.note(forwarded_rows.add_forwarded(row_id, "ada@alpha.test", "k2", b"2", 6))
    async with store.reading() as connection:
        found = await forwarded_rows.all_forwarded(connection)
        assert [(row.wavelet, row.key, row.delta, row.created_at) for row in found] == [
            (ROOT, "k1", b"1", 5),
            (ROOT, "k2", b"2", 6),
        ]
    assert first is not None
    await store.note(forwarded_rows.remove_forwarded(first))
    async with store.reading() as connection:
        assert [row.key for row in await forwarded_rows.all_forwarded(connection)] == ["k2"]


async def test_a_submission_key_is_under_way_once(store: Store) -> None:
    await store.append([delta(ROOT, 0)])
    row_id = await store.find_row_id(ROOT)
    assert row_id is not None
    first = await store.note(forwarded_rows.add_forwarded(row_id, "ada@alpha.test", "k1", b"1", 5))
    again = await store.note(forwarded_rows.add_forwarded(row_id, "ada@alpha.test", "k1", b"2", 6))
    assert first == again
    async with store.reading() as connection:
        assert [row.delta for row in await forwarded_rows.all_forwarded(connection)] == [b"2"]


async def test_small_writes_that_come_together_are_carried_out_in_order_and_each_is_answered(store: Store) -> None:
    await store.append([delta(ROOT, 0)])
    row_id = await store.find_row_id(ROOT)
    assert row_id is not None
    adding = [forwarded_rows.add_forwarded(row_id, "ada@alpha.test", f"k{number}", b"1", 5) for number in range(20)]
    ids = await asyncio.gather(*(store.note(each) for each in adding))
    removing = [store.note(forwarded_rows.remove_forwarded(each)) for each in ids if each is not None]
    assert len(removing) == 20
    await asyncio.gather(*removing, store.note(adding[7]))
    async with store.reading() as connection:
        assert [row.key for row in await forwarded_rows.all_forwarded(connection)] == ["k7"]


async def test_a_small_write_that_breaks_a_rule_of_the_tables_is_told_so_and_changes_nothing(store: Store) -> None:
    await store.append([delta(ROOT, 0)])
    with pytest.raises(StoreError, match="refused"):
        await store.note(forwarded_rows.add_forwarded(99_999, "ada@alpha.test", "k1", b"1", 5))
    async with store.reading() as connection:
        assert await forwarded_rows.all_forwarded(connection) == []
    await store.append([delta(ROOT, 1)])


async def test_a_quarantine_keeps_its_first_evidence_until_it_is_lifted(store: Store) -> None:
    await store.append([delta(ROOT, 0)])
    async with store.writing() as connection:
        row_id = await store.row_id(connection, ROOT)
        assert row_id is not None
        await quarantine_rows.add_quarantine(connection, row_id, 5, "it forked", b"first")
        await quarantine_rows.add_quarantine(connection, row_id, 6, "again", b"second")
        assert await quarantine_rows.all_quarantines(connection) == [Quarantine(ROOT, 5, "it forked", b"first")]
        assert await quarantine_rows.lift_quarantine(connection, row_id)
        assert not await quarantine_rows.lift_quarantine(connection, row_id)


async def test_what_is_known_of_a_domain_is_replaced_as_a_whole(store: Store) -> None:
    failing = Destination("beta.test", failing_since=1, attempts=3, retry_at=9, last_error="refused")
    async with store.writing() as connection:
        await destination_rows.put_destination(connection, failing)
        await destination_rows.put_destination(connection, Destination("alpha.test"))
        await destination_rows.put_destination(connection, Destination("beta.test", last_contact=7))
        assert await destination_rows.find_destination(connection, "beta.test") == Destination("beta.test", 7)
        assert await destination_rows.find_destination(connection, "gamma.test") is None
        assert [row.domain for row in await destination_rows.all_destinations(connection)] == [
            "alpha.test",
            "beta.test",
        ]
