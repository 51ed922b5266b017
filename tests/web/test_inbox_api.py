"""Inboxes over HTTP and over the socket, on a server that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from serving.web_server import PATH, WAVE, Socket, WebServer, target, web_server
from wave_ot.deltas import HashedVersion
from wave_web.socket_protocol import decode_hash

WAVES = "/api/v1/waves"
MANIFEST: list[dict[str, Any]] = [
    {"start": ["conversation", {}]},
    {"start": ["blip", {"id": "b+1"}]},
    {"end": True},
    {"end": True},
]
BLIP: list[dict[str, Any]] = [
    {"start": ["body", {}]},
    {"start": ["line", {}]},
    {"end": True},
    {"chars": "Hello 😀 there"},
    {"end": True},
]
BLIP_ITEMS = 4 + len("Hello 😀 there")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[WebServer]:
    async with web_server(tmp_path) as running:
        yield running


async def request(
    server: WebServer, user: str, method: str, path: str, status: int = 200, *, body: object = None, **query: str
) -> dict[str, Any]:
    """The answer to a request, which must have that status."""
    headers = {"Authorization": f"Bearer {user}"}
    async with server.http.request(method, server.url + path, headers=headers, params=query, json=body) as response:
        found = await response.json()
        assert response.status == status, found
        assert isinstance(found, dict)
        return found


async def get(server: WebServer, user: str, path: str, status: int = 200, **query: str) -> dict[str, Any]:
    return await request(server, user, "GET", path, status, **query)


async def hello(server: WebServer, *users: str) -> tuple[Socket, HashedVersion]:
    """A wave with a blip by alice; her connection, and its version."""
    socket = await server.connect("alice")
    ack = await socket.create(("conversation", MANIFEST), ("b+1", BLIP), add=("alice", *users))
    return socket, HashedVersion(ack["version"], decode_hash(ack["hash"]))


async def write(socket: Socket, at: HashedVersion, key: str, text: str, size: int = BLIP_ITEMS) -> None:
    op = [{"retain": size - 1}, {"chars": text}, {"retain": 1}]
    ack = await socket.ask(type="submit", id=9, wavelet=PATH, key=key, **target(at), ops=[{"doc": "b+1", "op": op}])
    assert ack["type"] == "ack", ack


async def test_an_inbox_and_a_wave_of_it(server: WebServer) -> None:
    await hello(server, "bob")
    digest = await get(server, "bob", f"{WAVES}/{WAVE}")
    assert digest == {
        "wave": WAVE,
        "title": "Hello 😀 there",
        "snippet": "",
        "creator": "alice@example.com",
        "participants": ["alice@example.com", "bob@example.com"],
        "participant_count": 2,
        "created": digest["created"],
        "modified": digest["modified"],
        "modified_by": "alice@example.com",
        "blips": 1,
        "unread": 1,
        "private": False,
        "archived": False,
        "muted": False,
        "pinned": False,
        "folders": [],
        "tags": [],
    }
    assert await get(server, "bob", WAVES) == {"waves": [digest], "next": None}
    assert await get(server, "bob", WAVES, q="with:alice the") == {"waves": [digest], "next": None}
    assert await get(server, "carol", WAVES) == {"waves": [], "next": None}


async def test_a_wave_of_others_is_not_found(server: WebServer) -> None:
    await hello(server)
    for method, path in (("GET", f"{WAVES}/{WAVE}"), ("PATCH", f"{WAVES}/{WAVE}/state")):
        body = {"pinned": True} if method == "PATCH" else None
        assert (await request(server, "bob", method, path, 404, body=body))["code"] == "not-found"


async def test_a_search_that_cannot_be_read_says_what_its_operator_takes(server: WebServer) -> None:
    error = await get(server, "alice", WAVES, 400, q="is:odd")
    assert error == {"code": "invalid-request", "message": "is: takes unread, pinned, muted or private, not 'odd'"}


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "x"}, {"other": "1"}, {"q": "x" * 1001}]
)
async def test_a_malformed_query_is_refused(server: WebServer, query: dict[str, str]) -> None:
    assert (await get(server, "alice", WAVES, 400, **query))["code"] == "invalid-request"


async def test_notes_change_the_digest_and_the_folders(server: WebServer) -> None:
    _, head = await hello(server, "bob")
    body = {"read": {PATH: {"b+1": head.version}}, "pinned": True, "folders": ["Work"]}
    digest = await request(server, "bob", "PATCH", f"{WAVES}/{WAVE}/state", body=body)
    assert (digest["unread"], digest["pinned"], digest["folders"]) == (0, True, ["Work"])
    folders = await get(server, "bob", "/api/v1/folders")
    assert folders == {"inbox_unread": 0, "folders": [{"name": "Work", "waves": 1, "unread": 0}]}


@pytest.mark.parametrize(
    "body",
    [
        {"archived": "yes"},
        {"unknown": 1},
        {"read": {PATH: {"b+1": 0}}},
        {"read": {"nonsense": {}}},
        {"folders": [""]},
        [],
    ],
)
async def test_a_malformed_note_is_refused(server: WebServer, body: object) -> None:
    await hello(server)
    error = await request(server, "alice", "PATCH", f"{WAVES}/{WAVE}/state", 400, body=body)
    assert error["code"] == "invalid-request"


async def test_a_token_that_may_only_read_cannot_note_anything(server: WebServer) -> None:
    await hello(server)
    server.accounts.scopes["alice"] = frozenset({"waves:read"})
    error = await request(server, "alice", "PATCH", f"{WAVES}/{WAVE}/state", 403, body={"pinned": True})
    assert error["code"] == "forbidden"
    server.accounts.scopes["alice"] = frozenset({"waves:write"})
    assert (await get(server, "alice", WAVES, 403))["code"] == "forbidden"


async def test_people_are_found_by_a_word_of_their_name_or_by_their_whole_address(server: WebServer) -> None:
    await hello(server, "bob")
    await server.indexer.settle()
    bob = {"address": "bob@example.com", "name": "bob"}
    zoe = {"address": "zoe@example.com", "name": "Zoë Ångström"}
    assert (await get(server, "alice", "/api/v1/people", q="bo"))["people"] == [bob]
    assert (await get(server, "alice", "/api/v1/people"))["people"] == [bob]
    assert (await get(server, "alice", "/api/v1/people", q="zo"))["people"] == []
    assert (await get(server, "alice", "/api/v1/people", q="example"))["people"] == []
    assert (await get(server, "alice", "/api/v1/people", q="zoe"))["people"] == [zoe]
    assert (await get(server, "alice", "/api/v1/people", q="Zoe@example.com", limit="1"))["people"] == [zoe]


# Live


async def watching(server: WebServer, user: str) -> Socket:
    socket = await server.connect(user)
    assert await socket.ask(type="watch", id=1) == {"type": "watching", "id": 1}
    return socket


async def test_who_watches_is_told_of_each_change_as_they_see_it(server: WebServer) -> None:
    bob = await watching(server, "bob")
    alice, head = await hello(server, "bob")
    first = await bob.get()
    assert (first["type"], first["wave"], first["digest"]["unread"]) == ("digest", WAVE, 1)
    await write(alice, head, "more", " more")
    second = (await bob.get())["digest"]
    assert second["title"] == "Hello 😀 there more"
    assert second == await get(server, "bob", f"{WAVES}/{WAVE}")


async def test_what_one_reads_in_another_tab_is_told_too(server: WebServer) -> None:
    await hello(server, "bob")
    await server.indexer.settle()
    first, second = await watching(server, "bob"), await watching(server, "bob")
    alice = await watching(server, "alice")
    await request(server, "bob", "PATCH", f"{WAVES}/{WAVE}/state", body={"read_all": True})
    for socket in (first, second):
        assert (await socket.get())["digest"]["unread"] == 0
    await request(server, "alice", "PATCH", f"{WAVES}/{WAVE}/state", body={"pinned": True})
    assert (await alice.get())["digest"]["pinned"]  # and nothing of what bob has read came before


async def test_who_is_removed_is_told_that_the_wave_is_gone(server: WebServer) -> None:
    alice, head = await hello(server, "bob")
    await server.indexer.settle()
    bob = await watching(server, "bob")
    op = {"remove": "bob@example.com"}
    await alice.ask(type="submit", id=5, wavelet=PATH, key="remove", **target(head), ops=[op])
    assert await bob.get() == {"type": "digest", "wave": WAVE, "digest": None}


async def test_a_connection_watches_once(server: WebServer) -> None:
    socket = await watching(server, "bob")
    answer = await socket.ask(type="watch", id=2)
    assert (answer["code"], answer["id"]) == ("conflict", 2)


async def test_a_connection_that_is_gone_is_not_told(server: WebServer) -> None:
    bob = await watching(server, "bob")
    await bob.socket.close()
    again = await watching(server, "bob")
    await hello(server, "bob")
    assert (await again.get())["wave"] == WAVE
