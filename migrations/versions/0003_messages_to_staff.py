"""Messages reach staff: where each stands, what it is for, when it was read; where a person is reached (R26)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = ("waiting", "sending", "sent", "given_up", "uncertain")


def upgrade() -> None:
    for column, length in (("email", 254), ("phone", 40)):
        op.add_column("staff", sa.Column(column, sa.String(length), nullable=False, server_default=""))
    state = sa.Enum(*STATES, name="messagestate", native_enum=False, length=32, create_constraint=True)
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_sent_at_due_at")
        outbox.add_column(sa.Column("state", state, nullable=False, server_default="waiting"))
        outbox.add_column(sa.Column("key", sa.String(160)))
        outbox.add_column(sa.Column("read_at", sa.DateTime(timezone=True)))
        outbox.create_unique_constraint("uq_outbox_key", ["key"])
        outbox.create_index("ix_outbox_state_due_at", ["state", "due_at"])
        outbox.create_index("ix_outbox_staff_id_way_id", ["staff_id", "way", "id"])
    op.execute(sa.text("UPDATE outbox SET state = 'sent' WHERE sent_at IS NOT NULL"))


def downgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_staff_id_way_id")
        outbox.drop_index("ix_outbox_state_due_at")
        outbox.drop_constraint("uq_outbox_key", type_="unique")
        outbox.drop_column("read_at")
        outbox.drop_column("key")
        outbox.drop_constraint("messagestate", type_="check")
        outbox.drop_column("state")
        outbox.create_index("ix_outbox_sent_at_due_at", ["sent_at", "due_at"])
    for column in ("phone", "email"):
        op.drop_column("staff", column)
