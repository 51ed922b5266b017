"""Two and three whole providers: what is written on one is on the others, hash for hash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from s2s.providers import RunningProvider, providers
from wave_ot.components import Characters, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant
from wave_server.errors import Forbidden, NotFound
from wave_server.names import WaveletName
from wave_server.submission import WaveletSnapshot

ROOT = WaveletName.parse_path("alpha.test/w+one/~/conv+root")
ALICE, ANNE, BOB, CAROL = "alice@alpha.test", "anne@alpha.test", "bob@beta.test", "carol@gamma.test"
DOCUMENT = "notes"  # of no schema: free text
SOON = 10  # seconds, for what happens in milliseconds

World = dict[str, RunningProvider]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with providers(tmp_path, "alpha.test", "beta.test", "gamma.test") as running:
        yield running


def insertion(size: int, at: int, text: str) -> MutateDocument:
    before = [Retain(at)] if at else []
    after = [Retain(size - at)] if size > at else []
    return MutateDocument(DOCUMENT, DocOp([*before, Characters(text), *after]))


async def text_at(provider: RunningProvider, name: WaveletName = ROOT) -> str | None:
    snapshot = await provider.host.read(name)
    return None if snapshot is None else text_in(snapshot)


def text_in(snapshot: WaveletSnapshot) -> str:
    document = snapshot.documents.get(DOCUMENT, DocOp())
    return "".join(each.text for each in document.components if isinstance(each, Characters))


async def reached(provider: RunningProvider, name: WaveletName, version: int) -> None:
    """Wait until a provider has a wavelet up to a version."""
    async with asyncio.timeout(SOON):
        await provider.until(lambda: provider.versions.get(name, 0) >= version)


async def agree(world: World, *domains: str, name: WaveletName = ROOT) -> None:
    """Wait until all have what the host has, and see that it is the same to the last hash."""
    head = await world[name.host].host.head(name)
    for domain in domains:
        await reached(world[domain], name, head.version)
        assert await world[domain].host.head(name) == head
        assert await text_at(world[domain], name) == await text_at(world[name.host], name)


async def shared(world: World, *others: str, text: str = "hello") -> None:
    """Alice makes a wavelet, writes, and adds others in a later delta."""
    alpha = world["alpha.test"]
    await alpha.submit(ROOT, ALICE, (AddParticipant(ALICE), insertion(0, 0, text)), key="make")
    await alpha.submit(ROOT, ALICE, tuple(AddParticipant(other) for other in others), key="add")


async def test_a_participant_added_late_gets_the_whole_history(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    beta = world["beta.test"]
    rows = await beta.store.deltas(ROOT, 0)
    assert [row.applied for row in rows] == [row.applied for row in await world["alpha.test"].store.deltas(ROOT, 0)]


async def test_what_a_remote_user_writes_is_acknowledged_and_everywhere(world: World) -> None:
    await shared(world, BOB, CAROL)
    await agree(world, "beta.test", "gamma.test")
    acknowledged = await world["beta.test"].submit(ROOT, BOB, (insertion(5, 5, " bob"),), key="b1")
    assert acknowledged.version == (await world["beta.test"].host.head(ROOT)).version
    await agree(world, "beta.test", "gamma.test")
    assert await text_at(world["gamma.test"]) == "hello bob"


async def test_three_people_on_three_domains_write_at_once_and_converge(world: World) -> None:
    await shared(world, BOB, CAROL, text="0123456789")
    await agree(world, "beta.test", "gamma.test")
    random = Random(7)

    async def write(domain: str, author: str) -> None:
        provider = world[domain]
        for number in range(20):
            state = await provider.host.read(ROOT)
            assert state is not None
            size = len(text_in(state))
            at = HashedVersion(state.version, state.history_hash)
            operation = insertion(size, random.randrange(size + 1), author[0])
            await provider.submit(ROOT, author, (operation,), at=at, key=f"{author}{number}")

    writers = [("alpha.test", ALICE), ("beta.test", BOB), ("gamma.test", CAROL)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(write(*each) for each in writers))
    await agree(world, "beta.test", "gamma.test")
    text = await text_at(world["alpha.test"]) or ""
    assert [text.count(letter) for letter in "abc"] == [20, 20, 20]


async def test_the_same_edit_sent_again_by_its_author_is_applied_once(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    beta = world["beta.test"]
    at = await beta.host.head(ROOT)
    operations = (insertion(5, 5, "!"),)
    first, again = await asyncio.gather(
        beta.submit(ROOT, BOB, operations, at=at, key="same"), beta.submit(ROOT, BOB, operations, at=at, key="same")
    )
    assert first == again == await beta.submit(ROOT, BOB, operations, at=at, key="same")
    await agree(world, "beta.test")
    assert await text_at(beta) == "hello!"


async def test_one_person_who_types_the_same_letter_in_two_tabs_means_two_letters(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    beta = world["beta.test"]
    at = await beta.host.head(ROOT)
    await asyncio.gather(*(beta.submit(ROOT, BOB, (insertion(5, 5, "x"),), at=at, key=key) for key in ("tab1", "tab2")))
    await agree(world, "beta.test")
    assert await text_at(beta) == "helloxx"


async def test_a_domain_just_removed_gets_the_delta_that_removed_it_and_nothing_after(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    alpha, beta = world["alpha.test"], world["beta.test"]
    removed = await alpha.submit(ROOT, ALICE, (RemoveParticipant(BOB),), key="remove")
    await reached(beta, ROOT, removed.version)
    await alpha.submit(ROOT, ALICE, (insertion(5, 0, "secret "),), key="after")
    await shared_elsewhere(world)
    assert (await beta.host.head(ROOT)).version == removed.version
    assert await text_at(beta) == "hello"
    with pytest.raises(NotFound):
        await beta.submit(ROOT, BOB, (insertion(5, 0, "I am still here"),), key="late")


async def shared_elsewhere(world: World) -> None:
    """Another wavelet goes from alpha to beta: what was sent before it has arrived."""
    other = WaveletName.parse_path("alpha.test/w+other/~/conv+root")
    made = await world["alpha.test"].submit(other, ALICE, (AddParticipant(ALICE), AddParticipant(BOB)), key="make")
    await reached(world["beta.test"], other, made.version)


async def test_somebody_who_is_added_again_sees_all_of_it_again(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    alpha = world["alpha.test"]
    await alpha.submit(ROOT, ALICE, (RemoveParticipant(BOB),), key="remove")
    await alpha.submit(ROOT, ALICE, (insertion(5, 5, " again"),), key="between")
    await alpha.submit(ROOT, ALICE, (AddParticipant(BOB),), key="add again")
    await agree(world, "beta.test")


async def test_everybody_of_a_domain_may_come_in_by_its_shared_participant(world: World) -> None:
    await shared(world, "@beta.test")
    await agree(world, "beta.test")
    beta = world["beta.test"]
    await beta.submit(ROOT, BOB, (AddParticipant(BOB), insertion(5, 5, " bob")), key="join")
    await agree(world, "beta.test")
    snapshot = await world["alpha.test"].host.read(ROOT)
    assert snapshot is not None
    assert BOB in snapshot.participants


async def test_a_private_reply_is_hosted_by_its_creator_s_domain_and_unknown_to_others(world: World) -> None:
    await shared(world, BOB, CAROL)
    await agree(world, "beta.test", "gamma.test")
    private = WaveletName.parse_path("alpha.test/w+one/beta.test/conv+private")
    beta = world["beta.test"]
    await beta.submit(private, BOB, (AddParticipant(BOB), AddParticipant(ALICE), insertion(0, 0, "psst")), key="p")
    await agree(world, "alpha.test", name=private)
    await shared_elsewhere(world)
    assert await world["gamma.test"].host.read(private) is None
    assert private in await beta.store.wavelets_of(ROOT.wave)


async def test_somebody_s_own_data_never_leave(world: World) -> None:
    own = WaveletName.parse_path("alpha.test/w+one/~/user+alice@alpha.test")
    alpha = world["alpha.test"]
    await shared(world, BOB)
    await alpha.submit(own, ALICE, (AddParticipant(ALICE),), key="own")
    with pytest.raises(Forbidden):
        await alpha.submit(own, ALICE, (AddParticipant(BOB),), key="share")
    await agree(world, "beta.test")
    assert await world["beta.test"].host.read(own) is None


async def test_a_wave_does_not_come_where_nobody_may_be_invited(world: World) -> None:
    world["beta.test"].users = {"ben@beta.test"}
    await shared(world, BOB, CAROL)
    await agree(world, "gamma.test")
    assert await world["beta.test"].host.read(ROOT) is None


async def test_a_wavelet_of_which_there_is_no_copy_cannot_be_written_to(world: World) -> None:
    with pytest.raises(NotFound):
        await world["beta.test"].submit(ROOT, BOB, (insertion(0, 0, "x"),), key="k")


async def test_what_is_written_while_the_host_is_away_waits_and_arrives(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    alpha, beta = world["alpha.test"], world["beta.test"]
    alpha.hub.cut("alpha.test", "beta.test")
    writing = asyncio.create_task(beta.submit(ROOT, BOB, (insertion(5, 5, " offline"),), key="k"))
    await alpha.submit(ROOT, ALICE, (insertion(5, 0, "oh "),), key="a")
    await asyncio.wait_for(beta.written_down.wait(), SOON)
    assert not writing.done()
    alpha.hub.mend("alpha.test", "beta.test")
    await asyncio.wait_for(writing, SOON)
    await agree(world, "beta.test")
    assert await text_at(beta) == "oh hello offline"


async def test_a_restart_of_either_side_loses_and_doubles_nothing(world: World) -> None:
    await shared(world, BOB)
    await agree(world, "beta.test")
    alpha, beta = world["alpha.test"], world["beta.test"]
    alpha.hub.cut("alpha.test", "beta.test")
    at = await beta.host.head(ROOT)
    writing = asyncio.create_task(beta.submit(ROOT, BOB, (insertion(5, 5, " once"),), at=at, key="k"))
    await asyncio.wait_for(beta.written_down.wait(), SOON)
    await beta.stop()
    await asyncio.gather(writing, return_exceptions=True)
    await alpha.stop()
    await alpha.start()
    await beta.start()
    again = await asyncio.wait_for(beta.submit(ROOT, BOB, (insertion(5, 5, " once"),), at=at, key="k"), SOON)
    await agree(world, "beta.test")
    assert await text_at(alpha) == "hello once"
    assert again.version == (await alpha.host.head(ROOT)).version
    await asyncio.wait_for(beta.crossed_off.wait(), SOON)
    assert not await beta.kept.all_forwarded()
