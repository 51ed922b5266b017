"""Past states, deltas, timeline and attribution of real histories, on both databases."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from wave_ot.deltas import HashedVersion
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, RemoveParticipant
from wave_server import history_reading
from wave_server.attribution import Attributions
from wave_server.errors import BadVersion, NotFound
from wave_server.history_reading import History
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.store import Store
from wave_server.submission import Submission, WaveletSnapshot

from .hosting import Clock, create, new_host, version_of
from .making import ALICE, BOB, CAROL, DOMAIN, NAME, deletion, edit, insertion

MINE = WaveletName.parse_path(f"example.com/w+abc/~/user+{ALICE}")
OTHERS = WaveletName.parse_path(f"example.com/w+abc/~/user+{BOB}")


@dataclass
class Written:
    """A wavelet that two people wrote, and what it was after each delta."""

    host: WaveHost
    history: History
    states: list[WaveletSnapshot]
    times: list[int]
    writers: list[str]
    inserted: dict[str, list[int]]  # the version that inserted each item, by document, at the head

    @property
    def head(self) -> int:
        return self.states[-1].version


class Writers:
    """Two people who write into two documents at random."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.texts: dict[str, list[tuple[str, int]]] = {"b+1": [], "notes": []}

    def operations(self, at: int) -> list[MutateDocument]:
        count = self.chance.choice((1, 1, 1, 2, 3))
        return [self.operation(at + count) for _ in range(count)]

    def operation(self, version: int) -> MutateDocument:
        document = "notes" if self.chance.random() < 0.7 else "list"
        text = self.texts.setdefault(document, [])
        place = self.chance.randint(0, len(text))
        if len(text) - place > 3 and self.chance.random() < 0.3:
            gone = "".join(character for character, _ in text[place : place + 3])
            op = deletion(len(text), place, gone)
            del text[place : place + 3]
        else:
            new = self.chance.choice(("a", "b😀", "𝒜c", "👨‍👩‍👧"))
            op = insertion(len(text), place, new)
            text[place:place] = [(character, version) for character in new]
        return edit(op, document)


@pytest.fixture
async def written(store: Store) -> AsyncIterator[Written]:
    """A history of 240 deltas with a snapshot every 40 operations; every state as it was when it was new."""
    limits = HostLimits(snapshot_operations=40)
    clock = Clock()
    host = new_host(store, clock, limits)
    await host.start()
    at = await create(host, BOB)
    writers = Writers(seed=7)
    state = await host.read(NAME)
    assert state is not None
    states, times, authors = [state], [clock.now], [str(ALICE)]
    for number in range(240):
        clock.now += 1_000
        author = BOB if number // 20 % 2 else ALICE
        operations = writers.operations(at.version)
        answer = await host.submit_and_wait(NAME, Submission(at, tuple(operations), f"k{number}"), author)
        at = version_of(answer)
        state = await host.read(NAME)
        assert state is not None
        states.append(state)
        times.append(clock.now)
        authors.append(str(author))
    inserted = {name: [version for _, version in text] for name, text in writers.texts.items() if text}
    history = History(domain=DOMAIN, store=store, read=host.read, limits=limits)
    yield Written(host, history, states, times, authors, inserted)
    await host.stop()


async def test_every_past_state_is_what_it_was_when_it_was_new(written: Written) -> None:
    for state, time in zip(written.states, written.times, strict=True):
        past = await written.history.state(NAME, state.version, BOB)
        assert past.timestamp == time
        assert past.snapshot.version == state.version
        assert past.snapshot.history_hash == state.history_hash
        assert past.snapshot.participants == state.participants
        assert past.snapshot.documents == state.documents


async def test_the_beginning_is_empty(written: Written) -> None:
    past = await written.history.state(NAME, 0, ALICE)
    assert (past.snapshot.version, past.snapshot.documents, past.timestamp) == (0, {}, 0)


async def test_a_version_inside_a_delta_is_rounded_down_to_the_delta_before(written: Written) -> None:
    before, after = next(
        (one, two)
        for one, two in zip(written.states, written.states[1:], strict=False)
        if two.version > one.version + 1
    )
    assert (await written.history.state(NAME, after.version - 1, BOB)).snapshot.version == before.version


@pytest.mark.parametrize("beyond", [-1, 1])
async def test_versions_that_never_were_are_refused(written: Written, beyond: int) -> None:
    version = -1 if beyond < 0 else written.head + 1
    with pytest.raises(BadVersion):
        await written.history.state(NAME, version, BOB)
    with pytest.raises(BadVersion):
        await written.history.deltas(NAME, 0, version, BOB)
    with pytest.raises(BadVersion):
        await Attributions(written.history).at(NAME, version, BOB)


async def test_the_timeline_has_every_delta_of_a_short_history(written: Written) -> None:
    timeline = await written.history.timeline(NAME, ALICE)
    assert (timeline.version, timeline.created) == (written.head, written.times[0])
    assert [point.version for point in timeline.points] == [state.version for state in written.states]
    assert [point.timestamp for point in timeline.points] == written.times
    assert [point.author for point in timeline.points] == written.writers


async def test_the_timeline_of_a_long_history_is_cut_to_so_many_points(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_reading, "TIMELINE_POINTS", 25)
    timeline = await written.history.timeline(NAME, ALICE)
    versions = [point.version for point in timeline.points]
    assert 20 <= len(versions) <= 25
    assert versions == sorted(set(versions))
    assert versions[-1] == written.head
    assert set(versions) <= {state.version for state in written.states}


