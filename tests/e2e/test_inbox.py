"""The inbox: waves appear by themselves, and what one does with them stays, in every tab."""

from __future__ import annotations

import re

from playwright.async_api import expect

from e2e.conftest import Meet
from e2e.pages import choose, row, told, undo, waves
from e2e.people import Person
from e2e.seeding import Blip, Seeder, line, writing
from running.server_process import ServerProcess


async def _wave(seeder: Seeder, author: Person, reader: Person, title: str, text: str = "Some text") -> str:
    """A wave of ``author`` with ``reader``. Returns its page's path."""
    name = await seeder.write([Blip(author.account, [line(title), line(text)])], others=[reader.account])
    return f"/wave/{name.wave.domain}/{name.wave.id}"


async def test_a_wave_that_somebody_adds_me_to_appears_by_itself(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    await expect(ada.page.get_by_text("All quiet here")).to_be_visible()
    async with writing(site, bob.address) as seeder:
        await seeder.write(
            [
                Blip(bob.account, [line("Picnic 🧺"), line("Who brings what on Saturday?")]),
                Blip(bob.account, [line("I bring bread.")]),
            ],
            others=[ada.account],
        )
    found = row(ada.page, "Picnic 🧺")
    await expect(found).to_contain_text("I bring bread.")
    await expect(found).to_contain_text("Bob")
    await expect(found).to_contain_text("2 unread")
    await expect(ada.page.get_by_role("link", name=re.compile("1 wave with unread messages"))).to_be_visible()
    await expect(ada.page).to_have_title(re.compile(r"^\(1\) Inbox"))


async def test_archiving_can_be_undone_and_lasts_in_every_tab(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    other = await ada.tab()
    await other.goto("/inbox")
    async with writing(site, bob.address) as seeder:
        path = await _wave(seeder, bob, ada, "Old plans")
        await _wave(seeder, bob, ada, "New plans")
    page = ada.page
    await row(page, "Old plans").hover()
    await row(page, "Old plans").get_by_role("button", name="Archive", exact=True).click()
    await expect(row(page, "Old plans")).to_have_count(0)
    await expect(row(other, "Old plans")).to_have_count(0)
    await undo(page)
    await expect(row(page, "Old plans")).to_be_visible()
    await expect(row(other, "Old plans")).to_be_visible()

    await choose(page, "Old plans", "Archive")
    await expect(told(page, "Archived")).to_be_visible()
    await page.reload()
    await expect(row(page, "New plans")).to_be_visible()
    await expect(row(page, "Old plans")).to_have_count(0)
    await expect(row(other, "Old plans")).to_have_count(0)
    await other.goto("/folder/archive")
    await expect(row(other, "Old plans")).to_be_visible()

    async with writing(site, bob.address) as seeder:  # it comes back with what is new
        await seeder.reply(path, Blip(bob.account, [line("There is news")]))
    await expect(row(page, "Old plans")).to_contain_text("There is news")
    await expect(row(other, "Old plans")).to_have_count(0)


async def test_a_muted_wave_leaves_the_inbox_and_stays_quiet(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    page = ada.page
    async with writing(site, bob.address) as seeder:
        path = await _wave(seeder, bob, ada, "Noise")
        await choose(page, "Noise", "Mute")
        await expect(told(page, "Muted: it no longer shows up as new")).to_be_visible()
        await expect(row(page, "Noise")).to_have_count(0)
        await seeder.reply(path, Blip(bob.account, [line("More noise")]))
        await _wave(seeder, bob, ada, "Signal")
    await expect(row(page, "Signal")).to_be_visible()
    await expect(row(page, "Noise")).to_have_count(0)
    await page.goto("/folder/muted")
    await expect(row(page, "Noise")).to_contain_text("More noise")
    await choose(page, "Noise", "Unmute")
    await expect(told(page, "No longer muted")).to_be_visible()
    await expect(row(page, "Noise")).to_have_count(0)
    await page.goto("/inbox")
    await expect(row(page, "Noise")).to_be_visible()


async def test_a_pinned_wave_stays_on_top(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    page = ada.page
    titles = waves(page).get_by_role("article")
    async with writing(site, bob.address) as seeder:
        await _wave(seeder, bob, ada, "House rules")
        await _wave(seeder, bob, ada, "Groceries")
        await expect(titles.first).to_contain_text("Groceries")
        await choose(page, "House rules", "Pin")
        await expect(titles.first).to_contain_text("House rules")
        await _wave(seeder, bob, ada, "Laundry")
    await expect(row(page, "Laundry")).to_be_visible()
    await expect(titles.first).to_contain_text("House rules")
    await page.reload()
    await expect(titles.first).to_contain_text("House rules")
    await choose(page, "House rules", "Unpin")
    await expect(titles.first).to_contain_text("Laundry")


async def test_waves_are_put_into_folders_that_show_in_the_other_tab(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    page = ada.page
    other = await ada.tab()
    await other.goto("/folder/Garden%20club")
    async with writing(site, bob.address) as seeder:
        await _wave(seeder, bob, ada, "Tomatoes")
    await expect(other.get_by_text("This folder is empty")).to_be_visible()
    await choose(page, "Tomatoes", "Folders")
    dialog = page.get_by_role("dialog", name="Folders for “Tomatoes”")
    await dialog.get_by_label("New folder").fill("Archive")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_text("This name is used by a list of its own.")).to_be_visible()
    await dialog.get_by_label("New folder").fill("Garden club")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_role("checkbox", name="Garden club")).to_be_checked()
    await dialog.get_by_role("button", name="Save").click()
    await expect(told(page, "Folders changed")).to_be_visible()
    await expect(row(other, "Tomatoes")).to_be_visible()

    await page.get_by_role("button", name="Folders", exact=True).click()
    panel = page.get_by_role("dialog", name="Folders")
    await panel.get_by_role("link", name=re.compile("Garden club")).click()
    await expect(page).to_have_url(re.compile("/folder/Garden%20club"))
    await expect(row(page, "Tomatoes")).to_be_visible()


async def test_marking_as_read_takes_the_counts_away_everywhere(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    other = await ada.tab()
    await other.goto("/inbox")
    async with writing(site, bob.address) as seeder:
        await _wave(seeder, bob, ada, "Minutes")
    for page in (ada.page, other):
        await expect(row(page, "Minutes")).to_contain_text("1 unread")
    await choose(ada.page, "Minutes", "Mark as read")
    for page in (ada.page, other):
        await expect(row(page, "Minutes")).not_to_contain_text("unread")
        await expect(page.get_by_role("link", name=re.compile("with unread messages"))).to_have_count(0)


async def test_an_address_that_leads_nowhere_says_so(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    await page.goto("/settings/nothing")
    await expect(page.get_by_text("There is no page at this address")).to_be_visible()
    await page.get_by_role("link", name="Go to the inbox").click()
    await expect(page).to_have_url(re.compile("/inbox$"))
    await page.goto("/wave/localhost/w+nothing")
    await expect(page.get_by_text("This wave is not here")).to_be_visible()
