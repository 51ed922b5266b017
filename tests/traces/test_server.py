"""Real sessions typed by real clients into a real server process; then every hash in its store is recomputed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from running.server_process import ServerProcess
from traces.people import person, type_in_turns
from traces.sessions import Session, concurrent, sequential
from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_server.names import WaveletName
from wave_web.client.blip_text import BlipText, blip_of
from wave_web.client.connection import WaveClient
from wave_web.client.wavelet import Wavelet

NAME = WaveletName.parse_path("localhost/w+session/~/conv+root")
BLIP = "b+1"
USERS = ("alice", "bob")

pytestmark = pytest.mark.timeout(400)


@dataclass
class Running:
    """A server and a token of each user."""

    server: ServerProcess
    tokens: dict[str, str]

    async def connect(self, user: str) -> WaveClient:
        return await WaveClient.connect(self.server.url, self.tokens[user])

    async def wavelet_of(self, client: WaveClient) -> Wavelet:
        return await (await client.open(NAME.wave)).wavelet(NAME)

    async def create(self, client: WaveClient, *others: str) -> Wavelet:
        """Make the wavelet, with an empty blip, for the user of ``client`` and for ``others``."""
        adding = [AddParticipant(f"{other}@localhost") for other in others]
        return await client.create(await client.open(NAME.wave), NAME, *adding, MutateDocument(BLIP, blip_of("")))

    async def stored_text(self) -> str:
        """The text as somebody who comes anew gets it."""
        async with await self.connect("alice") as client:
            return BlipText((await self.wavelet_of(client)).replica, BLIP).text

    async def verify(self) -> str:
        """Stop the server and recompute its history. Raises CommandFailed when anything in it is wrong."""
        await self.server.stop()
        return await self.server.command("verify")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A server on an SQLite database, and two accounts."""
    server = ServerProcess(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'session.db'}")
    tokens = await server.prepare(USERS)
    await server.start()
    yield Running(server, tokens)
    await server.stop()


async def type_session(wavelet: Wavelet, session: Session, *, serial: bool) -> None:
    """Type a session: serially, each edit once the one before is durable; or as it comes, composed meanwhile."""
    text = BlipText(wavelet.replica, BLIP)
    for edit in session.edits:
        wavelet.apply(text.edit(edit.position, edit.deleted, edit.inserted))
        await (wavelet.settled() if serial else asyncio.sleep(0))
    await wavelet.settled()
    assert text.text == session.end


@pytest.mark.parametrize(
    ("edits", "serial"), [(2_000, True), (None, False)], ids=["its beginning, one edit at a time", "whole, as it comes"]
)
async def test_a_session_typed_by_one_client_ends_with_its_text(
    running: Running, edits: int | None, serial: bool
) -> None:
    session = sequential("automerge-paper")
    if edits is not None:
        session = session.prefix(edits)
    async with await running.connect("alice") as alice:
        await type_session(await running.create(alice), session, serial=serial)
    assert await running.stored_text() == session.end
    await running.verify()


async def test_two_clients_who_see_each_other_only_as_recorded_end_with_the_recorded_text(running: Running) -> None:
    """Turns reach the server in recorded order: whose insertion comes first at one place hangs on it.

    The server takes a submission for the client's side of ``transform``: its insertions go before those of edits
    that it had not seen. The recording was made by that rule, or by "agent 0 first"; no other gives its end.
    """
    session = concurrent("friendsforever")
    async with await running.connect("alice") as alice, await running.connect("bob") as bob:
        first = await running.create(alice, "bob")
        people = (person(first, session, 0), person(await running.wavelet_of(bob), session, 1))
        await type_in_turns(people, session)
    assert await running.stored_text() == session.end
    await running.verify()
