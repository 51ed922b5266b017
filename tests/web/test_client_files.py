"""How the browser client is served: its page, its files, their caching and compression; and when it is not there."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from serving.web_server import AccountsInMemory
from wave_web.app import build_app
from wave_web.settings import WebSettings

PAGE = "<!doctype html><title>Groundswell</title>"
SCRIPT = "export const text = 'x';\n" * 100


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What Vite leaves."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "sw.js").write_text("self.onfetch = null;")
    (tmp_path / "manifest.webmanifest").write_text("{}")
    (tmp_path / "assets" / "index-4f2a.js").write_text(SCRIPT)
    (tmp_path / "assets" / "index-4f2a.js.br").write_bytes(b"as brotli")
    (tmp_path / "assets" / "style-77.css").write_text("a{}" * 1000)
    return tmp_path


@asynccontextmanager
async def serving(client: Path) -> AsyncIterator[aiohttp.ClientSession]:
    app = build_app(None, AccountsInMemory(), WebSettings(), client=client)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(url, auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as http:
            yield http
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "path",
    ["/", "/inbox", "/folder/to%20do", "/folder/a%2Fb", "/search?q=in:inbox", "/wave/example.com/w+abc", "/signin",
     "/wave/example.com/w+abc/history", "/settings", "/settings/profile", "/register?invitation=x"],
)  # fmt: skip
async def test_every_address_of_the_application_is_its_page(build: Path, path: str) -> None:
    async with serving(build) as http, http.get(path) as response:
        assert (response.status, await response.text()) == (200, PAGE)
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache"
        policy = response.headers["Content-Security-Policy"]
        assert "worker-src 'self'" in policy
        assert "unsafe" not in policy


async def test_files_with_a_hash_in_their_name_are_kept_for_good(build: Path) -> None:
    async with serving(build) as http:
        for path, expected in (("/assets/index-4f2a.js", "immutable"), ("/sw.js", "no-cache")):
            async with http.get(path) as response:
                assert expected in response.headers["Cache-Control"]
                assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        async with http.get("/manifest.webmanifest") as response:
            assert response.content_type == "application/manifest+json"


async def test_files_are_sent_in_the_best_encoding_that_is_taken(build: Path) -> None:
    async with serving(build) as http:
        asked = {"Accept-Encoding": "gzip, deflate, br"}
        async with http.get("/assets/index-4f2a.js", headers=asked) as response:
            assert (response.headers["Content-Encoding"], await response.read()) == ("br", b"as brotli")
            assert response.headers["Vary"] == "Accept-Encoding"
        async with http.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "gzip"}) as response:
            assert gzip.decompress(await response.read()).decode() == SCRIPT
        refused = {"Accept-Encoding": "br;q=0, gzip; q=0.000, vibrant"}
        async with http.get("/assets/index-4f2a.js", headers=refused) as response:
            assert "Content-Encoding" not in response.headers
        async with http.get("/assets/index-4f2a.js") as response:
            assert "Content-Encoding" not in response.headers
            assert await response.text() == SCRIPT
        async with http.get("/sw.js", headers=asked) as response:  # too small to gain
            assert "Content-Encoding" not in response.headers


async def test_what_the_browser_has_is_not_sent_again(build: Path) -> None:
    async with serving(build) as http:
        async with http.get("/") as response:
            tag = response.headers["ETag"]
        async with http.get("/", headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
        async with http.head("/") as response:
            assert response.status == 200


async def test_the_page_and_its_scripts_stay_of_one_build(build: Path) -> None:
    async with serving(build) as http:
        (build / "assets" / "index-4f2a.js").unlink()
        async with http.get("/assets/index-4f2a.js") as response:
            assert await response.text() == SCRIPT


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/../index.html", "/index-4f2a.js.br", "/wave/x", "/inbox/x"]
)
async def test_other_addresses_are_not_there(build: Path, path: str) -> None:
    async with serving(build) as http:
        async with http.get(path) as response:
            assert (response.status, response.content_type) == (404, "application/json")
        async with http.get(path, headers={"Accept": "text/html,*/*"}) as response:
            assert (response.status, response.content_type) == (404, "text/html")
            assert '<a href="/">' in await response.text()


async def test_a_server_without_the_client_says_how_to_build_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as http:
        async with http.get("/inbox") as response:
            assert response.status == 503
            assert "make run" in await response.text()
        async with http.get("/api/v1/docs") as response:
            assert response.status == 200
