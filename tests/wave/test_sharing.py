"""Who of another domain can be added to what: only signed histories are shared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from databases import sqlite_database
from named_signer import NamedSigner
from wave_ot.wavelet_operations import AddParticipant
from wave_server.errors import Forbidden
from wave_server.host import WaveHost
from wave_server.store import Store
from wave_server.submission import DeltaSigner, Submission, unsigned

from .federating import ALICE, ALPHA, BOB, SHARED
from .hosting import Clock
from .making import LIMITS

FOREIGN = AddParticipant(str(BOB))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(await sqlite_database(tmp_path / "sharing.db"))
    yield opened
    await opened.close()


async def submit(store: Store, signer: DeltaSigner, *operations: AddParticipant, key: str) -> None:
    """Submit at the head of a host that runs for this alone."""
    host = WaveHost(domain=ALPHA, store=store, clock=Clock(), limits=LIMITS, signer=signer)
    await host.start()
    try:
        await host.submit_and_wait(SHARED, Submission(await host.head(SHARED), operations, key), ALICE)
    finally:
        await host.stop()


async def test_a_wave_that_was_signed_from_the_beginning_can_be_shared(store: Store) -> None:
    await submit(store, NamedSigner(ALPHA), AddParticipant(str(ALICE)), key="make")
    await submit(store, NamedSigner(ALPHA), FOREIGN, key="share")


async def test_nobody_of_another_domain_is_added_where_nothing_is_signed(store: Store) -> None:
    await submit(store, unsigned, AddParticipant(str(ALICE)), key="make")
    with pytest.raises(Forbidden, match="shares no waves with other domains"):
        await submit(store, unsigned, FOREIGN, key="share")


async def test_a_wave_that_was_begun_unsigned_is_never_shared_and_says_what_to_do(store: Store) -> None:
    await submit(store, unsigned, AddParticipant(str(ALICE)), key="make")
    with pytest.raises(Forbidden, match="Share it in a new wave"):
        await submit(store, NamedSigner(ALPHA), FOREIGN, key="share")
    await submit(store, NamedSigner(ALPHA), AddParticipant(f"anne@{ALPHA}"), key="our own")


class Reluctant(NamedSigner):
    """Signs in a way that one domain cannot verify."""

    def refusal(self, domain: str, /) -> str | None:
        return f"{domain} cannot verify it" if domain == BOB.domain else None


async def test_nobody_is_added_whose_domain_cannot_verify_what_is_signed(store: Store) -> None:
    await submit(store, Reluctant(ALPHA), AddParticipant(str(ALICE)), key="make")
    with pytest.raises(Forbidden, match=r"bob@beta\.test cannot be added: beta\.test cannot verify it"):
        await submit(store, Reluctant(ALPHA), FOREIGN, key="share")
    await submit(store, Reluctant(ALPHA), AddParticipant("carol@gamma.test"), key="another")
