"""Corrective actions to their end: files, acts, the check whether it helped (R30)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", KEY, nullable=False)


def upgrade() -> None:
    op.create_table(
        "corrective_event",
        _id(),
        sa.Column("action_id", KEY, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["corrective_action.id"], name=op.f("fk_corrective_event_action_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_corrective_event_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_event")),
        sa.UniqueConstraint("action_id", "sequence", name=op.f("uq_corrective_event_action_id_sequence")),
    )
    op.create_table(
        "corrective_file",
        _id(),
        sa.Column("action_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["corrective_action.id"], name=op.f("fk_corrective_file_action_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_corrective_file_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_file")),
        sa.UniqueConstraint("action_id", "sha256", name=op.f("uq_corrective_file_action_id_sha256")),
    )
    with op.batch_alter_table("corrective_action", schema=None) as batch_op:
        batch_op.add_column(sa.Column("inspection_id", KEY, nullable=True))
        batch_op.add_column(sa.Column("item", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("extension_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("accepted_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("reopened", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("effect_due_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("effect_checked_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("effect_checked_by_id", KEY, nullable=True))
        batch_op.add_column(sa.Column("effective", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("cancelled_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("told", sa.JSON(), server_default="[]", nullable=False))
        batch_op.create_index(
            batch_op.f("ix_corrective_action_effect_checked_at_effect_due_at"),
            ["effect_checked_at", "effect_due_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_corrective_action_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_corrective_action_inspection_id"), "inspection", ["inspection_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_corrective_action_effect_checked_by_id"), "staff", ["effect_checked_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("corrective_action", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_corrective_action_effect_checked_by_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_corrective_action_inspection_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_corrective_action_inspection_id"))
        batch_op.drop_index(batch_op.f("ix_corrective_action_effect_checked_at_effect_due_at"))
        batch_op.drop_column("told")
        batch_op.drop_column("cancelled_at")
        batch_op.drop_column("effective")
        batch_op.drop_column("effect_checked_by_id")
        batch_op.drop_column("effect_checked_at")
        batch_op.drop_column("effect_due_at")
        batch_op.drop_column("reopened")
        batch_op.drop_column("accepted_at")
        batch_op.drop_column("extension_until")
        batch_op.drop_column("item")
        batch_op.drop_column("inspection_id")
    op.drop_table("corrective_file")
    op.drop_table("corrective_event")
