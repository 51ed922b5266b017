"""`groundswell` in processes of its own, each forked from one that has imported it: importing takes two seconds, and
tests start the program some two hundred times.

From there on it is as behind the command line: arguments, output, signals and exit status. That the command itself
starts is tested in tests/groundswell/test_wheel.py, and serves the browser client's src/sync/realServer.test.ts.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, final

_forks: Final = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["groundswell.cli"])


@final
class Program:
    """A command that runs. Read ``output`` and ``errors`` to their ends."""

    def __init__(self, process: BaseProcess, output: asyncio.StreamReader, errors: asyncio.StreamReader) -> None:
        self._process: Final = process
        self.output: Final = output
        self.errors: Final = errors

    @classmethod
    async def start(cls, *arguments: str, errors_apart: bool = True) -> Program:
        """Begin a command. Unless ``errors_apart``, its errors are in its output, as behind ``2>&1``."""
        said, saying = _forks.Pipe(duplex=False)
        complained, complaining = _forks.Pipe(duplex=False) if errors_apart else (said, saying)
        process = _forks.Process(target=_run, args=(arguments, saying, complaining), daemon=True)
        process.start()
        saying.close()
        complaining.close()
        output = await _stream(said)
        return cls(process, output, await _stream(complained) if errors_apart else output)

    async def ended(self) -> int:
        """Wait until it has. Its exit status; negative: the signal that ended it."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        status = self._process.exitcode
        assert status is not None
        return status

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.exitcode is None:
            assert self._process.pid is not None
            os.kill(self._process.pid, number)


async def _stream(pipe: Connection) -> asyncio.StreamReader:
    """What comes out of a pipe. It is closed at its end."""
    reader = asyncio.StreamReader()
    with pipe:
        end = os.fdopen(os.dup(pipe.fileno()), "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), end)
    return reader


def _run(arguments: Sequence[str], output: Connection, errors: Connection) -> None:
    """In the process of the command."""
    from groundswell.cli import main

    for stream, pipe in ((1, output), (2, errors)):
        os.dup2(pipe.fileno(), stream)
    for pipe in {output, errors}:
        pipe.close()
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", 1, "utf-8", closefd=False) for stream in (1, 2))
    main(arguments, prog_name="groundswell")
