"""The REST framework: what it lets in, what it validates, and that the document says just what is served."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated

import aiohttp
import msgspec
import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from serving.web_server import PASSWORD, AccountsInMemory
from wave_web.api import PREFIX, ApiRoutes, Call
from wave_web.app import build_app
from wave_web.authentication import READ_SCOPE, WRITE_SCOPE
from wave_web.openapi import DOCUMENT
from wave_web.rate_limits import Rate
from wave_web.settings import WebSettings

SETTINGS = WebSettings(domain="example.com")
BOB = {"Authorization": "Bearer bob"}

example = ApiRoutes("example")
NAMES = web.AppKey("names", dict[str, str])


class Place(msgspec.Struct):
    domain: str
    number: int


class Filter(msgspec.Struct, forbid_unknown_fields=True):
    q: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100, description="How many, at most.")] = 20
    address: Annotated[list[str], msgspec.Meta(max_length=3)] = []
    all: bool = False


class Naming(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    colours: dict[str, int] = {}


class Found(msgspec.Struct):
    account: str
    where: str
    query: Filter


@example.route("GET", "/places/{domain}/{number}", summary="A place", scope=READ_SCOPE, revalidated=True)
async def show_place(call: Call[Filter, None, Place]) -> Found:
    """A place of `somebody`."""
    return Found(str(call.account), f"{call.path.domain}/{call.path.number}", call.query)


@example.route("POST", "/names", summary="Name", scope=WRITE_SCOPE, status=201, errors=("conflict",))
async def add_name(call: Call[None, Naming]) -> Naming:
    call.port(NAMES)[call.body.name] = str(call.account)
    call.response.headers["Location"] = f"/names/{call.body.name}"
    return call.body


@example.route("DELETE", "/names", summary="Forget")
async def forget_names(call: Call[None, None]) -> None:
    call.port(NAMES).clear()


@example.route("PUT", "/bytes", summary="Count bytes", accepts=("image/png",))
async def count_bytes(call: Call[None, aiohttp.StreamReader]) -> int:
    return len(await call.body.read())


@example.route("POST", "/public", summary="Anybody", public=True)
async def anybody(call: Call[None, Naming]) -> None:
    assert call.caller is None
    with pytest.raises(LookupError):
        _ = call.account


class Api:
    def __init__(
        self, url: str, http: aiohttp.ClientSession, accounts: AccountsInMemory, names: dict[str, str]
    ) -> None:
        self.url, self.http, self.accounts, self.names = url, http, accounts, names

    async def ask(self, method: str, path: str, **given: object) -> tuple[int, object]:
        """The status and the JSON that is answered; of an error, its code."""
        url = self.url + PREFIX + path
        async with self.http.request(method, url, **given) as response:  # type: ignore[arg-type]
            text = await response.text()
            answer = json.loads(text) if text else None
            if response.status >= 400:
                assert isinstance(answer, dict)
                return response.status, answer["code"]
            return response.status, answer

    async def message(self, method: str, path: str, **given: object) -> str:
        url = self.url + PREFIX + path
        async with self.http.request(method, url, **given) as response:  # type: ignore[arg-type]
            found = await response.json()
            return str(found["message"])


@asynccontextmanager
async def running(settings: WebSettings = SETTINGS) -> AsyncIterator[Api]:
    accounts, names = AccountsInMemory(), dict[str, str]()
    app = build_app(None, accounts, settings, [example.served_by(NAMES, names)])  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            yield Api(url, http, accounts, names)
    finally:
        await runner.cleanup()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with running() as found:
        yield found


async def test_path_and_query_arrive_with_their_types(api: Api) -> None:
    path = "/places/a.test/7?q=%F0%9F%98%80&limit=5&address=a&address=b&all=true"
    assert await api.ask("GET", path, headers=BOB) == (200, {
        "account": "bob@example.com", "where": "a.test/7",
        "query": {"q": "😀", "limit": 5, "address": ["a", "b"], "all": True},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("path", "words"),
    [("/places/a/x", "the path: Expected `int`, got `str`, at number"), ("/places/a/1?limit=0", "`int` >= 1, at limit"),
     ("/places/a/1?q=a&q=b", "the query has 'q' more than once"), ("/places/a/1?lim=5", "unknown field `lim`"),
     ("/places/a/1?address=1&address=2&address=3&address=4", "length <= 3"), ("/places/a/1?all=perhaps", "at all")],
)  # fmt: skip
async def test_what_is_wrong_in_path_or_query_is_named(api: Api, path: str, words: str) -> None:
    assert await api.ask("GET", path, headers=BOB) == (400, "invalid-request")
    assert words in await api.message("GET", path, headers=BOB)


@pytest.mark.parametrize(
    ("body", "words"),
    [("", "the body is not JSON"), ("{", "the body is not JSON"), ("[]", "the body: Expected `object`"),
     ('{"name":""}', "at name"), ('{"name":5}', "at name"), ('{"name":"a","colours":{"red":"1"}}', "at colours[...]"),
     ('{"name":"a","more":1}', "unknown field `more`"), ("[" * 99_999, "the body")],
)  # fmt: skip
async def test_what_is_wrong_in_a_body_is_named_and_changes_nothing(api: Api, body: str, words: str) -> None:
    assert words in await api.message("POST", "/names", data=body, headers=BOB)
    assert api.names == {}


async def test_a_handler_answers_with_its_status_and_headers(api: Api) -> None:
    async with api.http.post(f"{api.url}{PREFIX}/names", json={"name": "x"}, headers=BOB) as response:
        assert (response.status, response.headers["Location"]) == (201, "/names/x")
        assert await response.json() == {"name": "x", "colours": {}}
    assert api.names == {"x": "bob@example.com"}
    assert await api.ask("DELETE", "/names", headers=BOB) == (204, None)
    assert await api.ask("DELETE", "/names?all=1", headers=BOB) == (400, "invalid-request")
    assert await api.ask("PUT", "/bytes", data=b"\x00" * 70_000, headers=BOB) == (200, 70_000)


async def test_only_who_may_is_let_in(api: Api) -> None:
    api.accounts.scopes["reader"] = frozenset({READ_SCOPE})
    reader = {"Authorization": "Bearer reader"}
    assert await api.ask("GET", "/places/a/1") == (401, "unauthenticated")
    assert await api.ask("GET", "/places/a/1", headers=reader) == (200, {
        "account": "reader@example.com", "where": "a/1", "query": {"q": "", "limit": 20, "address": [], "all": False},
    })  # fmt: skip
    assert await api.ask("POST", "/names", json={"name": "x"}, headers=reader) == (403, "forbidden")
    assert WRITE_SCOPE in await api.message("POST", "/names", json={"name": "x"}, headers=reader)
    assert api.names == {}


async def test_a_session_may_do_everything_from_the_servers_own_pages(api: Api) -> None:
    await api.ask("POST", "/session", json={"address": "alice", "password": PASSWORD})
    here, elsewhere = {"Origin": api.url}, {"Origin": "http://evil.test"}
    assert (await api.ask("GET", "/places/a/1"))[0] == 200
    assert await api.ask("POST", "/names", json={"name": "x"}) == (403, "wrong-origin")
    assert await api.ask("POST", "/names", json={"name": "x"}, headers=elsewhere) == (403, "wrong-origin")
    assert (await api.ask("POST", "/names", json={"name": "x"}, headers=here))[0] == 201
    async with api.http.head(f"{api.url}{PREFIX}/places/a/1") as response:
        assert response.status == 200


async def test_a_public_route_that_changes_something_is_not_for_other_sites(api: Api) -> None:
    assert await api.ask("POST", "/public", json={"name": "x"}) == (204, None)
    elsewhere = {"Origin": "http://evil.test"}
    assert await api.ask("POST", "/public", json={"name": "x"}, headers=elsewhere) == (403, "wrong-origin")


async def test_what_has_not_changed_is_not_sent_again(api: Api) -> None:
    url = f"{api.url}{PREFIX}/places/a/1"
    async with api.http.get(url, headers=BOB) as response:
        tag = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "private, no-cache"
    async with api.http.get(url, headers={**BOB, "If-None-Match": tag}) as response:
        assert (response.status, await response.read(), response.headers["ETag"]) == (304, b"", tag)
    async with api.http.get(f"{url}?q=other", headers={**BOB, "If-None-Match": tag}) as response:
        assert response.status == 200


async def test_an_account_has_a_rate_of_its_own() -> None:
    async with running(replace(SETTINGS, requests=Rate(0.01, 2))) as api:
        for expected in (204, 204, 429):
            async with api.http.delete(f"{api.url}{PREFIX}/names", headers=BOB) as response:
                assert response.status == expected
        assert 90 <= int(response.headers["Retry-After"]) <= 100
        assert await api.ask("DELETE", "/names", headers={"Authorization": "Bearer carol"}) == (204, None)
        for expected in (204, 204, 429):
            assert (await api.ask("POST", "/public", json={"name": "x"}))[0] == expected


def test_a_handler_that_would_let_unknown_members_pass_is_refused() -> None:
    routes = ApiRoutes("bad")

    async def lax(call: Call[Place, None]) -> None: ...

    async def untyped(call):  # type: ignore[no-untyped-def]
        ...

    with pytest.raises(TypeError, match="forbid_unknown_fields"):
        routes.route("GET", "/lax", summary="Lax")(lax)
    with pytest.raises(TypeError, match="Call"):
        routes.route("GET", "/untyped", summary="Untyped")(untyped)
    with pytest.raises(TypeError, match="without a status"):
        routes.route("GET", "/x", summary="X", errors=("nonsense",))(forget_names)


async def test_the_document_describes_types_scopes_and_errors(api: Api) -> None:
    _, document = await api.ask("GET", "/openapi.json")
    assert isinstance(document, dict)
    validate(document, cls=OpenAPIV31SpecValidator)
    place = document["paths"]["/places/{domain}/{number}"]["get"]
    assert (place["summary"], place["description"]) == ("A place", "A place of `somebody`.")
    assert place["security"] == [{"session": []}, {"token": [READ_SCOPE]}]
    assert place["parameters"][3] == {
        "name": "limit", "in": "query", "required": False, "description": "How many, at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    }  # fmt: skip
    assert {"200", "304", "400", "401", "403", "429"} <= set(place["responses"])
    assert "409" in document["paths"]["/names"]["post"]["responses"]
    assert "Place" not in document["components"]["schemas"]  # a path's parts are parameters
    assert document["paths"]["/session"]["post"]["security"] == []


async def test_the_page_shows_every_operation_without_scripts(api: Api) -> None:
    async with api.http.get(f"{api.url}{PREFIX}/docs") as response:
        page = await response.text()
    assert "<code>/api/v1/places/{domain}/{number}</code>" in page
    assert '<a href="#shape-Naming">Naming</a>' in page
    assert "<script" not in page
    assert "style=" not in page
    async with api.http.get(f"{api.url}/static/pages.css") as response:
        assert (response.status, response.content_type) == (200, "text/css")


def served(app: web.Application) -> set[tuple[str, str]]:
    return {
        (route.method, route.resource.canonical.removeprefix(PREFIX))
        for route in app.router.routes()
        if route.resource and route.resource.canonical.startswith(PREFIX) and route.method != "HEAD"
    }


def test_what_is_served_is_documented_and_the_other_way_round() -> None:
    app = build_app(None, AccountsInMemory(), SETTINGS, [example.served_by(NAMES, {})])  # type: ignore[arg-type]
    documented = {(method.upper(), path) for path, methods in app[DOCUMENT]["paths"].items() for method in methods}
    assert documented == served(app)
