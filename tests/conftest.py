"""What all tests share: how many examples the property tests draw."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Slow machines and coverage runs make single examples slow; that is no fault of the code under test.
settings.register_profile("default", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Real servers that tests start: a fixture is one per run only when its module is loaded here. The last one says what
# stood in for sessions that are missing.
pytest_plugins = ["peers.postgres", "stores", "traces.summary"]

HERE = Path(__file__).parent
BUSY = ("e2e",)  # both cores, all the time
WAITING = ("federating", "crash", "simulation", "traces", "groundswell", "web")  # long, and often for something


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first, so that no process has one left when the other has finished; one that waits beside one
    that does not.
    """
    files = list(dict.fromkeys(item.path for item in items))

    def of(folders: tuple[str, ...]) -> list[Path]:
        found = [path for path in files if path.relative_to(HERE).parts[0] in folders]
        return sorted(found, key=lambda path: folders.index(path.relative_to(HERE).parts[0]))

    turns = {path: turn for folders in (BUSY, WAITING) for turn, path in enumerate(of(folders))}
    items.sort(key=lambda item: turns.get(item.path, len(files)))
