"""What people type to find waves: text to a value that the inbox can answer. Pure.

    in:inbox|archive|muted|all|pinned|FOLDER   with:ADDRESS  creator:ADDRESS  tag:TAG
    is:unread|pinned|muted|private   before:DATE  after:DATE   title:WORD   word   "a phrase"   -not

A value with spaces stands in quotes: ``in:"Two words"``. Free text is found in one conversation, all of it; the
last word may be the beginning of one. What looks like an operator and is none is text, as in ``https://…``.
docs/inbox.md says what each means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from wave_server.errors import InvalidRequest
from wave_server.names import InvalidName, WaveAddress
from wave_server.search_text import words

LONGEST_QUERY: Final = 1_000  # characters
MOST_CONDITIONS: Final = 40


class Place(Enum):
    """Where a wave is for a user: exactly one of the first three for each wave that they follow."""

    INBOX = "inbox"
    ARCHIVE = "archive"
    MUTED = "muted"
    ALL = "all"
    PINNED = "pinned"


class Flag(Enum):
    """What can be asked of a wave with ``is:``."""

    UNREAD = "unread"
    PINNED = "pinned"
    MUTED = "muted"
    PRIVATE = "private"


class FactKind(Enum):
    """What can be asked of a conversation besides its text."""

    WITH = "with"
    CREATOR = "creator"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Text:
    """Words that stand one after the other, in the text or the title. ``prefix``: the last may go on."""

    words: tuple[str, ...]
    in_title: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """An address or a tag, as it was typed but for the completed domain."""

    kind: FactKind
    value: str


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search. Every condition must hold. ``before`` and ``after`` are ms since 1970: after <= modified < before."""

    place: Place = Place.ALL
    folder: str | None = None
    texts: tuple[Text, ...] = ()
    facts: tuple[Fact, ...] = ()
    flags: tuple[Flag, ...] = ()
    not_texts: tuple[Text, ...] = ()
    not_facts: tuple[Fact, ...] = ()
    not_flags: tuple[Flag, ...] = ()
    before: int | None = None
    after: int | None = None


def parse_query(text: str, domain: str) -> SearchQuery:
    """Read a search. An address without a domain is of ``domain``. Without any condition it is the inbox.

    Raises InvalidRequest, which names the operator and what it takes.
    """
    if len(text) > LONGEST_QUERY:
        raise InvalidRequest(f"a search has at most {LONGEST_QUERY} characters")
    reading = _Reading(domain)
    for match in _CONDITION.finditer(text):
        reading.condition(match, last=match.end() == len(text))
    if reading.conditions > MOST_CONDITIONS:
        raise InvalidRequest(f"a search has at most {MOST_CONDITIONS} conditions")
    return reading.query()


_CONDITION: Final = re.compile(
    r"""(?P<not>-?)
        (?:(?P<operator>in|with|creator|tag|is|before|after|title):)?
        (?:"(?P<quoted>[^"]*)(?:"|\Z) | (?P<bare>[^\s"]+))?""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(slots=True)
class _Reading:
    """A query as far as it has been read."""

    domain: str
    conditions: int = 0
    place: Place | None = None
    folder: str | None = None
    texts: dict[bool, list[Text]] = field(default_factory=lambda: {True: [], False: []})  # by whether they must hold
    facts: dict[bool, list[Fact]] = field(default_factory=lambda: {True: [], False: []})
    flags: dict[bool, list[Flag]] = field(default_factory=lambda: {True: [], False: []})
    times: dict[str, int] = field(default_factory=dict)

    def condition(self, match: re.Match[str], *, last: bool) -> None:
        if not match[0]:
            return
        self.conditions += 1
        wanted = not match["not"]
        operator = (match["operator"] or "").lower()
        quoted = match["quoted"]
        value = (match["bare"] or "") if quoted is None else quoted
        if not operator:
            self._text(Text(tuple(words(value)), prefix=last and wanted and quoted is None), wanted)
        elif not value.strip():
            raise InvalidRequest(f"{operator}: takes {_TAKES[operator]}: write it right after the colon")
        elif operator == "title":
            self._text(Text(tuple(words(value)), in_title=True), wanted)
        else:
            self._operator(operator, value.strip(), wanted)

    def _text(self, text: Text, wanted: bool) -> None:
        if text.words:  # punctuation alone asks for nothing
            self.texts[wanted].append(text)

    def _operator(self, operator: str, value: str, wanted: bool) -> None:
        if operator in ("with", "creator"):
            self.facts[wanted].append(Fact(FactKind(operator), self._address(operator, value)))
        elif operator == "tag":
            self.facts[wanted].append(Fact(FactKind.TAG, value))
        elif operator == "is":
            self.flags[wanted].append(_flag(value))
        elif not wanted:
            raise InvalidRequest(f"{operator}: cannot be negated: leave the - out")
        elif operator == "in":
            self._place(value)
        elif operator in self.times:
            raise InvalidRequest(f"{operator}: stands there twice: leave one out")
        else:
            self.times[operator] = _time(operator, value)

    def _place(self, value: str) -> None:
        if self.place is not None:
            raise InvalidRequest("in: stands there twice: a search is in one place")
        try:
            self.place = Place(value.lower())
        except ValueError:
            if not value.isprintable():
                raise InvalidRequest(f"in: takes {_TAKES['in']}, which {value!r} is not") from None
            self.place, self.folder = Place.ALL, value

    def _address(self, operator: str, value: str) -> str:
        try:
            address = WaveAddress.parse(value if "@" in value else f"{value}@{self.domain}")
        except InvalidName as error:
            raise InvalidRequest(f"{operator}: takes {_TAKES[operator]}: {error}") from error
        if not address.is_valid:
            raise InvalidRequest(f"{operator}: takes {_TAKES[operator]}, which {value!r} is not")
        return str(address)

    def query(self) -> SearchQuery:
        place = self.place or (Place.ALL if self.conditions else Place.INBOX)
        return SearchQuery(
            place=place,
            folder=self.folder,
            texts=tuple(self.texts[True]),
            facts=tuple(self.facts[True]),
            flags=tuple(self.flags[True]),
            not_texts=tuple(self.texts[False]),
            not_facts=tuple(self.facts[False]),
            not_flags=tuple(self.flags[False]),
            before=self.times.get("before"),
            after=self.times.get("after"),
        )


_TAKES: Final = {
    "in": "inbox, archive, muted, all, pinned or the name of a folder",
    "with": "an address, such as bob@example.com",
    "creator": "an address, such as bob@example.com",
    "tag": "a tag",
    "is": "unread, pinned, muted or private",
    "before": "a date, such as 2026-05-31",
    "after": "a date, such as 2026-05-31",
    "title": "a word of the title",
}


def _flag(value: str) -> Flag:
    try:
        return Flag(value.lower())
    except ValueError:
        raise InvalidRequest(f"is: takes {_TAKES['is']}, not {value!r}") from None


def _time(operator: str, value: str) -> int:
    """A date (its start, in UTC) or a date with time and offset, in ms since 1970."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{operator}: takes {_TAKES[operator]}, not {value!r}") from None
