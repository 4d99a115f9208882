"""What a daily seal covers: the last event and the ids of the complaints under it (R40)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("daily_seal", sa.Column("last_event_id", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("daily_seal", sa.Column("ids", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("daily_seal", "ids")
    op.drop_column("daily_seal", "last_event_id")
