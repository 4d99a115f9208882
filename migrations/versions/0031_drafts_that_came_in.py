"""Drafts that came in by themselves and wait for a clerk; which channels they come by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WAYS = ("console", "web_form", "email", "api", "import")
STATES = ("waiting", "completed", "discarded")
WAITS, DONE = sa.text("state = 'waiting'"), sa.text("state <> 'waiting'")
TO_ERASE = sa.text("state = 'discarded' AND sealed IS NOT NULL")


def upgrade() -> None:
    way = sa.Enum(*WAYS, name="entryway", native_enum=False, create_constraint=True, length=32)
    state = sa.Enum(*STATES, name="draftstate", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "arrived_draft",
        sa.Column("id", KEY, nullable=False),
        sa.Column("way", way, nullable=False),
        sa.Column("key", sa.String(64)),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("by_id", KEY),
        sa.Column("state", state, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("done_by_id", KEY),
        sa.Column("complaint_id", KEY),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("sealed_reason", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_arrived_draft_channel_id"),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name="fk_arrived_draft_by_id"),
        sa.ForeignKeyConstraint(["done_by_id"], ["staff.id"], name="fk_arrived_draft_done_by_id"),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name="fk_arrived_draft_complaint_id"),
        sa.PrimaryKeyConstraint("id", name="pk_arrived_draft"),
        sa.UniqueConstraint("way", "key", name="uq_arrived_draft_way_key"),
    )
    for name, columns, where in (
        ("waiting", ["received_at", "id"], WAITS),
        ("done", ["done_at", "id"], DONE),
        ("to_erase", ["done_at"], TO_ERASE),
    ):
        op.create_index(
            f"ix_arrived_draft_{name}", "arrived_draft", columns, sqlite_where=where, postgresql_where=where
        )
    op.create_table(
        "arrived_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("draft_id", KEY, nullable=False),
        sa.Column("media_type", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["arrived_draft.id"], name="fk_arrived_file_draft_id"),
        sa.PrimaryKeyConstraint("id", name="pk_arrived_file"),
    )
    op.create_index("ix_arrived_file_draft_id_id", "arrived_file", ["draft_id", "id"])
    op.add_column("channel", sa.Column("as_draft", sa.Boolean(), nullable=False, server_default=sa.false()))
    channel = sa.table("channel", sa.column("code"), sa.column("entry_way"), sa.column("as_draft"))
    theirs = sa.or_(channel.c.entry_way == "email", sa.and_(channel.c.entry_way == "api", channel.c.code == "wechat"))
    op.execute(channel.update().where(theirs).values(as_draft=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.drop_column("as_draft")
    op.drop_table("arrived_file")
    op.drop_table("arrived_draft")
