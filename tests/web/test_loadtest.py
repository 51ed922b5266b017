"""The load test: a plan that can be repeated, honest figures, and a verdict."""

from __future__ import annotations

from serving.web_server import WebServer
from wave_web.loadtest import LoadOptions, Result, percentile, plan, run_loadtest


def test_every_client_edits_at_its_rate_and_a_seed_gives_the_same_plan() -> None:
    options = LoadOptions("", "", clients=4, rate=5, seconds=2)
    edits = list(plan(options))
    assert edits == list(plan(options))
    assert [sum(edit.client == client for edit in edits) for client in range(4)] == [10] * 4
    assert sorted(edits, key=lambda edit: edit.at) == edits
    assert edits[0].at >= 0
    assert edits[-1].at < 2


def test_percentiles() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1)] == [50, 99, 100]
    assert percentile([], 0.5) == 0


async def test_clients_under_load_agree_and_are_timed(server: WebServer) -> None:
    lines: list[str] = []
    options = LoadOptions(server.url, "alice", clients=6, wavelets=2, rate=20, seconds=1.2)
    result = await run_loadtest(options, lines.append)
    assert result.converged, result.problems
    assert result.edits == 6 * 24
    assert result.deliveries == result.edits * 2
    assert len(result.ack_latencies) == result.edits
    assert len(lines) >= 2
    assert result.lines()[-1] == "all clients agree; every edit is there exactly once"


def test_a_result_with_problems_has_not_converged() -> None:
    result = Result(problems=["w: 1 edits are lost"])
    assert not result.converged
    assert "DO NOT" in result.lines()[-1]
