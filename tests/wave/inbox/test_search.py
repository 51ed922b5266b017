"""What searches find, on both databases."""

from __future__ import annotations

import pytest

from wave_server.errors import InvalidRequest

from .world import ALICE, BOB, CAROL, EVERYBODY, World, lines, manifest, reply, root, wave


@pytest.fixture
async def library(world: World) -> World:
    """Some waves of alice's."""
    await world.create(
        root("a"), ALICE, BOB, blips={"b+1": ["Trip to Oslo", "We leave on Friday"], "b+2": ["Großer Käse"]}
    )
    await world.create(root("b"), BOB, ALICE, blips={"b+1": ["Budget", "oslo costs 1200 EUR"]})
    await world.create(root("c"), ALICE, CAROL, blips={"b+1": ["東京の天気", "emoji 😀 𝒜lpha"]})
    await world.tag(root("a"), ALICE, "To Do")
    await world.indexer.settle()
    return world


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("oslo", "ab"),
        ("OSLO trip", "a"),
        ("osl", "ab"),
        ("o", "ab"),  # the last word may be a beginning
        ("osl trip", ""),  # the others not
        ('"osl"', ""),
        ('"to oslo"', "a"),
        ('"oslo to"', ""),
        ('"oslo we"', "a"),
        ("friday kase", "a"),
        ("GROSSER", "a"),
        ("groß", "a"),
        ("1200", "b"),
        ("天気", "c"),
        ("京の", "c"),
        ("東気", ""),
        ("alpha", "c"),
        ("title:oslo", "a"),
        ("title:friday", ""),
        ('title:"to oslo"', "a"),
        ("title:budget", "b"),
        ("-oslo", "c"),
        ("oslo -friday", "b"),
        ("-title:budget oslo", "a"),
        ("with:bob", "ab"),
        ("with:BOB@example.com", "ab"),
        ("-with:bob", "c"),
        ("with:bob with:carol", ""),
        ("creator:bob", "b"),
        ("-creator:bob", "ac"),
        ('tag:"to do"', "a"),
        ("tag:to", ""),
        ('-tag:"TO  DO"', "bc"),
        ("is:unread", "b"),
        ("-is:unread", "ac"),
        ("is:private", ""),
        ("oslo is:unread", "b"),
        ("nothing", ""),
        ("!!! ???", "abc"),
        ("", "abc"),
        ("in:inbox oslo", "ab"),
        ("in:archive oslo", ""),
        ("in:Nowhere", ""),
    ],
)
async def test_a_search_finds(library: World, query: str, found: str) -> None:
    assert "".join(sorted(await library.find(ALICE, query))) == found


async def test_dates_are_of_the_last_change(world: World) -> None:
    world.now = 1_775_000_000_000  # 2026-03-31
    await world.create(root("a"), ALICE)
    world.now = 1_780_000_000_000  # 2026-05-28
    await world.create(root("b"), ALICE)
    assert await world.find(ALICE, "before:2026-05-01") == ["a"]
    assert await world.find(ALICE, "after:2026-05-01") == ["b"]
    assert await world.find(ALICE, "after:2026-03-01 before:2026-06-01") == ["b", "a"]
    assert await world.find(ALICE, "after:2026-05-28T00:00:00+02:00 before:2026-05-29") == ["b"]


async def test_what_was_deleted_is_not_found_any_more(library: World) -> None:
    operations = lines("Trip to Oslo", "We leave on Friday")
    assert await library.find(ALICE, "friday") == ["a"]
    await library.erase(root("a"), ALICE, "b+1", operations)
    assert await library.find(ALICE, "friday") == []


async def test_a_deleted_blip_is_not_found(world: World) -> None:
    await world.create(root(), ALICE, blips={"b+1": ["seen"], "b+2": ["unseen"]})
    await world.replace(root(), ALICE, "conversation", manifest("b+1", "b+2", deleted=["b+2"]))
    assert (await world.find(ALICE, "unseen"), await world.find(ALICE, "seen")) == ([], ["a"])


async def test_text_is_found_in_one_conversation_and_facts_in_any_of_the_wave(world: World) -> None:
    await world.create(root(), ALICE, BOB, blips={"b+1": ["apples"]})
    await world.create(reply(), ALICE, BOB, blips={"b+1": ["pears"]})
    await world.tag(root(), ALICE, "fruit")
    assert await world.find(BOB, "apples pears") == []
    assert await world.find(BOB, "tag:fruit pears") == ["a"]
    assert await world.find(BOB, "-pears") == []


async def test_an_expression_of_the_databases_own_means_nothing(library: World) -> None:
    for query in (
        'oslo" OR "x',
        "facets:oslo",
        "oslo*",
        "NEAR(oslo trip)",
        "{title}: oslo",
        "'oslo' & !x",
        "oslo;--",
        "\x00",
    ):
        await library.find(ALICE, query)
        await library.find(ALICE, f"title:{query} -{query}")


async def test_a_search_never_finds_what_others_wrote_elsewhere(library: World) -> None:
    for query in ("oslo", "-oslo", "with:alice", 'tag:"to do"', "in:all", "is:unread", "-with:carol"):
        assert "a" not in await library.find(CAROL, query), query
    assert await library.find(EVERYBODY, "in:all") == []


async def test_found_pages_follow_each_other(world: World) -> None:
    for number in range(5):
        await world.create(root(f"{number}"), ALICE, *([EVERYBODY] if number % 2 else []), blips={"b+1": ["word"]})
    await world.indexer.settle()
    for user, every in ((ALICE, "43210"), (BOB, "31")):
        found, cursor = "", None
        while True:
            page = await world.inbox.find(user, "word", 2, cursor)
            found += "".join(each.wave[-1] for each in page.waves)
            cursor = page.next
            if cursor is None:
                break
        assert found == every


async def test_a_limit_that_cannot_be_is_refused(world: World) -> None:
    for limit in (0, 101, -1):
        with pytest.raises(InvalidRequest, match="limit"):
            await world.inbox.find(ALICE, "", limit)


async def test_a_long_text_is_found_by_its_first_words(world: World) -> None:
    text = " ".join(f"word{number}" for number in range(100_000))
    await world.create(root(), ALICE, blips={"b+1": ["Long", text]})
    assert await world.find(ALICE, "word40 word9000") == ["a"]
    assert await world.find(ALICE, '"word40 word41"') == ["a"]
    assert (await world.inbox.digest(ALICE, wave())).title == "Long"
