"""What statistics count by, in the indexes of the moments that they count over (R35)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SHAPE = ["department_id", "registered_department_id", "category_id", "channel_id", "severity"]


def upgrade() -> None:
    op.create_index("ix_complaint_received_shape", "complaint", ["received_at", *SHAPE])
    op.create_index("ix_complaint_closed_shape", "complaint", ["closed_at", *SHAPE, "cause_code"])
    op.create_index(
        "ix_complaint_open_shape",
        "complaint",
        ["open", "received_at", "next_due_at", *SHAPE],
        postgresql_where=sa.text("open IS true"),
        sqlite_where=sa.text("open IS 1"),
    )
    op.drop_index("ix_complaint_closed_at", table_name="complaint")


def downgrade() -> None:
    op.create_index("ix_complaint_closed_at", "complaint", ["closed_at"])
    op.drop_index("ix_complaint_open_shape", table_name="complaint")
    op.drop_index("ix_complaint_closed_shape", table_name="complaint")
    op.drop_index("ix_complaint_received_shape", table_name="complaint")
