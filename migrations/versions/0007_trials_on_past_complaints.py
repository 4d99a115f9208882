"""Trials of versions and calendar days on past complaints: what was asked, how far it came, what it found (R23)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    kind = sa.Enum(
        "policy", "process", "calendar", name="whatifkind", native_enum=False, length=32, create_constraint=True
    )
    op.create_table(
        "what_if_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("sla_id", KEY, nullable=True),
        sa.Column("process_id", KEY, nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("asked_by_id", KEY, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["sla_id"], ["sla_policy.id"], name="fk_what_if_run_sla_id"),
        sa.ForeignKeyConstraint(["process_id"], ["process_version.id"], name="fk_what_if_run_process_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["staff.id"], name="fk_what_if_run_asked_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_what_if_run"),
    )
    op.create_table(
        "what_if_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("complaint_id", KEY, nullable=False),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("before", sa.Boolean(), nullable=True),
        sa.Column("after", sa.Boolean(), nullable=True),
        sa.Column("due_before", MOMENT, nullable=True),
        sa.Column("due_after", MOMENT, nullable=True),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["what_if_run.id"], name="fk_what_if_change_run_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name="fk_what_if_change_complaint_id"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_what_if_change_department_id"),
        sa.PrimaryKeyConstraint("id", name="pk_what_if_change"),
    )
    op.create_index("ix_what_if_change_run_id_id", "what_if_change", ["run_id", "id"])


def downgrade() -> None:
    op.drop_table("what_if_change")
    op.drop_table("what_if_run")
