"""Which domain signed what, as the store has it, at the host and in a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from databases import sqlite_database
from wave_server.errors import NotFound
from wave_server.history_reading import History
from wave_server.names import WaveAddress
from wave_server.signatures import Signature, Signatures
from wave_server.store import Store, signer_rows
from wave_server.store.signer_rows import SignerRow
from wave_server.submission import Submission

from .federating import ALICE, ALPHA, BEN, BETA, BOB, SHARED, Provider, share, wire
from .hosting import Clock
from .making import LIMITS, edit, insertion


@pytest.fixture
async def providers(tmp_path: Path, clock: Clock) -> AsyncIterator[tuple[Provider, Provider]]:
    """Alpha, the host, and beta."""
    stores = [await Store.open(await sqlite_database(tmp_path / f"{domain}.db")) for domain in (ALPHA, BETA)]
    alpha, beta = (Provider(domain, store, clock) for domain, store in zip((ALPHA, BETA), stores, strict=True))
    await wire(alpha, beta)
    yield alpha, beta
    for provider in (alpha, beta):
        await provider.stop()
        await provider.store.close()


async def admit(provider: Provider, domain: str, at: int, *, signed_as: str | None = None) -> None:
    """The provider knows the signer that signs as ``signed_as``, the domain's own by default, since ``at``."""
    signer_id = sha256((signed_as or domain).encode()).digest()
    async with provider.store.writing() as connection:
        await signer_rows.add_signer(connection, SignerRow(signer_id, domain, 1, (), 0, 2**40, at))


async def both_wrote(alpha: Provider, beta: Provider) -> tuple[int, int]:
    """Alice makes a wavelet and bob writes in it. The versions that their deltas led to."""
    head = await share(alpha, BOB, text="ab")
    await beta.catch_up(SHARED)
    submission = Submission(head, (edit(insertion(2, 0, "x")),), "bob")
    return head.version, (await beta.host.submit_and_wait(SHARED, submission, BOB)).version


def signatures(provider: Provider) -> Signatures:
    history = History(domain=provider.domain, store=provider.store, read=provider.host.read, limits=LIMITS)
    return Signatures(history, provider.store)


async def test_each_delta_is_signed_by_its_authors_domain_on_both_sides(
    providers: tuple[Provider, Provider], clock: Clock
) -> None:
    first, second = await both_wrote(*providers)
    for provider, reader in zip(providers, (ALICE, BOB), strict=True):
        for domain in (ALPHA, BETA):
            await admit(provider, domain, clock.now - 5)
        found = signatures(provider)
        assert await found.of(SHARED, str(ALICE), [first], reader) == [Signature(first, ALPHA, clock.now)]
        assert await found.of(SHARED, str(BOB), [second], reader) == [Signature(second, BETA, clock.now)]


async def test_what_is_older_than_the_signers_admission_is_verified_since_then(
    providers: tuple[Provider, Provider], clock: Clock
) -> None:
    alpha, beta = providers
    first, _ = await both_wrote(alpha, beta)
    await admit(beta, ALPHA, clock.now + 60_000)
    assert await signatures(beta).of(SHARED, str(ALICE), [first, first], BOB) == [
        Signature(first, ALPHA, clock.now + 60_000)
    ]


async def test_a_signer_that_was_not_admitted_or_is_another_domains_counts_nothing(
    providers: tuple[Provider, Provider],
) -> None:
    alpha, beta = providers
    first, second = await both_wrote(alpha, beta)
    await admit(beta, "gamma.test", 5, signed_as=ALPHA)
    for author, version in ((ALICE, first), (BOB, second)):
        assert await signatures(beta).of(SHARED, str(author), [version], BOB) == [Signature(version, None, None)]


async def test_the_authors_next_delta_counts_where_another_one_led_to_the_version(
    providers: tuple[Provider, Provider], clock: Clock
) -> None:
    alpha, beta = providers
    first, second = await both_wrote(alpha, beta)
    await admit(beta, BETA, clock.now)
    assert await signatures(beta).of(SHARED, str(BOB), [second, first, 0], BOB) == [
        Signature(version, BETA, clock.now) for version in (0, first, second)
    ]


async def test_versions_without_a_delta_of_the_authors_are_left_out(providers: tuple[Provider, Provider]) -> None:
    alpha, beta = providers
    first, second = await both_wrote(alpha, beta)
    assert await signatures(alpha).of(SHARED, str(ALICE), [first + 1], ALICE) == []
    assert await signatures(alpha).of(SHARED, str(BOB), [second + 1], ALICE) == []
    assert await signatures(alpha).of(SHARED, "nobody", [first], ALICE) == []


async def test_signatures_are_for_participants_only(providers: tuple[Provider, Provider]) -> None:
    first, _ = await both_wrote(*providers)
    for stranger in (BEN, WaveAddress("x", BETA)):
        with pytest.raises(NotFound):
            await signatures(providers[1]).of(SHARED, str(ALICE), [first], stranger)
