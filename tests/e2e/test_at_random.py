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
from running.cable import Cable
from running.server_process import ServerProcess

WORDS: Final = ("word ", "😀", "👩‍👩‍👧", "𝒜𝒷", "e\u0301", "# ", "- ", "1. ", "**b** ", " https://example.com ", "日本")
KEYS: Final = (
    *("Enter", "Enter", "Shift+Enter", "Backspace", "Backspace", "Delete", "Control+Backspace"),
    *("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "Home", "End", "Control+Home", "Control+End"),
    *("Shift+ArrowLeft", "Shift+ArrowUp", "Shift+Home", "Control+b", "Control+i", "Control+e", "Control+Alt+2"),
    *("Control+Shift+8", "Control+Shift+7", "Control+Shift+e", "Control+z", "Control+z", "Control+Shift+z"),
)
STEPS: Final = 75
ROUND: Final = 25  # steps


async def edit_at_random(page: Page, chance: random.Random, cable: Cable | None = None) -> None:
    """Type words and press keys. Their cable meanwhile goes deaf, is cut and mended, a few times."""
    for step in range(STEPS):
        if cable is not None:
            break_at(cable, step % ROUND)
        if chance.random() < 0.5:
            await page.keyboard.type(chance.choice(WORDS))
        else:
            await page.keyboard.press(chance.choice(KEYS))


def break_at(cable: Cable, step: int) -> None:
    """What happens to a cable before a step of each round: first what is sent arrives unanswered, then nothing does."""
    match step:
        case 5:
            cable.withhold_answers()
        case 10:
            cable.cut()
        case 15:
            cable.mend()


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
            edit_at_random(ada.page, random.Random(chance.random()), cable),
            edit_at_random(bob.page, random.Random(chance.random())),
        )
        await asyncio.gather(saved(ada.page, after_restart=True), saved(bob.page))
        blips = await agreed(path, ada, bob)
        assert all(plain_characters(line.text) for lines in blips.values() for line in lines)
        for person in (ada, bob):
            await expect(person.page.get_by_text("could not be applied")).to_have_count(0)
            await expect(person.page.get_by_text("could not be added")).to_have_count(0)
