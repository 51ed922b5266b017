"""Keeping the index in step with the histories: told of deltas, it reads what changed and writes what follows.

A wavelet is indexed from its committed state and from the deltas since the version that the index has of it, so
there is one way whether a delta has just come, a server starts again after a crash, or the index is made anew. What
comes within a moment is indexed together, a wavelet that somebody types into only every now and then, and the
moment grows with the work, so that the index takes no more than a part of the server's time. Without deltas it does
nothing.

Source: DESIGN.md, section 5; docs/inbox.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, final

from wave_server.conversation import is_conversation
from wave_server.digests import (
    Entry,
    IndexedWavelet,
    digest_wavelet,
    entry_for,
    followers,
    read_conversation,
    search_words,
)
from wave_server.errors import CorruptHistory, Unavailable
from wave_server.identifiers import PER_USER
from wave_server.modifications import Modifications
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.restoring import delta_of
from wave_server.search_text import SearchWords
from wave_server.store import Store, index_rows, search_rows
from wave_server.store.index_rows import Behind, IndexedWave, StoredState
from wave_server.store.store import stored_name
from wave_server.submission import Committed, WaveletSnapshot
from wave_server.user_data import owner_of, state_of

_log: Final = logging.getLogger(__name__)

DELAY: Final = 0.2  # seconds for which changes are collected
PACE: Final = 1.0  # seconds from one time that a wavelet is indexed to the next, while it keeps changing
IDLE_FACTOR: Final = 4  # the index rests so many times as long as it has worked
RETRY_DELAYS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, while the store is away
PAGE: Final = 500  # wavelets looked at, or deltas read, at once
BATCH: Final = 8  # wavelets of one transaction: appends wait for it on SQLite
_SLICE: Final = 50  # entries computed before others get their turn on the loop

Read: TypeAlias = Callable[[WaveletName], Awaitable[WaveletSnapshot | None]]


@final
@dataclass(frozen=True, slots=True)
class WaveChange:
    """What the index has of a wave, before and after something was written."""

    wave: WaveId
    before: IndexedWave
    after: IndexedWave


class ChangeListener(Protocol):
    """Told of what was written, once it is committed. It must not block or raise."""

    def __call__(self, change: WaveChange, /) -> None:
        """A wave changed in the index."""


@final
@dataclass(frozen=True, slots=True)
class _Update:
    """A change that is to be written."""

    change: WaveChange
    wavelets: Sequence[IndexedWavelet]
    words: Mapping[int, SearchWords]  # of wavelets whose words have changed, by row
    states: Mapping[str, StoredState]


@final
class Indexer:
    """Writes the index; the only one that does. Belongs to one event loop."""

    def __init__(self, store: Store, domain: str, delay: float = DELAY) -> None:
        """``domain`` is the one whose users have inboxes here; ``delay`` is in seconds."""
        self._store: Final = store
        self._domain: Final = domain
        self._delay: Final = delay
        self._dirty: Final[dict[WaveletName, None]] = {}
        self._indexed: Final[dict[WaveletName, float]] = {}  # when, within the last PACE seconds
        self._wake: Final = asyncio.Event()
        self._stopped: Final = asyncio.Event()
        self._lock: Final = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._listener: ChangeListener | None = None
        self._read: Read | None = None

    def listen(self, listener: ChangeListener) -> None:
        """Tell ``listener`` of every change from now on."""
        self._listener = listener

    def note(self, committed: Committed) -> None:
        """A delta was committed. Cheap: what follows from it is worked out later."""
        wavelet = committed.delta.wavelet
        if wavelet not in self._dirty:
            self._dirty[wavelet] = None
            self._wake.set()

    def start(self, read: Read) -> None:
        """Begin to index, with what changed while nobody did. ``read`` gives a wavelet's committed state."""
        self._read = read
        loop = asyncio.get_running_loop()
        self._running = loop.create_task(self._run(), name="indexer")
        self._catching_up = loop.create_task(self._catch_up(), name="index catch-up")

    async def stop(self) -> None:
        """Finish the transaction under way. What is not indexed yet will be at the next start."""
        self._stopped.set()
        self._wake.set()
        for task in (self._running, self._catching_up):
            if task is not None:
                await task

    async def caught_up(self) -> None:
        """Wait until everything that changed before the start is in the index."""
        if self._catching_up is not None:
            await asyncio.shield(self._catching_up)

    async def settle(self, wave: WaveId | None = None) -> None:
        """Index at once what has changed of the wave, or of all. Raises Unavailable."""
        async with self._lock:
            names = [name for name in self._dirty if wave is None or name.wave == wave]
            for start in range(0, len(names), BATCH):
                await self._index(names[start : start + BATCH])

    # When

    async def _run(self) -> None:
        delay, failures = self._delay, 0
        while True:
            await self._wake.wait()
            if await self._stops_within(delay):
                return
            self._wake.clear()
            began = time.monotonic()
            try:
                await self._index_due(began)
                failures = 0
                delay = max(self._delay, IDLE_FACTOR * (time.monotonic() - began))
                if self._dirty:  # their time will come
                    self._wake.set()
            except Unavailable as error:
                delay = RETRY_DELAYS[min(failures, len(RETRY_DELAYS) - 1)]
                failures += 1
                self._wake.set()
                _log.warning("the index waits %.0f s, and then goes on: %s", delay, error)

    async def _index_due(self, now: float) -> None:
        """Index what has changed and was not indexed a moment ago. ``now`` is in seconds."""
        for name in [name for name, when in self._indexed.items() if now - when >= PACE]:
            del self._indexed[name]
        names = [name for name in self._dirty if name not in self._indexed]
        self._indexed.update(dict.fromkeys(names, now))
        for start in range(0, len(names), BATCH):
            if self._stopped.is_set():
                return
            async with self._lock:
                await self._index([name for name in names[start : start + BATCH] if name in self._dirty])

    async def _stops_within(self, seconds: float) -> bool:
        """Wait so long, or until it is to stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
        return self._stopped.is_set()

    async def _catch_up(self) -> None:
        """Index what has changed since the index was written last, also where it was never written."""
        after = done = failures = 0
        while not self._stopped.is_set():
            try:
                async with self._store.reading() as connection:
                    page = await index_rows.wavelets_after(connection, after, PAGE)
                behind = [_named(each) for each in page if each.version > each.indexed and _is_indexed(each.wavelet_id)]
                await self._catch_up_with(behind)
            except Unavailable as error:
                delay = RETRY_DELAYS[min(failures, len(RETRY_DELAYS) - 1)]
                failures += 1
                _log.warning("catching up waits %.0f s, and then goes on: %s", delay, error)
                await self._stops_within(delay)
                continue
            done += len(behind)
            if behind:
                _log.info("brought %d wavelets up to date in the index", done)
            if len(page) < PAGE:
                return
            after = page[-1].row_id

    async def _catch_up_with(self, names: Sequence[WaveletName]) -> None:
        for start in range(0, len(names), BATCH):
            if self._stopped.is_set():
                return
            async with self._lock:
                await self._index(names[start : start + BATCH])
            await asyncio.sleep(0)

    # What

    async def _index(self, names: Sequence[WaveletName]) -> None:
        """Bring these wavelets, and the inboxes that they are in, up to date. A failure of one leaves the others be.

        Raises Unavailable, and then they are still to be done.
        """
        for name in names:  # what comes from here on comes again
            self._dirty.pop(name, None)
        by_wave: dict[WaveId, list[WaveletName]] = {}
        for name in names:
            if _is_indexed(name.wavelet.id):
                by_wave.setdefault(name.wave, []).append(name)
        try:
            updates = [await self._update(wave, its) for wave, its in by_wave.items()]
            await self._write([update for update in updates if update is not None])
        except BaseException:  # also when the caller was cancelled
            self._dirty.update(dict.fromkeys(names))
            self._wake.set()
            raise

    async def _update(self, wave: WaveId, names: Sequence[WaveletName]) -> _Update | None:
        try:
            return await self._computed(wave, names)
        except Unavailable:
            raise
        except Exception:
            _log.exception("the index of the wave %s stays as it is until it changes again", wave)
            return None

    async def _computed(self, wave: WaveId, names: Sequence[WaveletName]) -> _Update | None:
        """What is to be written for the wavelets of a wave; None when nothing has changed."""
        async with self._store.reading() as connection:
            before = await index_rows.load_wave(connection, wave)
            rows = {name: await self._store.row_id(connection, name) for name in names}
        wavelets: dict[str, IndexedWavelet] = {}
        words: dict[int, SearchWords] = {}
        states: dict[str, StoredState] = {}
        for name, row_id in rows.items():
            owner, key = owner_of(name), str(name.wavelet)
            if row_id is None:
                continue
            if owner is None:
                conversation = await self._conversation(name, row_id, before.wavelets.get(key))
                if conversation is not None:
                    wavelets[key] = conversation[0]
                    if conversation[0].words_hash != _words_hash(before, key):
                        words[row_id] = conversation[1]
            elif (state := await self._state(name, row_id, before.states.get(owner))) is not None:
                states[owner] = state
        if not (wavelets or states):
            return None
        all_wavelets, all_states = {**before.wavelets, **wavelets}, {**before.states, **states}
        entries = await self._entries(list(all_wavelets.values()), all_states)
        after = IndexedWave(before.row_id, all_wavelets, all_states, entries)
        return _Update(WaveChange(wave, before, after), list(wavelets.values()), words, states)

    async def _conversation(
        self, name: WaveletName, row_id: int, known: IndexedWavelet | None
    ) -> tuple[IndexedWavelet, SearchWords] | None:
        """The wavelet as it is to be indexed; None when the index has its newest version, or it cannot be read."""
        assert self._read is not None, "the indexer has not been started"
        modifications = Modifications() if known is None else known.modifications
        try:
            snapshot = await self._read(name)
            if snapshot is None or snapshot.version <= modifications.version:
                return None
            modifications = await self._modified(name, modifications, snapshot.version)
        except CorruptHistory:
            _log.exception("%s cannot be indexed", name)
            return None
        conversation = read_conversation(snapshot)
        digest = digest_wavelet(snapshot, conversation, modifications)
        words = search_words(digest, conversation)
        members = frozenset(digest.participants)
        return IndexedWavelet(row_id, digest, modifications, conversation.shown, words.hash, members), words

    async def _modified(self, name: WaveletName, known: Modifications, version: int) -> Modifications:
        """Who modified what up to a version: what is known, and the deltas since."""
        while known.version < version:
            page = await self._store.deltas(name, known.version, version, limit=PAGE)
            if not page:
                raise CorruptHistory(f"{name}: the history has no delta at version {known.version}")
            known = known.after([delta_of(row) for row in page])
        return known

    async def _state(self, name: WaveletName, row_id: int, known: StoredState | None) -> StoredState | None:
        """A user's own data as they are to be indexed; None when the index has them already, or they cannot be read."""
        assert self._read is not None, "the indexer has not been started"
        try:
            snapshot = await self._read(name)
        except CorruptHistory:
            _log.exception("%s cannot be indexed", name)
            return None
        if snapshot is None or (known is not None and snapshot.version <= known.version):
            return None
        return StoredState(row_id, snapshot.version, state_of(snapshot.documents))

    async def _entries(self, wavelets: Sequence[IndexedWavelet], states: Mapping[str, StoredState]) -> dict[str, Entry]:
        """Whose inboxes the wave is in, and how."""
        known = {address: stored.state for address, stored in states.items()}
        entries: dict[str, Entry] = {}
        for place, address in enumerate(followers(wavelets, known, self._domain)):
            if place % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            entry = entry_for(WaveAddress.parse(address), wavelets, known.get(address))
            if entry is not None:
                entries[address] = entry
        return entries

    async def _write(self, updates: Sequence[_Update]) -> None:
        """Commit the updates together, and tell of them; those that cannot be written stand back alone."""
        if not updates:
            return
        try:
            async with self._store.writing() as connection:
                for update in updates:
                    wave = await index_rows.add_wave(connection, update.change.wave)
                    for wavelet in update.wavelets:
                        await index_rows.put_wavelet(connection, wave, wavelet)
                    for row_id, words in update.words.items():
                        await search_rows.put_words(connection, row_id, wave, words)
                    for address, state in update.states.items():
                        await index_rows.put_state(connection, wave, address, state)
                    change = update.change
                    await index_rows.put_entries(connection, wave, change.before.entries, change.after.entries)
        except Unavailable:
            raise
        except Exception:
            if len(updates) == 1:
                _log.exception("the index of the wave %s cannot be written", updates[0].change.wave)
                return
            for update in updates:
                await self._write([update])
        else:
            self._tell(update.change for update in updates)

    def _tell(self, changes: Iterable[WaveChange]) -> None:
        for change in changes:
            if self._listener is not None:
                self._listener(change)


def _words_hash(before: IndexedWave, key: str) -> bytes | None:
    known = before.wavelets.get(key)
    return None if known is None else known.words_hash


def _is_indexed(wavelet_id: str) -> bool:
    """Whether wavelets with this id are in the index: conversations and users' own data."""
    return is_conversation(wavelet_id) or wavelet_id.startswith(PER_USER)


def _named(each: Behind) -> WaveletName:
    return stored_name(each.wave_domain, each.wave_id, each.wavelet_domain, each.wavelet_id)
