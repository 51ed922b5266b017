"""The connections that there are, so that all of them can be closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final, final

from wave_federation.errors import RemoteProtocolError
from wave_federation.streams.connection import StreamConnection

_REASON: Final = "the server stops"


@final
class LiveStreams:
    """A set of connections, from when they are made until they are gone."""

    def __init__(self) -> None:
        self._streams: Final[set[StreamConnection]] = set()
        self._empty: Final = asyncio.Event()
        self._empty.set()
        self._stopped = False

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[StreamConnection]:
        return iter(tuple(self._streams))

    def add(self, stream: StreamConnection) -> None:
        """Its connection is made. One that was on its way when all were stopped is dropped."""
        self._streams.add(stream)
        self._empty.clear()
        if self._stopped:
            stream.abort(_REASON)

    def discard(self, stream: StreamConnection) -> None:
        """Its connection is gone."""
        self._streams.discard(stream)
        if not self._streams:
            self._empty.set()

    async def stop(self) -> None:
        """Tell every peer that the server stops, and wait until the connections are gone: some seconds at most."""
        self._stopped = True
        for stream in self:
            stream.close(_REASON, RemoteProtocolError(_REASON, condition="system-shutdown"))
        await self._empty.wait()
