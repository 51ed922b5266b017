"""Errors of the web edge, and how an error of any part becomes an HTTP status."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from wave_server.errors import WaveError


class Problem(msgspec.Struct):
    """The body of every response that is an error."""

    code: str  # for programs
    message: str  # one line for people


class NotOpen(WaveError):
    """The message is about a wave that this connection has not opened."""

    code = "not-open"


class Unauthenticated(WaveError):
    """No valid session or token."""

    code = "unauthenticated"


class WrongOrigin(WaveError):
    """A page of another site made a browser send this."""

    code = "wrong-origin"


class TooSlow(WaveError):
    """The bytes of an upload have stopped coming."""

    code = "timeout"


class Throttled(WaveError):
    """A rate limit of this edge; ``retry_after`` is in seconds."""

    code = "rate-limited"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


STATUS: Final = {
    "invalid-request": 400,
    "unauthenticated": 401,
    "wrong-origin": 403,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "timeout": 408,
    "bad-version": 409,
    "conflict": 409,
    "quarantined": 409,
    "too-large": 413,
    "invalid-operation": 422,
    "upgrade-required": 426,
    "rate-limited": 429,
    "internal": 500,
    "unavailable": 503,
}


def status_of(error: WaveError) -> int:
    """The HTTP status that says the same as the error's code."""
    return STATUS.get(error.code, 500)


def problem(status: int, code: str, message: str) -> web.Response:
    """A response that is an error."""
    body = msgspec.json.encode(Problem(code, message))
    return web.Response(status=status, body=body, content_type="application/json")
