"""The words of conversations on either database, and the pages of inboxes and searches: functions on a connection.

What people type never reaches a database as syntax: the expressions for FTS5 and for tsquery are made here of
words, which are letters and digits, in quotes.

Every condition on a conversation is met among those that the user may read, because who may read it is a word of
it too: a search costs what the user's own waves cost, however many others there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, column, exists, func, literal, literal_column, select, table, tuple_
from sqlalchemy import cast as sql_cast
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.digests import Entry, Place, WaveletDigest
from wave_server.search_query import Fact, FactKind, Flag, SearchQuery, Text
from wave_server.search_query import Place as Where
from wave_server.search_text import SearchWords, facet, tag_key
from wave_server.store.index_rows import DIGEST_COLUMNS, ENTRY_COLUMNS, digest_of, entry_of
from wave_server.store.index_tables import TEXTS, inbox_entries, inbox_folders, wavelet_digests
from wave_server.store.tables import wavelets

_POSITIONS: Final = 16_383  # a tsvector's largest; words further on are found, but not in phrases
_REPETITIONS: Final = 255  # positions that a tsvector keeps of one word
_SHORT: Final = (
    3  # characters: beginnings of words up to here are words of their own, as FTS5's prefix indexes have them
)
_TITLE_GAP: Final = 1  # so that no phrase begins in the title and ends in the text

_fts: Final = table(TEXTS, column("rowid"))
_vectors: Final = table(TEXTS, column("wave"), column("words"))


class FoundWave(NamedTuple):
    """A wave on a page: its row, and its entry."""

    row_id: int
    entry: Entry


class WaveDigests(NamedTuple):
    """A wave's id, as text, and the digests of its wavelets."""

    wave: str
    digests: list[WaveletDigest]


class FolderCount(NamedTuple):
    """A folder, how many waves are in it, and how many of them have something unread."""

    name: str
    waves: int
    unread: int


# Writing


async def put_words(connection: AsyncConnection, wavelet: int, wave: int, words: SearchWords) -> None:
    """Let the wavelet, of which there is a digest, be found by these words and no others."""
    if connection.dialect.name == "postgresql":
        values: dict[str, object] = {"wavelet": wavelet, "wave": wave, "words": _tsvector(words)}
        await connection.execute(_PUT_VECTOR, values)
        return
    await connection.execute(_REMOVE_WORDS, {"wavelet": wavelet})
    parts = (words.facets, words.title, words.body)
    facets, title, body = (" ".join(part) for part in parts)
    await connection.execute(_INSERT_WORDS, {"wavelet": wavelet, "facets": facets, "title": title, "body": body})


_PUT_VECTOR: Final = sql_text(
    "INSERT INTO wavelet_texts (wavelet, wave, words) VALUES (:wavelet, :wave, CAST(CAST(:words AS text) AS tsvector)) "
    "ON CONFLICT (wavelet) DO UPDATE SET words = excluded.words"
)
_REMOVE_WORDS: Final = sql_text("DELETE FROM wavelet_texts WHERE rowid = :wavelet")
_INSERT_WORDS: Final = sql_text(
    "INSERT INTO wavelet_texts (rowid, facets, title, body) VALUES (:wavelet, :facets, :title, :body)"
)


def _tsvector(words: SearchWords) -> str:
    """The text form of a tsvector: facets without positions, the title with weight A, then the text."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words.title, 1):
        places.setdefault(word, []).append(f"{place}A")
    for place, word in enumerate(words.body, len(words.title) + _TITLE_GAP + 1):
        known = places.setdefault(word, [])
        if not known or (place <= _POSITIONS and len(known) < _REPETITIONS):
            known.append(str(min(place, _POSITIONS)))
    beginnings = {word[:length] for word in places for length in range(1, _SHORT + 1)}
    lexemes = [f"'{_facet_lexeme(each)}'" for each in words.facets]
    lexemes += [f"'{_beginning_lexeme(each)}'" for each in beginnings]
    lexemes += [f"'{word}':{','.join(known)}" for word, known in places.items()]
    return " ".join(lexemes)


def _facet_lexeme(word: str) -> str:
    """A facet among the words of the text, none of which has a dot."""
    return f"f.{word}"


def _beginning_lexeme(beginning: str) -> str:
    """The beginning of words, among the words of the text."""
    return f"b.{beginning}"


# Conditions on the text


def _readers(me: str, shared: str) -> tuple[str, str]:
    return facet(FactKind.WITH.value, me), facet(FactKind.WITH.value, shared)


def _waves_with(dialect: str, me: str, shared: str, conditions: Iterable[Text | Fact]) -> Select[tuple[int]]:
    """The rows of the waves with a conversation that the user may read and that meets all the conditions."""
    if dialect == "postgresql":
        query = sql_cast(literal(_tsquery(me, shared, conditions)), TSQUERY)
        return select(_vectors.c.wave).where(_vectors.c.words.op("@@")(query))
    return (
        select(wavelet_digests.c.wave)
        .select_from(_fts.join(wavelet_digests, wavelet_digests.c.wavelet == _fts.c.rowid))
        .where(literal_column(TEXTS).op("MATCH")(literal(_fts_query(me, shared, conditions))))
    )


def _fts_query(me: str, shared: str, conditions: Iterable[Text | Fact]) -> str:
    """An expression of FTS5. https://www.sqlite.org/fts5.html, section 3."""
    mine, everybody = _readers(me, shared)
    parts = [f'facets : ("{mine}" OR "{everybody}")']
    for each in conditions:
        if isinstance(each, Fact):
            parts.append(f'facets : "{_fact_facet(each)}"')
        else:
            phrase = " + ".join(f'"{word}"' for word in each.words) + (" *" if each.prefix else "")
            parts.append(f"{'title' if each.in_title else '{title body}'} : ({phrase})")
    return " AND ".join(parts)


