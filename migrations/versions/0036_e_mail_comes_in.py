"""E-mail that came in: that it came and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STATES = ("drafted", "added", "ignored", "put_aside", "settled")
WAYS = ("mailbox", "delivered")
ASIDE = sa.text("state = 'put_aside'")
FRESH = sa.text("sender_token IS NOT NULL")


def _set(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "incoming_mail",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("key", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("message_token", sa.LargeBinary()),
        sa.Column("sender_token", sa.LargeBinary()),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", _set(WAYS, "mailway"), nullable=False),
        sa.Column("state", _set(STATES, "mailstate"), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("uid", sa.BigInteger()),
        sa.Column("validity", sa.BigInteger()),
        sa.Column("complaint_id", KEY, sa.ForeignKey("complaint.id")),
        sa.Column("draft_id", KEY, sa.ForeignKey("arrived_draft.id")),
    )
    op.create_index("ix_incoming_mail_message_token", "incoming_mail", ["message_token"])
    op.create_index("ix_incoming_mail_arrived_at_id", "incoming_mail", ["arrived_at", "id"])
    op.create_index(
        "ix_incoming_mail_fresh",
        "incoming_mail",
        ["arrived_at", "sender_token"],
        sqlite_where=FRESH,
        postgresql_where=FRESH,
    )
    op.create_index("ix_incoming_mail_aside", "incoming_mail", ["id"], sqlite_where=ASIDE, postgresql_where=ASIDE)


def downgrade() -> None:
    op.drop_table("incoming_mail")
