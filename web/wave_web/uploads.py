"""Bodies that are not JSON: read piece by piece, within a size, from senders that keep sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import ClientPayloadError, web

from wave_server.errors import InvalidRequest, TooLarge
from wave_web.errors import TooSlow

PIECE: Final = 262_144  # bytes
PATIENCE: Final = 30.0  # seconds for the next bytes


async def pieces(request: web.Request, most: int) -> AsyncIterator[bytes]:
    """The body's bytes as they come. Raises TooLarge, at once where its length is given; TooSlow; InvalidRequest."""
    too_large = TooLarge(f"at most {most} bytes can be uploaded here")
    if (request.content_length or 0) > most:
        raise too_large
    size = 0
    while piece := await _next(request):
        size += len(piece)
        if size > most:
            raise too_large
        yield piece


async def whole(request: web.Request, most: int) -> bytes:
    """All of the body. Raises as ``pieces``."""
    return b"".join([piece async for piece in pieces(request, most)])


async def _next(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.content.read(PIECE)
    except TimeoutError as error:
        raise TooSlow(f"nothing came for {PATIENCE:.0f} seconds: send it again") from error
    except (ClientPayloadError, ConnectionError) as error:
        raise InvalidRequest("the upload was cut off: send it again") from error
