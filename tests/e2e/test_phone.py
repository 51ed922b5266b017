"""On a phone: one column at a time, back as the browser goes back, and a menu for fingers."""

from __future__ import annotations

import re

from playwright.async_api import expect

from e2e.app import blip, saved, stop_writing, text_of
from e2e.app import writing as writing_in
from e2e.conftest import Meet
from e2e.pages import row, waves
from e2e.people import PHONE, Person
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess


async def test_from_the_list_to_a_wave_and_back(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada", viewport=PHONE)
    page = ada.page
    async with writing(site, ada.address) as seeder:
        await seeder.write([Blip(ada.account, [line("Packing"), line("Tent and stove")])])
    await row(page, "Packing").get_by_role("link").tap()
    await expect(blip(page)).to_contain_text("Tent and stove")
    await expect(waves(page)).to_be_hidden()
    await page.get_by_role("button", name="Back to Inbox").tap()
    await expect(row(page, "Packing")).to_be_visible()
    await expect(blip(page)).to_be_hidden()
    await page.go_forward()
    await expect(blip(page)).to_be_visible()
    await page.go_back()
    await expect(row(page, "Packing")).to_be_visible()
    assert await page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_message_is_answered_and_deleted_from_its_menu(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada", viewport=PHONE)
    page = ada.page
    async with writing(site, ada.address) as seeder:
        name = await seeder.write([Blip(ada.account, [line("Packing")])])
    await page.goto(f"/wave/{name.wave.domain}/{name.wave.id}")
    await blip(page).get_by_role("button", name="Actions for this message").tap()
    await page.get_by_role("menuitem", name="Reply", exact=False).first.tap()
    await expect(writing_in(page)).to_be_focused()
    await page.keyboard.type("Warm socks 🧦")
    await saved(page)
    await blip(page, 1).get_by_role("button", name="Done").tap()
    await expect(text_of(page, 1)).to_have_text("Warm socks 🧦")
    await blip(page, 1).get_by_role("button", name="Actions for this message").tap()
    await page.get_by_role("menuitem", name="Delete").tap()
    await expect(page.locator("article[data-blip]")).to_have_count(1)
    await page.get_by_role("button", name="Undo").tap()
    await expect(text_of(page, 1)).to_have_text("Warm socks 🧦")


async def test_a_new_wave_is_begun_with_the_button_in_the_bar(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada", viewport=PHONE)
    page = ada.page
    await page.get_by_role("navigation").get_by_role("button", name="New wave").tap()
    await expect(writing_in(page)).to_be_focused()
    await page.keyboard.type("On the go")
    await saved(page)
    await stop_writing(page)
    await page.get_by_role("button", name=re.compile("^Back to")).tap()
    await expect(row(page, "On the go")).to_be_visible()
