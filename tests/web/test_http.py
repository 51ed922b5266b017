"""HTTP: signing in and out, errors as JSON, what browsers are told."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from serving.web_server import PASSWORD, AccountsInMemory, WebServer, web_server
from wave_web.app import build_app, errors_as_json
from wave_web.authentication import check_origin
from wave_web.errors import WrongOrigin
from wave_web.rate_limits import Rate
from wave_web.settings import WebSettings

SIGN_IN = {"address": "alice", "password": PASSWORD}


async def answer(response: aiohttp.ClientResponse) -> tuple[int, str]:
    """The status, and the code of the JSON body."""
    return response.status, (await response.json())["code"]


async def test_a_session_begins_is_shown_and_ends(server: WebServer) -> None:
    session = f"{server.url}/api/v1/session"
    async with server.http.get(session) as response:
        assert await answer(response) == (401, "unauthenticated")
    async with server.http.post(session, json=SIGN_IN) as response:
        assert (response.status, await response.json()) == (200, {"address": "alice@example.com"})
        cookie = response.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert response.headers["Cache-Control"] == "no-store"
    async with server.http.get(session) as response:
        assert (response.status, await response.json()) == (200, {"address": "alice@example.com"})
    async with server.http.delete(session) as response:
        assert await answer(response) == (403, "wrong-origin")
    async with server.http.delete(session, headers={"Origin": server.url}) as response:
        assert response.status == 204
    async with server.http.get(session) as response:
        assert await answer(response) == (401, "unauthenticated")
    assert server.accounts.sessions == {}


async def test_a_page_of_another_site_cannot_sign_its_visitor_in(server: WebServer) -> None:
    headers = {"Origin": "http://evil.test"}
    async with server.http.post(f"{server.url}/api/v1/session", json=SIGN_IN, headers=headers) as response:
        assert await answer(response) == (403, "wrong-origin")


async def test_a_token_shows_its_owner_and_is_not_a_session_to_end(server: WebServer) -> None:
    headers = {"Authorization": "Bearer bob"}
    async with server.http.get(f"{server.url}/api/v1/session", headers=headers) as response:
        assert await response.json() == {"address": "bob@example.com"}
    async with server.http.delete(f"{server.url}/api/v1/session", headers=headers) as response:
        assert await answer(response) == (400, "invalid-request")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"address":"alice"}', b'{"address":"a","password":5}', b"\xff", b"[" * 99_999,
             b'{"address":"a","password":"b","more":1}', b'{"address":"a@b@c","password":"b"}'],
)  # fmt: skip
async def test_a_malformed_sign_in_is_refused(server: WebServer, body: bytes) -> None:
    async with server.http.post(f"{server.url}/api/v1/session", data=body) as response:
        assert await answer(response) == (400, "invalid-request")


async def test_sign_ins_are_limited_for_an_address_and_for_a_peer(tmp_path: Path) -> None:
    settings = WebSettings(domain="example.com", sign_ins_per_address=Rate(0.01, 2), sign_ins_per_peer=Rate(0.01, 4))
    wrong = {"address": "alice@example.com", "password": "wrong"}
    async with web_server(tmp_path, settings) as server:
        url = f"{server.url}/api/v1/session"
        for expected in ((401, "unauthenticated"), (401, "unauthenticated"), (429, "rate-limited")):
            async with server.http.post(url, json=wrong) as response:
                assert await answer(response) == expected
        assert 90 <= int(response.headers["Retry-After"]) <= 100
        async with server.http.post(url, json={**wrong, "address": "bob"}) as response:
            assert await answer(response) == (401, "unauthenticated")
        async with server.http.post(url, json={**wrong, "address": "carol"}) as response:
            assert await answer(response) == (429, "rate-limited")


async def test_a_body_over_the_limit_is_refused(tmp_path: Path) -> None:
    async with (
        web_server(tmp_path, WebSettings(request_bytes=1000)) as server,
        server.http.post(f"{server.url}/api/v1/session", data=b"x" * 2000) as response,
    ):
        assert await answer(response) == (413, "too-large")


async def test_what_is_not_there_or_not_so_is_said_in_json(server: WebServer) -> None:
    async with server.http.get(f"{server.url}/nothing") as response:
        assert await answer(response) == (404, "not-found")
    async with server.http.put(f"{server.url}/healthz") as response:
        assert await answer(response) == (405, "method-not-allowed")
        assert response.headers["Allow"] == "GET, HEAD"


async def test_pages_carry_a_strict_policy_and_no_server_version(server: WebServer) -> None:
    for path, content_type in (("/", "text/html"), ("/static/pages.css", "text/css"), ("/nothing", "application/json")):
        async with server.http.get(server.url + path) as response:
            assert response.content_type == content_type
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "Server" not in response.headers
    async with server.http.get(server.url) as response:
        page = await response.text()
        assert "<script>" not in page
        assert "style=" not in page


async def test_over_https_cookies_are_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    settings = WebSettings(public_url="https://wave.example.com", domain="example.com")
    async with web_server(tmp_path, settings) as server:
        headers = {"Origin": "https://wave.example.com"}
        async with server.http.post(f"{server.url}/api/v1/session", json=SIGN_IN, headers=headers) as response:
            cookie = response.headers["Set-Cookie"]
            assert cookie.startswith("__Host-groundswell_session=")
            assert "Secure" in cookie
            assert "Strict-Transport-Security" in response.headers


@pytest.mark.parametrize(
    ("origin", "public_url"),
    [("https://wave.example.com", "https://wave.example.com"), ("https://wave.example.com:443", "https://wave.example.com/"),
     ("http://localhost:8080", ""), ("https://localhost:8080", "")],
)  # fmt: skip
def test_the_servers_own_origins(origin: str, public_url: str) -> None:
    check_origin(origin, "localhost:8080", public_url)


@pytest.mark.parametrize(
    ("origin", "public_url"),
    [(None, ""), ("null", ""), ("", ""), ("http://localhost", ""), ("http://localhost:8080.evil.test", ""),
     ("http://localhost:x", ""), ("https://wave.example.com.evil.test", "https://wave.example.com"),
     ("http://wave.example.com", "https://wave.example.com"), ("http://localhost:8080", "https://wave.example.com")],
)  # fmt: skip
def test_other_origins(origin: str | None, public_url: str) -> None:
    with pytest.raises(WrongOrigin):
        check_origin(origin, "localhost:8080", public_url)


async def test_a_fault_of_ours_is_a_500_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(request: web.Request) -> web.Response:
        raise RuntimeError("a secret detail")

    response = await errors_as_json(make_mocked_request("GET", "/"), failing)
    assert isinstance(response, web.Response)
    assert response.status == 500
    assert response.body == b'{"code":"internal","message":"the server failed on this request"}'
    assert "a secret detail" in caplog.text


def test_the_application_has_the_routes_of_the_protocol() -> None:
    app = build_app(None, AccountsInMemory(), WebSettings())  # type: ignore[arg-type]
    routes = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    assert {("GET", "/socket"), ("POST", "/api/v1/session"), ("GET", "/healthz"), ("GET", "/")} <= routes
