"""The opening handshake of a WebSocket, the server's side: headers in, the response's bytes out. RFC 6455 section 4.2.

Our own for the same reason as the frames: what follows it is ours, and aiohttp's own WebSocketResponse would
keep its parser, its queue and a task for each connection.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Final

from wave_server.errors import InvalidRequest, WaveError
from wave_web.socket_protocol import SUBPROTOCOL

VERSION: Final = "13"
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class UpgradeRequired(WaveError):
    """The request is not a WebSocket handshake of version 13."""

    code = "upgrade-required"


def accept(headers: Mapping[str, str]) -> bytes:
    """The response that completes the handshake. ``headers`` looks names up whatever their case.

    Raises UpgradeRequired, or InvalidRequest when the handshake is one, but malformed, or of another subprotocol.
    """
    if headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in _items(headers.get("Connection", "")):
        raise UpgradeRequired("this is a WebSocket: send Upgrade: websocket and Connection: Upgrade")
    if headers.get("Sec-WebSocket-Version", "") != VERSION:
        raise UpgradeRequired(f"this server speaks WebSocket version {VERSION}")
    key = headers.get("Sec-WebSocket-Key", "").encode()
    if not _is_nonce(key):
        raise InvalidRequest("Sec-WebSocket-Key must be 16 bytes in base64")
    if SUBPROTOCOL.lower() not in _items(headers.get("Sec-WebSocket-Protocol", "")):
        raise InvalidRequest(f"this server speaks {SUBPROTOCOL}: send it in Sec-WebSocket-Protocol")
    digest = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {digest}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    ).encode()


def _items(header: str) -> list[str]:
    return [item.strip().lower() for item in header.split(",")]


def _is_nonce(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False
