"""Federation: signers, followers, forwarded deltas, quarantines, destinations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signers",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("hash_algorithm", sa.Integer(), nullable=False),
        sa.Column("certificates", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signers")),
    )
    op.create_index(op.f("ix_signers_domain"), "signers", ["domain"])
    op.create_table(
        "followers",
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("delivered >= 0", name=op.f("ck_followers_delivered_not_negative")),
        sa.ForeignKeyConstraint(["wavelet"], ["wavelets.id"], name=op.f("fk_followers_wavelet_wavelets")),
        sa.PrimaryKeyConstraint("wavelet", "domain", name=op.f("pk_followers")),
    )
    op.create_index(op.f("ix_followers_domain"), "followers", ["domain"])
    create_forwarded_and_quarantines()
    op.create_table(
        "destinations",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("last_contact", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.Column("blocked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_destinations_attempts_not_negative")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_destinations")),
    )


def create_forwarded_and_quarantines() -> None:
    op.create_table(
        "forwarded",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("delta", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["wavelet"], ["wavelets.id"], name=op.f("fk_forwarded_wavelet_wavelets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarded")),
        sa.UniqueConstraint("wavelet", "author", "key", name=op.f("uq_forwarded_wavelet_author_key")),
    )
    op.create_table(
        "quarantines",
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["wavelet"], ["wavelets.id"], name=op.f("fk_quarantines_wavelet_wavelets")),
        sa.PrimaryKeyConstraint("wavelet", name=op.f("pk_quarantines")),
    )


def downgrade() -> None:
    for table in ("destinations", "quarantines", "forwarded", "followers", "signers"):
        op.drop_table(table)
