"""Messages are sent: how often that failed, an index for what is unread, and the occasion of each text (R5, R13)."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UNREAD = sa.text("read_at IS NULL AND way = 'in_app'")
TEMPLATE = sa.table("message_template", sa.column("id", sa.Integer), sa.column("code"), sa.column("occasion"))


def upgrade() -> None:
    op.add_column("outbox", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("ix_outbox_state_due_at", "outbox")
    op.create_index("ix_outbox_state_way_due_at", "outbox", ["state", "way", "due_at"])
    op.create_index("ix_outbox_unread", "outbox", ["staff_id"], sqlite_where=UNREAD, postgresql_where=UNREAD)
    op.add_column("message_template", sa.Column("occasion", sa.String(64), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(sa.select(TEMPLATE.c.id, TEMPLATE.c.code)).all():
        occasion = re.sub(r"_(?:sms|email|phone|letter)$", "", row.code)
        connection.execute(sa.update(TEMPLATE).where(TEMPLATE.c.id == row.id).values(occasion=occasion))
    op.create_index("ix_message_template_occasion", "message_template", ["occasion"])


def downgrade() -> None:
    op.drop_index("ix_message_template_occasion", "message_template")
    op.drop_column("message_template", "occasion")
    op.drop_index("ix_outbox_unread", "outbox")
    op.drop_index("ix_outbox_state_way_due_at", "outbox")
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    op.drop_column("outbox", "tries")
