"""The host on a real store: opening, submitting, publishing, resuming, losing and regaining the store."""

from __future__ import annotations

import asyncio

import pytest

from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant, NoOp, RemoveParticipant
from wave_server.documents import Documents
from wave_server.errors import BadVersion, Forbidden, InvalidRequest, NotFound, Unavailable, WaveError
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.store import Store
from wave_server.submission import Acknowledgement, Delta, Submission

from .hosting import Clock, FaultyStore, Recorder, Replies, create, new_host, typing, version_of
from .making import ALICE, BOB, CAROL, NAME, blip, edit, insertion, submission

WAVE = NAME.wave
PRIVATE = WaveletName.parse_path("example.com/w+abc/~/conv+private")


async def test_an_acknowledged_delta_is_in_the_store(host: WaveHost, sqlite: Store) -> None:
    head = await create(host, text="hello")
    rows = await sqlite.deltas(NAME, 0)
    assert [(row.at, row.version, row.author, row.key) for row in rows] == [(0, 2, str(ALICE), "first")]
    assert rows[0].history_hash == head.history_hash


async def test_a_wave_that_does_not_exist_opens_without_wavelets(host: WaveHost) -> None:
    reader = Recorder()
    await host.open(WAVE, reader, {})
    assert reader.names == []


async def test_a_wave_of_others_looks_like_one_that_does_not_exist(host: WaveHost) -> None:
    await create(host, text="secret")
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    assert (reader.names, reader.snapshots) == ([], [])


async def test_a_reader_gets_a_snapshot_and_then_every_delta(host: WaveHost) -> None:
    head = await create(host, BOB, text="ab")
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    assert reader.names == [NAME]
    assert reader.snapshots[0].participants == (str(ALICE), str(BOB))
    await typing(host, head, "cd", size=2)
    assert [delta.author for delta in reader.deltas] == [str(ALICE)] * 2


async def test_the_origin_gets_the_acknowledgement_but_not_its_own_delta(host: WaveHost) -> None:
    head = await create(host, BOB)
    origin, other = Recorder(), Recorder(BOB)
    await host.open(WAVE, origin, {})
    await host.open(WAVE, other, {})
    replies = Replies()
    host.submit(NAME, submission(head, edit(insertion(0, 0, "x"))), ALICE, origin, replies)
    (answer,) = await replies.count(1)
    assert isinstance(answer, Acknowledgement)
    assert (origin.deltas, len(other.deltas)) == ([], 1)
    assert other.deltas[0].version == answer.version


async def test_who_makes_a_wavelet_in_an_open_wave_reads_it_from_there_on(host: WaveHost) -> None:
    origin, second_tab = Recorder(), Recorder()
    await host.open(WAVE, origin, {})
    await host.open(WAVE, second_tab, {})
    replies = Replies()
    first = submission(version_zero(NAME.uri), AddParticipant(str(ALICE)))
    host.submit(NAME, first, ALICE, origin, replies)
    (answer,) = await replies.count(1)
    assert isinstance(answer, Acknowledgement)
    origin.knows(NAME, answer.version)
    assert (origin.snapshots, [each.version for each in second_tab.snapshots]) == ([], [1])
    await typing(host, version_of(answer), "x")
    assert (len(origin.deltas), len(second_tab.deltas)) == (1, 1)


async def test_a_participant_who_is_added_gets_a_snapshot(host: WaveHost) -> None:
    head = await create(host, text="ab")
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    await host.submit_and_wait(NAME, submission(head, AddParticipant(str(BOB))), ALICE)
    assert [each.version for each in reader.snapshots] == [3]
    assert reader.deltas == []


async def test_a_participant_who_is_removed_sees_that_and_nothing_later(host: WaveHost) -> None:
    head = await create(host, BOB, text="ab")
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    gone = await host.submit_and_wait(NAME, submission(head, RemoveParticipant(str(BOB))), ALICE)
    assert [delta.operations for delta in reader.deltas] == [(RemoveParticipant(str(BOB)),)]
    assert [(name, type(error)) for name, error in reader.ends] == [(NAME, Forbidden)]
    await typing(host, version_of(gone), "secret", size=2)
    assert len(reader.deltas) == 1


async def test_the_shared_participant_makes_a_wavelet_visible_to_its_domain(host: WaveHost) -> None:
    head = await create(host, WaveAddress.shared("example.com"), text="ab")
    reader, stranger = Recorder(CAROL), Recorder(WaveAddress.parse("carol@elsewhere.org"))
    await host.open(WAVE, reader, {})
    await host.open(WAVE, stranger, {})
    assert (reader.names, stranger.names) == ([NAME], [])
    gone = submission(head, RemoveParticipant("@example.com"))
    await host.submit_and_wait(NAME, gone, ALICE)
    assert [type(error) for _, error in reader.ends] == [Forbidden]


