"""Files by the hash of their content, in a directory beside the database.

``ab/cdef…`` holds the bytes whose SHA-256 is ``abcdef…``. A file is written under another name, flushed to disk and
renamed, so what has its final name is whole; the same bytes are stored once, whoever uploads them. All methods block
on the disk: call them in a thread.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, final

INCOMING: Final = "incoming"  # where files are written before they are whole
UNCLAIMED_AFTER: Final = 3600.0  # seconds that a new file may wait for the row that names it


@final
class IncomingFile:
    """Bytes that are arriving. Close it in any case: what was not kept is then gone."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError when the disk is full or the directory cannot be written."""
        incoming = directory / INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=incoming)
        self._directory: Final = directory
        self._path: Final = Path(name)
        self._file: Final[BinaryIO] = os.fdopen(descriptor, "w+b")
        self._hash: Final = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes. Raises OSError."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def read(self, most: int = -1) -> bytes:
        """Everything that was written, or the first bytes of it. Nothing can be written afterwards."""
        self._file.seek(0)
        return self._file.read(most)

    def keep(self) -> bytes:
        """Store the bytes; their hash. What has the hash already is left in place, as if it were new."""
        content = self._hash.digest()
        target = path_of(self._directory, content)
        try:
            os.utime(target)
        except FileNotFoundError:
            self._file.flush()
            os.fsync(self._file.fileno())
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)
            for directory in (target.parent, self._directory):
                _flush_directory(directory)
        return content

    def close(self) -> None:
        """Forget what was not kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@final
class AttachmentFiles:
    """The directory, and what is in it."""

    def __init__(self, directory: Path) -> None:
        self.directory: Final = directory

    def begin(self) -> IncomingFile:
        """A new file for bytes that are arriving."""
        return IncomingFile(self.directory)

    def put(self, data: bytes) -> bytes:
        """Store the bytes; their hash."""
        incoming = self.begin()
        try:
            incoming.write(data)
            return incoming.keep()
        finally:
            incoming.close()

    def path(self, content: bytes) -> Path:
        """Where the bytes with this hash are, if they are stored."""
        return path_of(self.directory, content)

    def remove(self, content: bytes) -> None:
        """Remove the bytes with this hash, if they are stored."""
        self.path(content).unlink(missing_ok=True)

    def old(self, now: Callable[[], float] = time.time) -> Iterator[bytes]:
        """The hashes of the files that were stored, or stored again, more than UNCLAIMED_AFTER ago."""
        before = now() - UNCLAIMED_AFTER
        for path in sorted(self.directory.glob("[0-9a-f][0-9a-f]/*")):
            with suppress(FileNotFoundError):  # somebody else removed it meanwhile
                if path.stat().st_mtime < before:
                    yield bytes.fromhex(path.parent.name + path.name)

    def set_aside(self, content: bytes, now: Callable[[], float] = time.time) -> Path | None:
        """Take a file from its place, to be removed or put back; None when it is not there, or was stored again."""
        aside = self.directory / INCOMING / f"{content.hex()}.aside"
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path(content).replace(aside)
        except FileNotFoundError:
            return None
        if aside.stat().st_mtime < now() - UNCLAIMED_AFTER:
            return aside
        self.put_back(content, aside)  # an upload of the same bytes has just found it, and counts on it
        return None

    def put_back(self, content: bytes, aside: Path) -> None:
        """Undo ``set_aside``."""
        aside.replace(self.path(content))

    def remove_abandoned(self, now: Callable[[], float] = time.time) -> int:
        """Remove what was never whole, because the server was killed meanwhile; how many files."""
        before, removed = now() - UNCLAIMED_AFTER, 0
        for path in self.directory.glob(f"{INCOMING}/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed


def path_of(directory: Path, content: bytes) -> Path:
    """The place of the bytes with this hash."""
    name = content.hex()
    return directory / name[:2] / name[2:]


def _flush_directory(directory: Path) -> None:
    """Make the names in a directory as durable as what they name."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
