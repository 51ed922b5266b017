"""The WebSocket protocol against a real host: what goes well, and what is refused and leaves all else sound."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from serving.web_server import NAME, PASSWORD, PATH, WAVE, ZERO, Socket, WebServer, target, web_server
from wave_web.rate_limits import Rate
from wave_web.settings import SocketLimits, WebSettings

TEXT = [{"chars": "hello"}]


async def shared(server: WebServer, *names: str) -> tuple[list[Socket], dict[str, Any]]:
    """A connection for each user, all with the wavelet open; and where it stands."""
    first = await server.connect(names[0])
    ack = await first.create(("notes", TEXT), add=names)
    others = []
    for name in names[1:]:
        other = await server.connect(name)
        assert (await other.ask(type="open", id=1, wave=WAVE))["wavelets"] == [PATH]
        assert (await other.get())["type"] == "snapshot"
        others.append(other)
    return [first, *others], {"at": ack["version"], "hash": ack["hash"]}


async def test_what_one_submits_the_others_get_and_the_submitter_gets_an_ack(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    ops = [{"doc": "notes", "op": [{"retain": 5}, {"chars": "!"}]}]
    ack = await alice.ask(type="submit", id=7, wavelet=PATH, key="k1", **at, ops=ops)
    assert ack == {
        "type": "ack", "id": 7, "wavelet": PATH, "at": 3, "version": 4,
        "hash": ack["hash"], "timestamp": ack["timestamp"],
    }  # fmt: skip
    assert await bob.get() == {
        "type": "delta", "wavelet": PATH, "author": "alice@example.com", "at": 3, "ops": ops, "version": 4,
        "hash": ack["hash"], "timestamp": ack["timestamp"],
    }  # fmt: skip


async def test_a_snapshot_has_participants_and_documents(server: WebServer) -> None:
    (_, _), at = await shared(server, "alice", "bob")
    carol = await server.connect("alice")
    await carol.ask(type="open", id=1, wave=WAVE)
    assert await carol.get() == {
        "type": "snapshot", "wavelet": PATH, "version": 3, "hash": at["hash"],
        "participants": ["alice@example.com", "bob@example.com"], "documents": {"notes": TEXT},
    }  # fmt: skip


async def test_the_authors_other_connections_get_the_key(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    tablet = await server.connect("alice")
    await tablet.ask(type="open", id=1, wave=WAVE, known={PATH: [at["at"], at["hash"]]})
    await alice.ask(type="submit", id=7, wavelet=PATH, key="k1", **at, ops=[{"noop": True}])
    assert (await tablet.get())["key"] == "k1"
    assert "key" not in await bob.get()


async def test_a_resumed_wave_gets_the_deltas_missed_and_a_repeated_submission_its_first_ack(server: WebServer) -> None:
    (alice, _), at = await shared(server, "alice", "bob")
    ack = await alice.ask(type="submit", id=7, wavelet=PATH, key="k1", **at, ops=[{"noop": True}])
    await alice.socket.close()
    alice = await server.connect("alice")
    await alice.ask(type="open", id=1, wave=WAVE, known={PATH: [at["at"], at["hash"]]})
    delta = await alice.get()
    assert (delta["type"], delta["key"], delta["version"]) == ("delta", "k1", ack["version"])
    again = await alice.ask(type="submit", id=8, wavelet=PATH, key="k1", **at, ops=[{"noop": True}])
    assert again == {**ack, "id": 8}


async def test_a_page_can_ask_whether_the_server_is_still_there(server: WebServer) -> None:
    socket = await server.connect("alice")
    assert await socket.ask(type="ping", id=7) == {"type": "pong", "id": 7}


async def test_cursors_go_to_the_other_readers(server: WebServer) -> None:
    (alice, bob), _ = await shared(server, "alice", "bob")
    await alice.send(type="cursor", wavelet=PATH, doc="notes", anchor=1, head=3)
    assert await bob.get() == {
        "type": "cursor", "wavelet": PATH, "author": "alice@example.com", "doc": "notes", "anchor": 1, "head": 3,
    }  # fmt: skip


async def test_a_removed_participant_is_told_and_gets_nothing_more(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    await alice.ask(type="submit", id=7, wavelet=PATH, key="k", **at, ops=[{"remove": "bob@example.com"}])
    assert (await bob.get())["type"] == "delta"
    ended = await bob.get()
    assert (ended["type"], ended["code"], ended["wavelet"]) == ("error", "forbidden", PATH)
    assert "id" not in ended


async def test_a_closed_wave_sends_nothing_more_and_can_be_opened_again(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    await bob.send(type="close", wave=WAVE)
    assert (await bob.ask(type="cursor", wavelet=PATH, doc="notes", anchor=0, head=0))["code"] == "not-open"
    await alice.ask(type="submit", id=7, wavelet=PATH, key="k", **at, ops=[{"noop": True}])
    assert (await bob.ask(type="open", id=9, wave=WAVE))["type"] == "opened"
    assert (await bob.get())["version"] == at["at"] + 1


BAD_MESSAGES: list[tuple[str, str, int | None]] = [
    ("", "invalid-request", None),
    ("{", "invalid-request", None),
    ("[]", "invalid-request", None),
    ("[" * 100_000, "invalid-request", None),
    ('{"type":"open","id":5}', "invalid-request", 5),
    ('{"type":"open","id":5,"wave":7}', "invalid-request", 5),
    ('{"type":"open","id":5,"wave":"nonsense"}', "invalid-request", 5),
    ('{"type":"open","id":5,"wave":"example.com/w+b","more":1}', "invalid-request", 5),
    ('{"type":"open","id":5,"wave":"example.com/w+b","known":{"x":[1,"!"]}}', "invalid-request", 5),
    ('{"type":"open","id":5,"wave":"example.com/w+b","known":{"example.com/w+c/~/conv+root":[1,"aa"]}}',
     "invalid-request", 5),
    ('{"type":"open","id":-1,"wave":"example.com/w+b"}', "invalid-request", None),
    ('{"type":"open","id":"x","wave":"example.com/w+b"}', "invalid-request", None),
    ('{"type":"dance","id":5}', "invalid-request", 5),
    ('{"id":5}', "invalid-request", 5),
    (f'{{"type":"open","id":5,"wave":"{WAVE}"}}', "conflict", 5),
    ('{"type":"close","wave":"example.com/w+b"}', "not-open", None),
    ('{"type":"cursor","wavelet":"example.com/w+b/~/conv+root","doc":"d","anchor":0,"head":0}', "not-open", None),
    (f'{{"type":"cursor","wavelet":"{PATH}","doc":"notes","anchor":-1,"head":0}}', "invalid-request", None),
    (f'{{"type":"cursor","wavelet":"{PATH}","doc":"notes","anchor":0,"head":99999999}}', "invalid-request", None),
]  # fmt: skip
BAD_SUBMISSIONS: list[tuple[dict[str, Any], str]] = [
    ({"wavelet": "example.com/w+b/~/conv+root"}, "not-open"),
    ({"wavelet": "example.com/w+a/example.com/conv+root"}, "invalid-request"),
    ({"wavelet": "example.com/w+a/~/conv+other"}, "forbidden"),
    ({"wavelet": "example.com/w+a/other.test/conv+root"}, "not-found"),
    ({"key": ""}, "invalid-request"),
    ({"key": "ä"}, "invalid-request"),
    ({"key": 5}, "invalid-request"),
    ({"at": 99}, "bad-version"),
    ({"at": -1}, "invalid-request"),
    ({"hash": "AAAA"}, "bad-version"),
    ({"hash": "not base64!"}, "invalid-request"),
    ({"ops": []}, "invalid-request"),
    ({"ops": [{}]}, "invalid-request"),
    ({"ops": [{"noop": False}]}, "invalid-request"),
    ({"ops": [{"add": "x@example.com", "noop": True}]}, "invalid-request"),
    ({"ops": [{"doc": "notes", "op": "x"}]}, "invalid-request"),
    ({"ops": [{"doc": "notes", "op": [{"retain": "5"}]}]}, "invalid-request"),
    ({"ops": [{"doc": "notes", "op": [{"retain": 4}]}]}, "invalid-operation"),
    ({"ops": [{"doc": "notes", "op": [{"retain": -5}]}]}, "invalid-operation"),
    ({"ops": [{"doc": "b+1", "op": TEXT}]}, "invalid-operation"),
    ({"ops": [{"remove": "nobody@example.com"}]}, "invalid-operation"),
    ({"author": "bob@example.com"}, "invalid-request"),
]  # fmt: skip


async def still_works(alice: Socket, bob: Socket, at: dict[str, Any]) -> None:
    """Neither the connection nor the wavelet has suffered."""
    ack = await alice.ask(type="submit", id=77, wavelet=PATH, key="fine", **at, ops=[{"noop": True}])
    assert (ack["type"], ack["id"], ack["at"]) == ("ack", 77, at["at"])
    assert (await bob.get())["version"] == ack["version"]


async def test_bad_messages_get_their_code_and_id_and_change_nothing(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    for text, code, request_id in BAD_MESSAGES:
        await alice.socket.send_str(text)
        error = await alice.get()
        assert (error["type"], error["code"], error.get("id")) == ("error", code, request_id), (text[:100], error)
        assert "\n" not in error["message"]
    await still_works(alice, bob, at)


async def test_bad_submissions_get_their_code_and_id_and_change_nothing(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    good = {"type": "submit", "id": 5, "wavelet": PATH, "key": "bad", **at, "ops": [{"noop": True}]}
    for change, code in BAD_SUBMISSIONS:
        error = await alice.ask(**{**good, **change})
        assert (error["type"], error.get("code"), error.get("id")) == ("error", code, 5), (change, error)
    await still_works(alice, bob, at)


async def test_binary_messages_are_refused_and_the_connection_lives(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    await alice.socket.send_bytes(b"\x00\x01")
    assert (await alice.get())["code"] == "invalid-request"
    await still_works(alice, bob, at)


async def test_a_strangers_wave_looks_as_if_it_did_not_exist(server: WebServer) -> None:
    _, at = await shared(server, "alice", "bob")
    mallory = await server.connect("mallory")
    assert (await mallory.ask(type="open", id=1, wave=WAVE))["wavelets"] == []
    assert (await mallory.ask(type="open", id=2, wave="example.com/w+none"))["wavelets"] == []
    answers = []
    for path in (PATH, "example.com/w+none/~/conv+root"):
        error = await mallory.ask(type="submit", id=3, wavelet=path, key="k", **at, ops=[{"noop": True}])
        answers.append((error["code"], error["message"].replace(path, "")))
        error = await mallory.ask(type="cursor", wavelet=path, doc="notes", anchor=0, head=0)
        answers.append((error["code"], error["message"].replace(path, "")))
    assert answers[:2] == answers[2:]
    assert answers[0][0] == "forbidden"


async def test_a_second_submission_in_flight_is_refused_and_the_first_lands(server: WebServer) -> None:
    (alice, _), at = await shared(server, "alice", "bob")
    message = {"type": "submit", "wavelet": PATH, **at, "ops": [{"noop": True}]}
    for request_id in (7, 8):
        await alice.send(id=request_id, key=f"k{request_id}", **message)
    answers = {answer["id"]: answer for answer in [await alice.get(), await alice.get()]}
    assert answers[7]["type"] == "ack"
    assert answers[8]["code"] == "conflict"


async def test_a_message_over_the_limit_is_refused_and_the_next_one_carried_out(tmp_path: Path) -> None:
    settings = WebSettings(socket=SocketLimits(message_bytes=2000, skipped_bytes=100_000))
    async with web_server(tmp_path, settings) as server:
        (alice, bob), at = await shared(server, "alice", "bob")
        await alice.socket.send_str(json.dumps({"type": "close", "wave": "x" * 3000}))
        assert (await alice.get())["code"] == "too-large"
        await still_works(alice, bob, at)
        await alice.socket.send_str("x" * 200_000)
        assert await alice.close_code() == 1009


async def test_rates_are_limited_with_the_time_to_wait(tmp_path: Path) -> None:
    limits = SocketLimits(connection_messages=Rate(per_second=0.01, burst=4))
    async with web_server(tmp_path, WebSettings(socket=limits)) as server:
        (alice, bob), at = await shared(server, "alice", "bob")
        message = {"type": "submit", "wavelet": PATH, "key": "k", **at, "ops": [{"noop": True}]}
        for request_id in (3, 4):
            assert (await alice.ask(id=request_id, **message))["type"] == "ack"
        error = await alice.ask(id=5, **message)
        assert (error["code"], error["id"]) == ("rate-limited", 5)
        assert 90_000 < error["retry_after"] <= 100_000
        await bob.send(id=6, **{**message, "key": "b"})
        assert (await bob.ask(type="submit", id=1, wavelet=PATH, key="b", **at, ops=[{"noop": True}]))[
            "type"
        ] == "delta"


async def test_an_account_has_one_rate_for_all_its_connections(tmp_path: Path) -> None:
    limits = SocketLimits(account_operations=Rate(per_second=0.01, burst=5))
    async with web_server(tmp_path, WebSettings(socket=limits)) as server:
        (alice,), at = await shared(server, "alice")  # two operations
        tablet = await server.connect("alice")
        await tablet.ask(type="open", id=1, wave=WAVE, known={PATH: [at["at"], at["hash"]]})
        ops = [{"noop": True}, {"noop": True}]
        assert (await alice.ask(type="submit", id=3, wavelet=PATH, key="a", **at, ops=ops))["type"] == "ack"
        assert (await tablet.get())["type"] == "delta"
        error = await tablet.ask(type="submit", id=4, wavelet=PATH, key="b", **at, ops=ops)
        assert (error["code"], error["id"]) == ("rate-limited", 4)


# ---- the handshake ----


async def refused(server: WebServer, headers: dict[str, str], protocols: tuple[str, ...] = ("wave.v1",)) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await server.http.ws_connect(f"{server.url}/socket", protocols=protocols, headers=headers)
    return caught.value.status


async def test_without_a_credential_the_answer_is_401(server: WebServer) -> None:
    assert await refused(server, {}) == 401
    assert await refused(server, {"Authorization": "Bearer 12345"}) == 401
    assert await refused(server, {"Authorization": "Basic YTpi"}) == 401
    assert await refused(server, {"Cookie": "groundswell_session=none", "Origin": server.url}) == 401


async def test_without_the_subprotocol_the_answer_is_400(server: WebServer) -> None:
    assert await refused(server, {"Authorization": "Bearer alice"}, ()) == 400
    assert await refused(server, {"Authorization": "Bearer alice"}, ("wave.v2",)) == 400


async def test_a_plain_request_is_told_to_upgrade_and_the_connection_serves_the_next_one(server: WebServer) -> None:
    async with server.http.get(f"{server.url}/socket", headers={"Authorization": "Bearer alice"}) as response:
        assert response.status == 426
        assert response.headers["Upgrade"] == "websocket"
        assert (await response.json())["code"] == "upgrade-required"
    async with server.http.get(f"{server.url}/healthz") as response:
        assert response.status == 200


async def test_a_session_needs_the_servers_own_origin(server: WebServer) -> None:
    sign_in = {"address": "alice", "password": PASSWORD}
    async with server.http.post(f"{server.url}/api/v1/session", json=sign_in) as response:
        assert response.status == 200
    for origin in ("http://evil.test", "null", server.url + "1", "http://127.0.0.1"):
        assert await refused(server, {"Origin": origin}) == 403
    assert await refused(server, {}) == 403
    socket = await server.http.ws_connect(
        f"{server.url}/socket", protocols=("wave.v1",), headers={"Origin": server.url}
    )
    assert (await Socket(socket).ask(type="open", id=1, wave=WAVE))["type"] == "opened"


async def test_signing_out_ends_the_sessions_connections_with_4401(server: WebServer) -> None:
    sign_in = {"address": "alice", "password": PASSWORD}
    await server.http.post(f"{server.url}/api/v1/session", json=sign_in)
    socket = Socket(
        await server.http.ws_connect(f"{server.url}/socket", protocols=("wave.v1",), headers={"Origin": server.url})
    )
    other = await server.connect("alice")
    headers = {"Origin": server.url}
    async with server.http.delete(f"{server.url}/api/v1/session", headers=headers) as response:
        assert response.status == 204
    assert await socket.close_code() == 4401
    assert (await other.ask(type="open", id=1, wave=WAVE))["type"] == "opened"


async def test_a_revoked_token_ends_its_connections_with_4401(server: WebServer) -> None:
    alice, bob = await server.connect("alice"), await server.connect("bob")
    server.accounts.revoked.add("alice")
    await server.sockets.check_credentials()
    assert await alice.close_code() == 4401
    assert (await bob.ask(type="open", id=1, wave=WAVE))["type"] == "opened"


async def test_a_token_does_what_its_scopes_say(server: WebServer) -> None:
    (alice, bob), at = await shared(server, "alice", "bob")
    server.accounts.scopes["bob"] = frozenset({"waves:read"})
    reader = await server.connect("bob")
    assert (await reader.ask(type="open", id=1, wave=WAVE))["wavelets"] == [PATH]
    assert (await reader.get())["type"] == "snapshot"
    error = await reader.ask(type="submit", id=2, wavelet=PATH, key="k", **at, ops=[{"noop": True}])
    assert (error["code"], error["id"]) == ("forbidden", 2)
    server.accounts.scopes["bob"] = frozenset()
    assert await refused(server, {"Authorization": "Bearer bob"}) == 403
    await still_works(alice, bob, at)


async def test_an_access_log_sees_the_handshake_and_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with web_server(tmp_path, access_log=True) as server:
        alice = await server.connect("alice")
        assert (await alice.ask(type="open", id=1, wave=WAVE))["type"] == "opened"
    assert [record.levelname for record in caplog.records if "aiohttp" in record.name] == ["INFO"]
    assert '"GET /socket HTTP/1.1" 101 0' in caplog.text


async def test_connections_are_counted(tmp_path: Path) -> None:
    async with web_server(tmp_path, WebSettings(socket=SocketLimits(connections_per_account=2))) as server:
        connected = [await server.connect(name) for name in ("alice", "alice", "bob")]
        assert await refused(server, {"Authorization": "Bearer alice"}) == 429
        await connected[0].socket.close()
        connected.append(await server.connect("alice"))
        assert len(server.sockets) == 3


# ---- peers that are slow, silent or gone ----


async def test_the_silent_are_pinged_and_then_dropped(server: WebServer) -> None:
    alice = await server.connect("alice")
    reader, writer = await raw_socket(server, "bob")
    now = asyncio.get_running_loop().time()
    server.sockets.check_silence(now + 30)
    answer = asyncio.ensure_future(alice.ask(type="open", id=1, wave=WAVE))  # answers the ping on the way
    assert (await answer)["type"] == "opened"
    server.sockets.check_silence(now + 61)
    assert await reader.read() == b"\x89\x00"  # the ping, and then nothing more
    assert (await alice.ask(type="close", wave="example.com/w+x"))["code"] == "not-open"
    assert len(server.sockets) == 1
    writer.close()


async def test_a_stopping_server_says_so(tmp_path: Path) -> None:
    async with web_server(tmp_path) as server:
        alice = await server.connect("alice")
        stopping = asyncio.ensure_future(server.sockets.stop())
        assert await alice.close_code() == 1001
        await stopping


async def raw_socket(server: WebServer, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket whose client does only what the test does: it answers no pings, and reads nothing."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    lines = [
        "GET /socket HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: other, wave.v1", f"Authorization: Bearer {token}", "", "",
    ]  # fmt: skip
    writer.write("\r\n".join(lines).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"101" in head
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # RFC 6455 §1.3
    return reader, writer


def test_the_version_before_history_is_the_name() -> None:
    assert target(ZERO) == {"at": 0, "hash": "d2F2ZTovL2V4YW1wbGUuY29tL3crYS9jb252K3Jvb3Q"}
    assert NAME.path == PATH
