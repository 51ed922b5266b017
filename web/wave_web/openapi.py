"""The OpenAPI 3.1 document of the API, made from the same types that validate its requests; and its page for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import StreamReader, web

from wave_web.api import PREFIX, ApiRoutes, Call, Route
from wave_web.api_page import render_page
from wave_web.authentication import SECURE_SESSION_COOKIE, SESSION_COOKIE
from wave_web.errors import STATUS, Problem
from wave_web.requests import SETTINGS

routes = ApiRoutes("about")

Json = dict[str, Any]

DOCUMENT: Final = web.AppKey("openapi", dict[str, Any])
"""The document of an application, without what depends on its settings."""

_REF: Final = "#/components/schemas/{name}"
_NOTHING: Final = type(None)
_RETRY_AFTER: Final = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
_INTRODUCTION: Final = """\
People and programs use the same API. A browser sends its session cookie; its requests that change something need the
server's own Origin. A program sends a token (`groundswell token create`) as `Authorization: Bearer`. Times are
milliseconds since 1970. An error has a code for programs and a message for people."""


@routes.route("GET", "/openapi.json", summary="This document", public=True, produces=("application/json",))
async def show_document(call: Call[None, None]) -> web.StreamResponse:
    """The OpenAPI 3.1 document of the whole API."""
    body = msgspec.json.encode(_complete(call))
    return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-cache"})


@routes.route("GET", "/docs", summary="The documentation as a page", public=True, produces=("text/html",))
async def show_page(call: Call[None, None]) -> web.StreamResponse:
    """The same as this document, to be read."""
    page = render_page(_complete(call), PREFIX)
    return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-cache"})


def describe(api: Sequence[Route]) -> Json:
    """The document of these routes."""
    types = {Problem: Problem} | {found: found for route in api for found in _types(route)}
    references, schemas = msgspec.json.schema_components(list(types), ref_template=_REF)
    schema_of = dict(zip(types, references, strict=True))
    paths: dict[str, Json] = {}
    for route in api:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Groundswell", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": PREFIX}],
        "tags": [{"name": name} for name in dict.fromkeys(route.tag for route in api)],
        "paths": paths,
        "components": {
            "schemas": _used(paths, schemas),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _complete(call: Call[None, None]) -> Json:
    """The document with the name that the cookie has here."""
    document: Json = call.request.app[DOCUMENT]
    if call.request.app[SETTINGS].secure:
        session = {"type": "apiKey", "in": "cookie", "name": SECURE_SESSION_COOKIE}
        schemes = {**document["components"]["securitySchemes"], "session": session}
        return {**document, "components": {**document["components"], "securitySchemes": schemes}}
    return document


def _types(route: Route) -> Iterable[Any]:
    """The structs of a route."""
    for found in (route.query_type, route.path_type, route.body_type, route.answer_type):
        if found not in (_NOTHING, StreamReader) and not _is_response(found):
            yield found


def _is_response(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, web.StreamResponse)


def _used(paths: Json, schemas: Mapping[str, Json]) -> Json:
    """The schemas that the paths refer to. Those of queries and paths' parts stand in the operations instead."""
    found: set[str] = set()
    open_ends: list[object] = [paths]
    while open_ends:
        node = open_ends.pop()
        if isinstance(node, list):
            open_ends.extend(node)
        elif isinstance(node, dict):
            open_ends.extend(node.values())
            name = str(node.get("$ref", "")).removeprefix(_REF.format(name=""))
            if name and name not in found:
                found.add(name)
                open_ends.append(schemas[name])
    return {name: schemas[name] for name in sorted(found)}


def _operation(route: Route, schema_of: Mapping[Any, Json], schemas: Mapping[str, Json]) -> Json:
    operation: Json = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "tags": [route.tag],
        "security": [] if route.public else [{"session": []}, {"token": [route.scope] if route.scope else []}],
        "responses": _responses(route, schema_of),
    }
    if route.handler.__doc__:
        operation["description"] = " ".join(route.handler.__doc__.split())
    parameters = [
        *_parameters(route.path_type, "path", schema_of, schemas),
        *_parameters(route.query_type, "query", schema_of, schemas),
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body_type is StreamReader:
        operation["requestBody"] = {"required": True, "content": {media: {} for media in route.accepts}}
    elif route.body_type is not _NOTHING:
        content = {media: {"schema": schema_of[route.body_type]} for media in route.accepts}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(struct: Any, place: str, schema_of: Mapping[Any, Json], schemas: Mapping[str, Json]) -> Iterable[Json]:
    if struct is _NOTHING:
        return
    schema = schemas[schema_of[struct]["$ref"].rpartition("/")[2]]
    for name, found in schema["properties"].items():
        described = {key: value for key, value in found.items() if key != "description"}
        parameter = {"name": name, "in": place, "required": name in schema["required"], "schema": described}
        if "description" in found:
            parameter["description"] = found["description"]
        yield parameter


def _responses(route: Route, schema_of: Mapping[Any, Json]) -> Json:
    success: Json = {"description": "Done." if route.answer_type is _NOTHING else "The answer."}
    if _is_response(route.answer_type):
        success["content"] = {media: {} for media in route.produces}
    elif route.answer_type is not _NOTHING:
        success["content"] = {media: {"schema": schema_of[route.answer_type]} for media in route.produces}
    responses = {str(route.status): success}
    responses |= {str(status): {"description": meaning} for status, meaning in route.also}
    if route.revalidated:
        responses["304"] = {"description": "It is what the ETag in If-None-Match names."}
    by_status: dict[int, list[str]] = {}
    for code in _codes(route):
        by_status.setdefault(STATUS[code], []).append(code)
    for status, codes in sorted(by_status.items()):
        described = ", ".join(f"`{code}`" for code in codes)
        content = {"application/json": {"schema": schema_of[Problem]}}
        responses[str(status)] = {"description": described, "content": content}
        if "rate-limited" in codes:
            responses[str(status)]["headers"] = {"Retry-After": _RETRY_AFTER}
    return responses


def _codes(route: Route) -> Iterable[str]:
    """The codes of the errors that the route can give."""
    codes = ["invalid-request", "rate-limited", "unavailable", "internal", *route.errors]
    if not route.public:
        codes += ["unauthenticated", "wrong-origin"] + ["forbidden"] * (route.scope is not None)
    elif route.body_type is not _NOTHING:
        codes.append("wrong-origin")
    if route.body_type is not _NOTHING:
        codes.append("too-large")
    return sorted(set(codes))
