"""Wavelets with their deltas and snapshots; accounts with their sessions and tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_history()
    create_accounts()


def create_history() -> None:
    op.create_table(
        "wavelets",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("wave_domain", sa.Text(), nullable=False),
        sa.Column("wave_id", sa.Text(), nullable=False),
        sa.Column("wavelet_domain", sa.Text(), nullable=False),
        sa.Column("wavelet_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wavelets")),
        sa.UniqueConstraint("wave_domain", "wave_id", "wavelet_domain", "wavelet_id", name=op.f("uq_wavelets_name")),
    )
    op.create_table(
        "deltas",
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("history_hash", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("applied", sa.LargeBinary(), nullable=False),
        sa.Column("transformed", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.CheckConstraint("at >= 0 AND version > at", name=op.f("ck_deltas_version_after_at")),
        sa.CheckConstraint("length(history_hash) = 20", name=op.f("ck_deltas_hash_length")),
        sa.PrimaryKeyConstraint("wavelet", "at", name=op.f("pk_deltas")),
        sa.UniqueConstraint("wavelet", "version", name=op.f("uq_deltas_wavelet_version")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("wavelet", ROW_ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("history_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_snapshots_version_positive")),
        sa.CheckConstraint("length(history_hash) = 20", name=op.f("ck_snapshots_hash_length")),
        sa.ForeignKeyConstraint(["wavelet"], ["wavelets.id"], name=op.f("fk_snapshots_wavelet_wavelets")),
        sa.PrimaryKeyConstraint("wavelet", "version", name=op.f("pk_snapshots")),
    )


def create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("address", name=op.f("uq_accounts_address")),
    )
    create_secrets(
        "sessions",
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    create_secrets(
        "tokens",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
    )


def create_secrets(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account", ROW_ID, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        *columns,
        sa.CheckConstraint("length(secret_hash) = 32", name=op.f(f"ck_{name}_secret_hash_length")),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f(f"fk_{name}_account_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("secret_hash", name=op.f(f"uq_{name}_secret_hash")),
    )
    op.create_index(op.f(f"ix_{name}_account"), name, ["account"])


def downgrade() -> None:
    for table in ("tokens", "sessions", "accounts", "snapshots", "deltas", "wavelets"):
        op.drop_table(table)
