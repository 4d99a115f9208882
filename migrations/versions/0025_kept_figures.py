"""Figures of large offices that were counted once and are shown until they are counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_figures",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("view", sa.String(32), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["staff.id"], name="fk_kept_figures_asked_by_id"),
        sa.PrimaryKeyConstraint("key", name="pk_kept_figures"),
    )
    op.create_index("ix_kept_figures_wanted_at", "kept_figures", ["wanted_at"])


def downgrade() -> None:
    op.drop_index("ix_kept_figures_wanted_at", table_name="kept_figures")
    op.drop_table("kept_figures")
