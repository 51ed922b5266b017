"""What inboxes show: which waves, with what digest, and what a user's own notes do to them."""

from __future__ import annotations

import pytest

from wave_ot.components import ElementEnd, ElementStart, Retain
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import MutateDocument
from wave_server.errors import InvalidRequest, NotFound, TooLarge
from wave_server.names import WaveletName
from wave_server.user_data import wavelet_of

from .world import ALICE, BOB, CAROL, DAVE, DOMAIN, EVERYBODY, World, reply, root, wave


async def test_a_digest_says_what_a_wave_is_about(world: World) -> None:
    await world.create(root(), ALICE, BOB, DAVE, blips={"b+1": ["Trip to Oslo", "We leave on Friday"]})
    await world.tag(root(), ALICE, "travel")
    found = await world.inbox.digest(BOB, wave())
    assert (found.wave, found.title, found.snippet) == ("example.com/w+a", "Trip to Oslo", "We leave on Friday")
    assert found.participants == tuple(map(str, (ALICE, BOB, DAVE)))
    assert (found.participant_count, found.creator, found.modified_by) == (3, str(ALICE), str(ALICE))
    assert (found.blips, found.unread, found.tags) == (1, 1, ("travel",))
    assert found.modified - found.created == 1_000
    assert (found.private, found.archived, found.muted, found.pinned, found.folders) == (False, False, False, False, ())


async def test_the_snippet_is_of_the_blip_that_was_changed_last(world: World) -> None:
    await world.create(root(), ALICE, BOB, blips={"b+1": ["Title", "first"], "b+2": ["second"]})
    await world.write(root(), BOB, "b+2", " 😀 and more")
    assert (await world.inbox.digest(ALICE, wave())).snippet == "second 😀 and more"


async def test_only_the_first_participants_are_listed_and_all_are_counted(world: World) -> None:
    others = [type(BOB)(f"user{number}", DOMAIN) for number in range(10)]
    await world.create(root(), ALICE, *others)
    found = await world.inbox.digest(ALICE, wave())
    assert (len(found.participants), found.participant_count) == (8, 11)


async def test_the_inbox_has_the_last_modified_wave_first(world: World) -> None:
    for name in "abc":
        await world.create(root(name), ALICE)
    await world.write(root("a"), ALICE, "b+1", "!")
    assert await world.find(ALICE) == ["a", "c", "b"]
    assert await world.find(BOB) == []


async def test_pages_follow_each_other_without_gap_or_repetition(world: World) -> None:
    for number in range(7):
        await world.create(root(f"{number}"), ALICE)
    await world.indexer.settle()
    found, cursor = [], None
    while True:
        page = await world.inbox.find(ALICE, "", 3, cursor)
        found += [each.wave for each in page.waves]
        cursor = page.next
        if cursor is None:
            break
    assert found == [f"example.com/w+{number}" for number in reversed(range(7))]


@pytest.mark.parametrize("cursor", ["", "!", "bm9uc2Vuc2U", "MS4y" * 20, "é"])
async def test_a_cursor_of_somebody_elses_making_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        await world.inbox.find(ALICE, "", 3, cursor)


# Unread


async def test_what_others_wrote_is_unread_and_what_one_wrote_is_not(world: World) -> None:
    await world.create(root(), ALICE, BOB, blips={"b+1": ["one"], "b+2": ["two"]})
    assert (await world.unread(ALICE), await world.unread(BOB)) == (0, 2)
    await world.write(root(), BOB, "b+2", "!")
    assert (await world.unread(ALICE), await world.unread(BOB)) == (1, 2)


async def test_reading_a_blip_counts_it_no_more_until_somebody_else_changes_it(world: World) -> None:
    version = await world.create(root(), ALICE, BOB, blips={"b+1": ["one"], "b+2": ["two"]})
    digest = await world.note(BOB, wave(), read={root().path: {"b+1": version}})
    assert digest.unread == 1
    await world.write(root(), BOB, "b+1", "mine")
    assert await world.unread(BOB) == 1
    await world.write(root(), ALICE, "b+1", "hers")
    assert await world.unread(BOB) == 2


async def test_reading_everything_leaves_nothing_unread(world: World) -> None:
    await world.create(root(), ALICE, BOB, CAROL, blips={"b+1": ["one"], "b+2": ["two"]})
    await world.create(reply(), ALICE, BOB)
    assert (await world.note(BOB, wave(), read_all=True)).unread == 0
    assert await world.unread(CAROL) == 2
    await world.write(root(), ALICE, "b+2", "!")
    assert await world.unread(BOB) == 1


async def test_what_was_read_stays_read_when_an_older_version_is_noted(world: World) -> None:
    version = await world.create(root(), ALICE, BOB)
    await world.note(BOB, wave(), read={root().path: {"b+1": version}})
    assert (await world.note(BOB, wave(), read={root().path: {"b+1": 1}})).unread == 0


