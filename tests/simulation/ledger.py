"""What is true of a world at every moment, whatever its servers believe: kept from what gets to disks and onto wires.

Every edit holds a mark of its own, ``⟦00017⟧``, or letters that several people type alike.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from simulation.signing import Identity
from simulation.tab import Tab
from wave_federation.namespaces import WAVE, qualified
from wave_federation.stanzas import Element, Stanza
from wave_ot.components import Characters
from wave_ot.deltas import HashedVersion, WaveletDelta
from wave_ot.history import next_version, version_zero
from wave_ot.protobuf import decode_applied_delta, decode_delta
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, WaveletOperation
from wave_server.errors import Quarantined, WaveError
from wave_server.names import WaveletName
from wave_server.store import StoredDelta
from wave_server.submission import Acknowledgement
from wave_web.client import concurrency
from wave_web.client.concurrency import OutOfStep

MARK: Final = re.compile("⟦([0-9]{5})⟧")
LETTERS: Final = "xy"  # that everybody types
_MARK_BYTES: Final = re.compile("⟦([0-9]{5})⟧".encode())
_NAME_BYTES: Final = re.compile(rb"conv\+r([0-9]+)z")  # how every wavelet of a world is called
_HIDDEN: Final = tuple(qualified(WAVE, name) for name in ("applied-delta", "delta"))  # elements with base64 in them


def mark(number: int) -> str:
    """The text that is found again. What is typed into it, or erased of it, makes no other mark."""
    return f"⟦{number:05}⟧"


def wavelet_id(number: int) -> str:
    """The id that is found again."""
    return f"conv+r{number}z"


@dataclass(slots=True)
class _Truth:
    """A wavelet's history at its host."""

    rows: list[StoredDelta] = field(default_factory=list)
    participants: list[str] = field(default_factory=list)
    sights: dict[str, int] = field(default_factory=dict)  # of domains that have left: the last version they may see

    def sight(self, domain: str) -> int:
        """Up to which version a domain may see it at this moment; 0 when it never took part."""
        return self.rows[-1].version if domain in self.domains() else self.sights.get(domain, 0)

    def domains(self) -> set[str]:
        """Those that take part."""
        return {each.rpartition("@")[2] for each in self.participants}


@dataclass(slots=True)
class _Sent:
    """A submission, and what became of it."""

    name: WaveletName
    author: str
    text: str
    fate: str = "pending"


