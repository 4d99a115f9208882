"""What lists of work read: indexes of what is open alone, and who and which departments are on what is not archived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OPEN = {"sqlite_where": sa.text("open IS 1"), "postgresql_where": sa.text("open IS true")}
CURRENT = {"sqlite_where": sa.text("current IS 1"), "postgresql_where": sa.text("current IS true")}
TIMED = {name: sa.text("next_due_at IS NOT NULL") for name in OPEN}
ELSEWHERE = {name: sa.text("external_number IS NOT NULL") for name in OPEN}
UNTAKEN = {name: sa.text(f"{where} AND registered_by_id IS NULL") for name, where in OPEN.items()}
UNACKNOWLEDGED = {name: sa.text(f"{where} AND acknowledged_at IS NULL") for name, where in OPEN.items()}
INDEXES = (
    ("ix_complaint_external", ["external_number"], ELSEWHERE),
    ("ix_complaint_timed", ["next_due_at", "id"], TIMED),
    ("ix_complaint_open_step", ["step", "next_due_at", "id"], OPEN),
    ("ix_complaint_open_category", ["category_id", "next_due_at", "id"], OPEN),
    ("ix_complaint_open_channel", ["channel_id", "next_due_at", "id"], OPEN),
    ("ix_complaint_open_severity", ["severity", "next_due_at", "id"], OPEN),
    ("ix_complaint_open_registered_by", ["registered_by_id", "next_due_at", "id"], OPEN),
    ("ix_complaint_open_registered_in", ["registered_department_id", "next_due_at", "id"], OPEN),
    ("ix_complaint_untaken", ["registered_by_id", "received_at", "id"], UNTAKEN),
    ("ix_complaint_unacknowledged", ["open", "registered_by_id", "registered_department_id"], UNACKNOWLEDGED),
)
ON_IT = {"complaint_person": "staff_id", "complaint_department": "department_id"}


def upgrade() -> None:
    for name, columns, where in INDEXES:
        op.create_index(name, "complaint", columns, **where)
    complaint = sa.table("complaint", sa.column("id"), sa.column("status"))
    archived = sa.select(complaint.c.id).where(complaint.c.status == "archived")
    for table, column in ON_IT.items():
        op.add_column(table, sa.Column("current", sa.Boolean(), server_default=sa.true(), nullable=False))
        rows = sa.table(table, sa.column("complaint_id"), sa.column("current", sa.Boolean))
        op.execute(sa.update(rows).where(rows.c.complaint_id.in_(archived)).values(current=False))
        op.create_index(f"ix_{table}_current", table, [column, "complaint_id"], **CURRENT)


def downgrade() -> None:
    for table in ON_IT:
        op.drop_index(f"ix_{table}_current", table_name=table)
        op.drop_column(table, "current")
    for name, _columns, _where in INDEXES:
        op.drop_index(name, table_name="complaint")
