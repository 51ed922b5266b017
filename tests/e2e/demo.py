"""A server with people and waves such as a small team has: for screenshots and for looking around."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from e2e.seeding import Blip, Seeder, bold, italic, line, link, mention
from running.server_process import PASSWORD, ServerProcess
from wave_server.names import WaveletName
from wave_web.client.connection import WaveClient

PEOPLE: Final = {
    "ada": "Ada Brandt",
    "bob": "Bob Okafor",
    "chiara": "Chiara Rossi",
    "dmitri": "Dmitri Halonen",
    "emi": "Emi Tanaka",
}


@dataclass(frozen=True)
class Demo:
    """A running server, and its waves by a short name."""

    server: ServerProcess
    clients: Mapping[str, WaveClient]
    waves: Mapping[str, WaveletName]

    def path(self, wave: str) -> str:
        """The address of a wave's page on the server."""
        name = self.waves[wave].wave
        return f"/wave/{name.domain}/{name.id}"


@asynccontextmanager
async def running_demo(directory: Path) -> AsyncIterator[Demo]:
    """The server within the block, its data in ``directory``."""
    async with AsyncExitStack() as stack:
        server = ServerProcess(directory, f"sqlite+aiosqlite:///{directory}/groundswell.db")
        tokens = await server.prepare([*PEOPLE, "nobody"])
        await server.start()
        stack.push_async_callback(server.stop)
        for person, shown in PEOPLE.items():
            await _name(server.url, person, shown)
        clients = {
            person: await stack.enter_async_context(await WaveClient.connect(server.url, tokens[person]))
            for person in PEOPLE
        }
        yield Demo(server, clients, await _write(Seeder(clients)))


async def _name(url: str, person: str, shown: str) -> None:
    """Give the account its display name, as the settings page does."""
    # The jar would keep no cookie of a bare IP address without unsafe.
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": url}) as http:
        async with http.post("/api/v1/session", json={"address": person, "password": PASSWORD}) as response:
            response.raise_for_status()
        async with http.patch("/api/v1/account", json={"name": shown}) as response:
            response.raise_for_status()


async def _write(seeder: Seeder) -> dict[str, WaveletName]:
    """Every wave, the oldest first."""
    everybody = ["bob", "chiara", "dmitri", "emi"]
    return {
        "lunch": await seeder.write(
            [Blip("emi", [line("Lunch on Thursday?"), line("The new ramen place opens at noon 🍜")])],
            others=["ada", "bob"],
        ),
        "reading": await seeder.write(
            [
                Blip(
                    "dmitri",
                    [
                        line("Reading list on merging", t="h1"),
                        line("Operational transformation, from the beginning:"),
                        line(link("Ellis and Gibbs, 1989", "https://doi.org/10.1145/67544.66963"), t="li"),
                        line("Nichols and others, 1995 (Jupiter): one server, one line of history", t="li"),
                        line("The Wave whitepapers", t="li"),
                    ],
                )
            ],
            others=["ada", "chiara"],
            tags=["research"],
        ),
        "hiring": await seeder.write(
            [
                Blip("chiara", [line("Hiring: front-end engineer"), line("Two candidates are left after this week.")]),
                Blip("ada", [line("I can take the second interview on Monday.")]),
            ],
            others=["ada"],
            tags=["people"],
        ),
        "retro": await seeder.write(
            [
                Blip(
                    "bob",
                    [
                        line("Retrospective, sprint 41", t="h1"),
                        line("What went well", t="h2"),
                        line("The migration took four minutes", t="li"),
                        line("Nobody was paged at night", t="li"),
                        line("What did not", t="h2"),
                        line("The staging certificates ran out ", italic("again"), t="li"),
                    ],
                    [[Blip("emi", [line("I have put the renewal on a timer, with an alert a week ahead.")])]],
                )
            ],
            others=["ada", "chiara", "dmitri", "emi"],
            tags=["retro"],
        ),
        "release": await seeder.write(_release(), others=everybody, tags=["release", "autumn"]),
    }


def _release() -> list[Blip]:
    return [
        Blip(
            "ada",
            [
                line("Autumn release plan", t="h1"),
                line(
                    "We ship on ",
                    bold("Thursday 3 December"),
                    ". Everything that is not done by Monday evening waits for the next train. Please write ",
                    italic("directly"),
                    " into this plan.",
                ),
                line("Before the freeze", t="h2"),
                line("Offline editing survives a closed tab and a restarted server", t="li"),
                line("Search understands ", link("operators", "https://example.com/search"), " and tags", t="li"),
                line("Playback is smooth for long histories", t="li"),
                line("Who does what", t="h2"),
                line(mention("Bob Okafor", "bob@localhost"), " looks after the load tests", t="li", listyle="decimal"),
                line("Chiara and Emi go through every page with a screen reader", t="li", listyle="decimal"),
                line("Dmitri writes the notes for operators", t="li", listyle="decimal"),
            ],
            [
                [
                    Blip("bob", [line("Load tests run tonight against a copy of last week's data.")]),
                    Blip(
                        "dmitri",
                        [line("Can you also try it with PostgreSQL? That is what most people run.")],
                        [[Blip("bob", [line("Yes. Both go into the same report.")])]],
                    ),
                ],
                [
                    Blip(
                        "chiara",
                        [
                            line("Two things from the first round:"),
                            line("The focus ring is hard to see on the dark theme", t="li"),
                            line("Jumping to the next unread message should say whose it is", t="li"),
                        ],
                    )
                ],
            ],
        ),
        Blip("emi", [line("I have moved the announcement to Friday morning, so that support is awake everywhere. 🌍")]),
    ]
