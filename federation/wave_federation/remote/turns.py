"""One thing at a time for each wavelet, in the order of asking; different wavelets do not wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, final
from weakref import WeakValueDictionary

from wave_server.names import WaveletName


@final
class Turns:
    """A lock for each wavelet, for as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: Final[WeakValueDictionary[WaveletName, asyncio.Lock]] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, name: WaveletName) -> AsyncIterator[None]:
        """Within the block it is the caller's turn."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield
