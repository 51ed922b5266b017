"""Invitations, profiles and attachments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(secret_hash) = 32", name=op.f("ck_invitations_secret_hash_length")),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_invitations_uses_left")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitations_secret_hash")),
    )
    op.create_table(
        "profiles",
        sa.Column("account", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("avatar", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("length(avatar) = 32", name=op.f("ck_profiles_avatar_length")),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_profiles_account_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_profiles")),
    )
    op.create_index(op.f("ix_profiles_avatar"), "profiles", ["avatar"])
    create_attachments()


def create_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wavelet", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=True),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(content) = 32", name=op.f("ck_attachments_content_length")),
        sa.CheckConstraint("length(thumbnail) = 32", name=op.f("ck_attachments_thumbnail_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_content"), "attachments", ["content"])
    op.create_index(op.f("ix_attachments_thumbnail"), "attachments", ["thumbnail"])
    op.create_index(op.f("ix_attachments_creator_created_at"), "attachments", ["creator", "created_at"])


def downgrade() -> None:
    for table in ("attachments", "profiles", "invitations"):
        op.drop_table(table)
