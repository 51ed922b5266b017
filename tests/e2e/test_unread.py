"""What is new: marked, counted exactly, gone to with a key, and gone once it is read."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from e2e.app import blip, open_wave, saved, stop_writing, text_of, write_in
from e2e.conftest import Meet
from e2e.pages import row
from e2e.people import Person
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess

TALL = [line(f"Line {number}") for number in range(1, 41)]  # a blip that fills the screen


def next_unread(page: Page) -> Locator:
    """The button that goes to what is unread."""
    return page.locator(".gs-next-unread")


async def _tall_wave(site: ServerProcess, author: Person, reader: Person) -> str:
    async with writing(site, author.address) as seeder:
        blips = [Blip(author.account, [line(f"Part {number}"), *TALL]) for number in (1, 2, 3)]
        name = await seeder.write(blips, others=[reader.account])
    return f"/wave/{name.wave.domain}/{name.wave.id}"


async def test_unread_messages_are_counted_and_gone_to_until_none_is_left(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    path = await _tall_wave(site, bob, ada)
    page, other = ada.page, await ada.tab()
    await other.goto("/inbox")
    for tab in (page, other):
        await expect(row(tab, "Part 1")).to_contain_text("3 unread")
    await open_wave(page, path)
    await expect(next_unread(page)).to_contain_text("2 unread messages")  # the first is on screen and has been read
    await next_unread(page).click()
    await expect(blip(page, 1)).to_be_focused()
    await expect(blip(page, 1)).to_be_in_viewport()
    await expect(next_unread(page)).to_contain_text("1 unread message")
    await page.keyboard.press("n")
    await expect(blip(page, 2)).to_be_focused()
    await expect(next_unread(page)).to_be_hidden()
    for tab in (page, other):
        await expect(row(tab, "Part 1")).not_to_contain_text("unread")
    await page.keyboard.press("n")
    await expect(page.get_by_text("Nothing unread is left")).to_be_visible()


async def test_what_was_written_since_my_last_visit_stands_out(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    async with writing(site, bob.address) as seeder:
        name = await seeder.write([Blip(bob.account, [line("Notes"), line("As before")])], others=[ada.account])
    path = f"/wave/{name.wave.domain}/{name.wave.id}"
    await open_wave(ada.page, path)
    await expect(row(ada.page, "Notes")).not_to_contain_text("unread")
    await ada.page.goto("/inbox")

    await open_wave(bob.page, path)
    await write_in(bob.page)
    await bob.page.keyboard.press("Enter")
    await bob.page.keyboard.type("Added later 🆕")
    await saved(bob.page)
    await stop_writing(bob.page)
    await expect(row(ada.page, "Notes")).to_contain_text("1 unread")

    await open_wave(ada.page, path)
    new = text_of(ada.page).locator(".gs-unread")
    await expect(new).to_have_text(["Added later 🆕"])
    await expect(row(ada.page, "Notes")).not_to_contain_text("unread")
    await expect(new).to_have_count(1)  # read, and still there to be found until the reader goes on
    await ada.page.keyboard.press("j")
    await ada.page.keyboard.press("n")
    await expect(new).to_have_count(0)


async def test_my_own_writing_is_never_unread(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    async with writing(site, ada.address, bob.address) as seeder:
        await seeder.write(
            [Blip(ada.account, [line("Shared list")]), Blip(bob.account, [line("From Bob")])], others=[bob.account]
        )
    await expect(row(ada.page, "Shared list")).to_contain_text("1 unread")
    await expect(row(bob.page, "Shared list")).to_contain_text("1 unread")
