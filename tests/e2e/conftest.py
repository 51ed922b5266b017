"""What the browser tests share: one Chromium and one server for all of them, and people who sign in afresh."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize

from e2e.browsers import running_chromium
from e2e.people import DESKTOP, Person, new_profile, register, unique
from running.server_process import ServerProcess

Meet: TypeAlias = Callable[..., Awaitable[Person]]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser and server live as long as the run, so these tests share one event loop; and they take their time."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(180))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    async with running_chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server that all tests share, each with people of its own. Nobody may stop it."""
    directory = tmp_path_factory.mktemp("site")
    server = ServerProcess(directory, f"sqlite+aiosqlite:///{directory}/groundswell.db")
    await server.prepare(())
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def own_site(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server for one test, which may kill it."""
    server = ServerProcess(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/groundswell.db")
    await server.prepare(())
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def meet(chromium: Browser) -> AsyncIterator[Meet]:
    """``await meet(server, "Ada")``: somebody new, signed in on a profile of their own, looking at the inbox.

    ``url`` is how they reach the server when that is not its own port, but a cable to it.

    When the test is over, no page may have had an uncaught error or broken the content security policy.
    """
    met: list[Person] = []

    async def meet_person(
        server: ServerProcess,
        name: str,
        *,
        viewport: ViewportSize = DESKTOP,
        theme: str = "light",
        locale: str = "en-GB",
        url: str | None = None,
    ) -> Person:
        there = url or server.url
        context, page, problems = await new_profile(chromium, there, viewport=viewport, theme=theme, locale=locale)
        address = await register(context, there, unique(name.split()[0]), name)
        person = Person(name, address, there, context, page, problems)
        met.append(person)
        await page.goto("/")
        return person

    yield meet_person
    for person in met:
        await person.context.close()
    assert [problem for person in met for problem in person.problems] == []


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(chromium: Browser, site: ServerProcess) -> AsyncIterator[Page]:
    """The page of somebody who is not signed in. Watched as everybody's."""
    context, page, problems = await new_profile(chromium, site.url)
    yield page
    await context.close()
    assert problems == []
