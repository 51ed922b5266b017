"""What people do around the text: with lists of waves, searches, settings and themselves. Found by role and name."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from e2e.people import PASSWORD


def waves(page: Page) -> Locator:
    """The column with the list of waves."""
    return page.get_by_role("region", name="Waves", exact=True)


def row(page: Page, title: str) -> Locator:
    """A wave's row in the list."""
    return waves(page).get_by_role("article").filter(has_text=title)


async def choose(page: Page, title: str, action: str) -> None:
    """Choose from the menu of a wave's row."""
    await row(page, title).hover()
    await row(page, title).get_by_role("button", name=f"Actions for {title}").click()
    await page.get_by_role("menuitem", name=action).click()


def told(page: Page, text: str) -> Locator:
    """A message that appears for a moment."""
    return page.get_by_role("region", name="Notifications").get_by_text(text)


async def undo(page: Page) -> None:
    """Take back what was just told."""
    await page.get_by_role("region", name="Notifications").get_by_role("button", name="Undo").last.click()


async def search(page: Page, query: str) -> None:
    """Go to the search and look for something; the page's address says when it has been asked."""
    if "/search" not in page.url:
        await page.get_by_role("navigation").get_by_role("link", name="Search").click()
    field = page.get_by_role("combobox", name="Search waves")
    await field.fill(query)
    await field.press("Enter")
    await expect(page).to_have_url(re.compile(r"/search\?q="))


async def finds(page: Page, query: str, *titles: str) -> None:
    """A search finds exactly these waves, in any order."""
    await search(page, query)
    for title in titles:
        await expect(row(page, title)).to_be_visible()
    await expect(waves(page).get_by_role("article")).to_have_count(len(titles))


async def open_profile_menu(page: Page) -> None:
    """Open the menu of oneself."""
    await page.get_by_role("navigation").get_by_role("button", name=re.compile("^You")).click()


async def sign_out(page: Page) -> None:
    """Sign out, and be at the sign-in page."""
    await open_profile_menu(page)
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to localhost")).to_be_visible()


async def sign_in_with(page: Page, address: str, password: str = PASSWORD) -> None:
    """Fill in the sign-in page and send it."""
    await page.get_by_label("Name or address").fill(address)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def settings(page: Page, section: str) -> Locator:
    """Go to a section of the settings. Returns it."""
    await page.goto(f"/settings/{section}")
    main = page.get_by_role("main")
    await expect(main.get_by_role("heading", level=1)).to_be_visible()
    return main
