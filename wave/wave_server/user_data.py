"""A user's own state of a wave: what they have read, archived, muted, pinned and filed. Documents to values and back.

The documents are those of the wavelet ``user+address``. All that the original server wrote is read, with the root
element ``data`` or without; of several entries for one thing the largest counts. What is written changes no more
than it must, and a version that something was read at only ever grows.

Source: CONVERSATION.md, "Per-user data".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import MutateDocument
from wave_server.document_edits import DocumentEdits, Element, elements, integer
from wave_server.identifiers import PER_USER
from wave_server.names import InvalidName, WaveAddress, WaveId, WaveletId, WaveletName

READ: Final = "m/read"
FOLDERS: Final = "m/folder"
ARCHIVING: Final = "m/archiving"
MUTED: Final = "m/muted"
PINNED: Final = "m/pinned"

MOST_FOLDERS: Final = 100  # that are heeded of one wave, whoever wrote them
LONGEST_FOLDER: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class ReadMarks:
    """Up to which versions of one wavelet its parts were read: ``all`` of it, and single blips further."""

    all: int = 0
    blips: Mapping[str, int] = field(default_factory=dict)

    def of(self, blip: str) -> int:
        """The version up to which a blip was read."""
        return max(self.all, self.blips.get(blip, 0))


@dataclass(frozen=True, slots=True)
class UserState:
    """What one user's data say of one wave. Wavelets are keyed by ``domain/id``."""

    reads: Mapping[str, ReadMarks] = field(default_factory=dict)
    archived: Mapping[str, int] = field(default_factory=dict)  # archived while nobody else goes above the version
    muted: bool = False
    pinned: bool = False
    folders: tuple[str, ...] = ()

    @property
    def follows(self) -> bool:
        """Whether the user has taken the wave into their own order. Having read it is not enough."""
        return bool(self.archived or self.muted or self.pinned or self.folders)


@dataclass(frozen=True, slots=True)
class StateChange:
    """What is to become of a user's state; what is None or empty stays as it is. Wavelets are keyed as there."""

    read_blips: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    read_all: Mapping[str, int] = field(default_factory=dict)
    archived: Mapping[str, int] | None = None  # versions to archive at; empty: archived no more
    muted: bool | None = None
    pinned: bool | None = None
    folders: tuple[str, ...] | None = None  # all that the wave is to be in


def wavelet_of(wave: WaveId, address: WaveAddress) -> WaveletName:
    """The wavelet that holds the user's state of a wave. Raises InvalidName for an address that no id can hold."""
    return WaveletName(wave, WaveletId(address.domain, PER_USER + str(address)))


def owner_of(name: WaveletName) -> str | None:
    """Whose data a wavelet holds; None when it is not a per-user wavelet."""
    wavelet_id = name.wavelet.id
    return wavelet_id.removeprefix(PER_USER) if wavelet_id.startswith(PER_USER) else None


def state_of(documents: Mapping[str, DocOp]) -> UserState:
    """What the documents say. Entries that make no sense are passed over."""
    return UserState(
        reads=_reads(documents),
        archived=_archived(documents),
        muted=_flag(documents, MUTED, "muted"),
        pinned=_flag(documents, PINNED, "pinned"),
        folders=_folders(documents),
    )


def operations_for(documents: Mapping[str, DocOp], change: StateChange) -> tuple[MutateDocument, ...]:
    """The operations that bring about the change; none when all of it is so already."""
    edits = {name: DocumentEdits(documents.get(name)) for name in (READ, FOLDERS, ARCHIVING, MUTED, PINNED)}
    for wavelet in dict.fromkeys((*change.read_blips, *change.read_all)):
        _note_read(edits[READ], wavelet, change.read_blips.get(wavelet, {}), change.read_all.get(wavelet, 0))
    if change.archived is not None:
        _archive(edits[ARCHIVING], change.archived)
    if change.muted is not None:
        _set_flag(edits[MUTED], "muted", change.muted)
    if change.pinned is not None:
        _set_flag(edits[PINNED], "pinned", change.pinned)
    if change.folders is not None:
        _file(edits[FOLDERS], change.folders)
    built = [(name, each.build()) for name, each in edits.items()]
    return tuple(MutateDocument(name, op) for name, op in built if op is not None)


# Reading


