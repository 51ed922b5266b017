"""The server's process is killed again and again under people who type: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from crash.markers import markers_in
from crash.typists import BLIP, Progress, Typist
from running.server_process import ServerProcess
from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_server.names import WaveletName
from wave_web.client.backoff import Backoff
from wave_web.client.blip_text import BlipText, blip_of
from wave_web.client.connection import WaveClient
from wave_web.client.wavelet import Wavelet

KILLS = 25
CLIENTS = 20
NAMES = [WaveletName.parse_path(f"localhost/w+crash{number}/~/conv+root") for number in range(5)]
USERS = [f"user{number}" for number in range(CLIENTS // 2)]  # each has two clients, on the same wavelet
SEED = int(os.environ.get("GROUNDSWELL_CRASH_SEED", "20260"))

pytestmark = pytest.mark.timeout(400)


def user_of(client: int) -> str:
    return USERS[client % len(USERS)]


def name_of(client: int) -> WaveletName:
    return NAMES[client % len(NAMES)]


async def open_wavelet(client: WaveClient, name: WaveletName) -> Wavelet:
    return await (await client.open(name.wave)).wavelet(name)


async def create_wavelets(clients: list[WaveClient]) -> None:
    """The first clients make one wavelet each, for all who will type there."""
    for number, name in enumerate(NAMES):
        others = {user_of(client) for client in range(CLIENTS) if name_of(client) == name} - {user_of(number)}
        adding = [AddParticipant(f"{other}@localhost") for other in sorted(others)]
        view = await clients[number].open(name.wave)
        await clients[number].create(view, name, *adding, MutateDocument(BLIP, blip_of("")))


async def kill_again_and_again(server: ServerProcess, progress: Progress, chance: random.Random) -> None:
    """Each time after some more acknowledgements; sometimes as soon as the server is up, amid the reconnections."""
    for _ in range(KILLS):
        await progress.more(chance.choice([0, chance.randint(1, 30), chance.randint(1, 150)]))
        await server.kill()
        await server.start()


async def type_through_crashes(server: ServerProcess, clients: list[WaveClient]) -> list[Typist]:
    """Let every client type while the server is killed, then on to a quiet end."""
    chance, progress, stop = random.Random(SEED), Progress(), asyncio.Event()
    wavelets = [await open_wavelet(client, name_of(number)) for number, client in enumerate(clients)]
    typists = [
        Typist(number, wavelet, progress, random.Random(SEED + number)) for number, wavelet in enumerate(wavelets)
    ]
    async with asyncio.TaskGroup() as group:
        for typist in typists:
            group.create_task(typist.type(stop))
        await kill_again_and_again(server, progress, chance)
        await progress.more(CLIENTS)
        stop.set()
    return typists


async def test_no_acknowledged_edit_is_lost_or_doubled_however_often_the_server_is_killed(
    tmp_path: Path, database_url: str
) -> None:
    server = ServerProcess(tmp_path, database_url)
    tokens = await server.prepare(USERS)
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        clients = [
            await stack.enter_async_context(
                await WaveClient.connect(server.url, tokens[user_of(number)], backoff=Backoff(0.02, 0.2))
            )
            for number in range(CLIENTS)
        ]
        await create_wavelets(clients)
        typists = await type_through_crashes(server, clients)
        assert min(client.connects for client in clients) > 1

        for name in NAMES:
            here = [typist for typist in typists if typist.wavelet.name == name]
            newcomer = await stack.enter_async_context(
                await WaveClient.connect(server.url, tokens[user_of(NAMES.index(name))])
            )
            stored = await open_wavelet(newcomer, name)
            text = BlipText(stored.replica, BLIP).text
            assert sorted(markers_in(text)) == sorted(made for typist in here for made in typist.made)
            for typist in here:
                assert typist.acknowledged == len(typist.made) > 0
                await typist.wavelet.reached(stored.replica.version.version)
                assert typist.text.text == text
    await server.command("verify")
