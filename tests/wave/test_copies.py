"""A host with a copy of another host's wavelet: receiving, forwarding, reading, troubles, cursors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from databases import sqlite_database
from wave_ot.components import ElementEnd, ElementStart
from wave_ot.deltas import AppliedDelta, HashedVersion, SignedDelta, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.history import version_zero
from wave_ot.protobuf import encode_applied_delta, encode_delta
from wave_ot.wavelet_operations import AddParticipant, RemoveParticipant, WaveletOperation
from wave_server.attribution import Attributions
from wave_server.errors import (
    Diverged,
    Forbidden,
    Gap,
    InvalidOperation,
    InvalidRequest,
    NotFound,
    Quarantined,
    Unavailable,
    WaveError,
)
from wave_server.history_reading import History
from wave_server.host import WaveHost
from wave_server.inbox import Inbox, Note
from wave_server.indexing import Indexer
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.originals import ReceivedDelta, read_received
from wave_server.store import Store
from wave_server.submission import Acknowledgement, Cursor, Submission
from wave_server.troubles import Trouble, TroubleKind

from .federating import ALICE, ALPHA, ANNE, BEN, BETA, BOB, SHARED, Provider, history, share
from .hosting import Clock, FaultyStore, Recorder, Replies, version_of
from .making import LIMITS, blip, edit, insertion

QUARANTINED = Trouble(TroubleKind.QUARANTINED, ALPHA, 1_000, "alpha.test has sent two histories")
UNREACHABLE = Trouble(TroubleKind.HOST_UNREACHABLE, ALPHA, 2_000, "alpha.test cannot be reached")
SHORT = HostLimits(recent_deltas=2, recent_age=0, snapshot_operations=4)


@pytest.fixture
async def alpha(tmp_path: Path, clock: Clock) -> AsyncIterator[Provider]:
    """The host of the shared wavelet, which sends nothing by itself."""
    async for provider in running(tmp_path, ALPHA, clock):
        yield provider


@pytest.fixture
async def beta(tmp_path: Path, clock: Clock, alpha: Provider) -> AsyncIterator[Provider]:
    """Where the copy is. What is written there is brought to alpha."""
    async for provider in running(tmp_path, BETA, clock):
        provider.peers = {ALPHA: alpha}
        yield provider


async def running(directory: Path, domain: str, clock: Clock) -> AsyncIterator[Provider]:
    store = await Store.open(await sqlite_database(directory / f"{domain}.db"))
    provider = Provider(domain, store, clock, limits=SHORT)
    await provider.start()
    yield provider
    await provider.stop()
    await store.close()


async def copied(alpha: Provider, beta: Provider, *others: WaveAddress, text: str = "ab") -> HashedVersion:
    """Share a wavelet with beta, which gets what there is of it."""
    head = await share(alpha, BOB, *others, text=text)
    assert await beta.host.receive(SHARED, await history(alpha)) == head
    return head


async def write(
    provider: Provider, at: HashedVersion, text: str, *, size: int, author: WaveAddress = ALICE
) -> HashedVersion:
    """Insert each letter at the beginning of "notes", as a delta of its own."""
    for count, letter in enumerate(text, size):
        submission = Submission(at, (edit(insertion(count, 0, letter)),), f"{letter}{count}")
        at = version_of(await provider.host.submit_and_wait(SHARED, submission, author))
    return at


def forged(at: HashedVersion, *operations: WaveletOperation, author: WaveAddress = ALICE) -> ReceivedDelta:
    delta = encode_delta(WaveletDelta(at, str(author), operations))
    return read_received(encode_applied_delta(AppliedDelta(SignedDelta(delta), at, len(operations), 3_000)))


# Receiving


async def test_a_copy_begins_with_the_first_delta_and_is_read_as_any_wavelet(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    here, there = await beta.host.read(SHARED), await alpha.host.read(SHARED)
    assert here is not None
    assert there is not None
    assert (here.version, here.history_hash, here.participants, dict(here.documents)) == (
        there.version,
        there.history_hash,
        there.participants,
        dict(there.documents),
    )
    assert await beta.host.head(SHARED) == head


async def test_what_is_received_is_durable_and_byte_for_byte_the_hosts(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    await write(alpha, head, "xyz", size=2)
    await write(alpha, head, "!", size=2)  # is transformed
    await beta.host.receive(SHARED, await history(alpha))
    here, there = await beta.store.deltas(SHARED, 0), await alpha.store.deltas(SHARED, 0)
    assert here == [row._replace(key=None) for row in there]
    assert here[-1].transformed is not None


async def test_a_wavelet_that_is_not_here_stands_at_version_0(beta: Provider) -> None:
    assert await beta.host.head(SHARED) == version_zero(SHARED.uri)
    assert await beta.host.receive(SHARED, []) == version_zero(SHARED.uri)
    assert await beta.host.read(SHARED) is None


async def test_readers_get_what_is_received_and_those_added_a_snapshot(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    bob, ben = Recorder(BOB), Recorder(BEN)
    await beta.host.open(SHARED.wave, bob, {})
    await beta.host.open(SHARED.wave, ben, {})
    assert (bob.names, ben.names) == ([SHARED], [])
    added = Submission(head, (AddParticipant(str(BEN)),), "add")
    added_at = version_of(await alpha.host.submit_and_wait(SHARED, added, ALICE))
    removed = Submission(added_at, (RemoveParticipant(str(BOB)),), "remove")
    await alpha.host.submit_and_wait(SHARED, removed, ALICE)
    await beta.host.receive(SHARED, (await history(alpha))[1:])
    assert [delta.version for delta in bob.deltas] == [added_at.version, added_at.version + 1]
    assert [type(error) for _, error in bob.ends] == [Forbidden]
    assert ben.versions == {SHARED: added_at.version + 1}


async def test_a_gap_names_where_the_copy_stands(alpha: Provider, beta: Provider) -> None:
    head = await share(alpha, BOB, text="ab")
    await write(alpha, head, "xy", size=2)
    first, second, third = await history(alpha)
    with pytest.raises(Gap) as raised:
        await beta.host.receive(SHARED, [second])
    assert (raised.value.head, raised.value.at) == (version_zero(SHARED.uri), second.at)
    with pytest.raises(Gap) as raised:
        await beta.host.receive(SHARED, [first, third])
    assert (raised.value.head, raised.value.at) == (head, third.at)
    assert len(await beta.store.deltas(SHARED, 0)) == 1, "what came before the gap is durable"


async def test_deltas_that_are_here_are_passed_over_however_old_they_are(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    end = await write(alpha, head, "vwxyz", size=2)
    everything = await history(alpha)
    await beta.host.receive(SHARED, everything)
    assert await beta.host.receive(SHARED, [everything[0], everything[-1], *everything]) == end
    await beta.kill_and_start()
    assert await beta.host.receive(SHARED, everything) == end
    assert len(await beta.store.deltas(SHARED, 0)) == len(everything)


async def test_calls_for_one_wavelet_wait_for_each_other(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    for letter in "vwxyz":  # all made for the first version: the later are transformed over deltas from the store
        await write(alpha, head, letter, size=2)
    await beta.kill_and_start()
    everything = await history(alpha)
    heads = await asyncio.gather(*(beta.host.receive(SHARED, [each]) for each in everything[1:]))
    assert heads == [each.after for each in everything[1:]]


async def test_what_memory_has_lost_is_fetched_to_transform_over(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    await write(alpha, head, "vwxyz", size=2)
    await write(alpha, head, "!", size=2, author=BOB)
    everything = await history(alpha)
    await beta.host.receive(SHARED, everything)
    assert await beta.host.head(SHARED) == await alpha.host.head(SHARED)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_fork_is_refused_with_both_sides_as_evidence(
    alpha: Provider, beta: Provider, *, restarted: bool
) -> None:
    head = await copied(alpha, beta)
    await write(alpha, head, "vwxyz", size=2)
    everything = await history(alpha)
    await beta.host.receive(SHARED, everything)
    if restarted:
        await beta.kill_and_start()
    for place in (1, 3, 5):
        ours = everything[place]
        theirs = forged(ours.at, edit(insertion(ours.at.version - 1, 0, "#")))
        with pytest.raises(Diverged, match="two histories") as raised:
            await beta.host.receive(SHARED, [theirs])
        assert (raised.value.ours, raised.value.theirs, raised.value.at) == (ours.data, theirs.data, ours.at)
    assert await beta.host.head(SHARED) == everything[-1].after


async def test_one_on_top_of_another_history_is_shown_beside_our_last(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    theirs = forged(HashedVersion(head.version, b"\1" * 20), edit(insertion(2, 0, "#")))
    with pytest.raises(Diverged) as raised:
        await beta.host.receive(SHARED, [theirs])
    assert raised.value.ours == (await history(alpha))[0].data


async def test_what_came_before_a_fault_is_durable(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    end = await write(alpha, head, "x", size=2)
    with pytest.raises(Diverged, match="document notes"):
        await beta.host.receive(SHARED, [*(await history(alpha)), forged(end, edit(insertion(9, 0, "#")))])
    assert (await beta.store.deltas(SHARED, 0))[-1].version == end.version


async def test_there_are_no_copies_of_own_private_or_unspecified_wavelets(alpha: Provider, beta: Provider) -> None:
    await share(alpha, BOB)
    deltas = await history(alpha)
    with pytest.raises(InvalidRequest, match="hosted here"):
        await beta.host.receive(WaveletName.parse_path("alpha.test/w+shared/beta.test/conv+root"), deltas)
    with pytest.raises(Forbidden, match="private"):
        await beta.host.receive(WaveletName.parse_path(f"alpha.test/w+shared/~/user+{BOB}"), deltas)
    with pytest.raises(InvalidRequest, match="outside the specification"):
        await beta.host.receive(WaveletName.parse_uri("wave://alpha.test/w+a%20b/conv+root"), deltas)


async def test_observers_are_told_bytes_and_participants_on_both_sides(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    added = Submission(head, (AddParticipant(str(BEN)),), "add")
    await alpha.host.submit_and_wait(SHARED, added, ALICE)
    await beta.host.receive(SHARED, await history(alpha))
    for provider in (alpha, beta):
        told = provider.observed[-1]
        assert told.applied == (await history(alpha))[-1].data
        assert list(told.before) == [str(ALICE), str(BOB)]
        assert list(told.after) == [str(ALICE), str(BOB), str(BEN)]


async def test_a_history_and_who_wrote_it_are_there_in_a_copy(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    await write(alpha, head, "x", size=2, author=BOB)
    await beta.host.receive(SHARED, await history(alpha))
    past = History(domain=BETA, store=beta.store, read=beta.host.read, limits=SHORT)
    assert (await past.state(SHARED, head.version, BOB)).snapshot.history_hash == head.history_hash
    assert len((await past.deltas(SHARED, 0, head.version + 1, BOB)).deltas) == 2
    written = await Attributions(past).at(SHARED, None, BOB)
    by = [(run.items, written.authors[run.author]) for run in written.runs("notes")]
    assert by == [(1, str(BOB)), (2, str(ALICE))]
    for stranger in (BEN, WaveAddress("x", BETA)):
        with pytest.raises(NotFound):
            await past.timeline(SHARED, stranger)


async def test_a_copy_is_in_the_inboxes_of_local_users_and_what_they_note_stays_here(
    alpha: Provider, beta: Provider
) -> None:
    blips = DocOp(
        [ElementStart("conversation", ()), ElementStart("blip", (("id", "b+1"),)), ElementEnd(), ElementEnd()]
    )
    head = await share(alpha, BOB)
    said = (edit(blips, "conversation"), edit(blip("Far away"), "b+1"))
    await alpha.host.submit_and_wait(SHARED, Submission(head, said, "said"), ALICE)
    await beta.host.receive(SHARED, await history(alpha))
    indexer = Indexer(beta.store, BETA)
    indexer.start(beta.host.read)
    await indexer.caught_up()
    await indexer.settle()
    inbox = Inbox(beta.store, indexer, beta.host)
    (digest,) = (await inbox.find(BOB, "in:inbox", 10)).waves
    assert (digest.wave, digest.title, digest.unread) == (str(SHARED.wave), "Far away", 1)
    assert (await inbox.find(BOB, "away", 10)).waves == [digest]
    assert (await inbox.find(BEN, "away", 10)).waves == []
    await inbox.note(BOB, SHARED.wave, Note(archived=True))
    await indexer.stop()
    assert [name.host for name in await beta.store.wavelets_of(SHARED.wave)] == [ALPHA, BETA]
    assert [name.host for name in await alpha.store.wavelets_of(SHARED.wave)] == [ALPHA]


# When the store fails


async def test_after_a_failed_append_the_copy_stands_where_the_store_does(
    alpha: Provider, sqlite: Store, clock: Clock
) -> None:
    store = FaultyStore(sqlite)
    host = WaveHost(domain=BETA, store=store, clock=clock, limits=LIMITS)
    await host.start()
    head = await share(alpha, BOB, text="ab")
    end = await write(alpha, head, "xy", size=2)
    first, *rest = await history(alpha)
    await host.receive(SHARED, [first])
    store.fail_before = 1
    with pytest.raises(Unavailable):
        await host.receive(SHARED, rest)
    assert await host.head(SHARED) == head
    assert await host.receive(SHARED, rest) == end
    await host.stop()


async def test_nothing_is_received_before_it_is_durable(alpha: Provider, sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = WaveHost(domain=BETA, store=store, clock=clock, limits=LIMITS)
    await host.start()
    await share(alpha, BOB)
    store.gate.clear()
    receiving = asyncio.ensure_future(host.receive(SHARED, await history(alpha)))
    await store.appending.wait()
    assert not receiving.done()
    store.gate.set()
    await receiving
    await host.stop()


async def test_a_host_that_has_stopped_receives_nothing(alpha: Provider, beta: Provider) -> None:
    await share(alpha, BOB)
    await beta.stop()
    with pytest.raises(Unavailable):
        await beta.host.receive(SHARED, await history(alpha))
    await beta.start()


# Writing through a copy


async def test_an_edit_is_acknowledged_when_it_has_come_back(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta, BEN)
    bob, ben = Recorder(BOB), Recorder(BEN)
    await beta.host.open(SHARED.wave, bob, {})
    await beta.host.open(SHARED.wave, ben, {})
    replies = Replies()
    beta.host.submit(SHARED, Submission(head, (edit(insertion(2, 0, "x")),), "k"), BOB, bob, replies)
    assert replies.answers == []
    (answer,) = await replies.count(1)
    assert isinstance(answer, Acknowledgement)
    assert version_of(answer) == await alpha.host.head(SHARED) == await beta.host.head(SHARED)
    assert bob.deltas == [], "the origin has it already"
    assert [(delta.key, delta.author) for delta in ben.deltas] == [("k", str(BOB))]
    assert (await beta.store.deltas(SHARED, 0))[-1].key == "k"


async def test_an_edit_lands_where_the_host_put_it(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    await write(alpha, head, "xy", size=2)
    answer = await beta.host.submit_and_wait(SHARED, Submission(head, (edit(insertion(2, 2, "!")),), "k"), BOB)
    assert answer.at == head.version + 2
    snapshot = await beta.host.read(SHARED)
    assert snapshot is not None
    assert snapshot.documents["notes"] == insertion(0, 0, "yxab!")


async def test_the_same_key_again_is_the_same_edit_also_after_a_restart(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    submission = Submission(head, (edit(insertion(2, 0, "x")),), "k")
    first = await beta.host.submit_and_wait(SHARED, submission, BOB)
    assert await beta.host.submit_and_wait(SHARED, submission, BOB) == first
    await beta.kill_and_start()
    assert await beta.host.submit_and_wait(SHARED, submission, BOB) == first


async def test_one_sent_twice_while_it_is_on_its_way_is_answered_twice(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    submission = Submission(head, (edit(insertion(2, 0, "x")),), "k")
    replies = Replies()
    for _ in range(2):
        beta.host.submit(SHARED, submission, BOB, None, replies)
    first, second = await replies.count(2)
    assert first == second
    assert len(await history(alpha)) == 2


async def test_the_same_letter_in_two_tabs_is_two_letters(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    replies = Replies()
    for key in ("tab-1", "tab-2"):
        beta.host.submit(SHARED, Submission(head, (edit(insertion(2, 0, "x")),), key), BOB, None, replies)
    await replies.count(2)
    assert [row.key for row in await beta.store.deltas(SHARED, 0)] == [None, "tab-1", "tab-2"]
    snapshot = await alpha.host.read(SHARED)
    assert snapshot is not None
    assert snapshot.documents["notes"] == insertion(0, 0, "xxab")


async def test_what_was_here_before_its_answer_is_acknowledged_when_it_comes_once_more(
    alpha: Provider, sqlite: Store, clock: Clock
) -> None:
    beta = Provider(BETA, sqlite, clock)
    beta.peers = {ALPHA: alpha}
    await beta.start()
    head = await copied(alpha, beta)
    beta.mortal.fail_after = 1  # written, and reported as failed
    submission = Submission(head, (edit(insertion(2, 0, "x")),), "k")
    answer = await beta.host.submit_and_wait(SHARED, submission, BOB)
    assert version_of(answer) == await beta.host.head(SHARED)
    assert beta.written == []
    assert [row.key for row in await sqlite.deltas(SHARED, 0)] == [None, "k"]
    await beta.stop()


async def test_the_hosts_refusal_is_the_answer(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    removal = Submission(head, (RemoveParticipant(str(BOB)),), "remove")
    await alpha.host.submit_and_wait(SHARED, removal, ALICE)  # of which beta has not heard
    with pytest.raises(Forbidden):
        await beta.host.submit_and_wait(SHARED, Submission(head, (edit(insertion(2, 0, "x")),), "k"), BOB)
    with pytest.raises(InvalidOperation):
        await beta.host.submit_and_wait(SHARED, Submission(head, (edit(insertion(9, 0, "x")),), "k2"), BOB)


async def refusals(beta: Provider, name: WaveletName, authors: Sequence[WaveAddress]) -> set[str]:
    said = set()
    for author in authors:
        submission = Submission(version_zero(name.uri), (edit(insertion(0, 0, "x")),), "k")
        with pytest.raises(NotFound) as raised:
            await beta.host.submit_and_wait(name, submission, author)
        said.add(str(raised.value).replace(name.path, "NAME"))
    return said


async def test_a_copy_of_others_looks_like_a_wavelet_that_is_not_here(alpha: Provider, beta: Provider) -> None:
    await copied(alpha, beta)
    absent = WaveletName.parse_path("alpha.test/w+absent/~/conv+root")
    strangers = (BEN, ANNE, WaveAddress("x", "gamma.test"))
    assert await refusals(beta, SHARED, strangers) == await refusals(beta, absent, strangers)


async def test_without_a_forwarder_a_copy_can_be_read_only(alpha: Provider, sqlite: Store, clock: Clock) -> None:
    host = WaveHost(domain=BETA, store=sqlite, clock=clock, limits=LIMITS)
    await host.start()
    head = await share(alpha, BOB, text="ab")
    await host.receive(SHARED, await history(alpha))
    with pytest.raises(Unavailable, match="does not federate"):
        await host.submit_and_wait(SHARED, Submission(head, (edit(insertion(2, 0, "x")),), "k"), BOB)
    bob = Recorder(BOB)
    await host.open(SHARED.wave, bob, {})
    assert bob.names == [SHARED]
    await host.stop()


# Troubles


async def test_readers_are_told_of_troubles_when_they_come_and_when_they_go(alpha: Provider, beta: Provider) -> None:
    await copied(alpha, beta)
    bob = Recorder(BOB)
    await beta.host.open(SHARED.wave, bob, {})
    assert bob.troubled == []
    for troubles in ((UNREACHABLE,), (UNREACHABLE,), (UNREACHABLE, QUARANTINED), ()):
        beta.host.set_troubles(SHARED, troubles)
    assert bob.troubled == [(UNREACHABLE,), (UNREACHABLE, QUARANTINED), ()]


async def test_who_opens_a_troubled_wave_is_told_after_its_state(alpha: Provider, beta: Provider, clock: Clock) -> None:
    head = await copied(alpha, beta)
    clock.now += HostLimits().idle_time
    beta.host.evict_idle()
    assert beta.host.loaded_wavelets == 0
    beta.host.set_troubles(SHARED, (UNREACHABLE,))
    with_snapshot, resuming = Recorder(BOB), Recorder(BOB)
    await beta.host.open(SHARED.wave, with_snapshot, {})
    resuming.knows(SHARED, head.version)
    await beta.host.open(SHARED.wave, resuming, {SHARED: head})
    assert with_snapshot.troubled == resuming.troubled == [(UNREACHABLE,)]
    assert len(with_snapshot.snapshots) == 1
    assert resuming.snapshots == []


async def test_a_quarantined_copy_is_shown_and_neither_written_nor_followed(alpha: Provider, beta: Provider) -> None:
    head = await copied(alpha, beta)
    await write(alpha, head, "x", size=2)
    beta.host.set_troubles(SHARED, (QUARANTINED,))
    with pytest.raises(Quarantined):
        await beta.host.receive(SHARED, await history(alpha))
    with pytest.raises(Quarantined):
        await beta.host.submit_and_wait(SHARED, Submission(head, (edit(insertion(2, 0, "y")),), "k"), BOB)
    bob = Recorder(BOB)
    await beta.host.open(SHARED.wave, bob, {})
    assert [snapshot.version for snapshot in bob.snapshots] == [head.version]
    beta.host.set_troubles(SHARED, ())
    await beta.host.receive(SHARED, await history(alpha))
    assert [delta.version for delta in bob.deltas] == [head.version + 1]


async def test_own_wavelets_have_troubles_too_and_go_on(alpha: Provider) -> None:
    head = await share(alpha, BOB, text="ab")
    alice = Recorder(ALICE)
    await alpha.host.open(SHARED.wave, alice, {})
    undelivered = Trouble(TroubleKind.NOT_DELIVERED, BETA, 1, "beta.test cannot be reached")
    alpha.host.set_troubles(SHARED, (undelivered,))
    await write(alpha, head, "x", size=2)
    assert alice.troubled == [(undelivered,)]
    assert len(alice.deltas) == 1


# Cursors


async def test_cursors_go_out_and_come_in(alpha: Provider, beta: Provider) -> None:
    await copied(alpha, beta, BEN)
    alice, bob, ben = Recorder(ALICE), Recorder(BOB), Recorder(BEN)
    await alpha.host.open(SHARED.wave, alice, {})
    for reader in (bob, ben):
        await beta.host.open(SHARED.wave, reader, {})
    beta.host.cursor(SHARED, "notes", 1, 2, bob)
    shown = Cursor(SHARED, str(BOB), "notes", 1, 2)
    assert (beta.cursors, ben.cursors, bob.cursors) == ([shown], [shown], [])
    alpha.host.show_cursor(Cursor(SHARED, str(BOB), "notes", 1, 99))
    assert alice.cursors == [shown]
    assert alpha.cursors == [], "what came from elsewhere is not sent on"


@pytest.mark.parametrize(
    ("author", "anchor", "error"),
    [
        (str(BEN), 0, Forbidden),
        (str(ALICE), 0, Forbidden),  # alpha's own: nobody else speaks for her
        ("x@gamma.test", 0, Forbidden),
        ("nobody", 0, InvalidRequest),
        (str(BOB), -1, InvalidRequest),
    ],
)
async def test_cursors_that_cannot_be_are_not_shown(
    alpha: Provider, author: str, anchor: int, error: type[WaveError]
) -> None:
    await share(alpha, BOB, text="ab")
    alice = Recorder(ALICE)
    await alpha.host.open(SHARED.wave, alice, {})
    with pytest.raises(error):
        alpha.host.show_cursor(Cursor(SHARED, author, "notes", anchor, 0))
    assert alice.cursors == []


async def test_a_cursor_in_a_wavelet_that_nobody_reads_is_forgotten(alpha: Provider) -> None:
    await share(alpha, BOB, text="ab")
    alpha.host.show_cursor(Cursor(SHARED, str(BOB), "notes", 0, 0))
    alpha.host.show_cursor(Cursor(WaveletName.parse_path("alpha.test/w+no/~/conv+root"), str(BOB), "notes", 0, 0))
