"""Calibration sessions of blind records stay blind, and members' marks are kept as drafts (R28)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calibration", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blind", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("calibration_score", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed_draft", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    calibration = sa.table(
        "calibration", sa.column("source_id"), sa.column("complaint_id"), sa.column("blind", sa.Boolean())
    )
    inspection = sa.table(
        "inspection", sa.column("id"), sa.column("complaint_id"), sa.column("status"), sa.column("blind", sa.Boolean())
    )
    blind = sa.select(inspection.c.id).where(inspection.c.blind.is_(sa.true()))
    op.execute(sa.update(calibration).where(calibration.c.source_id.in_(blind)).values(blind=True))
    of_blind = sa.select(inspection.c.complaint_id).where(
        inspection.c.blind.is_(sa.true()), inspection.c.status != "cancelled"
    )
    chosen = (calibration.c.source_id.is_(None), calibration.c.complaint_id.in_(of_blind))
    op.execute(sa.update(calibration).where(*chosen).values(blind=True))


def downgrade() -> None:
    with op.batch_alter_table("calibration_score", schema=None) as batch_op:
        batch_op.drop_column("revision")
        batch_op.drop_column("sealed_draft")
    with op.batch_alter_table("calibration", schema=None) as batch_op:
        batch_op.drop_column("blind")
