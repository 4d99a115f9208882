"""A lower severity is proposed by one and approved by another (R3)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SEVERITIES = ("general", "important", "major")
LEVELS = ("high", "medium", "low")
STATES = ("open", "accepted", "declined", "fallen_away")


def _set(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


TEMPLATES = (
    {
        "code": "regrade_notice",
        "name_zh": "降级待批提醒",
        "name_en": "Lower severity proposed",
        "kind": "internal",
        "body_zh": "{staff_name}提请降低 {complaint_number} 的严重程度（现为{severity_name}）："
        "{reason}，请批准或驳回。",
        "body_en": "{staff_name} proposes a lower severity for {complaint_number} (now {severity_name}): {reason}; "
        "please approve or decline.",
        "placeholders": ["complaint_number", "reason", "severity_name", "staff_name"],
    },
    {
        "code": "cluster_notice",
        "name_zh": "集中投诉提醒",
        "name_en": "Cluster of complaints",
        "kind": "alert",
        "body_zh": "“{category_name}”在短时间内已有 {amount} 位客户投诉，建议提升为{severity_name}，请核实处理。",
        "body_en": '{amount} customers complained about "{category_name}" within a short time; raising to '
        "{severity_name} is proposed, please look into it.",
        "placeholders": ["amount", "category_name", "severity_name"],
    },
)


def _texts() -> None:
    """An office that is set up gets the texts that tell of proposals; a new one has them from the start."""
    names = (
        "code",
        "name_zh",
        "name_en",
        "kind",
        "audience",
        "channel",
        "subject_zh",
        "subject_en",
        "body_zh",
        "body_en",
    )
    texts = sa.table("message_template", *(sa.column(name) for name in names), sa.column("placeholders", sa.JSON))
    connection = op.get_bind()
    there = set(connection.execute(sa.select(texts.c.code)).scalars())
    if there:
        usual = {"audience": "complaints_manager", "channel": "in_app", "subject_zh": "", "subject_en": ""}
        for row in TEMPLATES:
            if row["code"] not in there:
                connection.execute(sa.insert(texts).values(**usual, **row))


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "regrade_proposal",
        sa.Column("id", key, primary_key=True),
        sa.Column("complaint_id", key, sa.ForeignKey("complaint.id"), nullable=False),
        sa.Column("state", _set(STATES, "proposalstate"), nullable=False),
        sa.Column("severity", _set(SEVERITIES, "severity"), nullable=False),
        sa.Column("category", sa.String(64)),
        sa.Column("urgency", _set(LEVELS, "proposed_urgency")),
        sa.Column("impact", _set(LEVELS, "proposed_impact")),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("proposed_by_id", key, sa.ForeignKey("staff.id")),
        sa.Column("decided_at", moment),
        sa.Column("decided_by_id", key, sa.ForeignKey("staff.id")),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_decision", sa.LargeBinary()),
    )
    op.create_index("ix_regrade_proposal_complaint_id_id", "regrade_proposal", ["complaint_id", "id"])
    op.create_index("ix_regrade_proposal_state_complaint_id", "regrade_proposal", ["state", "complaint_id"])
    _texts()


def downgrade() -> None:
    op.drop_table("regrade_proposal")
