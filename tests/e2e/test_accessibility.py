"""axe-core finds nothing wrong with any page, in either theme, on a desktop or a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize

from e2e.demo import Demo, running_demo
from e2e.people import DESKTOP, PHONE, new_profile, sign_in
from e2e.shared_demo import SharedDemo, running_shared_demo, shared_views
from e2e.views import View, show, views

AXE = Path(__file__).parents[2] / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
    const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html + " " + (node.failureSummary ?? ""))]);
}"""
PARTS = {
    "outside": ("sign-in", "register", "inbox-empty"),
    "lists": ("inbox", "profile-menu", "folders", "folder-choice", "folder-empty"),
    "search": ("search", "search-help", "search-suggestions", "search-nothing", "search-unreadable"),
    "wave": ("wave", "wave-editing", "wave-link", "wave-authors", "wave-missing"),
    "around": ("wave-menu", "wave-message-menu", "wave-add-people", "wave-private-reply", "history"),
    "settings": (
        "settings-profile", "settings-password", "settings-sessions", "settings-appearance", "settings-keyboard",
        "shortcuts", "not-found",
    ),
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """A server with the waves of a small team."""
    async with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


async def test_every_page_is_checked(demo: Demo) -> None:
    checked = {name for names in PARTS.values() for name in names}
    assert checked == {view.name for view in views(demo)}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_no_violation(demo: Demo, chromium: Browser, part: str, viewport: ViewportSize) -> None:
    wanted = [view for view in views(demo) if view.name in PARTS[part]]
    assert await _violations_of(chromium, demo.server.url, wanted, viewport) == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedDemo]:
    """A server with waves of another one's, which is away."""
    async with running_shared_demo(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_no_violation_in_waves_of_several_domains(
    shared_demo: SharedDemo, chromium: Browser, viewport: ViewportSize
) -> None:
    assert await _violations_of(chromium, shared_demo.url, shared_views(shared_demo), viewport) == []


async def _violations_of(chromium: Browser, url: str, wanted: list[View], viewport: ViewportSize) -> list[str]:
    """What axe says of views of one server, each as who looks at it."""
    found = []
    for user in dict.fromkeys(view.user for view in wanted):
        context, page, problems = await new_profile(chromium, url, viewport=viewport)
        if user is not None:
            await sign_in(context, url, user)
        for view in wanted:
            if view.user == user:
                found += await _violations(page, view)
        await context.close()
        assert problems == []
    return found


async def _violations(page: Page, view: View) -> list[str]:
    """What axe says of a view, in the light and in the dark."""
    found = []
    await show(page, view)
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        violations: list[list[Any]] = await page.evaluate(RUN, RULES)
        found += [f"{view.name} {theme} {rule}: {node}" for rule, nodes in violations for node in nodes]
    await page.emulate_media(color_scheme="light")
    return found
