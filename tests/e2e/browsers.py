"""Debian's Chromium, driven by Playwright: one browser for a test run, a fresh profile for each person.

It is the build without a desktop's windows, Chromium's headless shell: pages render as in the other one, with half the
processor time; and there a tab that is behind another one draws a frame a second, and every click on it waits for two.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

# Chromium looks for updates and its maker's services at every start; in a test it shall reach the test's server only.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


class NoChromium(AssertionError):
    """The browser is missing; `make test` installs it."""


def chromium_path() -> str:
    """Where Chromium is. Raises NoChromium: a test of the real browser that cannot run has failed."""
    found = shutil.which("chromium-headless-shell")
    if found is None:
        raise NoChromium("there is no chromium-headless-shell here: tools/setup.sh test installs Debian's")
    return found


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """A headless Chromium within the block."""
    # Chromium's sandbox does not start as root, as which containers and CI run.
    sandbox = os.geteuid() != 0
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=list(ARGUMENTS), chromium_sandbox=sandbox
        )
        try:
            yield browser
        finally:
            await browser.close()
