"""Says in the summary which sessions the tests replayed: real ones, or generated ones in their place."""

from __future__ import annotations

import pytest

from traces.sessions import TRACES

REAL = ("automerge-paper", "friendsforever")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = [name for name in REAL if not (TRACES / f"{name}.json.gz").exists()]
    if missing:
        terminalreporter.write_line(
            f"traces: GENERATED sessions stood in for {', '.join(missing)}: set GROUNDSWELL_TRACES to their folder"
        )
    else:
        terminalreporter.write_line(f"traces: real sessions ({', '.join(REAL)})")
