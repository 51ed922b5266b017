"""The tables of the index: what inboxes and searches are answered from. All of it can be made anew from the history.

``inbox_entries`` has a row for each wave of each user of this domain, kept up when a wave changes, so that an inbox
is a stretch of one of its indexes however many waves there are. Its rows of the address ``@domain`` are the waves
that everybody of the domain may see.

The words of conversations are in ``wavelet_texts``, which is another kind of table on each database (a virtual one
of FTS5 on SQLite, a tsvector on PostgreSQL) and so is not declared here: a
migration makes it, search_rows.py uses it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from wave_server.store.tables import RowId, metadata, wavelets

TEXTS: Final = "wavelet_texts"

waves: Final = Table(
    "waves",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("wave_domain", Text, nullable=False),
    Column("wave_id", Text, nullable=False),
    UniqueConstraint("wave_domain", "wave_id", name="uq_waves_name"),
)

wavelet_digests: Final = Table(
    "wavelet_digests",
    metadata,
    Column("wavelet", RowId, ForeignKey(wavelets.c.id), nullable=False),
    Column("wave", RowId, ForeignKey(waves.c.id), nullable=False),
    Column("version", BigInteger, nullable=False),  # that all the rest is of
    Column("creator", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("modified_by", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("snippet", Text, nullable=False),
    Column("participants", Text, nullable=False),  # JSON, in order of joining
    Column("tags", Text, nullable=False),  # JSON
    Column("blips", Integer, nullable=False),
    Column("details", LargeBinary, nullable=False),  # msgpack: who changed what last, which blips are shown
    Column("words_hash", LargeBinary, nullable=False),  # of what is in wavelet_texts, to spare writing the same again
    PrimaryKeyConstraint("wavelet"),
    Index(None, "wave"),
)

user_states: Final = Table(
    "user_states",
    metadata,
    Column("wavelet", RowId, ForeignKey(wavelets.c.id), nullable=False),
    Column("wave", RowId, ForeignKey(waves.c.id), nullable=False),
    Column("address", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),  # msgpack
    PrimaryKeyConstraint("wavelet"),
    Index(None, "wave"),
    Index(None, "address", "wave"),
)

inbox_entries: Final = Table(
    "inbox_entries",
    metadata,
    Column("address", Text, nullable=False),
    Column("wave", RowId, ForeignKey(waves.c.id), nullable=False),
    Column("place", SmallInteger, nullable=False),  # index_rows.PLACES
    Column("modified", BigInteger, nullable=False),  # of what this user may see
    Column("unread", Integer, nullable=False),  # blips
    Column("archived", Boolean, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    PrimaryKeyConstraint("address", "wave"),
    Index(None, "wave"),
    Index("ix_inbox_entries_place", "address", "place", "modified", "wave"),
    Index("ix_inbox_entries_modified", "address", "modified", "wave"),
    Index(
        "ix_inbox_entries_unread",
        "address",
        "place",
        "modified",
        "wave",
        sqlite_where=text("unread > 0"),
        postgresql_where=text("unread > 0"),
    ),
    Index(
        "ix_inbox_entries_pinned",
        "address",
        "modified",
        "wave",
        sqlite_where=text("pinned = 1"),
        postgresql_where=text("pinned"),
    ),
)

inbox_folders: Final = Table(
    "inbox_folders",
    metadata,
    Column("address", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("wave", RowId, ForeignKey(waves.c.id), nullable=False),
    PrimaryKeyConstraint("address", "folder", "wave"),
    Index(None, "wave"),
)


def is_declared(name: str | None, kind: str, _parents: object = None) -> bool:
    """Whether a table of the database is to be compared with the declarations, for Alembic's ``include_name``."""
    return not (kind == "table" and name is not None and name.startswith(TEXTS))
