"""Asking a host where its wavelets stand, when a link to it is there again: a host that was set back is found out.

Only hosts of our kind understand the question (FEDERATION.md, section 5), and only copies are compared to which
something came since the start: what nobody writes in is compared with its next update.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, final

from wave_federation.errors import FederationError
from wave_federation.namespaces import HISTORY_PAGES
from wave_federation.remote.asking import Asking
from wave_federation.remote.copying import Copying
from wave_federation.remote.quarantines import Quarantines
from wave_federation.remote.turns import Turns
from wave_server.errors import WaveError
from wave_server.names import WaveletName

REMEMBERED: Final = 1_000  # copies, those that something came to last

_log: Final = logging.getLogger(__name__)


@final
class Comparing:
    """Remembers which copies are in use, and compares those of one host when its link is back."""

    def __init__(self, *, asking: Asking, copying: Copying, quarantines: Quarantines, turns: Turns) -> None:
        self._asking: Final = asking
        self._copying: Final = copying
        self._quarantines: Final = quarantines
        self._turns: Final = turns
        self._used: Final[dict[WaveletName, None]] = {}  # the last used at the end
        self._tasks: Final[dict[str, asyncio.Task[None]]] = {}  # by host

    def used(self, name: WaveletName) -> None:
        """Something came to a copy."""
        self._used.pop(name, None)
        self._used[name] = None
        if len(self._used) > REMEMBERED:
            del self._used[next(iter(self._used))]

    def reconnected(self, host: str) -> None:
        """The link to a host broke and is there again. While its copies are being compared nothing is begun anew."""
        names = [name for name in self._used if name.host == host]
        if names and host not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._compare(host, names), name=f"comparing with {host}")
            self._tasks[host] = task
            task.add_done_callback(lambda _: self._tasks.pop(host, None))

    async def stop(self) -> None:
        """Ask nothing more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _compare(self, host: str, names: list[WaveletName]) -> None:
        try:
            service = await self._asking.service_of(host)
        except FederationError as error:
            _log.info("copies are not compared with %s: %s", host, error)
            return
        if HISTORY_PAGES not in service.features:
            return
        for name in names:
            try:
                async with self._turns.of(name):
                    if name not in self._quarantines:
                        await self._copying.compare(name, service.address)
            except (FederationError, WaveError) as error:
                _log.info("%s was not compared with %s: %s", name.path, host, error)
