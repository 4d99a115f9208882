"""Corrective actions with helpers by an index of their own, for who helps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HELPED = sa.text("CAST(helper_ids AS VARCHAR) <> '[]'")


def upgrade() -> None:
    op.create_index(
        "ix_corrective_action_helped",
        "corrective_action",
        ["status", "due_at", "id"],
        sqlite_where=HELPED,
        postgresql_where=HELPED,
    )


def downgrade() -> None:
    op.drop_index("ix_corrective_action_helped", table_name="corrective_action")
