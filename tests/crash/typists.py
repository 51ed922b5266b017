"""People who type on through crashes of their server."""

from __future__ import annotations

import asyncio
import random

from crash.markers import WIDTH, marker
from wave_web.client.blip_text import BlipText
from wave_web.client.wavelet import Wavelet

BLIP = "b+1"
TAGS = 4  # items of the blip of an empty text: body, line and their ends


class Progress:
    """Counts acknowledgements; wakes who waits for a number of them."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def acknowledged(self) -> None:
        """One more."""
        self.count += 1
        for number, reached in self._waiting:
            if number <= self.count and not reached.done():
                reached.set_result(None)

    async def more(self, number: int) -> None:
        """Wait for ``number`` further acknowledgements."""
        if number:
            reached = asyncio.get_running_loop().create_future()
            self._waiting = [(self.count + number, reached)]
            await reached


class Typist:
    """Types markers at random places, a few at a time, and waits until the server has them."""

    def __init__(self, number: int, wavelet: Wavelet, progress: Progress, chance: random.Random) -> None:
        self.wavelet = wavelet
        self.text = BlipText(wavelet.replica, BLIP)
        self.made: list[str] = []  # every marker typed
        self.acknowledged = 0  # how many of them the server is known to have
        self._number = number
        self._progress = progress
        self._chance = chance

    async def type(self, stop: asyncio.Event) -> None:
        """Type until ``stop``, and then until the server has everything. Raises EditRefused."""
        while not stop.is_set():
            for _ in range(self._chance.randint(1, 4)):
                self._insert()
            await self.wavelet.settled()
            self.acknowledged = len(self.made)
            self._progress.acknowledged()

    def _insert(self) -> None:
        text = marker(self._number, len(self.made))
        markers = (self.wavelet.document(BLIP).size - TAGS) // WIDTH
        self.wavelet.apply(self.text.edit(WIDTH * self._chance.randint(0, markers), 0, text))
        self.made.append(text)
