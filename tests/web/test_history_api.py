"""The past over HTTP: what is answered, to whom, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from serving.web_server import DOMAIN, PATH, Socket, WebServer, web_server
from wave_ot.history import version_zero
from wave_server.attribution import Attributions
from wave_server.history_reading import History
from wave_server.host import WaveHost
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.store import Store
from wave_web.api import ApiPart
from wave_web.history_api import HISTORY, HistoryPorts, routes
from wave_web.socket_protocol import encode_hash

BODY: list[dict[str, Any]] = [
    {"start": ["body", {}]},
    {"start": ["line", {}]},
    {"end": True},
    {"chars": "Hello 𝒜"},
    {"end": True},
]


def history_part(host: WaveHost, store: Store) -> Sequence[ApiPart]:
    history = History(domain=DOMAIN, store=store, read=host.read, limits=HostLimits())
    return [routes.served_by(HISTORY, HistoryPorts(history, Attributions(history)))]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[WebServer]:
    async with web_server(tmp_path, parts=history_part) as running:
        yield running


class Looking:
    """Somebody who asks the API, by token."""

    def __init__(self, server: WebServer, name: str) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {name}"}

    async def get(self, what: str, **query: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self._server.url}/api/v1/wavelets/{what}"
        async with self._server.http.get(url, params={"wavelet": PATH, **query}, headers=self._headers) as response:
            found = await response.json()
            assert isinstance(found, dict)
            return response.status, found


async def answered(alice: Socket, bob: Socket, ack: dict[str, Any], *ops: dict[str, Any]) -> dict[str, Any]:
    """What bob submits after ``ack``; alice's connection sees it."""
    assert (await bob.ask(type="open", id=1, wave=PATH.rsplit("/", 2)[0]))["type"] == "opened"
    assert (await bob.get())["type"] == "snapshot"
    at = {"at": ack["version"], "hash": ack["hash"]}
    answer = await bob.ask(type="submit", id=2, wavelet=PATH, key="b", **at, ops=list(ops))
    assert answer["type"] == "ack", answer
    assert (await alice.get())["type"] == "delta"
    return answer