async def test_only_the_wavelets_that_a_reader_may_see_are_named(host: WaveHost) -> None:
    own = WaveletName.parse_path("example.com/w+abc/~/user+alice@example.com")
    await create(host, BOB)
    await create(host, CAROL, name=PRIVATE)
    await create(host, name=own)
    alice, bob, carol = Recorder(), Recorder(BOB), Recorder(CAROL)
    for reader in (alice, bob, carol):
        await host.open(WAVE, reader, {})
    assert alice.names == [PRIVATE, NAME, own]
    assert bob.names == [NAME]
    assert carol.names == [PRIVATE]


async def test_a_reader_that_resumes_gets_the_deltas_it_lacks(host: WaveHost) -> None:
    head = await create(host, BOB, text="ab")
    await typing(host, head, "cd", size=2)
    reader = Recorder(BOB)
    reader.knows(NAME, head.version)
    await host.open(WAVE, reader, {NAME: head})
    assert reader.snapshots == []
    assert [delta.key for delta in reader.deltas] == ["t2", "t3"]


async def test_a_reader_that_resumes_from_far_back_gets_deltas_from_the_store(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock, HostLimits(recent_deltas=2, recent_age=0))
    await host.start()
    head = await create(host, BOB, text="ab")
    last = await typing(host, head, "cdefghij", size=2)
    reader = Recorder(BOB)
    reader.knows(NAME, head.version)
    await host.open(WAVE, reader, {NAME: head})
    assert reader.snapshots == []
    assert reader.versions[NAME] == last.version
    await host.stop()


async def test_a_reader_too_far_back_or_of_another_history_starts_from_a_snapshot(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock, HostLimits(recent_deltas=2, recent_age=0, catch_up_deltas=3))
    await host.start()
    head = await create(host, BOB, text="ab")
    last = await typing(host, head, "cdefghij", size=2)
    claims = [head, HashedVersion(last.version, b"?" * 20), HashedVersion(3, b"?" * 20), HashedVersion(999, b"?" * 20)]
    for claim in claims:
        reader = Recorder(BOB)
        await host.open(WAVE, reader, {NAME: claim})
        assert [each.version for each in reader.snapshots] == [last.version]
        host.close(WAVE, reader)
    await host.stop()


async def test_a_submission_for_an_old_version_is_transformed_over_the_stored_history(
    sqlite: Store, clock: Clock
) -> None:
    host = new_host(sqlite, clock, HostLimits(recent_deltas=2, recent_age=0))
    await host.start()
    head = await create(host, BOB, text="ab")
    await typing(host, head, "cdefghij", size=2)
    old = submission(head, edit(insertion(2, 0, ">")), key="old")
    answer = await host.submit_and_wait(NAME, old, BOB)
    assert await host.submit_and_wait(NAME, old, BOB) == answer
    with pytest.raises(BadVersion):
        await host.submit_and_wait(NAME, submission(HashedVersion(3, b"?" * 20), NoOp()), BOB)
    with pytest.raises(Forbidden):
        await host.submit_and_wait(NAME, submission(HashedVersion(3, b"?" * 20), NoOp()), CAROL)
    reader = Recorder()
    await host.open(WAVE, reader, {})
    (text,) = reader.snapshots[0].documents.values()
    assert text == insertion(0, 0, ">abcdefghij")
    await host.stop()


async def test_a_closed_reader_is_told_nothing_more(host: WaveHost) -> None:
    head = await create(host, BOB)
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    host.close(WAVE, reader)
    host.close(WAVE, reader)
    await typing(host, head, "x")
    assert reader.deltas == []


class Quitter(Recorder):
    """Closes its view as soon as it is told of a delta, as an edge does with a connection that is too slow."""

    def __init__(self, address: WaveAddress, host: WaveHost) -> None:
        super().__init__(address)
        self._host = host

    def delta(self, delta: Delta) -> None:
        super().delta(delta)
        self._host.close(WAVE, self)


async def test_a_reader_that_closes_in_the_middle_of_a_delivery_takes_nothing_from_the_others(host: WaveHost) -> None:
    head = await create(host, BOB)
    quitters = [Quitter(BOB, host) for _ in range(3)]
    others = [Recorder(BOB) for _ in range(3)]
    for pair in zip(quitters, others, strict=True):
        for reader in pair:
            await host.open(WAVE, reader, {})
    await typing(host, head, "xyz")
    assert [len(reader.deltas) for reader in quitters] == [1, 1, 1]
    assert [len(reader.deltas) for reader in others] == [3, 3, 3]


