"""A TCP relay to a server, which a test can cut, or make deaf: what goes in may still arrive."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from types import TracebackType

CHUNK = 65_536


class Cable:
    """Relays connections to a port of 127.0.0.1, on a port of its own. Use it with ``async with``."""

    def __init__(self, port: int) -> None:
        """``port`` is where the server listens."""
        self._to = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[StreamWriter] = set()
        self._whole = True
        self._answers = asyncio.Event()  # cleared: what the server says waits
        self._answers.set()
        self._withheld = asyncio.Event()

    @property
    def port(self) -> int:
        """Where it takes connections."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Where the browser finds the server."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection, and refuse new ones until ``mend``. What was withheld is lost."""
        self._whole = False
        for writer in self._open:
            writer.transport.abort()
        self._answers.set()

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def withhold_answers(self) -> None:
        """Deliver what the browser sends, and keep back what the server answers, until the cable is cut."""
        self._withheld.clear()
        self._answers.clear()

    async def answer_withheld(self) -> None:
        """Wait until the server has said something that was kept back."""
        await self._withheld.wait()

    async def __aenter__(self) -> Cable:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except ConnectionError:  # the server is down: so is the line
            writer.transport.abort()
            return
        self._open |= {writer, back}
        for relaying in (self._carry(reader, back, answers=False), self._carry(there, writer, answers=True)):
            task = asyncio.create_task(relaying)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: StreamReader, target: StreamWriter, *, answers: bool) -> None:
        try:
            while data := await source.read(CHUNK):
                if answers and not self._answers.is_set():
                    self._withheld.set()
                    await self._answers.wait()
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass  # one end is gone, which the other is told below
        finally:
            self._open.discard(target)
            target.close()
