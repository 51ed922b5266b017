"""``GET /``: a page that says what this is, until the browser client takes its place."""

from __future__ import annotations

from importlib import resources
from typing import Final

from aiohttp import web

routes = web.RouteTableDef()

_STATIC: Final = resources.files("wave_web") / "static"


@routes.get("/")
async def landing_page(request: web.Request) -> web.Response:
    """The page."""
    return web.Response(body=(_STATIC / "landing.html").read_bytes(), content_type="text/html", charset="utf-8")


@routes.get("/static/landing.css")
async def landing_style(request: web.Request) -> web.Response:
    """Its style."""
    return web.Response(body=(_STATIC / "landing.css").read_bytes(), content_type="text/css", charset="utf-8")


@routes.get("/static/api.css")
async def api_style(request: web.Request) -> web.Response:
    """The style of the API's documentation."""
    return web.Response(body=(_STATIC / "api.css").read_bytes(), content_type="text/css", charset="utf-8")