async def test_a_deleted_blip_is_not_unread(world: World) -> None:
    await world.create(root(), ALICE, BOB, blips={})
    await world.add_blip(root(), ALICE, "b+1", "one")
    assert (await world.inbox.digest(BOB, wave())).blips == 1
    await world.create(root("b"), ALICE, BOB, blips={"b+1": ["text"]})
    assert await world.unread(BOB, "b") == 1


async def test_a_version_that_there_is_not_cannot_be_read(world: World) -> None:
    version = await world.create(root(), ALICE, BOB)
    with pytest.raises(InvalidRequest, match="cannot be read up to"):
        await world.note(BOB, wave(), read={root().path: {"b+1": version + 1}})


async def test_a_wavelet_that_one_does_not_see_cannot_be_read(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    await world.create(reply(), ALICE)
    for path in (reply().path, root("other").path, f"{DOMAIN}/w+a/~/conv+none"):
        with pytest.raises(NotFound):
            await world.note(BOB, wave(), read={path: {"b+1": 1}})


# Archive, mute, pin, folders


async def test_an_archived_wave_comes_back_when_somebody_else_changes_it(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    assert (await world.note(BOB, wave(), archived=True)).archived
    assert (await world.find(BOB), await world.find(BOB, "in:archive")) == ([], ["a"])
    await world.write(root(), BOB, "b+1", "mine")
    assert await world.find(BOB) == []
    await world.write(root(), ALICE, "b+1", "hers")
    assert (await world.find(BOB), await world.find(BOB, "in:archive")) == (["a"], [])


async def test_a_private_reply_by_somebody_else_brings_an_archived_wave_back(world: World) -> None:
    await world.create(root(), ALICE, BOB, CAROL)
    await world.note(BOB, wave(), archived=True)
    await world.note(CAROL, wave(), archived=True)
    await world.create(reply(), ALICE, BOB)
    assert (await world.find(BOB), await world.find(CAROL)) == (["a"], [])


async def test_a_wave_can_be_taken_out_of_the_archive_and_archived_again(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    await world.note(BOB, wave(), archived=True)
    assert not (await world.note(BOB, wave(), archived=False)).archived
    assert await world.find(BOB) == ["a"]
    await world.write(root(), ALICE, "b+1", "!")
    assert (await world.note(BOB, wave(), archived=True)).archived


async def test_a_muted_wave_stays_out_of_the_inbox_whatever_happens_in_it(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    assert (await world.note(BOB, wave(), muted=True)).muted
    await world.write(root(), ALICE, "b+1", "!")
    assert (await world.find(BOB), await world.find(BOB, "in:muted")) == ([], ["a"])
    assert not (await world.note(BOB, wave(), muted=False)).muted
    assert await world.find(BOB) == ["a"]


async def test_folders_and_pins_are_ones_own(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    digest = await world.note(BOB, wave(), pinned=True, folders=["  Two   words ", "Work"])
    assert (digest.pinned, digest.folders) == (True, ("Two words", "Work"))
    assert await world.find(BOB, 'in:"Two words"') == ["a"]
    assert (await world.find(BOB, "in:pinned"), await world.find(ALICE, "in:pinned")) == (["a"], [])
    found = await world.inbox.folders(BOB)
    assert (found.inbox_unread, [tuple(each) for each in found.folders]) == (1, [("Two words", 1, 1), ("Work", 1, 1)])
    assert (await world.note(BOB, wave(), folders=["Work"])).folders == ("Work",)
    assert await world.find(BOB, 'in:"Two words"') == []


async def test_a_folder_is_found_in_any_case_unless_one_is_called_just_so(world: World) -> None:
    for name, folder in (("a", "Über uns"), ("b", "work"), ("c", "Work")):
        await world.create(root(name), ALICE)
        await world.note(ALICE, wave(name), folders=[folder])
    asked = ('in:"über UNS"', "in:work", "in:Work", "in:elsewhere")
    assert [await world.find(ALICE, query) for query in asked] == [["a"], ["b"], ["c"], []]
    assert await world.find(ALICE, "in:WORK") in (["b"], ["c"])  # the first by the database's order
    assert await world.find(BOB, "in:work") == []


@pytest.mark.parametrize("folder", ["", "   ", "x" * 61, 'a"b', "a\x00b"])
async def test_a_folder_that_cannot_be_named_is_refused_and_nothing_changes(world: World, folder: str) -> None:
    await world.create(root(), ALICE)
    with pytest.raises(InvalidRequest, match="folders"):
        await world.note(ALICE, wave(), pinned=True, folders=[folder])
    assert not (await world.inbox.digest(ALICE, wave())).pinned


async def test_there_are_limits_to_what_is_noted_at_once(world: World) -> None:
    await world.create(root(), ALICE)
    with pytest.raises(TooLarge):
        await world.note(ALICE, wave(), folders=[f"f{number}" for number in range(21)])
    with pytest.raises(TooLarge):
        await world.note(ALICE, wave(), read={root().path: {f"b+{number}": 1 for number in range(1_001)}})


async def test_a_note_is_a_delta_of_the_user_in_their_own_wavelet(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    await world.note(BOB, wave(), pinned=True)
    await world.note(BOB, wave(), pinned=True)
    name = WaveletName.parse_path(f"{DOMAIN}/w+a/~/user+{BOB}")
    rows = await world.store.deltas(name, 0)
    assert [row.author for row in rows] == [str(BOB)]


# Who sees what


async def test_a_wave_of_others_cannot_be_told_from_one_that_does_not_exist(world: World) -> None:
    await world.create(root(), ALICE)
    messages = []
    for name in ("a", "b"):
        with pytest.raises(NotFound) as refused:
            await world.inbox.digest(BOB, wave(name))
        messages.append(str(refused.value).replace(f"w+{name}", "w+"))
        with pytest.raises(NotFound):
            await world.note(BOB, wave(name), pinned=True)
    assert messages[0] == messages[1]


async def test_nothing_of_a_private_reply_is_told_to_others(world: World) -> None:
    await world.create(root(), ALICE, BOB, CAROL, blips={"b+1": ["Public"]})
    before = await world.inbox.digest(CAROL, wave())
    await world.create(reply(), ALICE, BOB, DAVE, blips={"b+9": ["secret plans"]})
    await world.tag(reply(), ALICE, "hidden")
    assert await world.inbox.digest(CAROL, wave()) == before
    for query in ("secret", "tag:hidden", f"with:{DAVE}", "is:private"):
        assert await world.find(CAROL, query) == [], query
        assert await world.find(BOB, query) == ["a"], query
    mine = await world.inbox.digest(BOB, wave())
    assert (mine.private, mine.blips, mine.unread, mine.participant_count) == (True, 2, 2, 4)
    assert (mine.title, mine.snippet) == ("Public", "secret plans")
    assert [str(each) for each in await world.inbox.people(CAROL)] == [str(ALICE), str(BOB)]


async def test_who_is_removed_sees_the_wave_no_more(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    await world.note(BOB, wave(), pinned=True, folders=["Work"])
    assert await world.find(BOB) == ["a"]
    await world.remove(root(), ALICE, BOB)
    for query in ("", "in:all", "in:pinned", "in:Work", "text"):
        assert await world.find(BOB, query) == [], query
    assert (await world.inbox.folders(BOB)).folders == []
    with pytest.raises(NotFound):
        await world.inbox.digest(BOB, wave())


async def test_a_wave_for_everybody_is_found_by_all_and_in_the_inbox_of_those_who_follow_it(world: World) -> None:
    await world.create(root(), ALICE, EVERYBODY)
    assert (await world.find(BOB), await world.find(BOB, "in:all"), await world.find(BOB, "text")) == ([], ["a"], ["a"])
    assert (await world.inbox.digest(BOB, wave())).unread == 0
    await world.note(BOB, wave(), read_all=True)
    assert await world.find(BOB) == []
    assert (await world.note(BOB, wave(), pinned=True)).pinned
    assert (await world.find(BOB), await world.find(BOB, "in:all")) == (["a"], ["a"])
    await world.add(root(), CAROL, CAROL)
    assert await world.find(CAROL) == ["a"]
    assert await world.find(DAVE, "in:all") == []


async def test_people_are_those_of_the_latest_waves_first(world: World) -> None:
    await world.create(root("a"), ALICE, BOB, EVERYBODY)
    await world.create(root("b"), CAROL, ALICE)
    await world.indexer.settle()
    assert [str(each) for each in await world.inbox.people(ALICE)] == [str(CAROL), str(BOB)]


async def test_what_somebody_writes_past_the_limits_harms_nobody_else(world: World) -> None:
    await world.create(root(), ALICE, BOB)
    await world.note(BOB, wave(), folders=["Work"])
    name = wavelet_of(wave(), BOB)
    folders = [
        component
        for folder in ("x" * 5_000, *(f"f{number}" for number in range(300)))
        for component in (ElementStart("folder", (("i", folder),)), ElementEnd())
    ]
    await world.submit(name, BOB, MutateDocument("m/folder", DocOp([*folders, Retain(2)])))
    largest = (("i", f"{DOMAIN}/conv+root"), ("v", "9" * 19))  # more than 64 bits with a sign can hold
    archived = DocOp([ElementStart("archive", largest), ElementEnd()])
    await world.submit(name, BOB, MutateDocument("m/archiving", archived))
    await world.tag(root(), BOB, "y" * 5_000)
    await world.write(root(), ALICE, "b+1", " still indexed")
    assert await world.find(ALICE, "indexed") == ["a"]
    assert len((await world.inbox.digest(BOB, wave())).folders) == 100
    assert (await world.inbox.digest(ALICE, wave())).tags == ()
