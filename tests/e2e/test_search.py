"""Finding waves: every operator, free text, nothing, and what cannot be read."""

from __future__ import annotations

import datetime

from playwright.async_api import expect

from e2e.conftest import Meet
from e2e.pages import choose, finds, row, search, waves
from e2e.people import Person
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess


async def test_every_operator_finds_what_it_says(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    eve: Person = await meet(site, "Eve")
    page = ada.page
    async with writing(site, ada.address, bob.address) as seeder:
        await seeder.write(
            [Blip(bob.account, [line("Harvest report"), line("Pears and quinces 🍐")])],
            others=[ada.account],
            tags=["garden", "autumn 2025"],
        )
        await seeder.write([Blip(ada.account, [line("Kitchen"), line("A report on knives")])], others=[eve.account])
        await seeder.write([Blip(ada.account, [line("Diary")]), Blip(ada.account, [line("Quince jelly today")])])
        await seeder.write([Blip(bob.account, [line("Secret garden")])], others=[eve.account])
    await expect(waves(page).get_by_role("article")).to_have_count(3)
    await choose(page, "Diary", "Archive")
    await expect(row(page, "Diary")).to_have_count(0)
    today = datetime.datetime.now(datetime.UTC).date()
    day = datetime.timedelta(days=1)

    await finds(page, "in:inbox", "Harvest report", "Kitchen")
    await finds(page, "in:archive", "Diary")
    await finds(page, "in:all", "Harvest report", "Kitchen", "Diary")
    await finds(page, f"with:{eve.account}", "Kitchen")
    await finds(page, f"creator:{bob.address}", "Harvest report")
    await finds(page, "tag:garden", "Harvest report")
    await finds(page, 'tag:"autumn 2025"', "Harvest report")
    await finds(page, "is:unread", "Harvest report")
    await finds(page, f"after:{today - day}", "Harvest report", "Kitchen", "Diary")
    await finds(page, f"before:{today - day}")
    await finds(page, "title:report", "Harvest report")
    await finds(page, "report", "Harvest report", "Kitchen")
    await finds(page, "quince", "Harvest report", "Diary")
    await finds(page, "report -is:unread", "Kitchen")
    await finds(page, "🍐 pears", "Harvest report")
    await finds(page, "secret")


async def test_a_search_has_an_address_that_can_be_kept(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    async with writing(site, ada.address) as seeder:
        await seeder.write([Blip(ada.account, [line("Apples")])])
        await seeder.write([Blip(ada.account, [line("Oranges")])])
    await finds(page, "apples", "Apples")
    await row(page, "Apples").get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1, name="Apples")).to_be_visible()
    await page.go_back()
    await page.reload()
    await expect(page.get_by_role("combobox", name="Search waves")).to_have_value("apples")
    await expect(row(page, "Apples")).to_be_visible()
    await expect(row(page, "Oranges")).to_have_count(0)


async def test_what_is_found_follows_what_is_written(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    await search(page, "tag:travel")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    await expect(page.get_by_role("heading", name="Narrow it down")).to_be_visible()
    async with writing(site, ada.address) as seeder:
        await seeder.write([Blip(ada.account, [line("Lisbon")])], tags=["travel"])
    await expect(row(page, "Lisbon")).to_be_visible()


async def test_operators_are_offered_while_typing_and_chosen_by_keys(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    page = ada.page
    async with writing(site, bob.address) as seeder:
        await seeder.write([Blip(bob.account, [line("Bicycles")])], others=[ada.account])
    await expect(row(page, "Bicycles")).to_be_visible()
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search waves")
    await expect(field).to_be_focused()
    await page.keyboard.type("wi")
    await expect(page.get_by_role("option", name="with:")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("with:")
    await page.keyboard.type("bo")
    await page.get_by_role("option", name=bob.address).wait_for()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value(f"with:{bob.address} ")
    await expect(row(page, "Bicycles")).to_be_visible()
    await expect(waves(page).get_by_role("article")).to_have_count(1)


async def test_a_search_that_cannot_be_read_says_what_is_wrong_with_it(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    await search(page, "before:soon")
    await expect(page.get_by_text("This search cannot be read")).to_be_visible()
    await expect(page.get_by_text("Use before: once, and like this: before:2026-01-31")).to_be_visible()
    await search(page, "is:purple")
    await expect(page.get_by_text("Use is: once, and like this: is:unread")).to_be_visible()
    await finds(page, "in:inbox")
