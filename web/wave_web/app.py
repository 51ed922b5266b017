"""The aiohttp application: routes, errors as JSON, security headers, and the life of the WebSocket connections."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from wave_server.errors import WaveError
from wave_server.live_digests import LiveDigests
from wave_web import openapi, sessions
from wave_web.api import SAFE_METHODS, ApiPart, add_api
from wave_web.client_files import CLIENT_DIRECTORY, add_client, load_client, nothing_here
from wave_web.errors import Throttled, problem, status_of
from wave_web.handshake import VERSION, UpgradeRequired
from wave_web.openapi import DOCUMENT, describe
from wave_web.rate_limits import BucketTable
from wave_web.requests import (
    ACCOUNTS,
    REGISTRATIONS_BY_PEER,
    REQUESTS,
    SETTINGS,
    SIGN_INS_BY_ADDRESS,
    SIGN_INS_BY_PEER,
    SOCKETS,
    UPLOADS,
    AccountsPort,
)
from wave_web.settings import WebSettings
from wave_web.socket_connection import DigestFeed, Host
from wave_web.socket_handler import open_socket
from wave_web.sockets import Sockets

_log: Final = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_STRICT_TRANSPORT: Final = "max-age=31536000"


def build_app(
    host: Host,
    accounts: AccountsPort,
    settings: WebSettings,
    parts: Sequence[ApiPart] = (),
    *,
    digests: DigestFeed | None = None,
    client: Path = CLIENT_DIRECTORY,
) -> web.Application:
    """The web edge of a server: the WebSocket protocol, sessions, health, the browser client, and the API's ``parts``.

    ``digests`` is what those get who watch their inbox; without it there is nothing to watch.
    Run it with ``web.AppRunner(app, access_log=None)``; its connections are closed when the runner is cleaned up.
    """
    app = web.Application(middlewares=[errors_as_json], client_max_size=settings.request_bytes)
    app[ACCOUNTS] = accounts
    app[SETTINGS] = settings
    app[REQUESTS] = BucketTable(settings.requests)
    app[UPLOADS] = BucketTable(settings.uploads)
    app[REGISTRATIONS_BY_PEER] = BucketTable(settings.registrations_per_peer)
    app[SIGN_INS_BY_ADDRESS] = BucketTable(settings.sign_ins_per_address)
    app[SIGN_INS_BY_PEER] = BucketTable(settings.sign_ins_per_peer)
    app.on_response_prepare.append(add_security_headers)
    app.cleanup_ctx.append(_sockets(host, digests or LiveDigests(), accounts, settings))
    app.on_shutdown.append(_close_sockets)
    app.router.add_get("/socket", open_socket)
    app.router.add_get("/healthz", healthz)
    api = [*sessions.routes, *openapi.routes]
    for part in parts:
        part.install(app)
        api.extend(part.routes)
    add_api(app, api)
    app[DOCUMENT] = describe(api)
    add_client(app, load_client(client))
    return app


async def healthz(request: web.Request) -> web.Response:
    """The process serves requests: 200."""
    return web.Response(text="ok\n")


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error leaves as ``{"code":…,"message":…}`` with the status of its code."""
    try:
        return await handler(request)
    except WaveError as error:
        response = problem(status_of(error), error.code, str(error))
        if isinstance(error, Throttled):
            response.headers["Retry-After"] = str(math.ceil(error.retry_after))
        elif isinstance(error, UpgradeRequired):  # RFC 9110 §15.5.22, RFC 6455 §4.4
            response.headers.update({"Upgrade": "websocket", "Sec-WebSocket-Version": VERSION})
        return response
    except web.HTTPRequestEntityTooLarge:
        limit = request.app[SETTINGS].request_bytes
        return problem(413, "too-large", f"a request's body has at most {limit} bytes")
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        response = problem(405, "method-not-allowed", f"{request.path} answers {allowed}")
        response.headers["Allow"] = allowed
        return response
    except web.HTTPNotFound:
        if request.method in SAFE_METHODS and "text/html" in request.headers.get("Accept", ""):
            return nothing_here()
        return problem(404, "not-found", "there is nothing here")
    except web.HTTPException:
        raise
    except Exception:
        _log.exception("%s %s failed", request.method, request.path)
        return problem(500, "internal", "the server failed on this request")


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What browsers are told about every response."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if request.app[SETTINGS].secure:
        response.headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
    response.headers.pop("Server", None)


def _sockets(
    host: Host, digests: DigestFeed, accounts: AccountsPort, settings: WebSettings
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(app: web.Application) -> AsyncIterator[None]:
        app[SOCKETS] = Sockets(host, digests, accounts, settings.socket, asyncio.get_running_loop().time)
        app[SOCKETS].start()
        yield

    return run


async def _close_sockets(app: web.Application) -> None:
    await app[SOCKETS].stop()
