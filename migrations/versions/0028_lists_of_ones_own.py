"""What a person chooses of lists: keys alone or not, saved filters, columns; acts on many complaints at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("staff", sa.Column("shortcuts", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "many_run",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("by_id", KEY, sa.ForeignKey("staff.id", name="fk_many_run_by_id"), nullable=False),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("by_id", "form", name="uq_many_run_by_id_form"),
    )
    op.create_index("ix_many_run_finished_at", "many_run", ["finished_at"])
    op.create_table(
        "saved_list",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("staff_id", KEY, sa.ForeignKey("staff.id", name="fk_saved_list_staff_id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("sort", sa.String(16), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("reach", sa.String(16), nullable=False),
        sa.Column("department_id", KEY, sa.ForeignKey("department.id", name="fk_saved_list_department_id")),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.UniqueConstraint("staff_id", "name", name="uq_saved_list_staff_id_name"),
    )
    op.create_index("ix_saved_list_reach_department_id", "saved_list", ["reach", "department_id"])
    op.create_table(
        "list_setting",
        sa.Column("staff_id", KEY, sa.ForeignKey("staff.id", name="fk_list_setting_staff_id"), primary_key=True,
                  autoincrement=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("default_id", KEY,
                  sa.ForeignKey("saved_list.id", name="fk_list_setting_default_id", ondelete="SET NULL")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("list_setting")
    op.drop_table("saved_list")
    op.drop_table("many_run")
    op.drop_column("staff", "shortcuts")
