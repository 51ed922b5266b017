"""A third-party server as a child process: its output is read as it comes, and the tests wait for what it says."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 20
_LOG_LINES: Final = 5000


class PeerUnavailable(AssertionError):
    """A peer cannot be found or started: tests that need it fail, they are never skipped."""


class PeerProcess:
    """A running child process and the last lines that it has written."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process: Final = process
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name="peer's log", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                with self._news:
                    self._lines.append(line.decode(errors="replace"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def log(self) -> str:
        """The last lines of output."""
        with self._news:
            return "".join(self._lines)

    def wait_for(self, texts: Sequence[str]) -> None:
        """Return when each of ``texts`` has appeared in the output. Raises PeerUnavailable, with the log, otherwise."""
        missing = list(texts)

        def found() -> bool:
            missing[:] = [text for text in missing if not any(text in line for line in self._lines)]
            return not missing or self._ended

        with self._news:
            self._news.wait_for(found, _START_SECONDS)
        if missing:
            raise PeerUnavailable(f"the peer never said {missing}; its last words:\n{self.log()[-4000:]}")

    def stop(self) -> None:
        """End the process, by force if it does not end when asked."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str], directory: Path, ready: Sequence[str]
) -> Iterator[PeerProcess]:
    """Run ``command`` in ``directory`` until the block ends; the block begins when the output holds all of ``ready``.

    Raises PeerUnavailable when it does not come that far.
    """
    process = PeerProcess(
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=environment,
        )
    )
    try:
        process.wait_for(ready)
        yield process
    finally:
        process.stop()
