"""Links between two servers are cut and the servers killed, again and again, under people who type on both.

Each domain hosts one wavelet and has a copy of the other's, so that each is killed as a host and as a remote. The
rounds come from a seed: ``GROUNDSWELL_CRASH_SEED``; ``GROUNDSWELL_BREAKING_ROUNDS`` is how many there are.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crash.markers import markers_in
from crash.typists import Progress, Typist
from federating.histories import one_history, verified
from federating.world import World, all_reached, opened, shared, text_of, world
from wave_server.names import WaveletName
from wave_web.client.backoff import Backoff

ROUNDS = int(os.environ.get("GROUNDSWELL_BREAKING_ROUNDS", "50"))
SEED = int(os.environ.get("GROUNDSWELL_CRASH_SEED", "20265"))
ALPHA, BETA = "alpha.test", "beta.test"
PEOPLE = [f"alice@{ALPHA}", f"anne@{ALPHA}", f"bob@{BETA}", f"ben@{BETA}"]
NAMES = [WaveletName.parse_path(f"{domain}/w+breaking/~/conv+root") for domain in (ALPHA, BETA)]

pytestmark = pytest.mark.timeout(600)


class Breaking:
    """What can go wrong, and is mended. ``near`` counts acknowledgements by hosts' own servers, ``far`` by remotes."""

    def __init__(self, here: World, near: Progress, far: Progress, chance: random.Random) -> None:
        self._here = here
        self._near = near
        self._far = far
        self._chance = chance

    async def round(self) -> None:
        """Let people type, break something, let some type on, mend it."""
        waited_for, most = self._chance.choice([(self._near, 12), (self._near, 40), (self._far, 6)])
        await waited_for.more(self._chance.randint(0, most))
        breaking: list[Callable[[], Awaitable[None]]] = [self._cut, self._kill_one, self._kill_both]
        (how,) = self._chance.choices(breaking, weights=[5, 2, 1])  # a start costs a second or two
        await how()

    async def _cut(self) -> None:
        """One way, or both."""
        cables = self._chance.choice([[ALPHA], [BETA], [ALPHA, BETA]])
        for domain in cables:
            self._here.cables[domain].cut()
        await self._near.more(self._chance.choice([0, 0, 10]))  # hosts' own people notice nothing
        for domain in cables:
            self._here.cables[domain].mend()

    async def _kill_one(self) -> None:
        process = self._here.servers[self._chance.choice([ALPHA, BETA])].process
        await process.kill()
        await self._near.more(self._chance.choice([0, 10]))  # the other's own people notice nothing
        await process.start()

    async def _kill_both(self) -> None:
        processes = [server.process for server in self._here.servers.values()]
        await asyncio.gather(*(process.kill() for process in processes))
        await asyncio.gather(*(process.start() for process in processes))


async def typists_of(here: World, near: Progress, far: Progress) -> list[Typist]:
    """Everybody types in both wavelets."""
    for name, host in zip(NAMES, (PEOPLE[0], PEOPLE[2]), strict=True):
        await shared(here.clients[host], *(each for each in PEOPLE if each != host), name=name)
    typists: list[Typist] = []
    for address in PEOPLE:
        for name in NAMES:
            progress = near if address.endswith(f"@{name.host}") else far
            wavelet = await opened(here.clients[address], name)
            number = len(typists)
            typists.append(Typist(number, wavelet, progress, random.Random(SEED + number)))
    return typists


async def test_nothing_acknowledged_is_lost_or_doubled_however_often_links_and_servers_break(tmp_path: Path) -> None:
    near, far = Progress(), Progress()
    async with world(tmp_path, PEOPLE, cabled=True, backoff=Backoff(0.02, 0.2)) as here:
        typists = await typists_of(here, near, far)
        breaking, stop = Breaking(here, near, far, random.Random(SEED)), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for typist in typists:
                group.create_task(typist.type(stop))
            for _ in range(ROUNDS):
                await breaking.round()
            await far.more(len(PEOPLE))
            stop.set()
        for name in NAMES:
            there = [typist for typist in typists if typist.wavelet.name == name]
            await all_reached(*(typist.wavelet for typist in there))
            texts = {text_of(typist.wavelet).text for typist in there}
            assert len(texts) == 1
            assert sorted(markers_in(texts.pop())) == sorted(made for typist in there for made in typist.made)
            for typist in there:
                assert typist.acknowledged == len(typist.made) > 0
            await one_history(here, ALPHA, BETA, name=name)
        for server in here.servers.values():
            await server.process.stop()
        await verified(here)
