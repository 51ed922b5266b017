"""People write in one text at once, each in a browser of their own, and end with the same one."""

from __future__ import annotations

import asyncio
import string

from playwright.async_api import expect

from e2e.app import blip, saved, stop_writing, text_of, wave_of, write_in, writing
from e2e.conftest import Meet
from e2e.documents import ShownLine, agreed, only, plain_characters, shown_lines, shows
from running.server_process import ServerProcess

FAMILY = "👩‍👩‍👧"  # three people and two joiners: five code points, eight UTF-16 units
FLAG = "🇩🇪"  # two code points
COMBINED = "e\u0301"  # a letter and an accent
ADA_TYPES = f"the quick fox 😀 {FAMILY} jumps"
BOB_TYPES = f"OVER 𝒜 LAZY {FLAG} {COMBINED.upper()} DOGS"
TYPING = 12  # milliseconds between keys: both are at it at the same time


async def test_two_people_typing_at_one_place_lose_nothing_and_see_the_same(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line=f"{FAMILY}. ")
    await write_in(ada.page)
    await write_in(bob.page)

    await asyncio.gather(
        ada.page.keyboard.type(ADA_TYPES, delay=TYPING), bob.page.keyboard.type(BOB_TYPES, delay=TYPING)
    )
    await asyncio.gather(saved(ada.page), saved(bob.page))

    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text.startswith(f"{FAMILY}. ")
    assert only(line.text, string.ascii_lowercase) == only(ADA_TYPES, string.ascii_lowercase)
    assert only(line.text, string.ascii_uppercase) == only(BOB_TYPES, string.ascii_uppercase)
    assert sorted(line.text) == sorted(f"{FAMILY}. {ADA_TYPES}{BOB_TYPES}")
    assert plain_characters(line.text)


async def test_each_formats_replies_and_takes_back_while_the_other_types(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Plan 😀")
    await ada.page.keyboard.press("Enter")
    await ada.page.keyboard.type("Words 𝒜 ")
    await shows(bob.page, "Words")
    await write_in(bob.page)

    async def ada_writes() -> None:
        await ada.page.keyboard.press("Control+b")
        await ada.page.keyboard.type("strong 💪", delay=TYPING)
        await ada.page.keyboard.press("Control+b")
        await ada.page.keyboard.type(" plain", delay=TYPING)

    async def bob_writes() -> None:
        await bob.page.keyboard.press("Control+Home")
        await bob.page.keyboard.press("Control+Alt+1")
        await bob.page.keyboard.press("Control+i")
        await bob.page.keyboard.type(f"OUR {FLAG} ", delay=TYPING)
        await bob.page.keyboard.press("Control+i")

    await asyncio.gather(ada_writes(), bob_writes())
    ((heading, words),) = (await agreed(path, ada, bob)).values()
    assert heading == ShownLine("h1", ((f"OUR {FLAG} ", ("italic",)), ("Plan 😀", ())))
    assert words == ShownLine("", (("Words 𝒜 ", ()), ("strong 💪", ("bold",)), (" plain", ())))

    await asyncio.gather(stop_writing(ada.page), stop_writing(bob.page))
    await asyncio.gather(blip(ada.page).focus(), blip(bob.page).focus())
    await asyncio.gather(ada.page.keyboard.press("r"), bob.page.keyboard.press("r"))
    await asyncio.gather(expect(writing(ada.page)).to_be_focused(), expect(writing(bob.page)).to_be_focused())
    await asyncio.gather(
        ada.page.keyboard.type(f"from ada {FAMILY}", delay=TYPING),
        bob.page.keyboard.type("FROM BOB 𝒜", delay=TYPING),
    )
    await asyncio.gather(saved(ada.page), saved(bob.page))
    blips = await agreed(path, ada, bob)
    assert sorted("/".join(line.text for line in lines) for lines in blips.values()) == sorted(
        [f"OUR {FLAG} Plan 😀/Words 𝒜 strong 💪 plain", "FROM BOB 𝒜", f"from ada {FAMILY}"]
    )


async def test_undo_and_redo_concern_what_oneself_did(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start 😀")
    await ada.page.keyboard.type(f" {FAMILY}mine")
    await shows(bob.page, "mine")
    await write_in(bob.page)
    await bob.page.keyboard.type(" THEIRS 𝒜")
    await shows(ada.page, "THEIRS 𝒜")

    while "Start" in (await shown_lines(ada.page))[0]:
        await ada.page.keyboard.press("Control+z")
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text == " THEIRS 𝒜"

    while "mine" not in (await shown_lines(ada.page))[0]:
        await ada.page.keyboard.press("Control+Shift+z")
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text == f"Start 😀 {FAMILY}mine THEIRS 𝒜"


async def test_what_others_write_before_a_caret_leaves_it_where_it_was(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="one two")
    for _ in range(4):  # between "one" and " two"
        await ada.page.keyboard.press("ArrowLeft")
    await write_in(bob.page)
    await bob.page.keyboard.press("Control+Home")
    await bob.page.keyboard.type(f"{FAMILY}😀 ")
    await bob.page.keyboard.press("Enter")
    await expect(text_of(ada.page).locator(".gs-line")).to_have_count(2)

    await ada.page.keyboard.type("!")
    await shows(bob.page, "one! two")
    for _ in range(4):
        await ada.page.keyboard.press("Shift+ArrowRight")
    await bob.page.keyboard.press("ArrowUp")
    await bob.page.keyboard.type("𝒜")
    await shows(ada.page, "𝒜")
    await ada.page.keyboard.type(" 3")

    await asyncio.gather(saved(ada.page), saved(bob.page))
    ((first, second),) = (await agreed(path, ada, bob)).values()
    assert "𝒜" in first.text
    assert second.text == "one! 3"


async def test_others_carets_are_seen_with_their_names(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob Okafor")
    await wave_of(ada, bob, first_line="Here we are 😀")
    await write_in(bob.page)
    await bob.page.keyboard.type("!")
    flag = text_of(ada.page).locator(".gs-remote-flag")
    await expect(flag).to_have_text("Bob Okafor")
    await expect(flag).to_be_visible()
    for _ in range(3):
        await bob.page.keyboard.press("Shift+ArrowLeft")
    await expect(text_of(ada.page).locator(".gs-remote-selection")).to_have_text(" 😀!")
