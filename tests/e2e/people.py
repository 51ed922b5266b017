"""People at their browsers: each has a profile of their own, is registered, and looks at the server's pages."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from running.server_process import PASSWORD as SERVER_PASSWORD

PASSWORD: Final = "correct horse battery"
DESKTOP: Final = ViewportSize(width=1440, height=900)
PHONE: Final = ViewportSize(width=390, height=844)
SECONDS: Final = 1000.0  # Playwright counts in milliseconds
LONGEST_WAIT: Final = 10 * SECONDS

expect.set_options(timeout=LONGEST_WAIT)  # by itself it waits half as long as everything else

_numbers: Final = itertools.count(1)


@dataclass
class Person:
    """Somebody signed in on one browser profile. ``problems`` has what their pages reported as errors."""

    name: str
    address: str
    url: str
    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)

    @property
    def account(self) -> str:
        """The address without its domain."""
        return self.address.partition("@")[0]

    async def tab(self) -> Page:
        """Another tab of the same profile, watched as the first one."""
        page = await self.context.new_page()
        watch(page, self.problems)
        return page


def watch(page: Page, problems: list[str]) -> None:
    """Collect uncaught errors and violations of the content security policy."""
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    page.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )


async def new_profile(
    browser: Browser, url: str, *, viewport: ViewportSize = DESKTOP, theme: str = "light", locale: str = "en-GB"
) -> tuple[BrowserContext, Page, list[str]]:
    """A fresh profile with one empty tab, that waits at most ten seconds for anything. A narrow one is a phone."""
    phone = viewport["width"] < DESKTOP["width"] / 2
    context = await browser.new_context(
        is_mobile=phone,
        has_touch=phone,
        base_url=url,
        viewport=viewport,
        color_scheme="dark" if theme == "dark" else "light",
        locale=locale,
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    context.set_default_timeout(LONGEST_WAIT)
    page = await context.new_page()
    problems: list[str] = []
    watch(page, problems)
    return context, page, problems


async def register(context: BrowserContext, url: str, name: str, display_name: str) -> str:
    """Make an account as the registration page does; the profile is signed in afterwards. Returns the address."""
    response = await context.request.post(
        f"{url}/api/v1/accounts",
        data={"name": name, "password": PASSWORD, "display_name": display_name},
        headers={"Origin": url},
    )
    body = await response.json()
    assert response.status == 201, body
    return str(body["address"])


async def sign_in(context: BrowserContext, url: str, address: str, password: str = SERVER_PASSWORD) -> None:
    """Sign in on a profile, as the sign-in page does. The default is for accounts of ``ServerProcess.prepare``."""
    response = await context.request.post(
        f"{url}/api/v1/session", data={"address": address, "password": password}, headers={"Origin": url}
    )
    assert response.status == 200, await response.text()


def unique(name: str) -> str:
    """An account name that no other test has."""
    return f"{name.lower()}{next(_numbers)}"
