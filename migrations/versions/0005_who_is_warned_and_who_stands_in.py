"""When the next warning of a clock goes out and which went out; who is on duty, who is away and who stands in
(R13, R26).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITS = sa.text("warn_at IS NOT NULL")
GRANTED = {
    "complaints_manager": "all",
    "senior_manager": "all",
    "administrator": "all",
    "department_head": "department",
    "shift_lead": "department",
}


def upgrade() -> None:
    op.add_column("clock", sa.Column("warn_at", MOMENT))
    op.add_column("clock", sa.Column("warned", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("ix_clock_warn_at_id", "clock", ["warn_at", "id"], postgresql_where=WAITS, sqlite_where=WAITS)
    kind = sa.Enum("manager", "intake", "technical", name="dutykind", native_enum=False, length=32,
                   create_constraint=True)  # fmt: skip
    op.create_table(
        "duty",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("kind", kind, nullable=False),
        _reference("staff_id", "staff", nullable=False),
        *_span(),
        sa.Column("withdrawn_at", MOMENT),
    )
    op.create_index("ix_duty_ends_at_id", "duty", ["ends_at", "id"])
    op.create_table(
        "absence",
        sa.Column("id", KEY, primary_key=True),
        _reference("staff_id", "staff", nullable=False),
        _reference("stand_in_id", "staff", nullable=True),
        *_span(),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("withdrawn_at", MOMENT),
    )
    op.create_index("ix_absence_ends_at_id", "absence", ["ends_at", "id"])
    op.create_index("ix_absence_staff_id_ends_at", "absence", ["staff_id", "ends_at"])
    op.create_table(
        "clock_warning",
        sa.Column("id", KEY, primary_key=True),
        _reference("complaint_id", "complaint", nullable=False),
        _reference("clock_id", "clock", nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("message", sa.String(64), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("staff_ids", sa.JSON(), nullable=False),
        sa.UniqueConstraint("clock_id", "step"),
    )
    op.create_index("ix_clock_warning_complaint_id_id", "clock_warning", ["complaint_id", "id"])
    _grant()


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM role_grant WHERE permission = 'duty_plan'"))
    for table in ("clock_warning", "absence", "duty"):
        op.drop_table(table)
    op.drop_index("ix_clock_warn_at_id", "clock")
    with op.batch_alter_table("clock") as clock:
        clock.drop_column("warned")
        clock.drop_column("warn_at")


def _reference(name: str, table: str, *, nullable: bool) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey(f"{table}.id"),
                     nullable=nullable)  # fmt: skip


def _span() -> tuple[sa.Column[object], ...]:
    return tuple(sa.Column(name, MOMENT, nullable=False) for name in ("begins_at", "ends_at"))


def _grant() -> None:
    """An office that is set up already may keep its roster at once; what its administrators changed stays."""
    insert = sa.text(
        "INSERT INTO role_grant (role_id, permission, scope) "
        "SELECT id, 'duty_plan', :scope FROM role WHERE code = :role"
    )
    for role, scope in GRANTED.items():
        op.get_bind().execute(insert, {"role": role, "scope": scope})