def _reads(documents: Mapping[str, DocOp]) -> dict[str, ReadMarks]:
    alls: dict[str, int] = {}
    blips: dict[str, dict[str, int]] = {}
    for element in elements(documents.get(READ)):
        wavelet = None if element.parent is None else _wavelet_key(element.parent)
        if wavelet is None:
            continue
        version = integer(element.attributes.get("v"))
        if element.type == "all":
            alls[wavelet] = max(version, alls.get(wavelet, 0))
        elif element.type == "blip" and "i" in element.attributes:
            known = blips.setdefault(wavelet, {})
            blip = element.attributes["i"]
            known[blip] = max(version, known.get(blip, 0))
    return {each: ReadMarks(alls.get(each, 0), blips.get(each, {})) for each in dict.fromkeys((*alls, *blips))}


def _archived(documents: Mapping[str, DocOp]) -> dict[str, int]:
    found: dict[str, int] = {}
    for element in elements(documents.get(ARCHIVING)):
        wavelet = _parsed_key(element.attributes.get("i")) if element.type == "archive" else None
        if wavelet is not None:
            found[wavelet] = max(integer(element.attributes.get("v")), found.get(wavelet, 0))
    return found


def _flag(documents: Mapping[str, DocOp], document_id: str, name: str) -> bool:
    return any(
        element.type == "data" and element.attributes.get(name) == "true"
        for element in elements(documents.get(document_id))
    )


def _folders(documents: Mapping[str, DocOp]) -> tuple[str, ...]:
    found = (each.attributes.get("i") for each in elements(documents.get(FOLDERS)) if each.type == "folder")
    named = dict.fromkeys(folder for folder in found if folder and len(folder) <= LONGEST_FOLDER)
    return tuple(named)[:MOST_FOLDERS]


def _wavelet_key(element: Element) -> str | None:
    return _parsed_key(element.attributes.get("i")) if element.type == "wavelet" else None


def _parsed_key(text: str | None) -> str | None:
    """``domain/id``, from that or the older ``domain!id``; None for what is neither."""
    try:
        return None if text is None else str(WaveletId.parse_either(text))
    except InvalidName:
        return None


# Writing


def _note_read(edits: DocumentEdits, wavelet: str, blips: Mapping[str, int], everything: int) -> None:
    mine = [element for element in edits.elements if _wavelet_key(element) == wavelet]
    inside = [element for element in edits.elements if element.parent in mine]
    read_all = [element for element in inside if element.type == "all"]
    most = max((integer(element.attributes.get("v")) for element in read_all), default=0)
    wanted: list[tuple[str, dict[str, str]]] = []
    if everything > most:
        if not _raise(edits, read_all, everything):
            wanted.append(("all", {"v": str(everything)}))
        most = everything
    for blip, version in blips.items():
        if version <= most:
            continue
        known = [each for each in inside if each.type == "blip" and each.attributes.get("i") == blip]
        if not _raise(edits, known, version):
            wanted.append(("blip", {"i": blip, "v": str(version)}))
    if wanted and mine:
        edits.add_into(mine[0], wanted)
    elif wanted:
        edits.add("wavelet", {"i": wavelet}, wanted)


def _raise(edits: DocumentEdits, known: Iterable[Element], version: int) -> bool:
    """Let the largest of the entries grow to the version. False when there is no entry."""
    largest = max(known, key=lambda element: integer(element.attributes.get("v")), default=None)
    if largest is None:
        return False
    if integer(largest.attributes.get("v")) < version:
        edits.set(largest, "v", str(version))
    return True


def _archive(edits: DocumentEdits, versions: Mapping[str, int]) -> None:
    entries = [element for element in edits.elements if element.type == "archive"]
    if not versions:
        for entry in entries:
            edits.remove(entry)
    for wavelet, version in versions.items():
        known = [entry for entry in entries if _parsed_key(entry.attributes.get("i")) == wavelet]
        if not _raise(edits, known, version):
            edits.add("archive", {"i": wavelet, "v": str(version)})


def _set_flag(edits: DocumentEdits, name: str, value: bool) -> None:
    holders = [element for element in edits.elements if element.type == "data"]
    if value and not holders:
        edits.add("data", {name: "true"})
    elif value and not any(element.attributes.get(name) == "true" for element in holders):
        edits.set(holders[0], name, "true")
    elif not value:
        for element in holders:
            if element.attributes.get(name) == "true":
                edits.set(element, name, "false")


def _file(edits: DocumentEdits, folders: tuple[str, ...]) -> None:
    entries = [element for element in edits.elements if element.type == "folder"]
    for entry in entries:
        if entry.attributes.get("i") not in folders:
            edits.remove(entry)
    present = {entry.attributes.get("i") for entry in entries}
    for folder in dict.fromkeys(folders):
        if folder not in present:
            edits.add("folder", {"i": folder})
