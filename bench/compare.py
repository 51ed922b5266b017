#!/usr/bin/env python3
"""Groundswell beside its peers, every workload in one run: the rows, a table, and the targets.

    BENCH_HOME=... BENCH_TRACES=... python bench/compare.py --out rows.jsonl
    python bench/compare.py --read rows.jsonl          # the table of an earlier run

Peers take turns within a workload, so that they share the machine's mood.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

Row = dict[str, Any]

OURS = ("groundswell-sqlite", "groundswell-pg")
RIVALS = ("sharedb-pg", "sharedb-mem", "pycrdt-ws", "hocuspocus")
HERE = Path(__file__).resolve().parent

# name: (peers, the harness's options in a full run, and in a quick one)
PLANS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "W2": (OURS + RIVALS, "--workload W2 --modes serial", "--workload W2 --modes serial --edits 5000"),
    "W1": (OURS + RIVALS, "--workload W1 --loads 50x2 --secs 8", "--workload W1 --loads 50x2 --secs 5"),
    "W1-max": ((*OURS, "sharedb-pg"), *("--workload W1 --loads= --max 50",) * 2),
    "W3": (OURS + RIVALS, "--workload W3 --secs 8", "--workload W3 --secs 4 --docs 200"),
    "W4": ((*OURS, "hocuspocus"), "--workload W4", "--workload W4 --edits 20000"),
}  # fmt: skip


def measured(plan: str, *, quick: bool, repeats: int) -> Iterator[Row]:
    """Run one workload on its peers; the harness's rows as they come. A peer's failure is a row too."""
    peers, full, short = PLANS[plan]
    options = (short if quick else full).split()
    # W4 loads a document once and restarts the server for each repeat; the others run anew
    rounds, inner = (1, repeats) if plan == "W4" else (repeats, 1)
    for _ in range(rounds):
        for peer in peers:
            command = [sys.executable, str(HERE / "harness.py"), "--peer", peer, "--repeats", str(inner), *options]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    yield {**json.loads(line), "plan": plan}


FIGURES: dict[str, tuple[str, ...]] = {
    "W2": ("cpu_s_per_1000_ops", "ops_s", "ack_ms.p50", "ack_ms.p99"),
    "W1": ("cpu_s_per_1000_ops", "latency_all_ms.p50", "latency_all_ms.p99", "undelivered"),
    "W1-max": ("max_edits_s", "ops_s", "latency_all_ms.p99", "server_core"),
    "W3": ("rss_kb_per_doc_and_2_connections.server", "cpu_s_per_1000_ops", "latency_all_ms.p99"),
    "W4": ("first_open_ms", "second_open_ms", "disk_bytes", "load_edits_s"),
}
CHECKS = ("right_text", "converged")


def figure(row: Row, path: str) -> float | None:
    """The number at a dotted path of a row, None where the row has none."""
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def figures(rows: Iterable[Row], plan: str, peer: str, path: str) -> list[float]:
    """One figure of all repeats of a peer in a workload."""
    mine = (figure(row, path) for row in rows if row["plan"] == plan and row["peer"] == peer)
    return [value for value in mine if value is not None]


def middle(rows: list[Row], plan: str, peer: str, path: str) -> float | None:
    """The median of a figure over the repeats, None where there is no measurement."""
    found = figures(rows, plan, peer, path)
    return median(found) if found else None


def table(rows: list[Row]) -> Iterator[str]:
    """Markdown: one table a workload, each figure as median [least-greatest]."""
    for plan, paths in FIGURES.items():
        peers = [peer for peer in PLANS[plan][0] if any(row["plan"] == plan and row["peer"] == peer for row in rows)]
        if not peers:
            continue
        yield f"\n### {plan}\n\n| peer | {' | '.join(paths)} | right | other work |\n|{'---|' * (len(paths) + 3)}"
        for peer in peers:
            own = [row for row in rows if row["plan"] == plan and row["peer"] == peer]
            cells = [spread(figures(rows, plan, peer, path)) for path in paths]
            errors = [str(row["error"]) for row in own if "error" in row]
            wrong = [check for check in CHECKS for row in own if row.get(check) is False]
            other = max((figure(row, "other_on_server_core") or 0.0 for row in own), default=0.0)
            state = "; ".join(errors + wrong) or "yes"
            yield f"| {peer} | {' | '.join(cells)} | {state} | {other:.0%} |"


def spread(values: list[float]) -> str:
    """``median [least-greatest]`` with three digits that matter."""
    if not values:
        return "-"
    if min(values) == max(values):
        return f"{values[0]:.4g}"
    return f"{median(values):.4g} [{min(values):.4g}-{max(values):.4g}]"


def targets(rows: list[Row]) -> Iterator[tuple[str, float | None, float | None]]:
    """The targets: (what, our figure, the greatest that it may be). A rate counts by its inverse."""
    cpu = "cpu_s_per_1000_ops"
    for us in OURS:
        ours = middle(rows, "W2", us, cpu)
        half = middle(rows, "W2", "sharedb-pg", cpu)
        yield f"{us} W2 CPU-s/1000 against half of sharedb-pg", ours, half and half / 2
        yield f"{us} W2 CPU-s/1000 against pycrdt-ws", ours, middle(rows, "W2", "pycrdt-ws", cpu)
        for rival in ("sharedb-pg", "pycrdt-ws"):
            yield f"{us} W1 CPU-s/1000 against {rival}", middle(rows, "W1", us, cpu), middle(rows, "W1", rival, cpu)
        yield f"{us} W1 p99 ms", middle(rows, "W1", us, "latency_all_ms.p99"), 20.0
        rate, theirs = (middle(rows, "W1-max", peer, "max_edits_s") for peer in (us, "sharedb-pg"))
        yield (
            f"{us} W1 s/edit at the highest rate against a quarter of sharedb-pg",
            rate and 1 / rate,
            theirs and 1 / theirs / 4,
        )
        yield f"{us} W3 kB per document", middle(rows, "W3", us, "rss_kb_per_doc_and_2_connections.server"), 100.0
        yield f"{us} W4 ms to the whole session", middle(rows, "W4", us, "first_open_ms"), 100.0


def verdicts(rows: list[Row]) -> Iterator[str]:
    """One line a target that was measured."""
    for what, ours, limit in targets(rows):
        if ours is not None and limit is not None:
            yield f"{'reached' if ours <= limit else 'MISSED '}  {what}: {ours:.4g}, at most {limit:.4g}"


def main() -> None:
    """Measure, or read, then print tables and targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", action="append", choices=sorted(PLANS), default=[], help="all, if none is named")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="shorter workloads: figures to look at, not to quote")
    parser.add_argument("--out", type=Path, help="append the rows to this file")
    parser.add_argument("--read", type=Path, help="measure nothing: the rows are in this file")
    options = parser.parse_args()
    rows: list[Row] = []
    if options.read:
        rows = [json.loads(line) for line in options.read.read_text(encoding="utf-8").splitlines()]
    else:
        for plan in options.plan or PLANS:
            for row in measured(plan, quick=options.quick, repeats=options.repeats):
                rows.append(row)
                line = json.dumps(row)
                print(line, file=sys.stderr, flush=True)
                if options.out:
                    with options.out.open("a", encoding="utf-8") as out:
                        out.write(line + "\n")
    for text in (*table(rows), "", *verdicts(rows)):
        print(text)


if __name__ == "__main__":
    main()
