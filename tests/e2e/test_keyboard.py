"""A whole round without a pointer: the focus is always somewhere, and always to be seen."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from e2e.app import blip, saved, text_of
from e2e.app import writing as writing_in
from e2e.conftest import Meet
from e2e.people import Person
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess

MOST_TABS = 40

# The name of what has the focus; "" when nothing has it or nobody could see that it has. In text the caret shows it.
FOCUS = """() => {
    const focused = document.activeElement;
    if (focused === null || focused === document.body) return "";
    const shown = [focused, ...document.querySelectorAll(":focus-within")].some((element) => {
        const style = getComputedStyle(element);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    });
    const text = focused.isContentEditable || focused instanceof HTMLInputElement;
    if (!shown && !text) return "";
    return focused.getAttribute("aria-label") || focused.textContent || focused.tagName;
}"""


async def focused(page: Page) -> str:
    """The name of what has the focus, which must be seen to have it."""
    handle = await page.wait_for_function(FOCUS)  # what moves it may need a frame
    return str(await handle.json_value())


async def press(page: Page, *keys: str) -> None:
    """Press keys one after the other; after each, the focus is somewhere and can be seen."""
    for key in keys:
        await page.keyboard.press(key)
        await focused(page)


async def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Go on by Tab until something with this name has the focus."""
    for _ in range(MOST_TABS):
        await press(page, "Shift+Tab" if back else "Tab")
        if re.search(name, await focused(page)):
            return
    raise AssertionError(f"Tab does not lead to {name}")


async def test_a_round_by_keyboard_alone(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    page = ada.page
    async with writing(site, bob.address) as seeder:
        await seeder.write([Blip(bob.account, [line("Workshop"), line("Bring a lamp.")])], others=[ada.account])
    await expect(page.get_by_role("article").filter(has_text="Workshop")).to_be_visible()

    await press(page, "j")  # open a wave from the inbox
    assert "Workshop" in await focused(page)
    await press(page, "Enter")
    await expect(blip(page)).to_be_visible()
    await press(page, "j")
    await expect(blip(page)).to_be_focused()

    await press(page, "r")  # reply, with bold text and a list
    await expect(writing_in(page)).to_be_focused()
    await page.keyboard.type("A ")
    await press(page, "Control+b")
    await page.keyboard.type("bright")
    await press(page, "Control+b")
    await page.keyboard.type(" one:")
    await press(page, "Enter")
    await page.keyboard.type("- with a battery")
    await saved(page)
    await press(page, "Escape")
    await expect(blip(page, 1)).to_be_focused()
    await expect(text_of(page, 1).locator("strong, b, [style*='font-weight']")).to_have_text("bright")
    await expect(text_of(page, 1)).to_contain_text("with a battery")
    await expect(text_of(page, 1)).not_to_contain_text("- with")

    await tab_to(page, "^Add people$", back=True)  # add somebody
    await press(page, "Enter")
    await expect(page.get_by_role("combobox", name="Name or address")).to_be_focused()
    await page.keyboard.type("somebody.else")
    await press(page, "Enter")
    await expect(page.get_by_role("dialog", name="People in this wave")).to_contain_text("somebody.else@localhost")
    await press(page, "Escape")
    assert await focused(page) == "Add people"

    await press(page, "/")  # search, and open what is found
    await expect(page.get_by_role("combobox", name="Search waves")).to_be_focused()
    await page.keyboard.type("battery")
    await press(page, "Enter")
    await expect(page.get_by_role("article").filter(has_text="Workshop").first).to_be_visible()
    await press(page, "ArrowDown")
    assert "Workshop" in await focused(page)
    await press(page, "Enter")
    await expect(page).to_have_url(re.compile("/wave/"))

    await press(page, "?")  # the list of shortcuts
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await press(page, "Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press(page, "g", "i")
    await expect(page).to_have_url(re.compile("/inbox$"))


async def test_tab_leaves_the_text_and_comes_back_to_it(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    await expect(page.get_by_text("All quiet here")).to_be_visible()
    await press(page, "c")
    await expect(writing_in(page)).to_be_focused()
    await page.keyboard.type("Minutes")
    await saved(page)
    await press(page, "Escape")
    await expect(blip(page)).to_be_focused()
    await tab_to(page, "^Edit$")
    await press(page, "Enter")
    await expect(writing_in(page)).to_be_focused()
    await page.keyboard.type("!")
    await press(page, "Escape")
    await expect(text_of(page)).to_contain_text("!")


async def test_archiving_from_the_list_by_keys_keeps_the_focus_in_the_list(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    async with writing(site, ada.address) as seeder:
        for title in ("One", "Two", "Three"):
            await seeder.write([Blip(ada.account, [line(title)])])
    await expect(page.get_by_role("article").filter(has_text="Three")).to_be_visible()
    await press(page, "j", "j")
    assert "Two" in await focused(page)
    await press(page, "e")
    await expect(page.get_by_role("article").filter(has_text="Two")).to_have_count(0)
    assert re.search("One|Three", await focused(page))
    await press(page, "p")
    await expect(page.get_by_role("article").filter(has_text="Pinned")).to_have_count(1)


async def test_a_wave_that_moves_up_in_the_list_keeps_the_focus(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    async with writing(site, ada.address) as seeder:
        names = [await seeder.write([Blip(ada.account, [line(title)])]) for title in ("One", "Two", "Three")]
        await expect(page.get_by_role("article").filter(has_text="Three")).to_be_visible()
        await press(page, "j", "j", "j")
        assert "One" in await focused(page)
        await seeder.reply(names[0].path.removesuffix("/~/conv+root"), Blip(ada.account, [line("More")]))
        await expect(page.get_by_role("article").first).to_contain_text("One")
        assert "One" in await focused(page)
        await seeder.reply(names[2].path.removesuffix("/~/conv+root"), Blip(ada.account, [line("More")]))
        await expect(page.get_by_role("article").first).to_contain_text("Three")
        assert "One" in await focused(page)
        await press(page, "j")
        assert "Two" in await focused(page)


async def test_single_keys_rest_when_they_are_switched_off(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    await page.goto("/settings/shortcuts")
    switch = page.get_by_role("switch", name="Single-key shortcuts")
    await switch.focus()
    await press(page, "Space")
    await expect(switch).not_to_be_checked()
    await page.goto("/inbox")
    await expect(page.get_by_text("All quiet here")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.press("c")
    await tab_to(page, "^You")
    await expect(page).to_have_url(re.compile("/inbox$"))
