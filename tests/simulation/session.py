"""A browser's connection to its server: in order both ways, and after a cut nothing arrives any more at either end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from functools import partial
from random import Random
from typing import Final, Protocol

from simulation.loop import Process
from wave_ot.deltas import HashedVersion
from wave_server.errors import WaveError
from wave_server.host import WaveHost
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.submission import Acknowledgement, Cursor, Delta, Submission, WaveletSnapshot
from wave_server.troubles import WaveletTroubles

_TICK: Final = 1e-6


class Browser(Protocol):
    """Who is at the other end."""

    address: WaveAddress

    def opened(self, names: Sequence[WaveletName]) -> None:
        """The wave is open."""

    def not_opened(self, error: WaveError) -> None:
        """It is not."""

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        """See Reader."""

    def delta(self, delta: Delta) -> None:
        """See Reader."""

    def answered(self, name: WaveletName, key: str, answer: Acknowledgement | WaveError) -> None:
        """What became of a submission."""

    def ended(self, name: WaveletName, error: WaveError) -> None:
        """See Reader."""

    def cut(self) -> None:
        """The connection is gone."""


class Session:
    """One connection: a Reader of the server's host. ``outside`` is the context in which browsers live."""

    def __init__(
        self,
        browser: Browser,
        host: WaveHost,
        process: Process,
        sessions: list[Session],
        outside: Context,
        random: Random,
    ) -> None:
        self.is_open = True
        self._browser: Final = browser
        self._host: Final = host
        self._process: Final = process
        self._sessions: Final = sessions
        self._outside: Final = outside
        self._random: Final = random
        self._last_down = self._last_up = 0.0
        self._wave: WaveId | None = None
        sessions.append(self)

    def cut(self) -> None:
        """Break it, from either end. The server notices at once, if it is alive."""
        if not self.is_open:
            return
        self.is_open = False
        self._sessions.remove(self)
        loop = asyncio.get_running_loop()
        if self._process.alive and self._wave is not None:
            self._process.later(loop.time(), self._host.close, self._wave, self)
        loop.call_soon(self._browser.cut, context=self._outside)

    # From the browser

    def open(self, wave: WaveId, known: Mapping[WaveletName, HashedVersion]) -> None:
        self._wave = wave
        self._up(self._begin, wave, known)

    def submit(self, name: WaveletName, submission: Submission) -> None:
        self._up(self._submit, name, submission)

    def place_cursor(self, name: WaveletName, document: str, position: int) -> None:
        self._up(self._place, name, document, position)

    def _up(self, function: Callable[..., object], *arguments: object) -> None:
        self._last_up = self._next(self._last_up)
        self._process.later(self._last_up, self._if_open, function, arguments)

    def _if_open(self, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
        if self.is_open:
            function(*arguments)

    def _begin(self, wave: WaveId, known: Mapping[WaveletName, HashedVersion]) -> None:
        asyncio.get_running_loop().create_task(self._open(wave, known), name="opening")

    async def _open(self, wave: WaveId, known: Mapping[WaveletName, HashedVersion]) -> None:
        try:
            await self._host.open(wave, self, known)
        except WaveError as error:
            self._down(self._browser.not_opened, error)
        if not self.is_open:
            self._host.close(wave, self)

    def _submit(self, name: WaveletName, submission: Submission) -> None:
        assert submission.key is not None
        answer = partial(self._answer, name, submission.key)
        self._host.submit(name, submission, self.address, self, answer)

    def _answer(self, name: WaveletName, key: str, answer: Acknowledgement | WaveError) -> None:
        self._down(self._browser.answered, name, key, answer)

    def _place(self, name: WaveletName, document: str, position: int) -> None:
        try:
            self._host.cursor(name, document, position, position, self)
        except WaveError:
            return  # of a wavelet that it has just lost sight of

    # To the browser

    @property
    def address(self) -> WaveAddress:
        return self._browser.address

    def opened(self, wave: WaveId, names: Sequence[WaveletName]) -> None:
        self._down(self._browser.opened, names)

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        self._down(self._browser.snapshot, snapshot)

    def delta(self, delta: Delta) -> None:
        self._down(self._browser.delta, delta)

    def cursor(self, cursor: Cursor) -> None:
        """Nobody looks."""

    def troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        """Nobody looks."""

    def ended(self, name: WaveletName, error: WaveError) -> None:
        self._down(self._browser.ended, name, error)

    def _down(self, function: Callable[..., object], *arguments: object) -> None:
        if self.is_open and self._process.alive:
            self._last_down = self._next(self._last_down)
            loop = asyncio.get_running_loop()
            loop.call_at(self._last_down, self._if_open, function, arguments, context=self._outside)

    def _next(self, last: float) -> float:
        delay = self._random.uniform(0.001, 0.03)
        return max(last + _TICK, asyncio.get_running_loop().time() + delay)
