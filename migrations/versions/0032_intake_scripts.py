"""Intake scripts as versions, and the way that was taken through one at a registration (R7)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0037"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ENDS = (
    "solve_at_first_contact", "dispatch", "link_notice", "not_established", "escalate_important", "escalate_major",
    "refer_out",
)  # fmt: skip


def _id() -> sa.Column[int]:
    return sa.Column("id", KEY, nullable=False)


def _set(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "intake_script",
        _id(),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", _set("script_state", "draft", "checked", "effective", "retired"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_script")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_intake_script_code_version")),
    )
    op.create_table(
        "script_way",
        _id(),
        sa.Column("complaint_id", KEY, nullable=False),
        sa.Column("script_id", KEY, nullable=False),
        sa.Column("end", _set("scriptend", *ENDS), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_script_way_by_id")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_script_way_complaint_id")),
        sa.ForeignKeyConstraint(["script_id"], ["intake_script.id"], name=op.f("fk_script_way_script_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script_way")),
        sa.UniqueConstraint("complaint_id", name=op.f("uq_script_way_complaint_id")),
    )
    op.create_index("ix_script_way_script_id", "script_way", ["script_id"])


def downgrade() -> None:
    op.drop_table("script_way")
    op.drop_table("intake_script")
