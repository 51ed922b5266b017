"""Says in the summary which sessions the tests replayed: real ones, or generated ones in their place."""

from __future__ import annotations

import pytest

from traces.sessions import asked_for, is_there


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = sorted(name for name in asked_for if not is_there(name))
    if missing:
        terminalreporter.write_line(
            f"traces: GENERATED sessions stood in for {', '.join(missing)}: set GROUNDSWELL_TRACES to their folder"
        )
    elif asked_for:
        terminalreporter.write_line(f"traces: real sessions ({', '.join(sorted(asked_for))})")
