"""An event loop without a clock and without I/O: time jumps to the next thing that is due.

What one server does between a start and a crash is a ``Process``: tasks started in its context belong to it, and end
with it, wherever they stand.
"""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final, TypeVar, TypeVarTuple

LIVELOCK: Final = 200_000  # turns of the loop in which time does not move

_PROCESS: Final[ContextVar[Process | None]] = ContextVar("process", default=None)
_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


class Stuck(Exception):
    """Nothing will ever happen any more, or time stands still."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Deterministic as long as what runs on it is. ``time`` starts at 0."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._turns = 0
        self._selector = self  # what BaseEventLoop waits with

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[object]:
        """Called once a turn with the time until the next timer; None when there is none."""
        if timeout is None:
            raise Stuck("nothing will ever happen any more")
        if timeout > 0:
            self._now += timeout
            self._turns = 0
        self._turns += 1
        if self._turns > LIVELOCK:
            self._turns = 0
            raise Stuck(f"time stands still at {self._now:.3f}")
        return []

    def create_task(
        self,
        coro: Generator[Any, None, _Result] | Coroutine[Any, Any, _Result],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[_Result]:
        task = super().create_task(coro, name=name, context=context)
        process = _PROCESS.get() if context is None else context.get(_PROCESS)
        if process is not None:
            process.adopt(task)
        return task

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody waits in a system call."""


class Process:
    """What a server does from one start to the next crash."""

    def __init__(self) -> None:
        self.alive = True
        self.context: Final = copy_context()
        self.context.run(_PROCESS.set, self)
        self._tasks: Final[dict[asyncio.Task[Any], None]] = {}  # in the order of their beginning

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """A task has been started from inside."""
        if not self.alive:
            task.cancel()
            return
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    def kill(self) -> None:
        """End every task. What they may still do before they notice has to come to nothing: ask ``alive``."""
        self.alive = False
        for task in list(self._tasks):
            task.cancel()

    def run(self, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        """Call something inside."""
        return self.context.run(function, *arguments)

    def start(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        """Run it as a task inside."""
        return events.get_running_loop().create_task(work, context=self.context)

    def later(self, when: float, function: Callable[[*_Arguments], object], *arguments: *_Arguments) -> None:
        """Call something inside at ``when``, unless the process is dead by then."""
        events.get_running_loop().call_at(when, self._if_alive, function, arguments, context=self.context)

    def _if_alive(self, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
        if self.alive:
            function(*arguments)
