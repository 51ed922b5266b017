"""Two people in one wave, each in a browser on a server of their own: the servers federate."""

from __future__ import annotations

import asyncio
import re
import string
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from e2e.app import add_person, new_wave, open_wave, saved, status, stop_writing, text_of, write_in
from e2e.conftest import Meet
from e2e.documents import Blips, agreed, only, plain_characters, shows, stored
from e2e.people import SECONDS, Person
from federating.world import World, world
from running.server_process import ServerProcess

ALPHA, BETA = "alpha.test", "beta.test"
FAMILY = "👩‍👩‍👧"
TYPING = 12  # milliseconds between keys: both are at it at the same time
BACKOFF = 30 * SECONDS  # that servers and pages may take to find each other again


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Alpha and beta, which federate."""
    async with world(tmp_path_factory.mktemp("federation"), [f"op@{ALPHA}", f"op@{BETA}"]) as running:
        yield running


@dataclass
class Pair:
    """Alice on alpha, whose wave it is, and bob on beta, with the wave open."""

    alice: Person
    bob: Person
    path: str
    alpha: ServerProcess
    beta: ServerProcess

    async def agree(self) -> Blips:
        """Wait until both pages and both servers have the same."""
        theirs = await agreed(self.path, self.alice, self.bob)
        assert await stored(self.bob, self.path) == theirs
        return theirs


async def shared(servers: World, meet: Meet, first_line: str) -> Pair:
    """Alice begins a wave and lets bob in; both write in it."""
    alpha, beta = servers.servers[ALPHA].process, servers.servers[BETA].process
    alice, bob = await meet(alpha, "Alice"), await meet(beta, "Bob")
    path = await new_wave(alice, first_line)
    await add_person(alice.page, bob.address)
    await open_wave(bob.page, path)
    await write_in(alice.page)
    await write_in(bob.page)
    return Pair(alice, bob, path, alpha, beta)


def banner(page: Page) -> Locator:
    """What the wave says of trouble between its servers."""
    return page.locator(".gs-troubles")


async def reconnect(page: Page) -> None:
    """Do not wait for the page to try again by itself; then go on writing."""
    await page.get_by_role("button", name="Try again").click()
    await expect(status(page)).not_to_have_text(re.compile("^Offline"), timeout=BACKOFF)
    await write_in(page)


async def test_two_people_of_two_domains_type_in_one_paragraph(servers: World, meet: Meet) -> None:
    pair = await shared(servers, meet, f"{FAMILY}. ")
    alice, bob = pair.alice.page, pair.bob.page
    await asyncio.gather(
        alice.keyboard.type("at one 😀 point", delay=TYPING), bob.keyboard.type("AT ONE 🇩🇪 POINT", delay=TYPING)
    )
    await asyncio.gather(saved(alice), saved(bob))
    ((line,),) = (await pair.agree()).values()
    assert only(line.text, string.ascii_lowercase) == "atonepoint"
    assert only(line.text, string.ascii_uppercase) == "ATONEPOINT"

    # Formats at two points: what is inserted right behind another's insertion, at the same time, takes on its format
    await alice.keyboard.press("Control+Home")
    await bob.keyboard.press("Control+End")

    async def bold(page: Page, plain: str, strong: str) -> None:
        await page.keyboard.type(plain, delay=TYPING)
        await page.keyboard.press("Control+b")
        await page.keyboard.type(strong, delay=TYPING)

    await asyncio.gather(bold(alice, "quick fox 😀 ", "jumps 𝒜"), bold(bob, "LAZY 🇩🇪 ", "DOGS 𝒜"))
    await asyncio.gather(saved(alice), saved(bob))
    await expect(text_of(alice).locator(".gs-remote-flag")).to_have_text(pair.bob.address)
    await expect(text_of(bob).locator(".gs-remote-flag")).to_have_text(pair.alice.address)

    ((line,),) = (await pair.agree()).values()
    assert only(line.text, string.ascii_lowercase) == "quickfoxjumps" + "atonepoint"
    assert only(line.text, string.ascii_uppercase) == "ATONEPOINT" + "LAZYDOGS"
    strong = "".join(text for text, marks in line.runs if marks == ("bold",))
    assert sorted(strong) == sorted("jumps 𝒜DOGS 𝒜")
    assert plain_characters(line.text)


async def test_who_wrote_tells_which_domain_signed_it(servers: World, meet: Meet) -> None:
    pair = await shared(servers, meet, "Hello")
    await pair.bob.page.keyboard.type(" there")
    await asyncio.gather(saved(pair.alice.page), saved(pair.bob.page))
    await pair.agree()
    for page, here, there in ((pair.alice.page, "Alice", BETA), (pair.bob.page, "Bob", ALPHA)):
        await stop_writing(page)
        await page.locator(".gs-blip-authors").click()
        card = page.get_by_role("status").filter(has_text="Signed by")
        await expect(card).to_contain_text(re.compile(rf"{here}Signed by this server on .*\d"))
        await expect(card).to_contain_text(re.compile(rf"@{there}Signed by {there}, verified on .*\d"))


async def test_a_domain_without_a_wave_service_is_told_before_anybody_there_is_added(
    servers: World, meet: Meet
) -> None:
    alice = await meet(servers.servers[ALPHA].process, "Alice")
    await new_wave(alice, "For whom?")
    await alice.page.get_by_role("button", name="Add people").first.click()
    dialog = alice.page.get_by_role("dialog")
    field = dialog.get_by_role("combobox", name="Name or address")
    await field.fill(f"carol@{BETA}")
    await expect(dialog).to_contain_text(f"carol@{BETA} will get this wave with its history on {BETA}.")
    await expect(dialog).to_contain_text(f"{BETA} has answered and has proved who it is.", timeout=BACKOFF)
    await field.fill("carol@nowhere.test")
    await expect(dialog).to_contain_text("nowhere.test has no wave service that can be reached now.", timeout=BACKOFF)


async def test_what_is_written_while_a_server_is_away_arrives_and_the_wave_says_so_meanwhile(
    servers: World, meet: Meet
) -> None:
    pair = await shared(servers, meet, "Start. ")
    alice, bob = pair.alice.page, pair.bob.page
    await pair.beta.stop()
    await alice.keyboard.type("here 𝒜 ")
    await saved(alice)  # it is on the host
    await bob.keyboard.type("THERE 😀 ")
    await expect(banner(alice)).to_contain_text(f"{BETA} does not get what is written here", timeout=BACKOFF)
    await pair.beta.start()
    await reconnect(bob)
    await expect(banner(alice)).to_be_empty(timeout=BACKOFF)
    await asyncio.gather(saved(alice), saved(bob, after_restart=True))
    await pair.agree()

    await pair.alpha.stop()
    await bob.keyboard.type("MORE ")
    await expect(status(bob)).to_have_text(f"Waiting for {ALPHA}")
    await expect(banner(bob)).to_contain_text(f"{ALPHA} has not been reachable since", timeout=BACKOFF)
    await pair.alpha.start()
    await reconnect(alice)
    await alice.keyboard.type("again")
    await asyncio.gather(saved(alice, after_restart=True), saved(bob, after_restart=True))
    await expect(banner(bob)).to_be_empty()
    await shows(alice, "MORE")
    ((line,),) = (await pair.agree()).values()
    assert only(line.text, string.ascii_lowercase) == "tarthereagain"
    assert only(line.text, string.ascii_uppercase) == "STHEREMORE"