async def test_pages_of_deltas_follow_each_other_without_gap_or_repetition(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_reading, "PAGE_DELTAS", 17)
    versions, start = [], 0
    while True:
        page = await written.history.deltas(NAME, start, written.head, ALICE)
        assert 0 < len(page.deltas) <= 17
        assert page.deltas[0].at == start
        versions += [delta.version for delta in page.deltas]
        if page.next is None:
            break
        start = page.next
    assert versions == [state.version for state in written.states]


async def test_a_page_ends_where_its_bytes_do_but_has_one_delta(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_reading, "PAGE_BYTES", 1)
    page = await written.history.deltas(NAME, 0, written.head, ALICE)
    assert [delta.version for delta in page.deltas] == [written.states[0].version]
    assert page.next == written.states[0].version


async def test_deltas_lead_to_the_end_asked_for_and_no_further(written: Written) -> None:
    one, two = written.states[10].version, written.states[20].version
    page = await written.history.deltas(NAME, one, two, ALICE)
    assert (page.deltas[0].at, page.deltas[-1].version, page.next) == (one, two, None)
    assert (await written.history.deltas(NAME, two, two, ALICE)).deltas == []


async def test_deltas_from_inside_a_delta_are_refused(written: Written) -> None:
    inside = next(
        two.version - 1
        for one, two in zip(written.states, written.states[1:], strict=False)
        if two.version > one.version + 1
    )
    with pytest.raises(BadVersion, match="no delta begins"):
        await written.history.deltas(NAME, inside, written.head, ALICE)
    with pytest.raises(BadVersion, match="cannot end"):
        await written.history.deltas(NAME, 9, 8, ALICE)


async def test_attribution_names_who_inserted_every_item(written: Written) -> None:
    found = await Attributions(written.history).at(NAME, None, BOB)
    assert found.version == written.head
    assert set(found.documents) == set(written.inserted)
    by_version = dict(zip((state.version for state in written.states), written.writers, strict=True))
    for document, versions in written.inserted.items():
        items = [run for run in found.runs(document) for _ in range(run.items)]
        assert [run.version for run in items] == versions
        assert [found.authors[run.author] for run in items] == [by_version[version] for version in versions]


async def test_attribution_at_any_version_is_the_same_whatever_was_asked_before(written: Written) -> None:
    warm = Attributions(written.history)
    versions = [state.version for state in written.states[::15]]
    for version in (*versions, *reversed(versions), written.head, versions[3]):
        cold = await Attributions(written.history).at(NAME, version, BOB)
        found = await warm.at(NAME, version, BOB)
        assert found.version == cold.version == version
        assert {each: list(found.runs(each)) for each in found.documents} == {
            each: list(cold.runs(each)) for each in cold.documents
        }


async def test_attribution_that_has_no_room_is_computed_anew(written: Written) -> None:
    attributions = Attributions(written.history, memory=0)
    first = await attributions.at(NAME, None, BOB)
    again = await attributions.at(NAME, None, BOB)
    assert again is not first
    assert list(again.runs("notes")) == list(first.runs("notes"))


async def test_only_participants_look_back_and_only_as_long_as_they_are_some(written: Written) -> None:
    attributions = Attributions(written.history)
    await attributions.at(NAME, None, BOB)
    last = written.states[-1]
    leave = Submission(HashedVersion(last.version, last.history_hash), (RemoveParticipant(str(BOB)),), "leave")
    await written.host.submit_and_wait(NAME, leave, ALICE)
    missing = WaveletName.parse_path("example.com/w+none/~/conv+root")
    words = set()
    for reader, name in ((BOB, NAME), (CAROL, NAME), (ALICE, missing)):
        for look in (
            written.history.timeline(name, reader),
            written.history.state(name, 1, reader),
            written.history.deltas(name, 0, 1, reader),
            attributions.at(name, 1, reader),
        ):
            with pytest.raises(NotFound) as caught:
                await look
            words.add(str(caught.value).replace(name.path, "NAME"))
    assert len(words) == 1


async def test_the_private_data_of_another_are_not_there(store: Store) -> None:
    host = new_host(store, Clock())
    await host.start()
    history = History(domain=DOMAIN, store=store, read=host.read, limits=HostLimits())
    await create(host, name=MINE)
    assert (await history.timeline(MINE, ALICE)).version == 1
    with pytest.raises(NotFound):
        await history.timeline(MINE, BOB)
    with pytest.raises(NotFound):
        await history.timeline(OTHERS, ALICE)
    await host.stop()


async def test_a_history_without_any_document_has_states_and_no_attribution(store: Store) -> None:
    host = new_host(store, Clock())
    await host.start()
    history = History(domain=DOMAIN, store=store, read=host.read, limits=HostLimits())
    at = await create(host)
    await host.submit_and_wait(NAME, Submission(at, (NoOp(), AddParticipant(str(BOB))), "k"), ALICE)
    assert (await history.state(NAME, 1, BOB)).snapshot.participants == (str(ALICE),)
    found = await Attributions(history).at(NAME, None, BOB)
    assert (dict(found.documents), list(found.authors)) == ({}, [str(ALICE)])
    await host.stop()
