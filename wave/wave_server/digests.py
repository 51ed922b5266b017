"""What an inbox shows of a wave, computed from the states of its wavelets. Pure.

A wave is a different thing for each of its readers: it consists of the wavelets that they may see. So the index
keeps a digest of each wavelet, and puts those together that one reader sees (``digest_for``, ``entry_for``);
nothing of a private reply, not even that something happened, gets into what others are shown.

Source: CONVERSATION.md, "The manifest", "Per-user data"; docs/inbox.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import msgspec

from wave_server import access
from wave_server.conversation import ROOT, BlipText, blip_text, shown_blips, tags
from wave_server.modifications import Modifications
from wave_server.names import WaveAddress
from wave_server.search_query import FactKind
from wave_server.search_text import SearchWords, facet, indexed_words, tag_key, words
from wave_server.submission import WaveletSnapshot
from wave_server.user_data import ReadMarks, UserState

LONGEST_TITLE: Final = 200  # characters
LONGEST_SNIPPET: Final = 240
PARTICIPANTS_SHOWN: Final = 8
MOST_TAGS: Final = 50
LONGEST_TAG: Final = 100  # characters; longer ones are passed over

_NOTHING_READ: Final = ReadMarks()
_NO_STATE: Final = UserState()


class Digest(msgspec.Struct, frozen=True):
    """A wave as its reader's inbox shows it. Times are ms since 1970; ``unread`` counts blips."""

    wave: str
    title: str
    snippet: str
    creator: str
    participants: tuple[str, ...]  # the first ones, in order of joining
    participant_count: int
    created: int
    modified: int
    modified_by: str
    blips: int
    unread: int
    private: bool  # there is a private reply that the reader takes part in
    archived: bool
    muted: bool
    pinned: bool
    folders: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaveletDigest:
    """What a wavelet contributes to the digests of its wave. ``wavelet`` is ``domain/id``."""

    wavelet: str
    version: int
    creator: str
    created: int
    modified: int
    modified_by: str
    title: str
    snippet: str
    participants: tuple[str, ...]
    tags: tuple[str, ...]
    blips: int

    @property
    def is_root(self) -> bool:
        """Whether it is the conversation that the wave began with, not a private reply."""
        return self.wavelet.endswith(f"/{ROOT}")


@dataclass(frozen=True, slots=True)
class IndexedWavelet:
    """A wavelet in the index: its digest, and what entries are computed from."""

    row_id: int
    digest: WaveletDigest
    modifications: Modifications
    shown: tuple[str, ...]  # blips, in reading order
    words_hash: bytes
    members: frozenset[str] = field(repr=False)

    def is_visible_to(self, address: WaveAddress) -> bool:
        """Whether the address may read the wavelet."""
        return access.may_read(address, self.members)

    def unread(self, address: str, marks: ReadMarks) -> int:
        """How many of the blips were changed by others after the user read them."""
        blips = self.modifications.blips
        touches = ((blip, blips[blip]) for blip in self.shown if blip in blips)
        return sum(touch.by_others_than(address) > marks.of(blip) for blip, touch in touches)


class Place(IntEnum):
    """Where a wave is for a user. The numbers are stored."""

    NOWHERE = 0  # they may see it, as everybody of the domain, but do not follow it
    INBOX = 1
    ARCHIVE = 2
    MUTED = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A wave in a user's inbox, archive or among the muted: what it is sorted and filtered by."""

    place: Place
    modified: int
    unread: int
    archived: bool
    muted: bool
    pinned: bool
    private: bool
    folders: tuple[str, ...]


# From a wavelet's state


@dataclass(frozen=True, slots=True)
class ReadConversation:
    """A conversation's text, read once for its digest and for the search."""

    shown: tuple[str, ...]
    texts: Mapping[str, BlipText]

    @property
    def title(self) -> str:
        """The title of the first blip, or of the first that has one if that has gone."""
        titles = (self.texts[blip].title for blip in self.shown)
        return _on_one_line(next((title for title in titles if title), ""), LONGEST_TITLE)

    def body(self) -> Iterator[str]:
        """All lines of all blips, in reading order."""
        for blip in self.shown:
            yield from self.texts[blip].lines


def read_conversation(snapshot: WaveletSnapshot) -> ReadConversation:
    """The shown blips of a conversation with their texts. Linear in the documents."""
    documents = snapshot.documents
    shown = tuple(blip for blip in shown_blips(documents) if blip in documents)
    return ReadConversation(shown, {blip: blip_text(documents[blip]) for blip in shown})


def digest_wavelet(
    snapshot: WaveletSnapshot, conversation: ReadConversation, modifications: Modifications
) -> WaveletDigest:
    """The digest of a wavelet at the version of its snapshot, which must be that of the modifications too."""
    return WaveletDigest(
        wavelet=str(snapshot.wavelet.wavelet),
        version=snapshot.version,
        creator=modifications.creator,
        created=modifications.created,
        modified=modifications.modified,
        modified_by=modifications.touch.author,
        title=conversation.title,
        snippet=_snippet(conversation, modifications, is_root=snapshot.wavelet.wavelet.id == ROOT),
        participants=snapshot.participants,
        tags=tuple(tag for tag in tags(snapshot.documents) if len(tag) <= LONGEST_TAG)[:MOST_TAGS],
        blips=len(conversation.shown),
    )


