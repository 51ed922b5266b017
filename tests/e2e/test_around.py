"""Around the text of a wave: its people, its tags, and what is done with a message as a whole."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from e2e.app import blip, open_wave, saved, stop_writing, text_of, wave_of, write_in
from e2e.conftest import Meet
from e2e.pages import row, told, undo
from e2e.people import Person
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess


async def _choose(page: Page, number: int, action: str) -> None:
    """Choose from the menu of a message."""
    await blip(page, number).hover()
    await blip(page, number).get_by_role("button", name="Actions for this message").click()
    await page.get_by_role("menuitem", name=action, exact=False).first.click()


async def test_people_are_added_from_suggestions_and_removed_with_undo(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    async with writing(site, ada.address) as seeder:  # somebody one shares a wave with is suggested
        await seeder.write([Blip(ada.account, [line("Known to each other")])], others=[bob.account])
        name = await seeder.write([Blip(ada.account, [line("Club")])])
    page = ada.page
    await open_wave(page, f"/wave/{name.wave.domain}/{name.wave.id}")
    await page.get_by_role("button", name="Add people").click()
    field = page.get_by_role("combobox", name="Name or address")
    await expect(field).to_be_focused()
    await field.press_sequentially("bo")
    await page.get_by_role("option", name=re.compile(bob.address)).click()
    await expect(told(page, "Bob was added and sees the whole wave")).to_be_visible()
    await expect(row(bob.page, "Club")).to_be_visible()

    await field.fill("not an address@")
    await field.press("Enter")
    await expect(page.get_by_text("This is not an address. Write it like name@localhost.")).to_be_visible()
    await field.fill(bob.account)
    await field.press("Enter")
    await expect(page.get_by_text("Bob already takes part.")).to_be_visible()

    panel = page.get_by_role("dialog", name="People in this wave")
    await panel.get_by_role("button", name="Remove Bob").click()
    await expect(row(bob.page, "Club")).to_have_count(0)
    await undo(page)
    await expect(row(bob.page, "Club")).to_be_visible()


async def test_who_is_removed_is_told_and_keeps_what_they_saw(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    await wave_of(ada, bob, first_line="Committee")
    await ada.page.get_by_role("button", name="Add people").first.click()
    await ada.page.get_by_role("button", name="Remove Bob").click()
    await expect(bob.page.get_by_text("You no longer take part in this wave")).to_be_visible()
    await expect(text_of(bob.page)).to_contain_text("Committee")
    await expect(bob.page.get_by_role("button", name="Write a reply")).to_have_count(0)
    await expect(row(bob.page, "Committee")).to_have_count(0)


async def test_tags_are_added_and_removed_where_both_see_them(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    await wave_of(ada, bob, first_line="Recipes")
    field = ada.page.get_by_role("textbox", name="Add a tag")
    for tag in ("soup", "Quick 🥣"):
        await field.fill(tag)
        await field.press("Enter")
    tags = bob.page.get_by_role("region", name="Tags")
    await expect(tags.get_by_role("link")).to_have_text(["soup", "Quick 🥣"])
    await field.fill("Soup")
    await field.press("Enter")
    await expect(ada.page.get_by_text("This wave already has the tag.")).to_be_visible()
    await field.fill("")
    await tags.get_by_role("button", name="Remove the tag soup").click()
    await expect(ada.page.get_by_role("region", name="Tags").get_by_role("link")).to_have_text(["Quick 🥣"])
    await undo(bob.page)
    await expect(ada.page.get_by_role("region", name="Tags").get_by_role("link")).to_have_count(2)
    await tags.get_by_role("link", name="soup").click()
    await expect(bob.page).to_have_url(re.compile(r"/search\?q=tag"))
    await expect(row(bob.page, "Recipes")).to_be_visible()


async def test_another_persons_message_can_be_edited_and_says_by_whom(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    await wave_of(ada, bob, first_line="Agenda")
    await stop_writing(ada.page)
    await write_in(bob.page)
    await bob.page.keyboard.press("Enter")
    await bob.page.keyboard.type("Any other business")
    await saved(bob.page)
    await stop_writing(bob.page)
    await expect(text_of(ada.page)).to_contain_text("Any other business")
    await expect(blip(ada.page)).to_contain_text("edited by Bob")

    await ada.page.get_by_role("button", name="More for this wave").click()
    await ada.page.get_by_role("menuitemcheckbox", name="Show who wrote what").click()
    marks = text_of(ada.page).locator(".gs-author")
    await marks.filter(has_text="Agenda").hover()
    # nothing is signed on a server that does not federate
    card = ada.page.get_by_role("status").filter(has_text="Not signed")
    await expect(card).to_contain_text("Ada")
    await marks.filter(has_text="Any other business").hover()
    await expect(card).to_contain_text("Bob")


async def test_a_message_is_deleted_for_all_and_brought_back(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    async with writing(site, ada.address, bob.address) as seeder:
        name = await seeder.write(
            [
                Blip(ada.account, [line("Question")], [[Blip(bob.account, [line("Answer")])]]),
                Blip(bob.account, [line("Aside")]),
            ],
            others=[bob.account],
        )
    path = f"/wave/{name.wave.domain}/{name.wave.id}"
    for person in (ada, bob):
        await open_wave(person.page, path)
        await expect(person.page.locator("article[data-blip]")).to_have_count(3)
    await _choose(ada.page, 2, "Delete")
    for person in (ada, bob):
        await expect(person.page.locator("article[data-blip]")).to_have_count(2)
    await undo(ada.page)
    for person in (ada, bob):
        await expect(text_of(person.page, 2)).to_contain_text("Aside")
    await _choose(ada.page, 0, "Delete")  # it has a reply, so its place stays
    for person in (ada, bob):
        await expect(person.page.get_by_text("This message was deleted")).to_be_visible()
        await expect(text_of(person.page, 0)).to_contain_text("Answer")
    await bob.page.get_by_role("button", name="Restore").click()
    for person in (ada, bob):
        await expect(text_of(person.page, 0)).to_contain_text("Question")


async def test_a_link_to_a_message_scrolls_to_it(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    filler = [line(f"Line {number}") for number in range(40)]
    async with writing(site, ada.address) as seeder:
        blips = [Blip(ada.account, [line(f"Part {number}"), *filler]) for number in range(1, 6)]
        name = await seeder.write(blips)
    path = f"/wave/{name.wave.domain}/{name.wave.id}"
    await ada.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    await open_wave(page, path)
    await expect(blip(page, 3)).not_to_be_in_viewport()
    await blip(page, 3).scroll_into_view_if_needed()
    await _choose(page, 3, "Copy link to this message")
    await expect(told(page, "Link copied")).to_be_visible()
    link = await page.evaluate("() => navigator.clipboard.readText()")
    other = await ada.tab()
    await other.goto(link)
    await expect(blip(other, 3)).to_be_focused()
    await expect(blip(other, 3).get_by_text("Part 4")).to_be_in_viewport()
    await expect(blip(other, 0)).not_to_be_in_viewport()
    await other.goto(f"{path}#b+gone")
    await expect(told(other, "The message that the link points to is not here.")).to_be_visible()
