"""Inboxes: what of the waves a user is shown, searches for, and notes for themself.

Reads are answered from the index. What a user notes (read, archived, muted, pinned, filed) is written as a delta of
theirs to their own wavelet of the wave, like any other change, and reaches the index from there; so it is in the
history, and the same on all of their devices.

Source: DESIGN.md, section 12; CONVERSATION.md, "Per-user data"; docs/inbox.md.
"""

from __future__ import annotations

import asyncio
import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol, final
from weakref import WeakValueDictionary

from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import AddParticipant
from wave_server import access
from wave_server.digests import Digest, Entry, WaveletDigest, digest_for
from wave_server.errors import BadVersion, InvalidOperation, InvalidRequest, NotFound, TooLarge
from wave_server.indexing import Indexer
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.search_query import parse_query
from wave_server.store import Store, index_rows, search_rows
from wave_server.store.search_rows import FolderCount
from wave_server.submission import Acknowledgement, Operations, Submission, WaveletSnapshot
from wave_server.user_data import StateChange, operations_for, wavelet_of

MOST_WAVES: Final = 100  # of a page
MOST_READ: Final = 1_000  # blips of one request
MOST_FOLDERS: Final = 20  # of one wave
LONGEST_FOLDER: Final = 60  # characters
RECENT_WAVES: Final = 300  # whose participants are suggested
_ATTEMPTS: Final = 5  # to write a user's state while somebody, who can only be they, writes it too


class Host(Protocol):
    """What inboxes ask of the host."""

    async def read(self, name: WaveletName) -> WaveletSnapshot | None:
        """The committed state of a wavelet."""

    async def submit_and_wait(
        self, name: WaveletName, submission: Submission, submitter: WaveAddress
    ) -> Acknowledgement:
        """Apply a submission. Raises a WaveError."""


class WavePage(NamedTuple):
    """Waves of an inbox or search, last modified first; ``next`` is the cursor of the next page, None at the end."""

    waves: list[Digest]
    next: str | None


class Folders(NamedTuple):
    """How many waves of the inbox have something unread; the folders that have a wave in them."""

    inbox_unread: int
    folders: list[FolderCount]


@dataclass(frozen=True, slots=True)
class Note:
    """What a user notes about a wave; what is None or empty stays as it is."""

    read: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by wavelet path and blip: up to a version
    read_all: bool = False
    archived: bool | None = None
    muted: bool | None = None
    pinned: bool | None = None
    folders: Sequence[str] | None = None  # all that it is to be in


class _Seen(NamedTuple):
    """What one user sees of a wave."""

    wavelets: list[WaveletDigest]  # the root first
    entry: Entry | None


@final
class Inbox:
    """The inboxes of one domain's users."""

    def __init__(self, store: Store, indexer: Indexer, host: Host) -> None:
        self._store: Final = store
        self._indexer: Final = indexer
        self._host: Final = host
        self._locks: Final[WeakValueDictionary[WaveletName, asyncio.Lock]] = WeakValueDictionary()

    # Reading

    async def find(self, address: WaveAddress, query: str, limit: int, cursor: str | None = None) -> WavePage:
        """The waves that a search finds, ``limit`` (1 to 100) of them, from where ``cursor`` says.

        Raises InvalidRequest for a search or cursor that cannot be read, and Unavailable.
        """
        if not 1 <= limit <= MOST_WAVES:
            raise InvalidRequest(f"limit is a number from 1 to {MOST_WAVES}")
        parsed = parse_query(query, address.domain)
        after = None if cursor is None else _decode_cursor(cursor)
        shared = str(WaveAddress.shared(address.domain))
        async with self._store.reading() as connection:
            if parsed.folder is not None:
                folder = await search_rows.folder_called(connection, str(address), parsed.folder)
                parsed = replace(parsed, folder=folder)
            found = await search_rows.find_waves(connection, str(address), shared, parsed, after, limit + 1)
            page = found[:limit]
            wavelets = await search_rows.wavelets_of_waves(connection, [each.row_id for each in page])
        digests: list[Digest] = []
        for wave in page:
            its = wavelets.get(wave.row_id)
            visible = [] if its is None else _visible(address, its.digests)
            if its is not None and visible:  # not when it was taken away between two statements
                digests.append(digest_for(its.wave, visible, wave.entry))
        more = len(found) > limit
        return WavePage(digests, _encode_cursor(page[-1].entry.modified, page[-1].row_id) if more else None)

    async def digest(self, address: WaveAddress, wave: WaveId) -> Digest:
        """A wave as the user sees it, up to date. Raises NotFound when they see nothing of it, and Unavailable."""
        seen = await self._seen(address, wave)
        return digest_for(str(wave), seen.wavelets, seen.entry)

    async def folders(self, address: WaveAddress) -> Folders:
        """The user's folders, and what is unread. Raises Unavailable."""
        async with self._store.reading() as connection:
            unread = await search_rows.count_unread(connection, str(address))
            return Folders(unread, await search_rows.count_folders(connection, str(address)))

    async def people(self, address: WaveAddress) -> list[WaveAddress]:
        """Those with whom the user shares waves, in the order of the latest one. Raises Unavailable."""
        async with self._store.reading() as connection:
            rows = await search_rows.recent_waves(connection, str(address), RECENT_WAVES)
            wavelets = await search_rows.wavelets_of_waves(connection, rows)
        found: dict[str, None] = {}
        for row in rows:
            for each in _visible(address, wavelets[row].digests if row in wavelets else ()):
                found.update(dict.fromkeys(each.participants))
        found.pop(str(address), None)
        addresses = (WaveAddress.parse(each) for each in found if "@" in each)
        return [each for each in addresses if not each.is_shared]

    async def _seen(self, address: WaveAddress, wave: WaveId) -> _Seen:
        await self._indexer.settle(wave)
        async with self._store.reading() as connection:
            row_id = await index_rows.wave_row_id(connection, wave)
            if row_id is None:
                raise _not_found(wave)
            wavelets = await search_rows.wavelets_of_waves(connection, [row_id])
            entry = await index_rows.load_entry(connection, str(address), row_id)
        visible = _visible(address, wavelets[row_id].digests) if row_id in wavelets else []
        if not visible:
            raise _not_found(wave)
        return _Seen(visible, entry)

    # Writing

    async def note(self, address: WaveAddress, wave: WaveId, note: Note) -> Digest:
        """Write down what the user notes about a wave; the digest as it is then.

        Raises NotFound when they see nothing of the wave, InvalidRequest, TooLarge, or Unavailable.
        """
        folders = None if note.folders is None else _checked_folders(note.folders)
        seen = await self._seen(address, wave)
        change = StateChange(
            read_blips=_checked_read(wave, note.read, seen.wavelets),
            read_all={each.wavelet: each.version for each in seen.wavelets} if note.read_all else {},
            archived=_archived(note.archived, seen.wavelets),
            muted=note.muted,
            pinned=note.pinned,
            folders=folders,
        )
        name = wavelet_of(wave, address)
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:  # two at once would each make entries for the same thing
            await self._apply(name, address, change)
        return await self.digest(address, wave)

    async def _apply(self, name: WaveletName, address: WaveAddress, change: StateChange) -> None:
        for attempt in range(_ATTEMPTS):
            snapshot = await self._host.read(name)
            operations: Operations = operations_for({} if snapshot is None else snapshot.documents, change)
            if not operations:
                return
            target = version_zero(name.uri)
            if snapshot is None:
                operations = (AddParticipant(str(address)), *operations)
            else:
                target = HashedVersion(snapshot.version, snapshot.history_hash)
            submission = Submission(target, operations, f"note-{secrets.token_hex(12)}")
            try:
                await self._host.submit_and_wait(name, submission, address)
            except (BadVersion, InvalidOperation):
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return


