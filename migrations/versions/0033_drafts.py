"""Drafts of forms: what somebody has typed and not sent yet, sealed (R40)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("staff_id", KEY, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("sitting", sa.String(32), nullable=False),
        sa.Column("form", sa.String(400), nullable=False),
        sa.Column("complaint_id", KEY, sa.ForeignKey("complaint.id")),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("sealed", sa.LargeBinary()),
        sa.UniqueConstraint("staff_id", "sitting"),
    )
    op.create_index("ix_draft_staff_id_form_kept_at", "draft", ["staff_id", "form", "kept_at"])
    op.create_index("ix_draft_kept_at", "draft", ["kept_at"])


def downgrade() -> None:
    op.drop_table("draft")
