"""Small writes of the append path: single statements, which share a transaction with whatever else waits.

What a delta in the history is worth, so is a note about one on its way: durable before anything is done with it. One
transaction for each would cost more than the deltas do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeAlias, final

from sqlalchemy import Dialect

MOST: Final = 1_000  # statements of one transaction


class SmallWrite(NamedTuple):
    """One statement: its text on a database, and its parameters."""

    sql: Callable[[Dialect], str]
    parameters: tuple[object, ...]


Written: TypeAlias = int | None
"""The first value of the first row that a statement returns, if it returns any."""


@final
class SmallWrites:
    """Carries out statements in the order of asking; what comes while a transaction is under way shares the next."""

    def __init__(self, carry_out: Callable[[Sequence[SmallWrite]], Awaitable[Sequence[Written]]]) -> None:
        """``carry_out`` commits statements durably, all or none."""
        self._carry_out: Final = carry_out
        self._waiting: list[tuple[SmallWrite, asyncio.Future[Written]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, statement: SmallWrite) -> Written:
        """Carry out one. Raises what ``carry_out`` raises for all that were with it."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Written] = loop.create_future()
        self._waiting.append((statement, outcome))
        if self._task is None:
            self._task = loop.create_task(self._run(), name="small writes")
        return await outcome

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._write(batch)
        finally:
            self._task = None

    async def _write(self, batch: Sequence[tuple[SmallWrite, asyncio.Future[Written]]]) -> None:
        try:
            written = await self._carry_out([statement for statement, _ in batch])
        except Exception as error:  # each of those who wait is told
            for _, outcome in batch:
                if not outcome.done():
                    outcome.set_exception(error)
            return
        for (_, outcome), value in zip(batch, written, strict=True):
            if not outcome.done():
                outcome.set_result(value)