async def test_a_reader_that_closes_while_it_catches_up_gets_nothing_more(host: WaveHost) -> None:
    head = await create(host, BOB)
    await typing(host, head, "xyz")
    reader = Quitter(BOB, host)
    reader.knows(NAME, head.version)
    await host.open(WAVE, reader, {NAME: head})
    assert len(reader.deltas) == 1


async def test_what_is_submitted_while_the_wave_opens_is_acknowledged_after_the_older_deltas(host: WaveHost) -> None:
    head = await create(host, BOB)
    await typing(host, head, "xyz")
    reader, order = Recorder(BOB), list[str]()
    reader.knows(NAME, head.version)
    opening = asyncio.create_task(host.open(WAVE, reader, {NAME: head}))
    await asyncio.sleep(0)
    assert reader.names is None
    answered = asyncio.Event()

    def reply(answer: Acknowledgement | WaveError) -> None:
        assert isinstance(answer, Acknowledgement)
        order.append(f"{len(reader.deltas)} deltas before the acknowledgement at {answer.at - head.version}")
        answered.set()

    host.submit(NAME, submission(head, NoOp(), key="early"), BOB, reader, reply)
    await opening
    await answered.wait()
    assert order == ["3 deltas before the acknowledgement at 3"]
    assert len(reader.deltas) == 3


async def test_what_was_submitted_to_a_wave_that_was_closed_while_it_opened_can_be_sent_again(host: WaveHost) -> None:
    head = await create(host, BOB)
    reader, replies = Recorder(BOB), Replies()
    opening = asyncio.create_task(host.open(WAVE, reader, {}))
    await asyncio.sleep(0)
    host.submit(NAME, submission(head, NoOp()), BOB, reader, replies)
    host.close(WAVE, reader)
    assert [type(answer) for answer in replies.answers] == [Unavailable]
    await opening


async def test_a_reader_closed_while_it_opens_is_told_nothing(host: WaveHost) -> None:
    await create(host)
    reader = Recorder()
    opening = asyncio.create_task(host.open(WAVE, reader, {}))
    while not opening.done():
        host.close(WAVE, reader)
        await asyncio.sleep(0)
    assert (reader.names, reader.snapshots) == (None, [])


async def test_nobody_sees_a_delta_before_the_store_has_it(sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, BOB, text="ab")
    early, late, replies = Recorder(BOB), Recorder(BOB), Replies()
    await host.open(WAVE, early, {})
    store.gate.clear()
    host.submit(NAME, submission(head, edit(insertion(2, 2, "c")), key="1"), ALICE, None, replies)
    host.submit(NAME, submission(head, edit(insertion(2, 0, ">")), key="2"), ALICE, None, replies)
    await host.open(WAVE, late, {})
    assert late.names == [NAME]
    assert (early.deltas, late.snapshots, replies.answers) == ([], [], [])
    store.gate.set()
    await replies.count(2)
    assert len(early.deltas) == 2
    assert late.snapshots[0].documents == {"notes": insertion(0, 0, ">abc")}
    assert late.deltas == []
    await host.stop()


async def test_what_waits_while_a_batch_is_written_goes_in_one_batch(sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, text="a")
    store.batches.clear()
    store.gate.clear()
    store.appending.clear()
    replies = Replies()
    host.submit(NAME, submission(head, NoOp(), key="0"), ALICE, None, replies)
    await store.appending.wait()
    for key in range(1, 20):
        host.submit(NAME, submission(head, NoOp(), key=str(key)), ALICE, None, replies)
    store.gate.set()
    answers = await replies.count(20)
    assert store.batches == [1, 19]
    assert [answer.at for answer in answers if isinstance(answer, Acknowledgement)] == list(range(2, 22))
    await host.stop()


async def test_a_repetition_of_what_is_being_written_is_acknowledged_after_the_original(
    sqlite: Store, clock: Clock
) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, text="a")
    store.gate.clear()
    replies = Replies()
    for _ in range(2):
        host.submit(NAME, submission(head, edit(insertion(1, 0, "x")), key="once"), ALICE, None, replies)
    assert replies.answers == []
    store.gate.set()
    first, second = await replies.count(2)
    assert first == second
    assert isinstance(first, Acknowledgement)
    await host.stop()