def _tsquery(me: str, shared: str, conditions: Iterable[Text | Fact]) -> str:
    """The text form of a tsquery."""
    mine, everybody = _readers(me, shared)
    parts = [f"('{_facet_lexeme(mine)}' | '{_facet_lexeme(everybody)}')"]
    for each in conditions:
        if isinstance(each, Fact):
            parts.append(f"'{_facet_lexeme(_fact_facet(each))}'")
        else:
            parts.append(f"({_tsquery_phrase(each)})")
    return " & ".join(parts)


def _tsquery_phrase(text: Text) -> str:
    if text.prefix and len(text.words) == 1 and len(text.words[0]) <= _SHORT:
        return f"'{_beginning_lexeme(text.words[0])}'"
    weight = "A" if text.in_title else ""
    last = weight + ("*" if text.prefix else "")
    marks = [weight] * (len(text.words) - 1) + [last]
    return " <-> ".join(
        f"'{word}'" + (f":{mark}" if mark else "") for word, mark in zip(text.words, marks, strict=True)
    )


def _fact_facet(fact: Fact) -> str:
    return facet(fact.kind.value, tag_key(fact.value) if fact.kind is FactKind.TAG else fact.value)


# Pages


async def find_waves(
    connection: AsyncConnection, me: str, shared: str, query: SearchQuery, after: tuple[int, int] | None, limit: int
) -> list[FoundWave]:
    """The first ``limit`` waves that the query finds for a user, last modified first, after a (modified, row) pair.

    ``shared`` is the user's domain's shared address: what everybody of the domain may see is found too where the
    query asks for all waves.
    """
    dialect = connection.dialect.name
    rows = list(await connection.execute(page_of(dialect, me, shared, query, after, limit)))
    if query.place is Where.ALL and query.folder is None:
        mine = inbox_entries.alias("mine")
        not_mine = ~exists().where(mine.c.address == me, mine.c.wave == inbox_entries.c.wave)
        conditions = [*_conditions(dialect, me, shared, query), not_mine]
        rows += await connection.execute(_page(conditions, shared, after, limit))
        rows.sort(key=lambda row: (-row.modified, -row.row_id))
    folders = await _folders_of(connection, me, [row.row_id for row in rows[:limit]])
    return [FoundWave(row.row_id, entry_of(row, folders.get(row.row_id, ()))) for row in rows[:limit]]


def page_of(
    dialect: str, me: str, shared: str, query: SearchQuery, after: tuple[int, int] | None, limit: int
) -> Select[Any]:
    """The statement that finds the waves that the user follows."""
    return _page(_conditions(dialect, me, shared, query), me, after, limit)