@pytest.fixture
async def acks(server: WebServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """A blip of alice's, in which bob has typed: both acknowledgements."""
    alice, bob = await server.connect("alice"), await server.connect("bob")
    first = await alice.create(("b+1", BODY), add=("alice", "bob"))
    typed = {"doc": "b+1", "op": [{"retain": 4}, {"chars": "😀!"}, {"retain": 7}]}
    return first, await answered(alice, bob, first, typed)


async def test_the_timeline_names_versions_times_and_authors(
    server: WebServer, acks: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = acks
    assert await Looking(server, "bob").get("timeline") == (
        200,
        {
            "version": second["version"],
            "created": first["timestamp"],
            "authors": ["alice@example.com", "bob@example.com"],
            "points": [[first["version"], first["timestamp"], 0], [second["version"], second["timestamp"], 1]],
        },
    )


async def test_a_past_state_is_the_one_that_the_socket_showed(
    server: WebServer, acks: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, _ = acks
    assert await Looking(server, "bob").get("state", version=first["version"]) == (
        200,
        {
            "version": first["version"],
            "hash": first["hash"],
            "timestamp": first["timestamp"],
            "participants": ["alice@example.com", "bob@example.com"],
            "documents": {"b+1": BODY},
        },
    )


async def test_deltas_come_as_they_do_over_the_socket(
    server: WebServer, acks: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = acks
    query = {"from": first["version"], "to": second["version"]}
    status, found = await Looking(server, "alice").get("deltas", **query)
    assert (status, found["next"]) == (200, None)
    assert found["deltas"] == [
        {
            "at": first["version"],
            "version": second["version"],
            "author": "bob@example.com",
            "timestamp": second["timestamp"],
            "ops": [{"doc": "b+1", "op": [{"retain": 4}, {"chars": "😀!"}, {"retain": 7}]}],
        }
    ]


async def test_attribution_counts_items_and_not_code_units(
    server: WebServer, acks: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = acks
    status, found = await Looking(server, "alice").get("attribution")
    assert (status, found["version"]) == (200, second["version"])
    one, two = first["version"], second["version"]
    assert found["authors"] == ["alice@example.com", "bob@example.com"]
    assert found["documents"] == {"b+1": [[4, 0, one], [2, 1, two], [7, 0, one]]}
    _, then = await Looking(server, "alice").get("attribution", version=one)
    assert then["documents"] == {"b+1": [[11, 0, one]]}


@pytest.mark.usefixtures("acks")
@pytest.mark.parametrize(
    ("what", "query", "status", "code"),
    [
        ("state", {"version": 99}, 409, "bad-version"),
        ("state", {"version": -1}, 400, "invalid-request"),
        ("state", {}, 400, "invalid-request"),
        ("state", {"version": 1, "wavelet": "no path"}, 400, "invalid-request"),
        ("deltas", {"from": 1, "to": 4}, 409, "bad-version"),
        ("deltas", {"from": 3, "to": 0}, 409, "bad-version"),
        ("timeline", {"more": 1}, 400, "invalid-request"),
        ("attribution", {"version": 99}, 409, "bad-version"),
        ("timeline", {"wavelet": "example.com/w+none/~/conv+root"}, 404, "not-found"),
    ],
)
async def test_what_is_not_in_the_history_is_refused(
    server: WebServer, what: str, query: dict[str, Any], status: int, code: str
) -> None:
    found, problem = await Looking(server, "alice").get(what, **query)
    assert (found, problem["code"]) == (status, code)


async def test_others_and_those_who_were_removed_see_nothing(
    server: WebServer, acks: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    _, second = acks
    alice = await server.connect("alice")
    await alice.ask(type="open", id=1, wave=PATH.rsplit("/", 2)[0])
    assert (await alice.get())["type"] == "snapshot"
    at = {"at": second["version"], "hash": second["hash"]}
    remove = {"remove": "bob@example.com"}
    assert (await alice.ask(type="submit", id=2, wavelet=PATH, key="r", **at, ops=[remove]))["type"] == "ack"
    for name in ("bob", "carol"):
        for what, query in (
            ("timeline", {}),
            ("state", {"version": 1}),
            ("deltas", {"from": 0, "to": 1}),
            ("attribution", {}),
        ):
            status, problem = await Looking(server, name).get(what, **query)
            assert (status, problem["code"]) == (404, "not-found")
    server.accounts.scopes["alice"] = frozenset({"waves:write"})
    assert (await Looking(server, "alice").get("timeline"))[0] == 403


@pytest.mark.parametrize("what", ["timeline", "state", "deltas", "attribution"])
async def test_a_private_reply_and_what_is_not_there_are_refused_in_the_same_words(
    server: WebServer, acks: tuple[dict[str, Any], dict[str, Any]], what: str
) -> None:
    wave = PATH.removesuffix("~/conv+root")
    private, missing = f"{wave}~/conv+private", f"{wave}~/conv+missing"
    alice = await server.connect("alice")
    add = {"add": "alice@example.com"}
    zero = {"at": 0, "hash": encode_hash(version_zero(WaveletName.parse_path(private).uri).history_hash)}
    assert (await alice.ask(type="open", id=1, wave=wave.rstrip("/")))["type"] == "opened"
    assert (await alice.get())["type"] == "snapshot"
    created = await alice.ask(type="submit", id=2, wavelet=private, key="p", **zero, ops=[add])
    assert created["type"] == "ack", created
    query = {"timeline": {}, "state": {"version": 0}, "deltas": {"from": 0, "to": 0}, "attribution": {}}[what]
    assert (await Looking(server, "alice").get(what, **query, wavelet=private))[0] == 200
    hidden = await Looking(server, "bob").get(what, **query, wavelet=private)
    nowhere = await Looking(server, "bob").get(what, **query, wavelet=missing)
    others_own = await Looking(server, "bob").get(what, **query, wavelet=f"{wave}~/user+alice@example.com")
    assert hidden[0] == nowhere[0] == others_own[0] == 404
    assert hidden[1]["message"].replace(private, missing) == nowhere[1]["message"]