@pytest.mark.parametrize("written", [False, True], ids=["not written", "written all the same"])
async def test_after_a_failed_append_everything_is_read_anew_and_nothing_is_doubled(
    sqlite: Store, clock: Clock, written: bool
) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, BOB, text="ab")
    reader, replies = Recorder(BOB), Replies()
    await host.open(WAVE, reader, {})
    if written:
        store.fail_after = 1
    else:
        store.fail_before = 1
    store.gate.clear()
    first = submission(head, edit(insertion(2, 0, "x")), key="1")
    second = submission(head, edit(insertion(2, 2, "y")), key="2")
    host.submit(NAME, first, ALICE, None, replies)
    await asyncio.wait_for(store.appending.wait(), 10)
    host.submit(NAME, second, ALICE, None, replies)  # builds on the first, so it fails with it
    store.gate.set()
    answers = await replies.count(2)
    assert [type(answer).code for answer in answers if isinstance(answer, Exception)] == ["unavailable"] * 2
    assert [type(error).code for _, error in reader.ends] == ["unavailable"]
    assert reader.deltas == []
    for again in (first, second, first):
        await host.submit_and_wait(NAME, again, ALICE)
    reader.knows(NAME, head.version)
    await host.open(WAVE, reader, {NAME: head})
    assert sorted(delta.key or "" for delta in reader.deltas) == ["1", "2"]
    await host.stop()


async def test_another_writer_of_one_wavelet_does_not_disturb_the_others(sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    mine, theirs = await create(host, text="a"), await create(host, text="a", name=PRIVATE)
    store.gate.clear()
    replies, others = Replies(), Replies()
    host.submit(NAME, submission(mine, NoOp()), ALICE, None, replies)
    store.conflict = PRIVATE
    host.submit(PRIVATE, submission(theirs, NoOp()), ALICE, None, others)
    store.gate.set()
    (answer,), (failed,) = await replies.count(1), await others.count(1)
    assert isinstance(answer, Acknowledgement)
    assert isinstance(failed, Unavailable)
    await host.stop()


async def test_a_fault_of_ours_costs_one_submission_and_what_is_stored_counts_again(
    host: WaveHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    head = await create(host, BOB, text="a")
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "apply", broken)
        with pytest.raises(WaveError) as raised:
            await host.submit_and_wait(NAME, submission(head, edit(insertion(1, 0, "x"))), ALICE)
    assert raised.value.code == "internal"
    assert "a bug" in caplog.text
    assert [error.code for _, error in reader.ends] == ["unavailable"]
    await host.submit_and_wait(NAME, submission(head, edit(insertion(1, 0, "x"))), ALICE)


async def test_a_fault_does_not_take_back_what_was_accepted_before_it(
    sqlite: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock)
    await host.start()
    head = await create(host, text="a")
    store.gate.clear()
    replies = Replies()
    host.submit(NAME, submission(head, RemoveParticipant(str(ALICE)), AddParticipant(str(BOB))), ALICE, None, replies)
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "apply", broken)
        host.submit(NAME, submission(head, edit(insertion(1, 0, "x")), key="2"), ALICE, None, replies)
        host.submit(NAME, submission(head, AddParticipant(str(CAROL)), key="3"), ALICE, None, replies)
    store.gate.set()
    await replies.count(3)
    outcomes = sorted(type(answer).__name__ for answer in replies.answers)
    assert outcomes[0] == "Acknowledgement"
    reader = Recorder(BOB)
    await host.open(WAVE, reader, {})
    assert reader.versions == {NAME: head.version + 2}
    await host.stop()


def broken(*_: object) -> None:
    raise RuntimeError("a bug")


async def test_more_than_the_queue_holds_is_refused_and_can_be_sent_again(sqlite: Store, clock: Clock) -> None:
    store = FaultyStore(sqlite)
    host = new_host(store, clock, HostLimits(commit_queue=2))
    await host.start()
    head = await create(host)
    store.gate.clear()
    store.appending.clear()
    replies = Replies()
    host.submit(NAME, submission(head, NoOp(), key="0"), ALICE, None, replies)
    await store.appending.wait()  # that one has left the queue
    for key in "123":
        host.submit(NAME, submission(head, NoOp(), key=key), ALICE, None, replies)
    assert [type(answer) for answer in replies.answers] == [Unavailable]
    store.gate.set()
    await replies.count(4)
    await host.submit_and_wait(NAME, submission(head, NoOp(), key="3"), ALICE)
    await host.stop()


