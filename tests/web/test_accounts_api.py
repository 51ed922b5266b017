"""Registering, one's account, profiles and sessions, over HTTP and on a real store."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from groundswell.config import AccountsConfig, HttpConfig, LimitsConfig
from serving.api_server import PASSWORD, ApiServer, Client, api_server
from wave_web.socket_protocol import SUBPROTOCOL

ADA = {"name": "ada", "password": PASSWORD}


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 300)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ApiServer]:
    async with api_server(tmp_path) as running:
        yield running


async def connected(person: Client) -> aiohttp.ClientWebSocketResponse:
    return await person.http.ws_connect(f"{person.url}/socket", protocols=(SUBPROTOCOL,), headers=person.headers)


async def test_who_registers_is_signed_in(server: ApiServer) -> None:
    person = await server.client()
    answer = await person.api("GET", "/server")
    assert answer.json == {"domain": "example.com", "registration": "open", "attachment_bytes": 20_000_000}
    answer = await person.api("POST", "/accounts", json={**ADA, "display_name": "Ada 𝒜"})
    assert (answer.status, answer.json) == (201, {"address": "ada@example.com"})
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    account = (await person.api("GET", "/account")).json
    created = account.pop("created")
    assert account == {"address": "ada@example.com", "name": "Ada 𝒜", "avatar": None}
    assert created > 1_763_800_000_000
    answer = await person.api("POST", "/accounts", json=ADA)
    assert answer.error == (409, "conflict")
    assert "ada@example.com has an account already" in answer.json["message"]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "ada"}, {**ADA, "more": 1}, {**ADA, "name": "a b"}, {**ADA, "name": "root"}, {**ADA, "password": "x"},
     {**ADA, "display_name": "\u202egnp"}, {**ADA, "name": "ada@example.com"}, {**ADA, "password": "\ud800" * 9}],
)  # fmt: skip
async def test_a_registration_that_cannot_be_is_refused_and_makes_nothing(server: ApiServer, body: object) -> None:
    person = await server.client()
    assert (await person.api("POST", "/accounts", json=body)).error == (400, "invalid-request")
    assert await server.accounts.all() == []
    assert (await person.api("GET", "/account")).error == (401, "unauthenticated")


async def test_a_server_that_others_can_reach_is_closed_unless_it_is_said(tmp_path: Path) -> None:
    async with api_server(tmp_path, http=HttpConfig(public_url="http://wave.example.com")) as server:
        person = await server.client()
        person.headers = {"Origin": "http://wave.example.com"}
        assert (await person.api("GET", "/server")).json["registration"] == "closed"
        assert (await person.api("POST", "/accounts", json=ADA)).error == (403, "forbidden")


async def test_registrations_are_limited_for_a_peer(tmp_path: Path) -> None:
    limits = LimitsConfig(registrations_per_hour=2)
    async with api_server(tmp_path, accounts=AccountsConfig(registration="invite"), limits=limits) as server:
        person = await server.client()
        for expected in ((403, "forbidden"), (403, "forbidden"), (429, "rate-limited")):
            answer = await person.api("POST", "/accounts", json=ADA)
            assert answer.error == expected
        assert int(answer.headers["Retry-After"]) > 1000


async def test_looking_at_the_session_renews_its_cookie(server: ApiServer) -> None:
    person = await server.person("ada")
    assert "Max-Age=2592000" in (await person.api("GET", "/session")).headers["Set-Cookie"]
    program = await server.program("ada", "waves:read")
    assert "Set-Cookie" not in (await program.api("GET", "/session")).headers


async def test_a_name_is_shown_changed_and_taken_away(server: ApiServer) -> None:
    ada, bob = await server.person("ada"), await server.person("bob")
    query = "/profiles?address=ada@example.com&address=x@beta.test&address=broken&address=nobody@example.com"
    for name in ("Ada Lovelace", None):
        assert (await ada.api("PATCH", "/account", json={"name": name})).json["name"] == name
        assert (await bob.api("GET", query)).json == {
            "profiles": [
                {"address": "ada@example.com", "name": name, "avatar": None},
                {"address": "x@beta.test", "name": None, "avatar": None},
                {"address": "nobody@example.com", "name": None, "avatar": None},
            ]
        }
    assert (await ada.api("PATCH", "/account", json={"name": "a\x07"})).error == (400, "invalid-request")
    assert (await ada.api("PATCH", "/account", json={})).json["name"] is None
    many = "&".join(f"address=u{number}@example.com" for number in range(101))
    assert (await bob.api("GET", f"/profiles?{many}")).error == (400, "invalid-request")
    assert (await (await server.client()).api("GET", query)).error == (401, "unauthenticated")


async def test_a_picture_is_made_square_and_shown_to_who_is_signed_in(server: ApiServer) -> None:
    ada, bob = await server.person("ada"), await server.person("bob")
    url = (await ada.api("PUT", "/account/avatar", data=picture("JPEG"))).json["avatar"]
    assert (await bob.api("GET", "/profiles?address=ada@example.com")).json["profiles"][0]["avatar"] == url
    answer = await bob.ask("GET", url)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(answer.body)).size == (256, 256)
    assert (await (await server.client()).ask("GET", url)).error == (401, "unauthenticated")
    other = (await ada.api("PUT", "/account/avatar", data=picture("GIF", (10, 900)))).json["avatar"]
    assert other != url  # so that nobody goes on showing the old one
    assert (await bob.ask("GET", url)).error == (404, "not-found")
    assert (await ada.api("DELETE", "/account/avatar")).status == 204
    assert (await bob.ask("GET", other)).error == (404, "not-found")
    assert (await bob.api("GET", "/avatars/../../etc")).status == 404
    assert (await bob.api("GET", "/avatars/xyz")).error == (400, "invalid-request")


@pytest.mark.parametrize("data", [b"", b"<svg/>", picture()[:100], b"x" * 10_000_001])
async def test_what_is_no_picture_is_no_avatar(server: ApiServer, data: bytes) -> None:
    ada = await server.person("ada")
    assert (await ada.api("PUT", "/account/avatar", data=io.BytesIO(data))).status in (400, 413)
    assert (await ada.api("GET", "/account")).json["avatar"] is None


async def test_a_new_password_ends_the_other_sessions_and_their_sockets(server: ApiServer) -> None:
    here, there = await server.person("ada"), await server.client()
    await there.api("POST", "/session", json={"address": "ada", "password": PASSWORD})
    socket, other = await connected(here), await connected(there)
    wrong = await here.api("PUT", "/account/password", json={"current": "a wrong one", "new": "battery staple"})
    assert wrong.error == (403, "forbidden")
    short = await here.api("PUT", "/account/password", json={"current": PASSWORD, "new": "short"})
    assert short.error == (400, "invalid-request")
    changed = await here.api("PUT", "/account/password", json={"current": PASSWORD, "new": "battery staple"})
    assert changed.status == 204
    assert (await other.receive()).type is aiohttp.WSMsgType.CLOSE
    assert other.close_code == 4401
    assert (await there.api("GET", "/session")).error == (401, "unauthenticated")
    assert (await here.api("GET", "/session")).status == 200
    await socket.send_str('{"type":"nonsense"}')
    assert (await socket.receive_json())["code"] == "invalid-request"  # it is still open
    signed_in = await there.api("POST", "/session", json={"address": "ada", "password": "battery staple"})
    assert signed_in.status == 200


async def test_sessions_are_listed_and_ended(server: ApiServer) -> None:
    here, there, bob = await server.person("ada"), await server.client(), await server.person("bob")
    agent = {"User-Agent": "Mozilla/5.0 (a phone)"}
    await there.api("POST", "/session", json={"address": "ada", "password": PASSWORD}, headers=agent)
    socket = await connected(there)
    first, second = (await here.api("GET", "/account/sessions")).json["sessions"]
    assert (first["current"], second["current"], second["user_agent"]) == (True, False, "Mozilla/5.0 (a phone)")
    assert second["created"] <= second["seen"]
    for who, number in ((bob, second["id"]), (here, 999_999)):
        assert (await who.api("DELETE", f"/account/sessions/{number}")).error == (404, "not-found")
    assert (await here.api("DELETE", f"/account/sessions/{second['id']}")).status == 204
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert (await there.api("GET", "/session")).error == (401, "unauthenticated")
    ended = await here.api("DELETE", f"/account/sessions/{first['id']}")
    assert (ended.status, 'groundswell_session=""' in ended.headers["Set-Cookie"]) == (204, True)
    assert (await here.api("GET", "/session")).error == (401, "unauthenticated")


async def test_a_token_changes_an_account_only_with_its_scope(server: ApiServer) -> None:
    await server.person("ada")
    waves, account = await server.program("ada", "waves:read"), await server.program("ada", "account")
    assert (await waves.api("GET", "/account")).status == 200
    assert (await waves.api("PATCH", "/account", json={"name": "A"})).error == (403, "forbidden")
    assert (await waves.api("GET", "/account/sessions")).error == (403, "forbidden")
    assert (await account.api("PATCH", "/account", json={"name": "A"})).json["name"] == "A"
    assert (await account.api("GET", "/profiles?address=a@b")).error == (403, "forbidden")