def _not_found(wave: WaveId) -> NotFound:
    return NotFound(f"there is no wave {wave}, or you do not take part in it")


def _visible(address: WaveAddress, wavelets: Sequence[WaveletDigest]) -> list[WaveletDigest]:
    """Those that the address may read, the root first."""
    visible = [each for each in wavelets if access.may_read(address, each.participants)]
    return sorted(visible, key=lambda each: not each.is_root)


def _checked_read(
    wave: WaveId, read: Mapping[str, Mapping[str, int]], visible: Sequence[WaveletDigest]
) -> dict[str, Mapping[str, int]]:
    """Read versions by ``domain/id``, all of wavelets that the user sees and of versions that there are."""
    if sum(len(blips) for blips in read.values()) > MOST_READ:
        raise TooLarge(f"read: at most {MOST_READ} blips at once")
    heads = {each.wavelet: each.version for each in visible}
    found: dict[str, Mapping[str, int]] = {}
    for path, blips in read.items():
        name = WaveletName.parse_path(path)
        key = str(name.wavelet)
        if name.wave != wave or key not in heads:
            raise NotFound(f"read: there is no wavelet {path} in the wave {wave}, or you do not take part in it")
        for blip, version in blips.items():
            if not 0 < version <= heads[key]:
                raise InvalidRequest(f"read: {path} is at version {heads[key]}: {blip} cannot be read up to {version}")
        found[key] = blips
    return found


def _archived(archived: bool | None, visible: Sequence[WaveletDigest]) -> dict[str, int] | None:
    if archived is None:
        return None
    return {each.wavelet: each.version for each in visible} if archived else {}


def _checked_folders(folders: Sequence[str]) -> tuple[str, ...]:
    """Folder names without white space around them, each once. Raises InvalidRequest or TooLarge."""
    names = tuple(dict.fromkeys(" ".join(folder.split()) for folder in folders))
    if len(names) > MOST_FOLDERS:
        raise TooLarge(f"folders: a wave is in at most {MOST_FOLDERS} folders")
    for name in names:
        if not 0 < len(name) <= LONGEST_FOLDER or not name.isprintable() or '"' in name:
            raise InvalidRequest(f'folders: a name has 1 to {LONGEST_FOLDER} printable characters, and no "')
    return names


def _encode_cursor(modified: int, row_id: int) -> str:
    return urlsafe_b64encode(f"{modified}.{row_id}".encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> tuple[int, int]:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        modified, row_id = (int(part) for part in text.split("."))
    except (ValueError, binascii.Error):
        raise InvalidRequest("cursor is not one that this server gave: leave it out to start anew") from None
    if not (-(2**62) < modified < 2**62 and 0 <= row_id < 2**62):
        raise InvalidRequest("cursor is not one that this server gave: leave it out to start anew")
    return modified, row_id
