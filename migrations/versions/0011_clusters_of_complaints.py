"""A cluster of complaints of one leaf is proposed for a higher severity, with its complaints (R17)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SEVERITIES = ("general", "important", "major")
STATES = ("open", "accepted", "declined", "fallen_away")


def _set(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "severity_proposal",
        sa.Column("id", key, primary_key=True),
        sa.Column("category_id", key, sa.ForeignKey("category.id"), nullable=False),
        sa.Column("severity", _set(SEVERITIES, "severity"), nullable=False),
        sa.Column("state", _set(STATES, "proposalstate"), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decided_at", moment),
        sa.Column("decided_by_id", key, sa.ForeignKey("staff.id")),
        sa.Column("sealed_reason", sa.LargeBinary()),
    )
    op.create_index("ix_severity_proposal_state_id", "severity_proposal", ["state", "id"])
    op.create_index("ix_severity_proposal_category_id_state", "severity_proposal", ["category_id", "state"])
    op.create_table(
        "severity_proposal_member",
        sa.Column("complaint_id", key, sa.ForeignKey("complaint.id"), primary_key=True, autoincrement=False),
        sa.Column("proposal_id", key, sa.ForeignKey("severity_proposal.id"), nullable=False),
        sa.Column("done_at", moment),
        sa.Column("raised", sa.Boolean()),
        sa.Column("said", sa.String(500), nullable=False),
    )
    index = "ix_severity_proposal_member_proposal_id_complaint_id"
    op.create_index(index, "severity_proposal_member", ["proposal_id", "complaint_id"])


def downgrade() -> None:
    op.drop_table("severity_proposal_member")
    op.drop_table("severity_proposal")
