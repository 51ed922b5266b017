"""300 worlds: servers, people and faults on a clock that is not real. What fails says how to see it again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import pytest

from simulation.world import Outcome, simulate

SEEDS = 300
BATCH = 25
STARTS = range(1, SEEDS + 1, BATCH)
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[int, Future[Outcome]]]:
    """All worlds, on as many processors as there are."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield {seed: pool.submit(simulate, seed) for seed in range(1, SEEDS + 1)}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("start", STARTS)
def test_everybody_ends_with_the_same_and_nothing_is_lost_or_shown_to_others(
    outcomes: dict[int, Future[Outcome]], start: int
) -> None:
    failed = [outcome for seed in range(start, start + BATCH) if (outcome := outcomes[seed].result()).failure]
    assert not failed, "\n\n".join(map(str, failed))


def test_a_world_is_the_same_each_time_whatever_the_hashes_of_strings_are() -> None:
    assert _course(7, hashes="1") == _course(7, hashes="2")


def _course(seed: int, hashes: str) -> str:
    """What happens in a world, in another process."""
    program = f"from simulation.world import simulate; print(simulate({seed}))"
    environment = {**os.environ, "PYTHONHASHSEED": hashes, "PYTHONPATH": os.pathsep.join((str(TESTS), *sys.path))}
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    return sha256(said.stdout).hexdigest()
