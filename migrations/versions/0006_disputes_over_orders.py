"""A dispute over an order is kept as such: its ground, its deadline, who decided it and how (R11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = ("open", "upheld", "dismissed", "fallen_away")
HOURS = timedelta(hours=4)


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "dispute",
        sa.Column("id", key, primary_key=True),
        sa.Column("complaint_id", key, sa.ForeignKey("complaint.id"), nullable=False),
        sa.Column("order_id", key, sa.ForeignKey("work_order.id"), nullable=False),
        sa.Column("department_id", key, sa.ForeignKey("department.id"), nullable=False),
        sa.Column("ground_id", key, sa.ForeignKey("department.id")),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="disputestate", native_enum=False, length=32, create_constraint=True),
            nullable=False,
        ),
        sa.Column("raised_at", moment, nullable=False),
        sa.Column("raised_by_id", key, sa.ForeignKey("staff.id")),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("escalates_at", moment, nullable=False),
        sa.Column("decided_at", moment),
        sa.Column("decided_by_id", key, sa.ForeignKey("staff.id")),
        sa.Column("named_id", key, sa.ForeignKey("department.id")),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("sealed_decision", sa.LargeBinary()),
    )
    op.create_index("ix_dispute_complaint_id_id", "dispute", ["complaint_id", "id"])
    op.create_index("ix_dispute_state_due_at", "dispute", ["state", "due_at"])
    op.create_index("ix_dispute_raised_at_department_id", "dispute", ["raised_at", "department_id"])
    _waiting_already()


def _waiting_already() -> None:
    """Orders that are disputed now: who raised it and when is in the history; the words of it stay there alone."""
    order = sa.table("work_order", *(sa.column(name) for name in ("id", "complaint_id", "department_id", "status")))
    event = sa.table(
        "event",
        sa.column("complaint_id"),
        sa.column("action"),
        sa.column("actor_id"),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    dispute = sa.table(
        "dispute",
        *(sa.column(name) for name in ("complaint_id", "order_id", "department_id", "state", "raised_by_id")),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("raised_at", "due_at", "escalates_at")),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(order).where(order.c.status == "disputed")).all():
        raised = connection.execute(
            sa.select(event.c.at, event.c.actor_id)
            .where(event.c.complaint_id == row.complaint_id, event.c.action == "raise_dispute")
            .order_by(event.c.at.desc())
            .limit(1)
        ).first()
        at = raised.at if raised is not None else datetime.now(UTC)
        connection.execute(
            sa.insert(dispute).values(
                complaint_id=row.complaint_id,
                order_id=row.id,
                department_id=row.department_id,
                state="open",
                raised_by_id=raised.actor_id if raised is not None else None,
                raised_at=at,
                due_at=at + HOURS,
                escalates_at=at + 2 * HOURS,
            )
        )


def downgrade() -> None:
    op.drop_table("dispute")
