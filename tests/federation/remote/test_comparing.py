"""A host that was set back to an older state is found out when the link to it is there again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from s2s.providers import RunningProvider, providers
from wave_ot.wavelet_operations import AddParticipant, NoOp
from wave_server.names import WaveletName

ROOT = WaveletName.parse_path("alpha.test/w+one/~/conv+root")
ALICE, BOB = "alice@alpha.test", "bob@beta.test"
SOON = 30  # seconds, for what happens in milliseconds

World = dict[str, RunningProvider]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with providers(tmp_path, "alpha.test", "beta.test") as running:
        yield running


async def write(world: World, key: str) -> None:
    """Alice writes, and beta has it."""
    written = await world["alpha.test"].submit(ROOT, ALICE, (NoOp(),), key=key)
    async with asyncio.timeout(SOON):
        beta = world["beta.test"]
        await beta.until(lambda: beta.versions.get(ROOT, 0) >= written.version)


def restore(backup: Path, folder: Path) -> None:
    """Put the backup in the place of alpha's database."""
    for file in folder.glob("alpha.test.db*"):
        file.unlink()
    shutil.copy(backup, folder / "alpha.test.db")


async def share(world: World) -> None:
    alpha = world["alpha.test"]
    await alpha.submit(ROOT, ALICE, (AddParticipant(ALICE),), key="make")
    await alpha.submit(ROOT, ALICE, (AddParticipant(BOB),), key="share")
    await write(world, "first")


async def test_a_host_that_was_restored_from_an_older_backup_is_not_followed(world: World, tmp_path: Path) -> None:
    await share(world)
    alpha, beta = world["alpha.test"], world["beta.test"]
    await alpha.stop()
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "alpha.test.db", backup)
    await alpha.start()
    await write(world, "what the backup lacks")
    head = await beta.host.head(ROOT)
    alpha.hub.cut("alpha.test", "beta.test")
    await alpha.stop()
    restore(backup, tmp_path)
    await alpha.start()
    alpha.hub.mend("alpha.test", "beta.test")
    await asyncio.wait_for(beta.quarantined.wait(), SOON)
    (quarantine,) = await beta.kept.all_quarantines()
    assert quarantine.wavelet == ROOT
    assert "no longer holds version" in quarantine.reason or "ends at version" in quarantine.reason
    assert await beta.host.head(ROOT) == head, "what was verified stays"


async def test_a_host_that_stands_where_it_stood_is_followed_on(world: World) -> None:
    await share(world)
    alpha = world["alpha.test"]
    alpha.hub.cut("alpha.test", "beta.test")
    alpha.hub.mend("alpha.test", "beta.test")
    await write(world, "after the link broke")
    assert not await world["beta.test"].kept.all_quarantines()
