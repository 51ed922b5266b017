"""The administrators' socket in the data directory: the running server answers whoever may open it.

It is a Unix socket that only its owner may use, so it needs no password, no port, and no proxy can expose it.
docs/decisions/0011-administrators-socket.md.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry

from groundswell.admin_reports import CertificateReport, CheckReport, PingReport, Refused, StatusReport
from groundswell.config import Config
from groundswell.federating import Federation
from groundswell.metrics import add_metrics
from wave_federation.domains import canonical_domain
from wave_federation.errors import FederationError, InvalidDomain
from wave_federation.routing.answers import RequestRefused
from wave_federation.routing.ping import ping
from wave_federation.routing.wave_services import NoWaveService, WaveService

SOCKET: Final = "admin.sock"
PATIENCE: Final = 20.0  # seconds for the answer to a ping: our attempt to connect, and theirs to connect back
MAX_PATIENCE: Final = 120.0
_MAX_PATH: Final = 100  # bytes: what every system takes
_UNDELIVERED: Final = frozenset({"remote-server-not-found", "remote-server-timeout", "not-allowed", "jid-malformed"})

_OFF: Final = Refused("federation is off: configure a certificate, as docs/federation.md says")
_log: Final = logging.getLogger(__name__)
_FEDERATION: Final = web.AppKey("federation", Federation)


def socket_path(config: Config) -> Path:
    """Where the socket is."""
    return Path(config.data_dir) / SOCKET


@asynccontextmanager
async def administered(
    config: Config, federation: Federation | None, registry: CollectorRegistry
) -> AsyncIterator[None]:
    """Answer administrators within the block, unless the directory's path is too long for a socket.

    Raises OSError when the socket cannot be made.
    """
    path = socket_path(config)
    if len(os.fsencode(path)) > _MAX_PATH:
        _log.warning("commands cannot ask this server: %s is too long for a socket; choose a shorter data_dir", path)
        yield
        return
    app = web.Application()
    if federation is not None:
        app[_FEDERATION] = federation
    add_metrics(app, registry)
    app.router.add_get("/federation/status", _status)
    app.router.add_post("/federation/check/{domain}", _check)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, _private_socket(path)).start()
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


def _private_socket(path: Path) -> socket.socket:
    """A listening socket at ``path``, for its owner only. One that a killed server has left is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_socket():
        path.unlink()
    listening = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listening.bind(str(path))
    except BaseException:
        listening.close()
        raise
    finally:
        os.umask(mask)
    listening.setblocking(False)
    return listening


async def _status(request: web.Request) -> web.Response:
    federation = request.app.get(_FEDERATION)
    if federation is None:
        return _json(_OFF, status=409)
    store = federation.credentials
    certificates = (
        [CertificateReport(each, store.get(each).expires.timestamp()) for each in store.domains] if store else []
    )
    return _json(
        StatusReport(
            federation.domain, federation.service, federation.place, federation.transport.status(), certificates
        )
    )


async def _check(request: web.Request) -> web.Response:
    federation = request.app.get(_FEDERATION)
    if federation is None:
        return _json(_OFF, status=409)
    try:
        domain = canonical_domain(request.match_info["domain"])
        patience = min(float(request.query.get("patience", PATIENCE)), MAX_PATIENCE)
    except (InvalidDomain, ValueError) as error:
        return _json(Refused(str(error)), status=400)
    return _json(await check_report(federation, domain, patience))


async def check_report(federation: Federation, domain: str, patience: float) -> CheckReport:
    """Ping a domain, canonical; when it answers, look for its wave service anew, and ping that."""
    ping = await _ping(federation, domain, patience)
    if ping.fault:
        return CheckReport([ping], "", f"its wave service was not looked for, since {domain} does not answer")
    federation.services.forget(domain)
    found = await _service(federation, domain)
    if not isinstance(found, WaveService):
        return CheckReport([ping], "", found)
    pings = [ping] if found.address == domain else [ping, await _ping(federation, found.address, patience)]
    return CheckReport(pings, found.address, "")


async def _service(federation: Federation, domain: str) -> WaveService | str:
    try:
        return await federation.services.discover(domain)
    except NoWaveService as error:
        return str(error)


async def _ping(federation: Federation, domain: str, patience: float) -> PingReport:
    """An error of the domain's own is an answer, too."""
    loop = asyncio.get_running_loop()
    began, fault = loop.time(), ""
    try:
        await ping(federation.router, federation.service, domain, within=patience)
    except RequestRefused as error:
        if error.refusal.condition in _UNDELIVERED:
            fault = error.refusal.text or str(error)
    except (FederationError, ValueError) as error:
        fault = str(error)
    return PingReport(domain, fault, loop.time() - began, list(federation.history.about(domain)))


def _json(report: msgspec.Struct, *, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(report), content_type="application/json", status=status)
