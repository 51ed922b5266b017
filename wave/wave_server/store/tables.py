"""The tables, once: queries, hand-tuned statements and migrations are checked against these.

Times are milliseconds since 1970. Deltas are clustered by (wavelet, at) on SQLite, so that a stretch of
history is a stretch of the file. Both ends of a delta are unique in its wavelet: whatever goes wrong
above, two deltas can neither follow the same version nor lead to the same one.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

HASH_BYTES: Final = 20  # a history hash
SECRET_HASH_BYTES: Final = 32  # SHA-256 of a session's, token's or invitation's secret
CONTENT_HASH_BYTES: Final = 32  # SHA-256 of a file's bytes, which is its name in the data directory

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the type is spelled INTEGER.
RowId: Final = BigInteger().with_variant(Integer, "sqlite")

wavelets: Final = Table(
    "wavelets",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("wave_domain", Text, nullable=False),
    Column("wave_id", Text, nullable=False),
    Column("wavelet_domain", Text, nullable=False),
    Column("wavelet_id", Text, nullable=False),
    # Named by hand: by the convention it would be longer than PostgreSQL's 63 characters.
    UniqueConstraint("wave_domain", "wave_id", "wavelet_domain", "wavelet_id", name="uq_wavelets_name"),
)

deltas: Final = Table(
    "deltas",
    metadata,
    # No foreign key: appending reads or makes the wavelet's row first and none is ever removed, and PostgreSQL would
    # lock that row, and log the lock, for every delta (docs/decisions/0004-store-write-path.md).
    Column("wavelet", RowId, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("history_hash", LargeBinary, nullable=False),
    Column("author", Text, nullable=False),
    Column("applied", LargeBinary, nullable=False),
    Column("transformed", LargeBinary),
    Column("key", Text),
    PrimaryKeyConstraint("wavelet", "at"),
    UniqueConstraint("wavelet", "version"),
    CheckConstraint("at >= 0 AND version > at", name="version_after_at"),
    CheckConstraint(f"length(history_hash) = {HASH_BYTES}", name="hash_length"),
    sqlite_with_rowid=False,
)

snapshots: Final = Table(
    "snapshots",
    metadata,
    Column("wavelet", RowId, ForeignKey(wavelets.c.id), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("history_hash", LargeBinary, nullable=False),
    Column("state", LargeBinary, nullable=False),
    PrimaryKeyConstraint("wavelet", "version"),
    CheckConstraint("version > 0", name="version_positive"),
    CheckConstraint(f"length(history_hash) = {HASH_BYTES}", name="hash_length"),
)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),  # argon2id, encoded with its parameters
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account", RowId, ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("user_agent", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # coarse: written at most once in a while
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint(f"length(secret_hash) = {SECRET_HASH_BYTES}", name="secret_hash_length"),
    Index(None, "account"),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account", RowId, ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by single spaces
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),  # coarse, like seen_at
    CheckConstraint(f"length(secret_hash) = {SECRET_HASH_BYTES}", name="secret_hash_length"),
    Index(None, "account"),
)

invitations: Final = Table(
    "invitations",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("uses", Integer, nullable=False),  # how many accounts it may still make
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint(f"length(secret_hash) = {SECRET_HASH_BYTES}", name="secret_hash_length"),
    CheckConstraint("uses >= 0", name="uses_left"),
)

profiles: Final = Table(
    "profiles",
    metadata,
    Column("account", RowId, ForeignKey(accounts.c.id, ondelete="CASCADE"), primary_key=True),
    Column("name", Text),  # as it is shown; without one the address is
    Column("avatar", LargeBinary),  # the content hash of a square WebP picture
    CheckConstraint(f"length(avatar) = {CONTENT_HASH_BYTES}", name="avatar_length"),
    Index(None, "avatar"),
)

attachments: Final = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("wavelet", Text, nullable=False),  # its path; no row id, so that wavelets hosted elsewhere fit
    Column("content", LargeBinary, nullable=False),  # the content hash
    Column("filename", Text, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("width", Integer),  # pixels; of images only
    Column("height", Integer),
    Column("thumbnail", LargeBinary),  # the content hash of a smaller WebP picture; of images only
    Column("creator", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint(f"length(content) = {CONTENT_HASH_BYTES}", name="content_length"),
    CheckConstraint(f"length(thumbnail) = {CONTENT_HASH_BYTES}", name="thumbnail_length"),
    Index(None, "content"),
    Index(None, "thumbnail"),
    Index(None, "creator", "created_at"),
)
