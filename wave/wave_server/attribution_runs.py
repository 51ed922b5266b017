"""Which delta inserted each item of a document: runs of items, changed in place as operations are applied.

The runs stand in chunks of two number arrays, with a finger at the run used last: people type on where they
typed before, so most edits find their run in a step or two, however long the document and its history are.
Nothing of the documents' text is kept: 16 bytes a run are all it takes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, final

from wave_ot.components import (
    CHARACTERS,
    DELETE_CHARACTERS,
    DELETE_ELEMENT_END,
    DELETE_ELEMENT_START,
    ELEMENT_END,
    ELEMENT_START,
    REPLACE_ATTRIBUTES,
    RETAIN,
    UPDATE_ATTRIBUTES,
    Characters,
    Component,
    DeleteCharacters,
    Retain,
)
from wave_server.errors import CorruptHistory

RUN_BYTES: Final = 16  # in memory
_FULL: Final = 256  # runs in a chunk; one that has twice as many is cut


class Run(NamedTuple):
    """Neighbouring items that one delta inserted, the one that leads to ``version``."""

    items: int
    version: int


@final
class _Chunk:
    __slots__ = ("items", "size", "versions")

    def __init__(self, items: array[int], versions: array[int]) -> None:
        self.items: Final = items  # of each run, at least 1
        self.versions: Final = versions  # of each run
        self.size = sum(items)


@final
class AttributionRuns:
    """The runs of one document. ``apply`` has the cost of the components and of the way from the last edit."""

    __slots__ = ("_chunk", "_chunk_start", "_chunks", "_index", "_run_start", "size")

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = [_Chunk(array("q"), array("q"))]
        self.size = 0  # items
        self._chunk = 0  # the finger: a chunk,
        self._chunk_start = 0
        self._index = 0  # a run in it, or the place after its last,
        self._run_start = 0  # and where these begin, in items

    def __len__(self) -> int:
        """How many runs there are."""
        return sum(len(chunk.items) for chunk in self._chunks)

    def __iter__(self) -> Iterator[Run]:
        for chunk in self._chunks:
            yield from map(Run, chunk.items, chunk.versions)

    def copy(self) -> AttributionRuns:
        """The same runs, to be changed apart."""
        copied = AttributionRuns()
        copied._chunks = [_Chunk(chunk.items[:], chunk.versions[:]) for chunk in self._chunks]
        copied.size = self.size
        return copied

    def apply(self, components: Sequence[Component], version: int) -> None:
        """Follow an operation of the delta that leads to ``version``.

        Raises CorruptHistory when it is not for a document of this size; the runs are then of no use.
        """
        position = 0
        for component in components:
            kind = component.kind
            if kind == RETAIN:
                assert isinstance(component, Retain)
                position += component.items
            elif kind == CHARACTERS:
                assert isinstance(component, Characters)
                position = self._insert(position, len(component.text), version)
            elif kind == DELETE_CHARACTERS:
                assert isinstance(component, DeleteCharacters)
                self._delete(position, len(component.text))
            elif kind in (ELEMENT_START, ELEMENT_END):
                position = self._insert(position, 1, version)
            elif kind in (DELETE_ELEMENT_START, DELETE_ELEMENT_END):
                self._delete(position, 1)
            elif kind in (REPLACE_ATTRIBUTES, UPDATE_ATTRIBUTES):
                position += 1
        if position != self.size:
            raise CorruptHistory(f"an operation ends at item {position} of a document of {self.size}")

    def _insert(self, position: int, items: int, version: int) -> int:
        """Insert a run; the position after it."""
        self._seek(position)
        chunk = self._chunks[self._chunk]
        at, offset = self._index, position - self._run_start
        if at < len(chunk.items) and chunk.versions[at] == version:
            chunk.items[at] += items
        elif at > 0 and offset == 0 and chunk.versions[at - 1] == version:
            chunk.items[at - 1] += items
            self._run_start += items
        else:
            self._insert_run(chunk, at, offset, items, version)
        chunk.size += items
        self.size += items
        if len(chunk.items) >= 2 * _FULL:
            self._cut(self._chunk)
        return position + items

    def _insert_run(self, chunk: _Chunk, at: int, offset: int, items: int, version: int) -> None:
        """Put a run before item ``offset`` of run ``at``; the finger goes behind it."""
        if offset:
            before = chunk.items[at]
            chunk.items[at] = offset
            self._run_start += offset
            at += 1
            if offset < before:
                chunk.items.insert(at, before - offset)
                chunk.versions.insert(at, chunk.versions[at - 1])
        chunk.items.insert(at, items)
        chunk.versions.insert(at, version)
        self._index = at + 1
        self._run_start += items

    def _delete(self, position: int, items: int) -> None:
        if position + items > self.size:
            raise CorruptHistory(f"an operation deletes {items} items at {position} of a document of {self.size}")
        while items:
            self._seek(position)
            chunk = self._chunks[self._chunk]
            offset = position - self._run_start
            if self._index == len(chunk.items) or offset == chunk.items[self._index]:
                self._next_run()
                continue
            taken = min(items, chunk.items[self._index] - offset)
            chunk.items[self._index] -= taken
            chunk.size -= taken
            self.size -= taken
            items -= taken
            if chunk.items[self._index] == 0:
                self._remove_run(chunk)

    def _remove_run(self, chunk: _Chunk) -> None:
        del chunk.items[self._index]
        del chunk.versions[self._index]
        if not chunk.items and len(self._chunks) > 1:
            del self._chunks[self._chunk]
            if self._chunk == len(self._chunks):
                self._chunk -= 1
                self._chunk_start -= self._chunks[self._chunk].size
                self._run_start = self._chunk_start
            self._index = 0

    def _next_run(self) -> None:
        """Move the finger from the end of a run to the start of the next one."""
        chunk = self._chunks[self._chunk]
        if self._index < len(chunk.items):
            self._run_start += chunk.items[self._index]
            self._index += 1
        if self._index == len(chunk.items) and self._chunk + 1 < len(self._chunks):
            self._chunk_start += chunk.size
            self._chunk += 1
            self._index = 0

    def _seek(self, position: int) -> None:
        """Put the finger at the run that holds ``position``, or begins or ends there.

        Raises CorruptHistory when there is no such place.
        """
        if position > self.size:
            raise CorruptHistory(f"an operation goes to item {position} of a document of {self.size}")
        while position < self._chunk_start:
            self._chunk -= 1
            self._chunk_start -= self._chunks[self._chunk].size
            self._index, self._run_start = 0, self._chunk_start
        while position > self._chunk_start + self._chunks[self._chunk].size:
            self._chunk_start += self._chunks[self._chunk].size
            self._chunk += 1
            self._index, self._run_start = 0, self._chunk_start
        items = self._chunks[self._chunk].items
        index, start = self._index, self._run_start
        while position < start:
            index -= 1
            start -= items[index]
        while index < len(items) and position > start + items[index]:
            start += items[index]
            index += 1
        self._index, self._run_start = index, start

    def _cut(self, place: int) -> None:
        """Cut a chunk that has grown too large."""
        whole = self._chunks[place]
        half = len(whole.items) // 2
        self._chunks[place : place + 1] = [
            _Chunk(whole.items[:half], whole.versions[:half]),
            _Chunk(whole.items[half:], whole.versions[half:]),
        ]
        if self._index >= half:
            self._chunk += 1
            self._chunk_start += self._chunks[place].size
            self._index -= half
