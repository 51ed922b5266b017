"""``GET /socket``: authenticate, shake hands, and take the connection over from aiohttp."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from wave_server.errors import Forbidden, Unavailable
from wave_web import handshake
from wave_web.authentication import READ_SCOPE, has_scope
from wave_web.requests import SOCKETS, authenticate


class HandedOver(web.StreamResponse):
    """What aiohttp gets to see of a connection that is no longer its own: a response that is complete."""

    def __init__(self) -> None:
        super().__init__(status=101)

    @property
    def body_length(self) -> int:
        """Nothing, for access logs."""
        return 0

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send nothing: the handshake's response has been written."""
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Send nothing."""


async def open_socket(request: web.Request) -> web.StreamResponse:
    """Become a WebSocket. 400, 401, 403, 426, 429 or 503 as JSON when that cannot be."""
    account, credential = await authenticate(request)
    if not has_scope(account, READ_SCOPE):
        raise Forbidden(f"this token may not read waves: that needs one with the scope {READ_SCOPE}")
    response: Final = handshake.accept(request.headers)
    sockets = request.app[SOCKETS]
    sockets.check_room(account.address)
    transport = request.transport
    if transport is None or transport.is_closing():
        raise Unavailable("the connection is gone")
    _release(request)
    socket = sockets.admit(transport, account, credential)
    transport.set_protocol(socket)
    transport.write(response)
    return HandedOver()


def _release(request: web.Request) -> None:
    """Make aiohttp forget the connection, as if it were lost, with the transport left open.

    ``connection_lost`` is how any asyncio protocol learns that it is done: it drops the parser, the keep-alive
    timer and its place among the server's connections. It would close the transport that it still knows.
    """
    protocol = request.protocol
    protocol.transport = None
    protocol.connection_lost(None)
