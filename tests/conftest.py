"""What all tests share: how many examples the property tests draw."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Slow machines and coverage runs make single examples slow; that is no fault of the code under test.
settings.register_profile("default", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("default"), max_examples=2000)
settings.register_profile("brief", settings.get_profile("default"), max_examples=60)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Real servers that tests start: a fixture is one per run only when its module is loaded here. The last one says what
# stood in for sessions that are missing.
pytest_plugins = ["peers.postgres", "stores", "traces.summary"]

HERE = Path(__file__).parent
LONGEST = ("e2e", "crash", "federating", "simulation", "groundswell", "traces", "web")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders with long tests come first, so that no process has one left when the other has finished."""

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(HERE).parts[0]
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)

    items.sort(key=rank)
