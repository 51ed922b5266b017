"""People edit at random while connections break: they end with the same document. Every run plays from its seed."""

from __future__ import annotations

import asyncio
import random
from typing import Final

import pytest
from playwright.async_api import Page, expect

from e2e.app import saved, wave_of, write_in
from e2e.conftest import Meet
from e2e.documents import agreed, plain_characters
from e2e.people import Person
from running.cable import Cable
from running.server_process import ServerProcess

WORDS: Final = ("word ", "😀", "👩‍👩‍👧", "𝒜𝒷", "e\u0301", "# ", "- ", "1. ", "**b** ", " https://example.com ", "日本")
KEYS: Final = (
    *("Enter", "Enter", "Shift+Enter", "Backspace", "Backspace", "Delete", "Control+Backspace"),
    *("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "Home", "End", "Control+Home", "Control+End"),
    *("Shift+ArrowLeft", "Shift+ArrowUp", "Shift+Home", "Control+b", "Control+i", "Control+e", "Control+Alt+2"),
    *("Control+Shift+8", "Control+Shift+7", "Control+Shift+e", "Control+z", "Control+z", "Control+Shift+z"),
)
STEPS: Final = 60


async def edit_at_random(page: Page, chance: random.Random) -> None:
    """Type words and press keys."""
    for _ in range(STEPS):
        if chance.random() < 0.5:
            await page.keyboard.type(chance.choice(WORDS))
        else:
            await page.keyboard.press(chance.choice(KEYS))


async def break_at_random(cable: Cable, person: Person, chance: random.Random) -> None:
    """Cut the connection a few times, sometimes after what was sent has arrived unanswered, and mend it again."""
    for _ in range(3):
        if chance.random() < 0.5:
            cable.withhold_answers()
            await person.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))")
        cable.cut()
        await person.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))")
        cable.mend()
        await person.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 400)))")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_is_edited_at_once_and_however_connections_break_all_see_the_same(
    site: ServerProcess, meet: Meet, seed: int
) -> None:
    chance = random.Random(seed)
    async with Cable(site.port) as cable:
        ada, bob = await meet(site, "Ada", url=cable.url), await meet(site, "Bob")
        path = await wave_of(ada, bob, first_line="Start 😀 of 𝒜 text")
        await write_in(bob.page)
        await asyncio.gather(
            edit_at_random(ada.page, random.Random(chance.random())),
            edit_at_random(bob.page, random.Random(chance.random())),
            break_at_random(cable, ada, chance),
        )
        await asyncio.gather(saved(ada.page, after_restart=True), saved(bob.page))
        blips = await agreed(path, ada, bob)
        assert all(plain_characters(line.text) for lines in blips.values() for line in lines)
        for person in (ada, bob):
            await expect(person.page.get_by_text("could not be applied")).to_have_count(0)
            await expect(person.page.get_by_text("could not be added")).to_have_count(0)
