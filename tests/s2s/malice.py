"""The scene of every attack: alpha and beta are honest and share waves, evil takes part in one and hosts another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from s2s import pki
from s2s.evil import RESULT, Evil
from s2s.hub import Hub
from s2s.providers import RunningProvider, providers
from wave_ot.components import Characters, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_server.names import WaveletName
from wave_server.store import StoredDelta
from wave_server.store.federation_tables import followers, forwarded, signers
from wave_server.store.tables import deltas, wavelets

ALPHA, BETA, EVIL = "alpha.test", "beta.test", "evil.test"
ALICE, BOB, MALLORY = f"alice@{ALPHA}", f"bob@{BETA}", f"mallory@{EVIL}"
CLOSED = WaveletName.parse_path(f"{ALPHA}/w+closed/~/conv+root")  # alice and bob
SHARED = WaveletName.parse_path(f"{ALPHA}/w+shared/~/conv+root")  # mallory, too
OWN = WaveletName.parse_path(f"{ALPHA}/w+closed/~/user+{ALICE}")
NOWHERE = WaveletName.parse_path(f"{ALPHA}/w+nowhere/~/conv+root")
TRAP = WaveletName.parse_path(f"{EVIL}/w+trap/~/conv+root")
DOCUMENT = "notes"  # of no schema: free text
SOON = 20  # seconds, for what happens in milliseconds

Attack = Callable[["Scene"], Awaitable[str]]


def insertion(size: int, at: int, text: str, document: str = DOCUMENT) -> MutateDocument:
    """Type into a document of ``size`` characters."""
    before = [Retain(at)] if at else []
    after = [Retain(size - at)] if size > at else []
    return MutateDocument(document, DocOp([*before, Characters(text), *after]))


class Scene:
    """``alpha`` and ``beta`` are whole, with databases; ``evil`` says what it likes. ``size`` is how long texts are."""

    def __init__(self, running: dict[str, RunningProvider], evil: Evil, authority: pki.Authority) -> None:
        self.alpha = running[ALPHA]
        self.beta = running[BETA]
        self.evil = evil
        self.authority = authority
        self.size = {CLOSED: 5, SHARED: 5}
        self._typed = 0

    async def prepare(self) -> None:
        """The waves are there, and everybody has what is theirs."""
        for name, others in ((CLOSED, (BOB,)), (SHARED, (BOB, MALLORY))):
            people = [AddParticipant(each) for each in (ALICE, *others)]
            await self.alpha.submit(name, ALICE, (*people, insertion(0, 0, "hello")), key="make")
            await self._agreed(name)
        await self.alpha.submit(OWN, ALICE, (AddParticipant(ALICE),), key="make")
        await self.all_is_well()
        for domain in (ALPHA, BETA):
            assert await self.evil.post(domain, self.evil.signer.info) == RESULT

    async def head(self, name: WaveletName) -> HashedVersion:
        """Where its host stands."""
        return await self.alpha.host.head(name)

    async def rows(self, name: WaveletName) -> list[StoredDelta]:
        """The history at alpha."""
        return list(await self.alpha.store.deltas(name, 0))

    async def stored(self) -> list[list[Any]]:
        """Everything that alpha and beta have stored that matters, as rows."""
        queries = (
            select(wavelets.c.wave_id, wavelets.c.wavelet_domain, wavelets.c.wavelet_id),
            select(deltas.c.wavelet, deltas.c.version, deltas.c.applied),
            select(followers.c.wavelet, followers.c.domain, followers.c.until),
            select(forwarded.c.author, forwarded.c.delta),
            select(signers.c.id),
        )
        found = []
        for provider in (self.alpha, self.beta):
            async with provider.store.reading() as connection:
                found += [sorted(tuple(row) for row in await connection.execute(query)) for query in queries]
        return found

    async def all_is_well(self) -> None:
        """Honest people still write, in both waves, from both domains, and have the same."""
        for name in (CLOSED, SHARED):
            for provider, author in ((self.alpha, ALICE), (self.beta, BOB)):
                self._typed += 1
                operations = (insertion(self.size[name], 0, "x"),)
                async with asyncio.timeout(SOON):
                    await provider.submit(name, author, operations, key=f"well{self._typed}")
                self.size[name] += 1
                await self._agreed(name)

    async def _agreed(self, name: WaveletName) -> None:
        head = await self.alpha.host.head(name)
        async with asyncio.timeout(SOON):
            await self.beta.until(lambda: self.beta.versions.get(name, 0) >= head.version)
        assert await self.beta.host.head(name) == head


@asynccontextmanager
async def scene_of_malice(folder: Path) -> AsyncIterator[Scene]:
    """The scene, prepared."""
    hub, authority = Hub(), pki.Authority.new()
    evil = Evil(hub, authority, EVIL)
    async with providers(folder, ALPHA, BETA, hub=hub, ca=authority) as running:
        scene = Scene(running, evil, authority)
        await scene.prepare()
        yield scene
        await evil.router.stop()
