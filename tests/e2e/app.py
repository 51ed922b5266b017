"""What a person does in an open wave, by the names that the page gives to things: actions the tests share.

They do not wait with ``expect``, which pauses for up to a second between looks; ``wait_for_function`` looks at each
frame, ``wait_for`` after half a second at most.
"""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import Locator, Page

from e2e.people import Person

_IS_SAVED: Final = "() => document.querySelector('.gs-status span')?.textContent === 'Saved'"
OFFLINE: Final = re.compile(r"^Offline")


async def new_wave(person: Person, first_line: str) -> str:
    """Begin a wave with a first line. Returns the path of its page, when the server has it all."""
    page = person.page
    await page.get_by_role("button", name="New wave").first.click()
    await in_text(page)
    await page.keyboard.type(first_line)
    await saved(page)
    return page.url.removeprefix(person.url)


async def add_person(page: Page, address: str) -> None:
    """Let somebody into the open wave; done when the server knows."""
    await page.get_by_role("button", name="Add people").first.click()
    field = page.get_by_role("combobox", name="Name or address")
    await field.fill(address)
    await field.press("Enter")
    await page.get_by_role("dialog").get_by_text(address).wait_for()
    await page.keyboard.press("Escape")
    await saved(page)


async def wave_of(first: Person, *others: Person, first_line: str) -> str:
    """A wave of several people that all of them have open; the first is writing in it. Returns the path of its page."""
    path = await new_wave(first, first_line)
    for other in others:
        await add_person(first.page, other.address)
    for other in others:
        await open_wave(other.page, path)
    await write_in(first.page)
    return path


async def open_wave(page: Page, path: str) -> None:
    """Open a wave's page; done when its first blip is shown."""
    await page.goto(path)
    await blip(page).wait_for()


def blip(page: Page, number: int = 0) -> Locator:
    """A blip, counted from 0 in reading order."""
    return page.locator("article[data-blip]").nth(number)


def text_of(page: Page, number: int = 0) -> Locator:
    """The text of a blip, without its header."""
    return blip(page, number).locator(".gs-blip-text").first


def writing(page: Page) -> Locator:
    """The text in which this person writes."""
    return page.locator("[contenteditable=true]")


async def in_text(page: Page) -> None:
    """Wait until the focus is in a text to write in."""
    await page.wait_for_function("() => document.activeElement?.isContentEditable === true")


async def write_in(page: Page, number: int = 0) -> None:
    """Begin to write in a blip, with the caret at its end."""
    await blip(page, number).focus()
    await page.keyboard.press("Enter")
    await in_text(page)
    await page.keyboard.press("Control+End")


async def stop_writing(page: Page) -> None:
    """Leave the text; the blip keeps the focus."""
    await page.keyboard.press("Escape")
    await writing(page).wait_for(state="detached")


def status(page: Page) -> Locator:
    """The line that says how far things are saved."""
    return page.locator(".gs-status span")


async def saved(page: Page, *, after_restart: bool = False) -> None:
    """Wait until the page says that everything is saved; longer when it has to find a server first that was away."""
    await page.wait_for_function(_IS_SAVED, timeout=30_000 if after_restart else 10_000)
