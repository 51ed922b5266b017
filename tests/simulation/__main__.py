"""``make simulate SEEDS=5000 START=1``: run worlds from their seeds, all of them, and say which fail."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from simulation.world import Outcome, simulate

TOLD = 10  # failures that are told in full


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate", description="Federations under faults, from seeds.")
    parser.add_argument("--seeds", type=int, default=1, help="how many worlds")
    parser.add_argument("--start", type=int, default=1, help="the seed of the first")
    options = parser.parse_args()
    seeds = range(options.start, options.start + options.seeds)
    failures: list[Outcome] = []
    workers = min(os.cpu_count() or 1, options.seeds)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done, outcome in enumerate(pool.map(simulate, seeds, chunksize=1), 1):
            if outcome.failure is not None:
                failures.append(outcome)
                print(f"\n{outcome}" if len(failures) <= TOLD else f"\nseed {outcome.seed}: {outcome.failure}")
            if sys.stderr.isatty() or done == len(seeds):
                print(f"\r{done} worlds, {len(failures)} failed", end="", file=sys.stderr)
    print(file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
