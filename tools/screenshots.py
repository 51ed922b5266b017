"""Photographs every page at desktop and phone width, in both themes, into docs/screenshots: `make screenshots`.

The server is a real one with the waves of tests/e2e/demo.py; the pictures show what ada sees.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize

from e2e.browsers import running_chromium
from e2e.demo import Demo, running_demo
from e2e.people import DESKTOP, PHONE, new_profile, sign_in

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
SIZES: Final = {"desktop": DESKTOP, "phone": PHONE}
THEMES: Final = ("light", "dark")
COLOURS: Final = 256  # of a picture's palette: a third of the size, and no difference to the eye

# A machine without a desktop has no system font; Inter is what many desktops come close to.
FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
</fontconfig>
"""

Prepare: TypeAlias = Callable[[Page], Awaitable[None]]


async def _nothing(_: Page) -> None:
    """The page is shown as it opens."""


@dataclass(frozen=True)
class Shot:
    """One page: its name, its path, whether one is signed in, and what is done before the picture is taken."""

    name: str
    path: str
    prepare: Prepare = _nothing
    user: str | None = "ada@localhost"


async def _edit(page: Page) -> None:
    message = page.get_by_role("article").first
    await message.get_by_role("button", name="Edit").first.click()
    await message.get_by_role("textbox").first.press("Control+Home")


async def _authors(page: Page) -> None:
    await page.get_by_role("button", name="More for this wave").click()
    await page.get_by_text("Show who wrote what").click()


async def _add_people(page: Page) -> None:
    await page.get_by_role("button", name="Add people").click()


async def _private_reply(page: Page) -> None:
    message = page.get_by_role("article").first
    await message.focus()
    await message.get_by_role("button", name="Actions for this message").first.click()
    await page.get_by_role("menuitem", name="Reply privately").click()


async def _shortcuts(page: Page) -> None:
    await page.keyboard.press("?")
    await page.get_by_role("dialog").wait_for()


def shots(demo: Demo) -> list[Shot]:
    """Every page."""
    release = demo.path("release")
    return [
        Shot("sign-in", "/signin", user=None),
        Shot("register", "/register", user=None),
        Shot("inbox", "/inbox"),
        Shot("inbox-empty", "/inbox", user="nobody@localhost"),
        Shot("search", "/search?q=tag%3Arelease"),
        Shot("wave", release),
        Shot("wave-editing", release, _edit),
        Shot("wave-authors", release, _authors),
        Shot("wave-add-people", release, _add_people),
        Shot("wave-private-reply", release, _private_reply),
        Shot("wave-missing", "/wave/localhost/w+nothing"),
        Shot("history", f"{release}/history"),
        Shot("settings-profile", "/settings/profile"),
        Shot("settings-password", "/settings/password"),
        Shot("settings-sessions", "/settings/sessions"),
        Shot("settings-appearance", "/settings/appearance"),
        Shot("shortcuts", "/inbox", _shortcuts),
        Shot("not-found", "/settings/nothing"),
    ]


async def photograph(browser: Browser, demo: Demo, shot: Shot, size: str, theme: str) -> None:
    """Take one picture, in a profile of its own."""
    viewport: ViewportSize = SIZES[size]
    context, page, problems = await new_profile(browser, demo.server.url, viewport=viewport, theme=theme)
    try:
        if shot.user is not None:
            await sign_in(context, demo.server.url, shot.user)
        await page.goto(shot.path, wait_until="load")
        await page.locator("main").first.wait_for()
        await page.wait_for_function("() => document.querySelector('[aria-busy=true]') === null")
        await shot.prepare(page)
        await page.evaluate("() => document.fonts.ready")
        file = FOLDER / f"{shot.name}-{size}-{theme}.png"
        await page.screenshot(path=file, animations="disabled", caret="initial")
        _shrink(file)
        if problems:
            raise AssertionError(f"{shot.name}: {problems}")
    finally:
        await context.close()


def _shrink(file: Path) -> None:
    with Image.open(file) as picture:
        reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(file, optimize=True)


async def main(names: Sequence[str]) -> int:
    """Take the pictures that ``names`` ask for, or all. 1 when a page could not be photographed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = 0
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fonts = directory / "fonts.conf"
        fonts.write_text(FONTS, encoding="utf-8")
        os.environ["FONTCONFIG_FILE"] = str(fonts)
        demo = await stack.enter_async_context(running_demo(directory))
        browser = await stack.enter_async_context(running_chromium())
        wanted = [shot for shot in shots(demo) if not names or shot.name in names]
        for shot in wanted:
            for size in SIZES:
                for theme in THEMES:
                    try:
                        await photograph(browser, demo, shot, size, theme)
                    except Exception as error:
                        failed += 1
                        print(f"{shot.name} {size} {theme}: {error}", file=sys.stderr)
            print(f"{shot.name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pages to take, all by default")
    sys.exit(asyncio.run(main(parser.parse_args().names)))
