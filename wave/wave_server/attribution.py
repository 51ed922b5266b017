"""Who wrote what: for every document of a wavelet, which author inserted each item, and when.

Recomputed from the deltas and kept in memory, bounded; what a wavelet gains is added to what is known of it.
A few versions of each wavelet are kept, as readers are a little behind each other.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, final

from wave_ot.wavelet_operations import MutateDocument
from wave_server.attribution_runs import RUN_BYTES, AttributionRuns
from wave_server.errors import BadVersion
from wave_server.history_reading import History
from wave_server.names import WaveAddress, WaveletName
from wave_server.restoring import operations_of
from wave_server.store.history_rows import Authored

CACHE_BYTES: Final = 64 * 1024 * 1024
_SPACING: Final = 1_000  # operations between versions of one wavelet that are kept
_AT_ONCE: Final = 2  # wavelets whose histories are replayed at one time
_DOCUMENT_BYTES: Final = 1_000  # of a document besides its runs


class AuthoredRun(NamedTuple):
    """Neighbouring items that one delta inserted. ``author`` is an index into the authors."""

    items: int
    author: int
    version: int  # that the delta leads to


@final
class Authors:
    """Whose each version is. Authors take turns, so there are fewer turns than deltas."""

    __slots__ = ("_ends", "_indexes", "_turns", "names")

    def __init__(self) -> None:
        self.names: list[str] = []  # in the order of their first deltas
        self._indexes: dict[str, int] = {}
        self._turns = array("q")  # authors, by turn
        self._ends = array("q")  # the version that each turn leads to

    def add(self, version: int, author: str) -> None:
        """The next delta, which leads to ``version``, is by ``author``."""
        index = self._indexes.setdefault(author, len(self.names))
        if index == len(self.names):
            self.names.append(author)
        if self._turns and self._turns[-1] == index:
            self._ends[-1] = version
        else:
            self._turns.append(index)
            self._ends.append(version)

    def of(self, version: int) -> int:
        """The index of the author of the delta that leads to ``version``."""
        return self._turns[bisect_left(self._ends, version)]

    def copy(self) -> Authors:
        """The same, to be added to apart."""
        copied = Authors()
        copied.names, copied._indexes = list(self.names), dict(self._indexes)
        copied._turns, copied._ends = self._turns[:], self._ends[:]
        return copied

    def __len__(self) -> int:
        """How many turns there were."""
        return len(self._turns)


@final
class Attribution:
    """Who wrote what in a wavelet at a version. Not to be changed once it is handed out."""

    __slots__ = ("_authors", "_documents", "_name", "version")

    def __init__(self, name: WaveletName) -> None:
        """The one of version 0."""
        self.version = 0
        self._name: Final = name
        self._authors = Authors()
        self._documents: dict[str, AttributionRuns] = {}

    @property
    def authors(self) -> Sequence[str]:
        """Addresses, in the order of their first deltas."""
        return self._authors.names

    @property
    def documents(self) -> Mapping[str, AttributionRuns]:
        """The runs of each document that is not empty."""
        return self._documents

    def runs(self, document_id: str) -> Iterator[AuthoredRun]:
        """The runs of a document, with their authors."""
        author_of = self._authors.of
        return (AuthoredRun(items, author_of(version), version) for items, version in self._documents[document_id])

    def advance(self, deltas: Sequence[Authored]) -> None:
        """Follow the deltas that come next. Raises CorruptHistory; this is then of no use."""
        for delta in deltas:
            self._authors.add(delta.version, delta.author)
            for operation in operations_of(self._name, delta.version, delta.applied, delta.transformed):
                if isinstance(operation, MutateDocument):
                    self._change(operation, delta.version)
            self.version = delta.version

    def copy(self) -> Attribution:
        """The same, to be advanced apart. Costs the memory of it."""
        copied = Attribution(self._name)
        copied.version = self.version
        copied._authors = self._authors.copy()
        copied._documents = {document_id: runs.copy() for document_id, runs in self._documents.items()}
        return copied

    def memory(self) -> int:
        """About how many bytes this takes."""
        runs = sum(len(runs) for runs in self._documents.values())
        return _DOCUMENT_BYTES * (1 + len(self._documents)) + RUN_BYTES * (runs + len(self._authors))

    def _change(self, operation: MutateDocument, version: int) -> None:
        runs = self._documents.get(operation.document_id)
        if runs is None:
            runs = self._documents[operation.document_id] = AttributionRuns()
        runs.apply(operation.op.components, version)
        if runs.size == 0:  # an emptied document is absent, as in the state
            del self._documents[operation.document_id]


@final
class _Kept:
    """What is kept of one wavelet: up to three versions of it, oldest first."""

    def __init__(self) -> None:
        self.versions: list[Attribution] = []
        self.memory = _DOCUMENT_BYTES
        self.lock: Final = asyncio.Lock()  # who comes while it is computed waits, and finds it

    def up_to(self, version: int) -> Attribution | None:
        """The newest that is not beyond ``version``."""
        return next((each for each in reversed(self.versions) if each.version <= version), None)

    def keep(self, made: Attribution) -> None:
        """The newest always takes the last place; others stay so that they are _SPACING or more apart from it."""
        if self.versions and made.version <= self.versions[-1].version:
            return
        if len(self.versions) > 1 and self.versions[-1].version - self.versions[-2].version < _SPACING:
            self.versions.pop()
        self.versions = [*self.versions[-2:], made]
        self.memory = sum(each.memory() for each in self.versions)


@final
class Attributions:
    """Answers who wrote what in the wavelets of a host. Belongs to one event loop."""

    def __init__(self, history: History, *, memory: int = CACHE_BYTES) -> None:
        """``memory``: bytes that what is kept may take."""
        self._history: Final = history
        self._memory: Final = memory
        self._kept: Final[OrderedDict[WaveletName, _Kept]] = OrderedDict()  # used last: last
        self._replaying: Final = asyncio.Semaphore(_AT_ONCE)

    async def at(self, name: WaveletName, version: int | None, reader: WaveAddress) -> Attribution:
        """Who wrote what at ``version``, at the head without one; inside a delta, before that delta.

        The first time this costs the whole history, in slices that let others pass; then the deltas since it was
        asked last. Raises NotFound as History does, BadVersion beyond the head, Unavailable, CorruptHistory.
        """
        head = await self._history.head(name, reader)
        wanted = head.version if version is None else version
        if not 0 <= wanted <= head.version:
            raise BadVersion(f"{name.path} has the versions 0 to {head.version}, and no version {wanted}")
        kept = self._kept.setdefault(name, _Kept())
        self._kept.move_to_end(name)
        async with kept.lock:
            found = kept.up_to(wanted)
            if found is None or found.version < wanted:
                async with self._replaying:
                    found = await self._replayed(name, found, wanted)
                kept.keep(found)
        self._make_room()
        return found

    async def _replayed(self, name: WaveletName, base: Attribution | None, version: int) -> Attribution:
        made = Attribution(name) if base is None else base.copy()
        async for deltas in self._history.authored(name, made.version, version):
            made.advance(deltas)
        return made

    def _make_room(self) -> None:
        """Forget what was used longest ago until the rest fits."""
        total = sum(kept.memory for kept in self._kept.values())
        for name, kept in list(self._kept.items()):
            if total <= self._memory:
                return
            if not kept.lock.locked():
                total -= kept.memory
                del self._kept[name]