def search_words(digest: WaveletDigest, conversation: ReadConversation) -> SearchWords:
    """What a search finds the wavelet by. Who takes part in it is also who finds it."""
    facets = {
        *(facet(FactKind.WITH.value, address) for address in digest.participants),
        *(facet(FactKind.TAG.value, tag_key(tag)) for tag in digest.tags),
        facet(FactKind.CREATOR.value, digest.creator),
    }
    return SearchWords(tuple(sorted(facets)), tuple(words(digest.title)), indexed_words(conversation.body()))


def _snippet(conversation: ReadConversation, modifications: Modifications, *, is_root: bool) -> str:
    """The beginning of the blip that was changed last; of the wave's first blip, what follows the title."""
    versions = {blip: touch.version for blip, touch in modifications.blips.items()}
    for blip in sorted(conversation.shown, key=lambda each: -versions.get(each, 0)):
        text = _on_one_line(" ".join(conversation.texts[blip].lines), LONGEST_TITLE + LONGEST_SNIPPET + 1)
        if is_root and blip == conversation.shown[0]:
            text = text.removeprefix(conversation.title).strip()
        if text:
            return text[:LONGEST_SNIPPET].rstrip()
    return ""


def _on_one_line(text: str, length: int) -> str:
    return " ".join(text[: 4 * length].split())[:length].rstrip()


# From the wavelets of a wave to what one reader sees


def visible_to(address: WaveAddress, wavelets: Sequence[IndexedWavelet]) -> list[IndexedWavelet]:
    """The wavelets that the address may read, the root first, then in the order in which they began."""
    visible = [wavelet for wavelet in wavelets if wavelet.is_visible_to(address)]
    return sorted(visible, key=lambda each: (not each.digest.is_root, each.row_id))


def followers(wavelets: Sequence[IndexedWavelet], states: Mapping[str, UserState], domain: str) -> list[str]:
    """Whose inboxes a wave may be in: users of ``domain`` who take part or have it in their order; and ``@domain``."""
    ending = f"@{domain}"
    found = {address: None for wavelet in wavelets for address in wavelet.digest.participants}
    found.update((address, None) for address, state in states.items() if state.follows)
    return [address for address in found if address.endswith(ending)]


def entry_for(address: WaveAddress, wavelets: Sequence[IndexedWavelet], state: UserState | None) -> Entry | None:
    """The wave's entry for one of its followers, or for a domain's shared address; None when they see nothing of it."""
    visible = visible_to(address, wavelets)
    if not visible:
        return None
    state = state or _NO_STATE
    text = str(address)
    modified = max(each.digest.modified for each in visible)
    private = any(not each.digest.is_root for each in visible)
    if address.is_shared:
        return Entry(Place.NOWHERE, modified, 0, False, False, False, private, ())
    archived = _is_archived(text, visible, state)
    place = Place.MUTED if state.muted else Place.ARCHIVE if archived else Place.INBOX
    unread = sum(each.unread(text, state.reads.get(each.digest.wavelet, _NOTHING_READ)) for each in visible)
    return Entry(place, modified, unread, archived, state.muted, state.pinned, private, state.folders)


def _is_archived(address: str, visible: Sequence[IndexedWavelet], state: UserState) -> bool:
    """Whether the user archived the wave, and nobody else has changed anything since."""
    if not any(each.digest.wavelet in state.archived for each in visible):
        return False
    return all(
        each.modifications.touch.by_others_than(address) <= state.archived.get(each.digest.wavelet, 0)
        for each in visible
    )


def digest_for(wave: str, visible: Sequence[WaveletDigest], entry: Entry | None) -> Digest:
    """The digest of a wave for a reader who sees these wavelets of it, at least one, the root first if it is there.

    Without an entry it is one that they see as everybody of the domain, and do not follow.
    """
    latest = max(visible, key=lambda each: each.modified)
    participants = tuple(dict.fromkeys(address for each in visible for address in each.participants))
    return Digest(
        wave=wave,
        title=next((each.title for each in visible if each.title), ""),
        snippet=latest.snippet,
        creator=visible[0].creator,
        participants=participants[:PARTICIPANTS_SHOWN],
        participant_count=len(participants),
        created=min(each.created for each in visible),
        modified=latest.modified,
        modified_by=latest.modified_by,
        blips=sum(each.blips for each in visible),
        unread=0 if entry is None else entry.unread,
        private=any(not each.is_root for each in visible),
        archived=entry is not None and entry.archived,
        muted=entry is not None and entry.muted,
        pinned=entry is not None and entry.pinned,
        folders=() if entry is None else entry.folders,
        tags=tuple(dict.fromkeys(tag for each in visible for tag in each.tags)),
    )
