"""What came by the pages for customers within the last hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "public_try",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_public_try"),
    )
    op.create_index("ix_public_try_subject_at", "public_try", ["subject", "at"])
    op.create_index("ix_public_try_at", "public_try", ["at"])


def downgrade() -> None:
    op.drop_table("public_try")
