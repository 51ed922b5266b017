"""Photographs every page at desktop and phone width, in both themes, into docs/screenshots: `make screenshots`.

The servers are real ones, with the waves of tests/e2e/demo.py, where the pictures show what ada sees, and those of
tests/e2e/shared_demo.py, where two federate.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, Error, Page

from e2e.browsers import running_chromium
from e2e.demo import running_demo
from e2e.people import DESKTOP, PHONE, new_profile, sign_in
from e2e.shared_demo import NAMES, running_shared_demo, shared_views
from e2e.views import View, show, views

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


async def photograph(page: Page, shot: View, size: str) -> None:
    """Take the pictures of one view, one in each theme."""
    await show(page, shot)
    await page.wait_for_load_state("networkidle")  # names and pictures of people come after the rest
    await page.evaluate("() => document.fonts.ready")
    for theme in THEMES:
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        file = FOLDER / f"{shot.name}-{size}-{theme}.png"
        await page.screenshot(path=file, animations="disabled", caret="initial")
        _shrink(file)
    await page.emulate_media(color_scheme="light")


async def photograph_all(browser: Browser, url: str, shots: Sequence[View], size: str, user: str | None) -> int:
    """Take the pictures of what one person sees, in one profile. Returns how many views could not be photographed."""
    failed = 0
    context, page, problems = await new_profile(browser, url, viewport=SIZES[size])
    if user is not None:
        await sign_in(context, url, user)
    for shot in shots:
        try:
            await photograph(page, shot, size)
            print(f"{shot.name} {size}", flush=True)
        except (Error, AssertionError) as error:
            failed += 1
            print(f"{shot.name} {size}: {error}", file=sys.stderr)
    await context.close()
    for problem in problems:
        print(f"{user} {size}: {problem}", file=sys.stderr)
    return failed + len(problems)


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
        browser = await stack.enter_async_context(running_chromium())
        for url, found in await _sites(stack, directory, names):
            wanted = [view for view in found if not names or view.name in names]
            for size in SIZES:
                for user in dict.fromkeys(view.user for view in wanted):
                    theirs = [view for view in wanted if view.user == user]
                    failed += await photograph_all(browser, url, theirs, size, user)
    return 1 if failed else 0


async def _sites(stack: AsyncExitStack, directory: Path, names: Sequence[str]) -> list[tuple[str, list[View]]]:
    """Start the servers that are needed. Their addresses, and what there is to see."""
    sites: list[tuple[str, list[View]]] = []
    if not names or set(names) - set(NAMES):
        demo = await stack.enter_async_context(running_demo(directory))
        sites.append((demo.server.url, views(demo)))
    if not names or set(names) & set(NAMES):
        shared = await stack.enter_async_context(running_shared_demo(directory))
        sites.append((shared.url, shared_views(shared)))
    return sites


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pages to take, all by default")
    sys.exit(asyncio.run(main(parser.parse_args().names)))
