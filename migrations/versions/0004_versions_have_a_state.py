"""Versions of processes and clocks are drawn up, checked, put into force and retired: where each stands (R14, R23)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = ("draft", "checked", "effective", "retired")
TABLES = (("process_version", "process_state"), ("sla_policy", "sla_state"))


def upgrade() -> None:
    for table, name in TABLES:
        state = sa.Enum(*STATES, name=name, native_enum=False, length=32, create_constraint=True)
        with op.batch_alter_table(table) as versions:
            versions.add_column(sa.Column("state", state, nullable=False, server_default="effective"))
            versions.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
        rows = _rows(table)
        op.execute(sa.update(rows).where(rows.c.retired_at.is_not(None)).values(state="retired"))


def downgrade() -> None:
    """What never came into force has no place in the older form; it is kept as taken back."""
    for table, name in TABLES:
        rows = _rows(table)
        not_in_force = sa.and_(rows.c.state != "effective", rows.c.retired_at.is_(None))
        op.execute(sa.update(rows).where(not_in_force).values(retired_at=sa.func.current_timestamp()))
        with op.batch_alter_table(table) as versions:
            versions.drop_column("revision")
            versions.drop_constraint(name, type_="check")
            versions.drop_column("state")


def _rows(table: str) -> sa.TableClause:
    return sa.table(table, sa.column("state", sa.String), sa.column("retired_at", sa.DateTime(timezone=True)))
