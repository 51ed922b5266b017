"""The history of a wave: looked at as it was, left with a key, and gone back to by a new change."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from e2e.app import blip, open_wave, text_of
from e2e.conftest import Meet
from e2e.people import PHONE, Person
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess


def slider(page: Page) -> Locator:
    """Where in the history one is."""
    return page.get_by_role("slider", name="Place in the history")


def past(page: Page) -> Locator:
    """The wave as it was."""
    return page.get_by_role("region", name="The wave as it was")


async def _grown(site: ServerProcess, ada: Person, bob: Person) -> str:
    """A wave with three messages, of ada, bob and ada. Returns its page's path."""
    async with writing(site, ada.address, bob.address) as seeder:
        name = await seeder.write(
            [
                Blip(ada.account, [line("Draft")]),
                Blip(bob.account, [line("Second thoughts 🤔")]),
                Blip(ada.account, [line("Third time lucky")]),
            ],
            others=[bob.account],
        )
    return f"/wave/{name.wave.domain}/{name.wave.id}"


async def test_the_slider_shows_each_version_with_its_author_and_time(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    path = await _grown(site, ada, bob)
    page = ada.page
    await open_wave(page, path)
    await page.get_by_role("button", name="More for this wave").click()
    await page.get_by_role("menuitem", name="Playback").click()
    await expect(page).to_have_url(re.compile("/history$"))
    await expect(past(page)).to_contain_text("Third time lucky")
    await slider(page).focus()
    await page.keyboard.press("ArrowLeft")
    await expect(past(page)).not_to_contain_text("Third time lucky")
    await expect(past(page)).to_contain_text("Second thoughts 🤔")
    await expect(past(page)).to_contain_text("Bob wrote here")
    await expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(r"\d\d:\d\d.*Bob"))
    await slider(page).fill("0")
    await expect(page.get_by_text("The beginning: nothing has been written yet")).to_be_visible()
    await page.get_by_role("button", name="Next change").click()
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(past(page)).to_contain_text("Third time lucky")
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile(f"{re.escape(path)}$"))
    await expect(blip(page, 2)).to_be_visible()


async def test_a_restored_version_is_a_new_change_that_both_see(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    path = await _grown(site, ada, bob)
    await open_wave(bob.page, path)
    await expect(bob.page.locator("article[data-blip]")).to_have_count(3)
    page = ada.page
    await page.goto(f"{path}/history")
    await expect(page.get_by_role("button", name="Restore", exact=True)).to_be_disabled()
    await slider(page).focus()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(past(page)).not_to_contain_text("Second thoughts")
    await expect(past(page)).to_contain_text("Draft")
    await page.get_by_role("button", name="Restore", exact=True).click()
    dialog = page.get_by_role("dialog", name="Restore this version?")
    await expect(dialog).to_contain_text("nothing is lost from the history")
    await dialog.get_by_role("button", name="Restore", exact=True).click()
    for person in (ada, bob):
        await expect(person.page.locator("article[data-blip]")).to_have_count(1)
        await expect(text_of(person.page)).to_contain_text("Draft")
    await page.goto(f"{path}/history")
    await slider(page).focus()
    await page.keyboard.press("ArrowLeft")
    await expect(past(page)).to_contain_text("Third time lucky")  # what was there before is still in the history


async def test_the_history_is_looked_at_on_a_phone(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada", viewport=PHONE)
    bob: Person = await meet(site, "Bob")
    path = await _grown(site, ada, bob)
    page = ada.page
    await open_wave(page, path)
    await page.get_by_role("button", name="More for this wave").tap()
    await page.get_by_role("menuitem", name="Playback").tap()
    await page.get_by_role("button", name="Previous change").tap()
    await expect(past(page)).to_contain_text("Second thoughts")
    await expect(past(page)).not_to_contain_text("Third time lucky")
    assert await page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_role("button", name="Back to now").tap()
    await expect(blip(page, 2)).to_be_visible()
