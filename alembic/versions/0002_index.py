"""The index that inboxes and searches are answered from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "waves",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("wave_domain", sa.Text(), nullable=False),
        sa.Column("wave_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
        sa.UniqueConstraint("wave_domain", "wave_id", name=op.f("uq_waves_name")),
    )
    create_digests()
    create_inboxes()
    create_texts()


def to_wave(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["wave"], ["waves.id"], name=op.f(f"fk_{table}_wave_waves"))


def to_wavelet(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["wavelet"], ["wavelets.id"], name=op.f(f"fk_{table}_wavelet_wavelets"))


def create_digests() -> None:
    op.create_table(
        "wavelet_digests",
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("wave", ROW_ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("modified_by", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("snippet", sa.Text(), nullable=False),
        sa.Column("participants", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("blips", sa.Integer(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("words_hash", sa.LargeBinary(), nullable=False),
        to_wave("wavelet_digests"),
        to_wavelet("wavelet_digests"),
        sa.PrimaryKeyConstraint("wavelet", name=op.f("pk_wavelet_digests")),
    )
    op.create_index(op.f("ix_wavelet_digests_wave"), "wavelet_digests", ["wave"])
    op.create_table(
        "user_states",
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("wave", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        to_wave("user_states"),
        to_wavelet("user_states"),
        sa.PrimaryKeyConstraint("wavelet", name=op.f("pk_user_states")),
    )
    op.create_index(op.f("ix_user_states_wave"), "user_states", ["wave"])
    op.create_index(op.f("ix_user_states_address_wave"), "user_states", ["address", "wave"])


def create_inboxes() -> None:
    op.create_table(
        "inbox_entries",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("wave", ROW_ID, nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        to_wave("inbox_entries"),
        sa.PrimaryKeyConstraint("address", "wave", name=op.f("pk_inbox_entries")),
    )
    in_place = ["address", "place", "modified", "wave"]
    by_time = ["address", "modified", "wave"]
    op.create_index(op.f("ix_inbox_entries_wave"), "inbox_entries", ["wave"])
    op.create_index(op.f("ix_inbox_entries_place"), "inbox_entries", in_place)
    op.create_index(op.f("ix_inbox_entries_modified"), "inbox_entries", by_time)
    unread = sa.text("unread > 0")
    op.create_index(
        op.f("ix_inbox_entries_unread"), "inbox_entries", in_place, sqlite_where=unread, postgresql_where=unread
    )
    op.create_index(
        op.f("ix_inbox_entries_pinned"),
        "inbox_entries",
        by_time,
        sqlite_where=sa.text("pinned = 1"),
        postgresql_where=sa.text("pinned"),
    )
    op.create_table(
        "inbox_folders",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("wave", ROW_ID, nullable=False),
        to_wave("inbox_folders"),
        sa.PrimaryKeyConstraint("address", "folder", "wave", name=op.f("pk_inbox_folders")),
    )
    op.create_index(op.f("ix_inbox_folders_wave"), "inbox_folders", ["wave"])


def create_texts() -> None:
    if op.get_context().dialect.name == "sqlite":
        # The server cuts texts into words, of letters and digits: "ascii" leaves them as they are.
        op.execute(
            "CREATE VIRTUAL TABLE wavelet_texts USING fts5(facets, title, body, tokenize = 'ascii', prefix = '1 2 3')"
        )
        return
    op.create_table(
        "wavelet_texts",
        sa.Column("wavelet", sa.BigInteger(), nullable=False),
        sa.Column("wave", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wavelet"],
            ["wavelet_digests.wavelet"],
            name=op.f("fk_wavelet_texts_wavelet_wavelet_digests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("wavelet", name=op.f("pk_wavelet_texts")),
    )
    op.create_index(op.f("ix_wavelet_texts_words"), "wavelet_texts", ["words"], postgresql_using="gin")


def downgrade() -> None:
    for table in ("wavelet_texts", "inbox_folders", "inbox_entries", "user_states", "wavelet_digests", "waves"):
        op.drop_table(table)
