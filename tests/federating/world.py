"""People on several real servers who share waves, through the Python client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from string import ascii_lowercase

from running.cable import Cable
from running.federated import FederatedServer, federated, running
from running.ports import free_port
from wave_ot.wavelet_operations import MutateDocument
from wave_server.names import WaveletName
from wave_web.client.backoff import Backoff
from wave_web.client.blip_text import BlipText, blip_of
from wave_web.client.connection import WaveClient
from wave_web.client.wavelet import Wavelet

ROOT = WaveletName.parse_path("alpha.test/w+shared/~/conv+root")
BLIP = "b+1"


class World:
    """Servers by domain, and clients by address. ``cables``, by domain, are what others reach a server through."""

    def __init__(self, servers: dict[str, FederatedServer], cables: dict[str, Cable], tokens: dict[str, str]) -> None:
        self.servers = servers
        self.cables = cables
        self.clients: dict[str, WaveClient] = {}
        self._tokens = tokens

    async def connect(self, address: str, backoff: Backoff | None = None) -> WaveClient:
        """A new connection of somebody to their own server."""
        server = self.servers[address.partition("@")[2]]
        return await WaveClient.connect(server.url, self._tokens[address], backoff=backoff)


@asynccontextmanager
async def world(
    folder: Path, addresses: Iterable[str], *, cabled: bool = False, backoff: Backoff | None = None
) -> AsyncIterator[World]:
    """Running servers of the addresses' domains, with everybody connected.

    ``cabled``: servers reach each other through cables. ``backoff`` is the clients'.
    """
    people = list(addresses)
    ports = {address.partition("@")[2]: free_port() for address in people}
    async with AsyncExitStack() as stack:
        cables: dict[str, Cable] = {}
        if cabled:
            cables = {domain: await stack.enter_async_context(Cable(port)) for domain, port in ports.items()}
        servers = federated(folder, ports, {domain: cable.port for domain, cable in cables.items()} or None)
        yield await stack.enter_async_context(people_on(servers, people, cables, backoff))


@asynccontextmanager
async def people_on(
    servers: dict[str, FederatedServer],
    people: Sequence[str],
    cables: dict[str, Cable] | None = None,
    backoff: Backoff | None = None,
) -> AsyncIterator[World]:
    """The servers, with accounts for these addresses, run, and everybody is connected."""
    tokens: dict[str, str] = {}
    for domain, server in servers.items():
        tokens |= await server.prepare(
            address.partition("@")[0] for address in people if address.endswith(f"@{domain}")
        )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(servers.values()))
        found = World(servers, cables or {}, tokens)
        for address in people:
            found.clients[address] = await stack.enter_async_context(await found.connect(address, backoff))
        yield found


async def opened(client: WaveClient, name: WaveletName = ROOT) -> Wavelet:
    """The wavelet, as soon as it has come to the client's server."""
    return await (await client.open(name.wave)).wavelet(name)


async def shared(client: WaveClient, *others: str, text: str = "", name: WaveletName = ROOT) -> Wavelet:
    """A wavelet that the client makes, with a blip, and shares with others in a second delta."""
    view = await client.open(name.wave)
    wavelet = await client.create(view, name, MutateDocument(BLIP, blip_of(text)))
    for other in others:
        wavelet.add_participant(other)
    await wavelet.settled()
    return wavelet


def text_of(wavelet: Wavelet) -> BlipText:
    """The text of the blip, to be read and edited."""
    return BlipText(wavelet.replica, BLIP)


async def all_reached(*wavelets: Wavelet) -> None:
    """Wait until each has what any of them has, and see that it is the same to the last hash."""
    newest = max(wavelet.replica.version.version for wavelet in wavelets)
    for wavelet in wavelets:
        await wavelet.reached(newest)
    assert len({wavelet.replica.version for wavelet in wavelets}) == 1


async def type_at_once(wavelets: Sequence[Wavelet], *, edits: int) -> None:
    """Everybody types a letter of their own so often: at the beginning and at the end, now and then waiting for the
    answer. See that all have all of it, in one order.
    """

    async def type_letters(wavelet: Wavelet, letter: str) -> None:
        text = text_of(wavelet)
        for number in range(edits):
            wavelet.apply(text.edit(len(text.text) if number % 3 else 0, 0, letter))
            if number % 5 == 0:
                await wavelet.settled()
        await wavelet.settled()

    letters = ascii_lowercase[: len(wavelets)]
    await asyncio.gather(*(type_letters(*each) for each in zip(wavelets, letters, strict=True)))
    await all_reached(*wavelets)
    texts = {text_of(wavelet).text for wavelet in wavelets}
    assert len(texts) == 1
    assert sorted(texts.pop()) == sorted(letters * edits)
