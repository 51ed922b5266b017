"""The asyncio side of a connection, over transports that only note what is done to them."""

from __future__ import annotations

import asyncio

from wave_web.settings import SocketLimits
from wave_web.socket_transport import Outbox, SocketTransport


class NotingTransport(asyncio.Transport):
    """Keeps what is written. Once closed it behaves as uvloop's: writing raises."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Without effect: nothing is buffered."""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        if self.closed:
            raise RuntimeError("unable to perform operation: the handler is closed")
        self.written.append(bytes(data))


async def test_a_connection_that_breaks_costs_the_others_nothing() -> None:
    outbox = Outbox(asyncio.get_running_loop())
    broken, whole = NotingTransport(), NotingTransport()
    connections = [
        SocketTransport(transport, SocketLimits(), lambda: 0.0, outbox, lambda gone: None)
        for transport in (broken, whole)
    ]
    for connection in connections:
        connection.send(b"frame")
    broken.closed = True  # the loop has not told of it yet
    flushed = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(flushed.set_result, None)
    await flushed
    assert whole.written == [b"frame"]
    assert broken.written == []
