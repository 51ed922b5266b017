"""Every page and panel of the application, and how to get there: to photograph them and to check them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from playwright.async_api import Page, expect

from e2e.demo import Demo

Prepare: TypeAlias = Callable[[Page], Awaitable[None]]
READER: Final = "ada@localhost"


async def _nothing(_: Page) -> None:
    """The page is shown as it opens."""


@dataclass(frozen=True)
class View:
    """One page: its name, its path, who looks at it (None: nobody is signed in), and what is done once it is open."""

    name: str
    path: str
    prepare: Prepare = _nothing
    user: str | None = READER


async def show(page: Page, view: View) -> None:
    """Open a view, and wait until it is all there. Who looks at it must be signed in."""
    await page.goto(view.path, wait_until="load")
    await page.locator("main").first.wait_for()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await expect(page.get_by_role("status").filter(has_text=re.compile("Loading|Opening"))).to_have_count(0)
    if view.path.startswith("/wave/") and "nothing" not in view.path:
        await page.locator("article").locator("visible=true").first.wait_for()
    await view.prepare(page)


async def _edit(page: Page) -> None:
    message = page.locator("article[data-blip]").first
    await message.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("[contenteditable=true]")).to_be_focused()
    await page.keyboard.press("Control+Home")


async def _authors(page: Page) -> None:
    await _wave_menu(page)
    await page.get_by_role("menuitemcheckbox", name="Show who wrote what").click()
    await page.locator(".gs-author").first.wait_for()


async def _add_people(page: Page) -> None:
    await page.get_by_role("button", name="Add people").first.click()
    await page.get_by_role("dialog", name="People in this wave").wait_for()


async def _private_reply(page: Page) -> None:
    message = page.locator("article[data-blip]").nth(1)
    await message.focus()
    await message.get_by_role("button", name="Actions for this message").click()
    await page.get_by_role("menuitem", name="Reply privately").click()
    await page.get_by_role("dialog", name="Reply privately").wait_for()


async def _blip_menu(page: Page) -> None:
    message = page.locator("article[data-blip]").nth(1)
    await message.focus()
    await message.get_by_role("button", name="Actions for this message").click()
    await page.get_by_role("menu").wait_for()


async def _wave_menu(page: Page) -> None:
    await page.get_by_role("button", name="More for this wave").click()
    await page.get_by_role("menu").wait_for()


async def _link(page: Page) -> None:
    await _edit(page)
    await page.keyboard.press("Shift+End")
    await page.keyboard.press("Control+k")
    await page.get_by_label("Address").wait_for()


async def _shortcuts(page: Page) -> None:
    await page.keyboard.press("?")
    await page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()


async def _middle(page: Page) -> None:
    slider = page.get_by_role("slider", name="Place in the history")
    await slider.wait_for()
    for _ in range(4):
        await slider.press("ArrowLeft")
    await expect(page.get_by_text("wrote here").first).to_be_visible()


async def _suggestions(page: Page) -> None:
    await page.get_by_role("combobox", name="Search waves").press_sequentially("t")
    await page.get_by_role("option").first.wait_for()


async def _folders(page: Page) -> None:
    await page.get_by_role("button", name="Folders", exact=True).locator("visible=true").click()
    await page.get_by_role("dialog", name="Folders").wait_for()


async def _folder_choice(page: Page) -> None:
    row = page.get_by_role("article").first
    await row.get_by_role("link").focus()
    await page.keyboard.press("v")
    await page.get_by_role("dialog").wait_for()


async def _profile(page: Page) -> None:
    await page.get_by_role("button", name="You").locator("visible=true").click()
    await page.get_by_role("menu").wait_for()


def views(demo: Demo) -> list[View]:
    """All of them."""
    release = demo.path("release")
    return [
        View("sign-in", "/signin", user=None),
        View("register", "/register", user=None),
        View("inbox", "/inbox"),
        View("inbox-empty", "/inbox", user="nobody@localhost"),
        View("profile-menu", "/inbox", _profile),
        View("folders", "/inbox", _folders),
        View("folder-choice", "/inbox", _folder_choice),
        View("folder-empty", "/folder/archive"),
        View("search", "/search?q=tag%3Arelease"),
        View("search-help", "/search"),
        View("search-suggestions", "/search", _suggestions),
        View("search-nothing", "/search?q=elephants"),
        View("search-unreadable", "/search?q=before%3Asoon"),
        View("wave", release),
        View("wave-editing", release, _edit),
        View("wave-link", release, _link),
        View("wave-authors", release, _authors),
        View("wave-menu", release, _wave_menu),
        View("wave-message-menu", release, _blip_menu),
        View("wave-add-people", release, _add_people),
        View("wave-private-reply", release, _private_reply),
        View("wave-missing", "/wave/localhost/w+nothing"),
        View("history", f"{release}/history", _middle),
        View("settings-profile", "/settings/profile"),
        View("settings-password", "/settings/password"),
        View("settings-sessions", "/settings/sessions"),
        View("settings-appearance", "/settings/appearance"),
        View("settings-keyboard", "/settings/shortcuts"),
        View("shortcuts", "/inbox", _shortcuts),
        View("not-found", "/settings/nothing"),
    ]
