"""A running core with its inboxes, on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from wave_server.store import Store

from .world import World


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    running = World(store)
    await running.start()
    yield running
    await running.stop()