def _page(
    conditions: Sequence[ColumnElement[bool]], address: str, after: tuple[int, int] | None, limit: int
) -> Select[Any]:
    entries = inbox_entries.c
    statement = (
        select(entries.wave.label("row_id"), *ENTRY_COLUMNS)
        .where(entries.address == address, *conditions)
        .order_by(entries.modified.desc(), entries.wave.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(
            tuple_(entries.modified, entries.wave) < tuple_(literal(after[0]), literal(after[1]))
        )
    return statement


def _conditions(dialect: str, me: str, shared: str, query: SearchQuery) -> list[ColumnElement[bool]]:
    """What the query asks of an entry."""
    entries = inbox_entries.c
    found: list[ColumnElement[bool]] = []
    if query.place in _PLACES:
        found.append(entries.place == int(_PLACES[query.place]))
    elif query.place is Where.PINNED:
        found.append(entries.pinned)
    if query.folder is not None:
        filed = select(inbox_folders.c.wave).where(
            inbox_folders.c.address == me, inbox_folders.c.folder == query.folder
        )
        found.append(entries.wave.in_(filed))
    found += [_FLAGS[flag] for flag in query.flags]
    found += [~_FLAGS[flag] for flag in query.not_flags]
    if query.after is not None:
        found.append(entries.modified >= query.after)
    if query.before is not None:
        found.append(entries.modified < query.before)
    wanted: list[Sequence[Text | Fact]] = [[fact] for fact in query.facts]
    if query.texts:
        wanted.append(query.texts)
    unwanted: list[Sequence[Text | Fact]] = [[fact] for fact in query.not_facts]
    unwanted += [[text] for text in query.not_texts]
    found += [entries.wave.in_(_waves_with(dialect, me, shared, each)) for each in wanted]
    found += [entries.wave.not_in(_waves_with(dialect, me, shared, each)) for each in unwanted]
    return found


_PLACES: Final = {Where.INBOX: Place.INBOX, Where.ARCHIVE: Place.ARCHIVE, Where.MUTED: Place.MUTED}
# The partial indexes are used only where their conditions stand in a query word for word.
_FLAGS: Final[dict[Flag, ColumnElement[bool]]] = {
    Flag.UNREAD: inbox_entries.c.unread > literal_column("0"),
    Flag.PINNED: inbox_entries.c.pinned,
    Flag.MUTED: inbox_entries.c.muted,
    Flag.PRIVATE: inbox_entries.c.private,
}


async def _folders_of(connection: AsyncConnection, me: str, rows: Sequence[int]) -> dict[int, list[str]]:
    folders = inbox_folders.c
    statement = select(folders.wave, folders.folder).where(folders.address == me, folders.wave.in_(rows))
    found: dict[int, list[str]] = {}
    for wave, folder in await connection.execute(statement):
        found.setdefault(wave, []).append(folder)
    return found


async def wavelets_of_waves(connection: AsyncConnection, rows: Sequence[int]) -> dict[int, WaveDigests]:
    """The waves with the digests of their wavelets, in the order in which these began, by the wave's row."""
    statement = (
        select(*DIGEST_COLUMNS, wavelets.c.wave_domain, wavelets.c.wave_id)
        .join_from(wavelet_digests, wavelets)
        .where(wavelet_digests.c.wave.in_(rows))
        .order_by(wavelet_digests.c.wavelet)
    )
    found: dict[int, WaveDigests] = {}
    for row in await connection.execute(statement):
        its = found.setdefault(row.wave, WaveDigests(f"{row.wave_domain}/{row.wave_id}", []))
        its.digests.append(digest_of(row))
    return found


async def recent_waves(connection: AsyncConnection, me: str, limit: int) -> list[int]:
    """The rows of the waves that the user follows, last modified first."""
    entries = inbox_entries.c
    statement = (
        select(entries.wave)
        .where(entries.address == me)
        .order_by(entries.modified.desc(), entries.wave.desc())
        .limit(limit)
    )
    return list(await connection.scalars(statement))


async def count_unread(connection: AsyncConnection, me: str) -> int:
    """How many waves in the user's inbox have something unread."""
    entries = inbox_entries.c
    mine = (entries.address == me, entries.place == int(Place.INBOX), _FLAGS[Flag.UNREAD])
    return await connection.scalar(select(func.count()).select_from(inbox_entries).where(*mine)) or 0


async def folder_called(connection: AsyncConnection, me: str, name: str) -> str:
    """The user's folder of that name; else one that differs in case alone; else the name, which no folder has."""
    folders = inbox_folders.c
    statement = select(folders.folder).where(folders.address == me).distinct().order_by(folders.folder)
    known = list(await connection.scalars(statement))
    alike = (folder for folder in known if folder.casefold() == name.casefold())
    return name if name in known else next(alike, name)


async def count_folders(connection: AsyncConnection, me: str) -> list[FolderCount]:
    """The user's folders that have a wave in them, by name."""
    folders, entries = inbox_folders.c, inbox_entries.c
    unread = func.count().filter(_FLAGS[Flag.UNREAD])
    its_entry = (entries.address == folders.address) & (entries.wave == folders.wave)
    statement = (
        select(folders.folder, func.count(), unread)
        .join_from(inbox_folders, inbox_entries, its_entry)
        .where(folders.address == me)
        .group_by(folders.folder)
        .order_by(folders.folder)
    )
    return [FolderCount(*row) for row in await connection.execute(statement)]