class Ledger:
    """``identities`` are the domains'; ``disk_row(domain, name, at)`` looks up what is on a disk."""

    def __init__(
        self,
        identities: Mapping[str, Identity],
        disk_row: Callable[[str, WaveletName, int], StoredDelta | None],
        fail: Callable[[str], None],
    ) -> None:
        self.truths: Final[dict[WaveletName, _Truth]] = {}
        self.sent_submissions: Final[dict[str, _Sent]] = {}
        self.counts: Final[Counter[str]] = Counter()
        self._identities: Final = identities
        self._disk_row: Final = disk_row
        self._fail: Final = fail
        self._copied: Final[dict[tuple[str, WaveletName], int]] = {}  # deltas in a domain's copy
        self._marks: Final[dict[int, tuple[WaveletName, int]]] = {}  # where each is in a history: the version after it
        self._applied: Final[dict[bytes, tuple[WaveletName, int]]] = {}  # and each delta
        self._letters: Final[Counter[tuple[WaveletName, str, str]]] = Counter()  # in histories, by author

    # Disks

    def committed(self, domain: str, row: StoredDelta) -> None:
        """A delta is on the disk of a domain's server."""
        delta = self._check_signature(domain, row)
        if row.wavelet.host == domain:
            self._extend(row, delta)
            return
        place = self._copied.get((domain, row.wavelet), 0)
        self._copied[domain, row.wavelet] = place + 1
        truth = self.truths.get(row.wavelet)
        if truth is None or place >= len(truth.rows):
            self._fail(f"{domain} has a delta of {row.wavelet.path} at {row.at} that its host has not")
        elif _essence(truth.rows[place]) != _essence(row):
            self._fail(f"the copy of {row.wavelet.path} at {domain} differs from its host at version {row.at}")

    def _check_signature(self, domain: str, row: StoredDelta) -> WaveletDelta:
        applied = decode_applied_delta(row.applied)
        delta = decode_delta(applied.signed.delta)
        author_domain = delta.author.rpartition("@")[2]
        if delta.author != row.author or not self._identities[author_domain].has_signed(applied.signed):
            self._fail(f"{domain} keeps version {row.at} of {row.wavelet.path}, which {author_domain} has not signed")
        return delta

    def _extend(self, row: StoredDelta, delta: WaveletDelta) -> None:
        truth = self.truths.setdefault(row.wavelet, _Truth())
        before = version_zero(row.wavelet.uri)
        if truth.rows:
            before = HashedVersion(truth.rows[-1].version, truth.rows[-1].history_hash)
        after = next_version(before, row.applied, row.version - row.at)
        if (row.at, row.version, row.history_hash) != (before.version, after.version, after.history_hash):
            self._fail(f"the history of {row.wavelet.path} does not continue at {row.at}")
        truth.rows.append(row)
        self._applied[row.applied] = (row.wavelet, row.version)
        self._take_part(truth, row)
        for number in map(int, MARK.findall(_text(delta.operations))):
            if number in self._marks:
                self._fail(f"{mark(number)} is in {row.wavelet.path} twice, again at version {row.at}")
            self._marks[number] = (row.wavelet, row.version)
        for letter in LETTERS:
            self._letters[row.wavelet, row.author, letter] += _letters(_text(delta.operations))[letter]
        self.counts["deltas"] += 1

    def _take_part(self, truth: _Truth, row: StoredDelta) -> None:
        """Who comes and goes within one delta is nobody."""
        applied = decode_applied_delta(row.applied).signed.delta if row.transformed is None else row.transformed
        before = truth.domains()
        for operation in decode_delta(applied).operations:
            if isinstance(operation, AddParticipant):
                truth.participants.append(operation.address)
            elif isinstance(operation, RemoveParticipant):
                truth.participants.remove(operation.address)
        truth.sights.update(dict.fromkeys(before - truth.domains(), row.version))

    # Wires

    def on_wire(self, sender: str, recipient: str, stanza: Stanza) -> None:
        """A server sends another a stanza."""
        self.counts["stanzas"] += 1
        for plain in _contents(stanza.element):
            for number in map(int, _MARK_BYTES.findall(plain)):
                self._check_mark(sender, recipient, number)
            for number in _NAME_BYTES.findall(plain):
                self._check_name(sender, recipient, int(number))
        for element in stanza.element.iter(qualified(WAVE, "applied-delta")):
            self._check_delta(sender, recipient, b64decode(element.text or ""))

    def _check_mark(self, sender: str, recipient: str, number: int) -> None:
        """A domain learns a text: as the host, or because it may see the version."""
        name, version = self._marks.get(number, (None, 0))
        if name is None:
            return  # on its way to its host, which ``_check_name`` looks at
        if recipient != name.host and self.truths[name].sight(recipient) < version:
            self._fail(f"{sender} shows {recipient} {mark(number)}, version {version} of {name.path}")

    def _check_name(self, sender: str, recipient: str, number: int) -> None:
        """Nobody hears of a wavelet but its host and who takes, or took, part."""
        name = next((name for name in self.truths if name.wavelet.id == wavelet_id(number)), None)
        if name is None or (recipient != name.host and not self.truths[name].sight(recipient)):
            self._fail(f"{sender} lets {recipient} know of {wavelet_id(number)}")

    def _check_delta(self, sender: str, recipient: str, applied: bytes) -> None:
        """No delta goes to whom it is none of the business of, whatever is in it."""
        name, version = self._applied.get(applied, (None, 0))
        if name is None:
            self._fail(f"{sender} sends {recipient} a delta that is in no history")
        elif version > self.truths[name].sight(recipient):
            self._fail(f"{sender} sends {recipient} version {version} of {name.path}")

    # Browsers

    def submitted(self, tab: Tab, name: WaveletName, submission: concurrency.Submission) -> None:
        """See tab.Observer. What is sent again may have been rebased, but inserts the same."""
        text = _text(submission.operations)
        known = self.sent_submissions.setdefault(submission.key, _Sent(name, str(tab.address), text))
        if Counter(known.text) != Counter(text):
            self._fail(f"{submission.key} is sent again as another edit")

    def acknowledged(self, tab: Tab, key: str, answer: Acknowledgement) -> None:
        """What is acknowledged is durable, at the host and here, and is what was submitted."""
        self.counts["acknowledged"] += 1
        sent = self.sent_submissions[key]
        if sent.fate == "refused":
            self._fail(f"{key} has been refused, and is acknowledged now")
        sent.fate = "acknowledged"
        for domain in dict.fromkeys((answer.wavelet.host, tab.server.domain)):
            row = self._disk_row(domain, answer.wavelet, answer.at)
            if row is None or (row.version, row.history_hash) != (answer.version, answer.history_hash):
                self._fail(f"{key} is acknowledged as version {answer.at}, which {domain} has not")
            elif row.author != sent.author or _row_text(row) != sent.text:
                self._fail(f"{key} is acknowledged as version {answer.at}, which is another edit")

    def refused(self, tab: Tab, key: str, error: WaveError) -> None:
        """See tab.Observer."""
        self.counts[f"refused {error.code}"] += 1
        sent = self.sent_submissions[key]
        if isinstance(error, Quarantined):
            self._fail(f"{sent.name.path} is in quarantine at {tab.server.domain}, and no host has lied: {error}")
        if sent.fate == "acknowledged":
            self._fail(f"{key} has been acknowledged, and is refused now: {error}")
        sent.fate = "refused"

    def abandoned(self, tab: Tab, key: str) -> None:
        """See tab.Observer."""
        self.counts["abandoned"] += 1
        sent = self.sent_submissions.get(key)
        if sent is not None and sent.fate == "pending":
            sent.fate = "abandoned"

    def out_of_step(
        self, tab: Tab, name: WaveletName, error: OutOfStep, operations: Sequence[WaveletOperation]
    ) -> None:
        """Only changes of participants can contradict each other."""
        self.counts["out of step"] += 1
        if not any(isinstance(each, AddParticipant | RemoveParticipant) for each in operations):
            self._fail(f"{tab.label} is out of step in {name.path}: {error}")

    # In the end

    def check_fates(self) -> None:
        """Everything acknowledged is there once; what was refused is not; all of the rest may be."""
        least: Counter[tuple[WaveletName, str, str]] = Counter()
        most: Counter[tuple[WaveletName, str, str]] = Counter()
        for key, sent in self.sent_submissions.items():
            for number in map(int, MARK.findall(sent.text)):
                there = number in self._marks
                if sent.fate == "acknowledged" and not there:
                    self._fail(f"{key} was acknowledged, and {mark(number)} is lost")
                if sent.fate == "refused" and there:
                    self._fail(f"{key} was refused, and {mark(number)} is there")
            for letter, count in _letters(sent.text).items():
                place = (sent.name, sent.author, letter)
                least[place] += count if sent.fate == "acknowledged" else 0
                most[place] += count if sent.fate != "refused" else 0
        for place in dict.fromkeys((*most, *self._letters)):
            if not least[place] <= self._letters[place] <= most[place]:
                name, author, letter = place
                counted = f"{self._letters[place]} times, not {least[place]} to {most[place]}"
                self._fail(f"{letter} of {author} is in {name.path} {counted}")

    def check_copy(self, domain: str, name: WaveletName, rows: Sequence[StoredDelta]) -> str | None:
        """What a domain's copy lacks of what it is to have; None when it is complete."""
        sight = self.truths[name].sight(domain)
        head = rows[-1].version if rows else 0
        return None if head == sight else f"{domain} has {name.path} up to version {head}, not {sight}"


def _essence(row: StoredDelta) -> tuple[object, ...]:
    return row.at, row.version, row.history_hash, row.author, row.timestamp, row.applied, row.transformed


def _text(operations: Iterable[WaveletOperation]) -> str:
    """All that is inserted."""
    edits = (operation.op for operation in operations if isinstance(operation, MutateDocument))
    return "".join(each.text for op in edits for each in op.components if isinstance(each, Characters))


def _row_text(row: StoredDelta) -> str:
    return _text(decode_delta(decode_applied_delta(row.applied).signed.delta).operations)


def _letters(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter in LETTERS)


def _contents(element: Element) -> Iterator[bytes]:
    """All that is written in an element, and what is hidden in base64."""
    for each in element.iter():
        yield "\n".join((each.text or "", *map(str, each.attrib.values()))).encode()
        if each.tag in _HIDDEN and each.text:
            yield b64decode(each.text)