async def test_a_host_that_has_stopped_opens_nothing(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    await host.stop()
    with pytest.raises(Unavailable):
        await host.open(WAVE, Recorder(), {})


async def test_wavelets_of_other_hosts_are_not_found(host: WaveHost) -> None:
    foreign = WaveletName.parse_path("example.com/w+abc/elsewhere.org/conv+root")
    with pytest.raises(NotFound):
        await host.submit_and_wait(foreign, submission(version_zero(foreign.uri), NoOp()), ALICE)


async def test_cursors_reach_the_other_readers_and_stay_inside_the_document(host: WaveHost) -> None:
    await create(host, BOB, text="abc")
    alice, bob, outsider = Recorder(), Recorder(BOB), Recorder(CAROL)
    for reader in (alice, bob, outsider):
        await host.open(WAVE, reader, {})
    host.cursor(NAME, "notes", 1, 99, alice)
    assert [(each.author, each.anchor, each.head) for each in bob.cursors] == [(str(ALICE), 1, 3)]
    assert (alice.cursors, outsider.cursors) == ([], [])
    with pytest.raises(InvalidRequest):
        host.cursor(NAME, "notes", -1, 0, alice)
    with pytest.raises(InvalidRequest):
        host.cursor(NAME, "", 0, 0, alice)
    with pytest.raises(Forbidden):
        host.cursor(NAME, "notes", 0, 0, outsider)
    with pytest.raises(Forbidden):
        host.cursor(NAME, "notes", 0, 0, Recorder(BOB))


async def test_a_host_that_stops_settles_what_it_accepted_and_refuses_the_rest(sqlite: Store, clock: Clock) -> None:
    host = new_host(sqlite, clock)
    await host.start()
    head = await create(host)
    replies = Replies()
    host.submit(NAME, submission(head, NoOp(), key="accepted"), ALICE, None, replies)
    stopping = asyncio.create_task(host.stop())
    await asyncio.sleep(0)
    host.submit(NAME, submission(head, NoOp(), key="late"), ALICE, None, replies)
    await stopping
    assert sorted(type(answer).__name__ for answer in replies.answers) == ["Acknowledgement", "Unavailable"]


async def test_a_host_takes_up_where_the_one_before_stopped(sqlite: Store, clock: Clock) -> None:
    first = new_host(sqlite, clock)
    await first.start()
    head = await create(first, BOB, text="ab")
    last = await typing(first, head, "cd", size=2)
    await first.stop()
    second = new_host(sqlite, clock)
    await second.start()
    again = submission(head, edit(insertion(2, 2, "c")), key="t2")  # Alice's first letter, sent again
    assert (await second.submit_and_wait(NAME, again, ALICE)).at == head.version
    await typing(second, last, "e", size=4)
    reader = Recorder(BOB)
    await second.open(WAVE, reader, {})
    assert reader.snapshots[0].documents == {"notes": insertion(0, 0, "abcde")}
    await second.stop()


async def test_concurrent_loads_of_one_wavelet_share_one_load(sqlite: Store, clock: Clock) -> None:
    first = new_host(sqlite, clock)
    await first.start()
    head = await create(first, BOB, text="ab")
    await first.stop()
    host = new_host(sqlite, clock)
    await host.start()
    readers = [Recorder(BOB) for _ in range(5)]
    replies = Replies()
    host.submit(NAME, submission(head, NoOp()), ALICE, None, replies)
    await asyncio.gather(*(host.open(WAVE, reader, {}) for reader in readers))
    await replies.count(1)
    assert {id(reader.snapshots[0]) for reader in readers if reader.versions[NAME] == head.version + 1}
    assert {reader.versions[NAME] for reader in readers} == {head.version + 1}
    await host.stop()


async def test_blips_obey_their_schema_all_the_way(host: WaveHost) -> None:
    head = await create(host)
    answer = await host.submit_and_wait(NAME, submission(head, edit(blip("hi"), "b+1"), key="ok"), ALICE)
    assert answer.version == head.version + 1


async def test_unknown_waves_leave_nothing_in_memory(host: WaveHost) -> None:
    reader = Recorder(BOB)
    for number in range(3):
        wave = WaveId("example.com", f"w+{number}")
        await host.open(wave, reader, {})
        host.close(wave, reader)
    assert host.open_waves == 0


async def test_a_submission_without_waiting_for_the_reply_is_one_that_still_counts(host: WaveHost) -> None:
    head = await create(host)
    waiting = asyncio.create_task(host.submit_and_wait(NAME, Submission(head, (NoOp(),), "gone"), ALICE))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    repeated = await host.submit_and_wait(NAME, Submission(head, (NoOp(),), "gone"), ALICE)
    assert repeated.at == head.version
