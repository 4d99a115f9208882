"""More time is asked for, granted and told; what a change of the calendar moved is listed (R24, R25)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATES = ("requested", "granted", "in_effect", "refused", "lapsed")


def key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def reference(table: str, column: str, to: str = "id") -> sa.ForeignKeyConstraint:
    of = {"asked_by_id": "staff", "decided_by_id": "staff", "by_id": "staff", "line_id": "reference_change",
          "revision": "calendar_change"}.get(column, column.removesuffix("_id"))  # fmt: skip
    return sa.ForeignKeyConstraint([column], [f"{of}.{to}"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    with op.batch_alter_table("clock") as clock:
        clock.add_column(moment("original_due_at", nullable=True))
        clock.add_column(sa.Column("extended_days", sa.Integer(), nullable=False, server_default="0"))
    _extensions()
    _calendar_changes()


def _extensions() -> None:
    state = sa.Enum(*STATES, name="extensionstate", native_enum=False, length=32, create_constraint=True)
    op.create_table(
        "extension",
        sa.Column("id", key(), nullable=False),
        sa.Column("complaint_id", key(), nullable=False),
        sa.Column("clock", sa.String(32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("days_asked", sa.Integer(), nullable=False),
        sa.Column("asked_until", sa.Date(), nullable=True),
        moment("due_at"),
        moment("asked_at"),
        sa.Column("asked_by_id", key(), nullable=True),
        sa.Column("approver_role", sa.String(64), nullable=False),
        moment("decided_at", nullable=True),
        sa.Column("decided_by_id", key(), nullable=True),
        sa.Column("days_granted", sa.Integer(), nullable=True),
        moment("told_at", nullable=True),
        sa.Column("told_way", sa.String(32), nullable=True),
        moment("settled_at", nullable=True),
        sa.Column("attachment_ids", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        *(reference("extension", column) for column in ("asked_by_id", "complaint_id", "decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )
    op.create_index(op.f("ix_extension_complaint_id_id"), "extension", ["complaint_id", "id"])
    columns = ["state", "approver_role", "complaint_id"]
    op.create_index(op.f("ix_extension_state_approver_role_complaint_id"), "extension", columns)
    waits = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_extension_pending", "extension", ["complaint_id"], unique=True, sqlite_where=waits, postgresql_where=waits
    )
    op.create_table(
        "extended_clock",
        sa.Column("id", key(), nullable=False),
        sa.Column("extension_id", key(), nullable=False),
        sa.Column("clock_id", key(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        moment("old_due_at"),
        moment("new_due_at"),
        moment("at"),
        *(reference("extended_clock", column) for column in ("clock_id", "extension_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extended_clock")),
    )
    for columns in (["extension_id"], ["clock_id"], ["at", "id"]):
        op.create_index(op.f(f"ix_extended_clock_{'_'.join(columns)}"), "extended_clock", columns)


def _calendar_changes() -> None:
    op.create_table(
        "calendar_change",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        moment("at"),
        sa.Column("by_id", key(), nullable=True),
        sa.Column("line_id", key(), nullable=True),
        sa.Column("days", sa.JSON(), nullable=True),
        sa.Column("years", sa.JSON(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        moment("finished_at", nullable=True),
        *(reference("calendar_change", column) for column in ("by_id", "line_id")),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_calendar_change")),
    )
    op.create_table(
        "clock_move",
        sa.Column("id", key(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("complaint_id", key(), nullable=False),
        sa.Column("clock", sa.String(32), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        moment("old_due_at"),
        moment("new_due_at"),
        moment("at"),
        reference("clock_move", "complaint_id"),
        reference("clock_move", "revision", "revision"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_move")),
    )
    op.create_index(op.f("ix_clock_move_revision_id"), "clock_move", ["revision", "id"])
    op.create_index(op.f("ix_clock_move_complaint_id"), "clock_move", ["complaint_id"])


def downgrade() -> None:
    for table in ("clock_move", "calendar_change", "extended_clock", "extension"):
        op.drop_table(table)
    with op.batch_alter_table("clock") as clock:
        clock.drop_column("extended_days")
        clock.drop_column("original_due_at")
