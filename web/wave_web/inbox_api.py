"""``/api/v1/waves``, ``/folders`` and ``/people``: inboxes, searches, what users note about waves, whom to suggest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple, Protocol, TypeAlias

import msgspec
from aiohttp import web

from wave_server.digests import Digest
from wave_server.inbox import LONGEST_FOLDER, MOST_FOLDERS, MOST_WAVES, Folders, Note, WavePage
from wave_server.names import WaveAddress, WaveId
from wave_server.people import Person
from wave_server.search_query import LONGEST_QUERY
from wave_web.api import ApiRoutes, Call
from wave_web.authentication import READ_SCOPE, WRITE_SCOPE

routes = ApiRoutes("waves")

_MAX_VERSION: Final = 2**53 - 1  # what every JSON reader takes for a whole number

Version: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=_MAX_VERSION)]
FolderName: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=4 * LONGEST_FOLDER)]
WavePath: TypeAlias = Annotated[str, msgspec.Meta(description="a wavelet, as `waveDomain/waveId/~/waveletId`")]


class InboxPort(Protocol):
    """What the API asks of the inboxes; ``wave_server.inbox.Inbox`` is it."""

    async def find(self, address: WaveAddress, query: str, limit: int, cursor: str | None = None) -> WavePage:
        """A page of what a search finds."""

    async def digest(self, address: WaveAddress, wave: WaveId) -> Digest:
        """One wave as the user sees it. Raises NotFound."""

    async def note(self, address: WaveAddress, wave: WaveId, note: Note) -> Digest:
        """Write down what the user notes; the digest as it is then. Raises NotFound."""

    async def folders(self, address: WaveAddress) -> Folders:
        """The user's folders, and what is unread."""


class PeoplePort(Protocol):
    """What the API asks of the suggestions; ``wave_server.people.People`` is it."""

    async def suggest(self, address: WaveAddress, query: str, limit: int) -> Sequence[Person]:
        """Whom the user may mean."""


class InboxPorts(NamedTuple):
    """Both."""

    inbox: InboxPort
    people: PeoplePort


INBOX: Final = web.AppKey("inbox", InboxPorts)


class WavesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """A search; without conditions it is the inbox. ``cursor`` is the ``next`` of the page before."""

    q: Annotated[str, msgspec.Meta(max_length=LONGEST_QUERY, examples=["in:inbox is:unread with:bob"])] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_WAVES)] = 50
    cursor: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


class PeopleQuery(msgspec.Struct, forbid_unknown_fields=True):
    """What was typed of a name or an address."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10


class WaveInPath(msgspec.Struct, forbid_unknown_fields=True):
    """A wave's id."""

    domain: str
    id: str


class StateChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to note about a wave; what is left out stays as it is. ``folders`` is all that the wave is to be in."""

    read: dict[WavePath, dict[str, Version]] = {}  # by wavelet and blip: read up to this version of the wavelet
    read_all: bool = False
    archived: bool | None = None
    muted: bool | None = None
    pinned: bool | None = None
    folders: Annotated[list[FolderName], msgspec.Meta(max_length=MOST_FOLDERS)] | None = None


class WaveList(msgspec.Struct):
    """Waves, last modified first. ``next`` is the cursor of the following page, null at the end."""

    waves: list[Digest]
    next: str | None


class Folder(msgspec.Struct):
    """A folder: how many waves are in it, and in how many of them something is unread."""

    name: str
    waves: int
    unread: int


class FolderList(msgspec.Struct):
    """The folders that have a wave in them, and in how many waves of the inbox something is unread."""

    inbox_unread: int
    folders: list[Folder]


class SuggestedPerson(msgspec.Struct):
    """Somebody, by the name that they gave or else by that of their address."""

    address: str
    name: str


class PeopleList(msgspec.Struct):
    """Whom the user may mean, the likeliest first."""

    people: list[SuggestedPerson]


@routes.route("GET", "/waves", summary="Waves of the inbox or of a search", scope=READ_SCOPE)
async def list_waves(call: Call[WavesQuery, None]) -> WaveList:
    """A page of what ``q`` finds. A search that cannot be read is refused with what its operator takes."""
    asked = call.query
    page = await call.port(INBOX).inbox.find(call.account, asked.q, asked.limit, asked.cursor)
    return WaveList(page.waves, page.next)


@routes.route("GET", "/waves/{domain}/{id}", summary="A wave's digest", scope=READ_SCOPE, errors=("not-found",))
async def show_wave(call: Call[None, None, WaveInPath]) -> Digest:
    """The wave as the caller sees it. One that they do not see and one that does not exist are both not found."""
    return await call.port(INBOX).inbox.digest(call.account, _wave(call.path))


@routes.route(
    "PATCH",
    "/waves/{domain}/{id}/state",
    summary="Note what was read, archive, mute, pin, file",
    scope=WRITE_SCOPE,
    errors=("not-found", "too-large"),
)
async def change_state(call: Call[None, StateChange, WaveInPath]) -> Digest:
    """Written as a delta of the caller to their own data of the wave; the digest as it is then.

    Read versions only ever grow. An archived wave comes back when somebody else changes it, a muted one does not.
    """
    body = call.body
    note = Note(body.read, body.read_all, body.archived, body.muted, body.pinned, body.folders)
    return await call.port(INBOX).inbox.note(call.account, _wave(call.path), note)


@routes.route("GET", "/folders", summary="Folders and unread counts", scope=READ_SCOPE)
async def list_folders(call: Call[None, None]) -> FolderList:
    """Counts are of waves, not of blips."""
    found = await call.port(INBOX).inbox.folders(call.account)
    return FolderList(found.inbox_unread, [Folder(*each) for each in found.folders])


@routes.route("GET", "/people", summary="Suggest people", scope=READ_SCOPE)
async def suggest_people(call: Call[PeopleQuery, None]) -> PeopleList:
    """People with whom the caller shares waves, and accounts whose address is typed out."""
    found = await call.port(INBOX).people.suggest(call.account, call.query.q, call.query.limit)
    return PeopleList([SuggestedPerson(each.address, each.name or each.address.partition("@")[0]) for each in found])


def _wave(path: WaveInPath) -> WaveId:
    """Raises InvalidName."""
    return WaveId(path.domain, path.id)
