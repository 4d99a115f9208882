"""Notices of known faults with their versions and the complaints linked to them (R8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KINDS = ("known_fault", "suggestion")
STATES = ("published", "lifted")
LINKS = ("linked", "told", "to_call", "called", "left_out")
REASONS = ("wished", "no_address", "no_text", "failed")
KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _set(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "fault_notice",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("number", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", _set(KINDS, "noticekind"), nullable=False),
        sa.Column("state", _set(STATES, "noticestate"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("area", sa.String(400), nullable=False),
        sa.Column("tell_zh", sa.Text(), nullable=False),
        sa.Column("tell_en", sa.Text(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("expected_at", MOMENT),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("lifted_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("happened", sa.Text(), nullable=False),
        sa.Column("answer_zh", sa.Text(), nullable=False),
        sa.Column("answer_en", sa.Text(), nullable=False),
        sa.Column("told_all_at", MOMENT),
        sa.Column("linked", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("to_call", sa.Integer(), nullable=False),
        sa.Column("submission", sa.String(64), unique=True),
    )
    op.create_index("ix_fault_notice_state_since_id", "fault_notice", ["state", "since", "id"])
    op.create_index("ix_fault_notice_state_ended_at_id", "fault_notice", ["state", "ended_at", "id"])
    op.create_table(
        "fault_notice_version",
        sa.Column("notice_id", KEY, sa.ForeignKey("fault_notice.id"), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("access_sequence", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "fault_link",
        sa.Column("notice_id", KEY, sa.ForeignKey("fault_notice.id"), primary_key=True, autoincrement=False),
        sa.Column("complaint_id", KEY, sa.ForeignKey("complaint.id"), primary_key=True, autoincrement=False),
        sa.Column("state", _set(LINKS, "linkstate"), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("linked_by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("told_at", MOMENT),
        sa.Column("told_by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("call_reason", _set(REASONS, "callreason")),
    )
    op.create_index("ix_fault_link_notice_id_state_complaint_id", "fault_link", ["notice_id", "state", "complaint_id"])
    op.create_index("ix_fault_link_complaint_id", "fault_link", ["complaint_id"])


def downgrade() -> None:
    op.drop_table("fault_link")
    op.drop_table("fault_notice_version")
    op.drop_table("fault_notice")
