"""Asking the running server on its administrators' socket."""

from __future__ import annotations

from typing import Final, TypeVar

import aiohttp
import msgspec

from groundswell.admin_reports import CheckReport, Refused, StatusReport
from groundswell.admin_socket import socket_path
from groundswell.config import Config

ASK_SECONDS: Final = 400.0  # more than anything that the server does for administrators takes

Report = TypeVar("Report", StatusReport, CheckReport)


class NotAnswered(Exception):
    """There is no report: no server runs with this configuration, or it refuses. The message says which."""


async def ask_status(config: Config) -> StatusReport:
    """How federation is doing. Raises NotAnswered."""
    return await _ask(config, "GET", "/federation/status", StatusReport)


async def ask_check(config: Config, domain: str, patience: float) -> CheckReport:
    """How the server gets on with a domain, canonical; each ping may take ``patience`` seconds. Raises NotAnswered."""
    return await _ask(config, "POST", f"/federation/check/{domain}?patience={patience}", CheckReport)


async def _ask(config: Config, method: str, path: str, kind: type[Report]) -> Report:
    place = socket_path(config)
    timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(place)), timeout=timeout) as session,
            session.request(method, f"http://localhost{path}") as response,
        ):
            body = await response.read()
            if response.status != 200:
                raise NotAnswered(msgspec.json.decode(body, type=Refused).message)
            return msgspec.json.decode(body, type=kind)
    except (aiohttp.ClientConnectorError, FileNotFoundError) as error:
        raise NotAnswered(f"no server runs with this configuration: nobody answers at {place}") from error
    except (aiohttp.ClientError, msgspec.DecodeError, TimeoutError) as error:
        raise NotAnswered(f"the server at {place} gives no usable answer: {error}") from error
