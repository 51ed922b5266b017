"""A client that types into one document and resumes after every failure, as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from wave_ot.composition import compose
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.transformation import transform
from wave_ot.wavelet_operations import MutateDocument
from wave_server.errors import Unavailable, WaveError
from wave_server.host import WaveHost
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.submission import Acknowledgement, Cursor, Delta, Submission, WaveletSnapshot
from wave_server.troubles import WaveletTroubles

from .making import edit, insertion


class ResumingClient:
    """Types ``edits`` letters, two at a time; after ``unavailable`` it opens again and sends again."""

    def __init__(
        self, host: WaveHost, name: WaveletName, author: WaveAddress, seed: int, edits: int, letters: str = "abcdef"
    ) -> None:
        self.address = author
        self.document = Document.empty()
        self.acknowledged: set[str] = set()
        self.done = asyncio.Event()
        self.progress = asyncio.Event()  # set with each acknowledgement
        self._host = host
        self._name = name
        self._random = Random(seed)
        self._label = f"{author.name}{seed}"
        self._edits = edits
        self._letters = letters
        self._typed = 0
        self._version: HashedVersion | None = None
        self._sent: Submission | None = None
        self._in_flight: DocOp | None = None
        self._buffer: DocOp | None = None
        self._reopen = asyncio.Event()

    async def run(self) -> None:
        """Open, and open again whenever the host says so, until all is typed and acknowledged."""
        while not self.done.is_set():
            self._reopen.clear()
            known = {} if self._version is None else {self._name: self._version}
            try:
                await self._host.open(self._name.wave, self, known)
            except Unavailable:  # it is about to stop: ``connect`` names the next
                await self._reopen.wait()
                continue
            if self._sent is not None:
                self._send()
            await self._reopen.wait()
        self._host.close(self._name.wave, self)

    def connect(self, host: WaveHost) -> None:
        """The server has started anew."""
        self._host = host
        self._reopen.set()

    def _type(self) -> None:
        """Two edits: the first goes out, the second waits for its acknowledgement in the buffer."""
        for _ in range(2):
            size = self.document.size
            op = insertion(size, self._random.randint(0, size), self._random.choice(self._letters))
            self.document.apply(op)
            self._buffer = op if self._buffer is None else compose(self._buffer, op)
            self._typed += 1
        self._next()

    def _next(self) -> None:
        assert self._version is not None
        if self._buffer is None:
            if self._typed < self._edits:
                self._type()
            else:
                self.done.set()
                self._reopen.set()
            return
        self._in_flight, self._buffer = self._buffer, None
        self._sent = Submission(self._version, (edit(self._in_flight),), f"{self._label}.{self._typed}")
        asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        if self._sent is not None:
            self._host.submit(self._name, self._sent, self.address, self, self._answered)

    def _answered(self, answer: Acknowledgement | WaveError) -> None:
        if isinstance(answer, WaveError):
            assert isinstance(answer, Unavailable), answer
            self._reopen.set()
        elif self._version is not None and answer.at == self._version.version and self._sent is not None:
            # else: opening again, the deltas before it are still to come, and it comes with its key among them
            self._arrived(HashedVersion(answer.version, answer.history_hash))

    def _arrived(self, version: HashedVersion) -> None:
        assert self._sent is not None
        assert self._sent.key is not None
        self.acknowledged.add(self._sent.key)
        self.progress.set()
        self._version = version
        self._sent = self._in_flight = None
        self._next()

    def opened(self, wave: WaveId, names: Sequence[WaveletName]) -> None:
        assert list(names) == [self._name]

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        assert self._version is None, "what was acknowledged or shown is always in the history"
        self._version = HashedVersion(snapshot.version, snapshot.history_hash)
        self.document = Document.from_op(snapshot.documents.get("notes", DocOp()))
        asyncio.get_running_loop().call_soon(self._type)

    def delta(self, delta: Delta) -> None:
        assert self._version is not None
        if delta.version <= self._version.version:  # acknowledged after the version that ``open`` was given
            assert delta.key in self.acknowledged
            return
        assert delta.at == self._version.version, "a gap"
        version = HashedVersion(delta.version, delta.history_hash)
        if self._sent is not None and delta.author == str(self.address) and delta.key == self._sent.key:
            self._arrived(version)
            return
        self._version = version
        for operation in delta.operations:
            assert isinstance(operation, MutateDocument)
            theirs = operation.op
            if self._in_flight is not None:
                self._in_flight, theirs = transform(self._in_flight, theirs)
            if self._buffer is not None:
                self._buffer, theirs = transform(self._buffer, theirs)
            self.document.apply(theirs)

    def cursor(self, cursor: Cursor) -> None:
        raise AssertionError("nobody sent one")

    def troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        raise AssertionError("there are none")

    def ended(self, name: WaveletName, error: WaveError) -> None:
        assert isinstance(error, Unavailable), error
        self._reopen.set()
