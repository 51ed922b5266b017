"""Two servers that federate and a few waves that they share, one of them in trouble: to photograph and to check."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect

from e2e.people import SECONDS
from e2e.seeding import Blip, Line, Seeder, bold, line
from e2e.views import View
from federating.world import World, opened, world
from wave_ot.components import Characters, Retain
from wave_ot.docop import DocOp
from wave_server.names import WaveletName
from wave_server.store import Store, quarantine_rows
from wave_web.client.connection import WaveClient
from wave_web.client.wavelet import Wavelet

ADA, BOB = "ada@alpha.test", "bob@beta.test"
ALPHA, BETA = "alpha.test", "beta.test"
NAMES: Final = ("shared", "shared-signatures", "shared-adding", "shared-trouble", "shared-quarantined")
TELLING: Final = 30 * SECONDS  # until readers are told of a host that is away, and more

TEXTS: Final[Mapping[str, list[Line]]] = {
    "shared": [
        line("Joint proposal", t="h1"),
        line("Alpha writes the protocol chapter, ", bold("beta"), " the one on moderation."),
        line("Everybody reads everything before Friday 🙂"),
    ],
    "trouble": [line("Minutes of the call", t="h1"), line("Present: ada and bob. We begin with the budget.")],
    "quarantined": [line("Price list", t="h1"), line("What was agreed on in May.")],
}


@dataclass(frozen=True)
class SharedDemo:
    """What bob sees on beta. Alpha, which hosts the waves, is away; he has written into "trouble" since."""

    url: str
    waves: Mapping[str, WaveletName]

    def path(self, wave: str) -> str:
        """The address of a wave's page on the server."""
        name = self.waves[wave].wave
        return f"/wave/{name.domain}/{name.id}"


@asynccontextmanager
async def running_shared_demo(directory: Path) -> AsyncIterator[SharedDemo]:
    """The servers within the block, their data in ``directory``."""
    async with world(directory, [ADA, BOB]) as servers, AsyncExitStack() as stack:
        waves = {wave: await _shared(servers, lines) for wave, lines in TEXTS.items()}
        beta, alpha = (servers.servers[domain] for domain in (BETA, ALPHA))
        await beta.process.stop()
        await _quarantine(beta.database, waves["quarantined"])
        await beta.process.start()
        await alpha.process.stop()
        stack.push_async_callback(alpha.process.start)  # who is connected says goodbye
        wavelet = await _reading(servers.clients[BOB], waves["trouble"])
        _append(wavelet, " It is larger than last year.")  # this waits for alpha
        yield SharedDemo(beta.url, waves)


async def _shared(servers: World, lines: list[Line]) -> WaveletName:
    """A wave that ada makes and lets bob into, who adds a word."""
    ada, bob = servers.clients[ADA], servers.clients[BOB]
    name = await Seeder({"ada": ada}, ALPHA).write([Blip("ada", lines)])
    wavelet = await _reading(ada, name)
    wavelet.add_participant(BOB)
    await wavelet.settled()
    theirs = await _reading(bob, name)
    _append(theirs, " Agreed.")
    await theirs.settled()
    return name


async def _reading(client: WaveClient, name: WaveletName) -> Wavelet:
    wavelet = await opened(client, name)
    await wavelet.reached(1)
    return wavelet


def _append(wavelet: Wavelet, text: str) -> None:
    (blip,) = (each for each in wavelet.replica.documents if each.startswith("b+"))
    size = wavelet.document(blip).size
    wavelet.edit(blip, DocOp([Retain(size - 1), Characters(text), Retain(1)]))


async def _quarantine(database: str, name: WaveletName) -> None:
    """As if the wavelet's host had contradicted itself yesterday."""
    store = await Store.open(database)
    try:
        async with store.writing() as connection:
            row = await store.row_id(connection, name)
            assert row is not None
            since = time.time_ns() // 1_000_000 - 86_400_000
            await quarantine_rows.add_quarantine(connection, row, since, "it contradicts itself", b"")
    finally:
        await store.close()


async def _signatures(page: Page) -> None:
    await page.locator(".gs-blip-authors").first.click()
    await expect(page.get_by_role("status").filter(has_text="Signed by this server")).to_contain_text("verified on")


async def _adding(page: Page) -> None:
    await page.get_by_role("button", name="Add people").first.click()
    dialog = page.get_by_role("dialog", name="People in this wave")
    await dialog.get_by_role("combobox").fill("chiara@gamma.test")
    await expect(dialog).to_contain_text("gamma.test has no wave service", timeout=TELLING)


async def _trouble(page: Page) -> None:
    await expect(page.locator(".gs-troubles")).to_contain_text("has not been reachable since", timeout=TELLING)


async def _quarantined(page: Page) -> None:
    await expect(page.locator(".gs-troubles")).to_contain_text("This conversation stands still.")


def shared_views(demo: SharedDemo) -> list[View]:
    """All of them, by NAMES."""
    shared = demo.path("shared")
    return [
        View("shared", shared, user=BOB),
        View("shared-signatures", shared, _signatures, user=BOB),
        View("shared-adding", shared, _adding, user=BOB),
        View("shared-trouble", demo.path("trouble"), _trouble, user=BOB),
        View("shared-quarantined", demo.path("quarantined"), _quarantined, user=BOB),
    ]
