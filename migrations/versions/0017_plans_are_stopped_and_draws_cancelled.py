"""A sampling plan may be stopped without a successor, a draw cancelled before anybody has begun it (R27)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("sampling_plan", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stopped_from", sa.Date(), nullable=True))
    with op.batch_alter_table("draw", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cancelled_by_id", KEY, nullable=True))
        batch_op.add_column(sa.Column("cancel_reason", sa.String(length=400), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_draw_cancelled_by_id"), "staff", ["cancelled_by_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("draw", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_draw_cancelled_by_id"), type_="foreignkey")
        batch_op.drop_column("cancel_reason")
        batch_op.drop_column("cancelled_by_id")
        batch_op.drop_column("cancelled_at")
    with op.batch_alter_table("sampling_plan", schema=None) as batch_op:
        batch_op.drop_column("stopped_from")
