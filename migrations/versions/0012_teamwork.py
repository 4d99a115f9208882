"""Important and major complaints: reviewers of plans, statements, follow-ups, corrective actions (R16, R17, R30)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "registered", "dispatched", "owner", "co_handler", "approver", "decider", "caller_back", "check_reviewer",
    "plan_author", "archiver", "task_force_leader", "task_force_member",
)  # fmt: skip
NEW_FUNCTIONS = ("plan_reviewer", "in_charge")
MOMENT = sa.DateTime(timezone=True)


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _key(), primary_key=True)


def _to(name: str, table: str, *, nullable: bool = True, unique: bool = False) -> sa.Column[int]:
    return sa.Column(name, _key(), sa.ForeignKey(f"{table}.id"), nullable=nullable, unique=unique)


def _set(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    _functions((*FUNCTIONS, *NEW_FUNCTIONS))
    _plan_reviewer()
    _statement()
    _follow_up()
    _corrective_action()


def downgrade() -> None:
    for table in ("corrective_action", "follow_up", "statement", "plan_reviewer"):
        op.drop_table(table)
    people = sa.table("complaint_person", sa.column("function", sa.String))
    op.execute(sa.delete(people).where(people.c.function.in_(NEW_FUNCTIONS)))
    _functions(FUNCTIONS)


def _functions(values: tuple[str, ...]) -> None:
    """Let the people of a complaint have these functions and no others."""
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table("complaint_person") as people:
        people.drop_constraint("casefunction", type_="check")
        people.create_check_constraint("casefunction", f"function IN ({listed})")


def _plan_reviewer() -> None:
    op.create_table(
        "plan_reviewer",
        _id(),
        _to("complaint_id", "complaint", nullable=False),
        _to("plan_id", "step_entry", nullable=False),
        _to("staff_id", "staff"),
        _to("named_by_id", "staff"),
        sa.Column("named_at", MOMENT, nullable=False),
        sa.Column("vote", _set("planvote", "agree", "agree_with_changes", "disagree")),
        sa.Column("voted_at", MOMENT),
        sa.Column("released_at", MOMENT),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_plan_reviewer_complaint_id_id", "plan_reviewer", ["complaint_id", "id"])
    op.create_index("ix_plan_reviewer_staff_id_voted_at", "plan_reviewer", ["staff_id", "voted_at"])


def _statement() -> None:
    op.create_table(
        "statement",
        _id(),
        _to("complaint_id", "complaint", nullable=False),
        sa.Column("kind", _set("statementkind", "media", "regulator"), nullable=False),
        sa.Column("state", _set("statementstate", "draft", "approved", "returned", "published"), nullable=False),
        _to("corrects_id", "statement"),
        _to("written_by_id", "staff"),
        sa.Column("written_at", MOMENT, nullable=False),
        _to("decided_by_id", "staff"),
        sa.Column("decided_at", MOMENT),
        _to("published_by_id", "staff"),
        sa.Column("published_at", MOMENT),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_statement_complaint_id_id", "statement", ["complaint_id", "id"])


def _follow_up() -> None:
    op.create_table(
        "follow_up",
        _id(),
        _to("complaint_id", "complaint", nullable=False, unique=True),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("opens_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        _to("by_id", "staff"),
        sa.Column("reached", sa.Boolean()),
        sa.Column("solved", sa.Boolean()),
        sa.Column("satisfaction", sa.Integer()),
        sa.Column("attempts", sa.JSON(), nullable=False),
        _to("new_complaint_id", "complaint"),
        sa.Column("sealed", sa.LargeBinary()),
    )
    op.create_index("ix_follow_up_done_at_due_at", "follow_up", ["done_at", "due_at"])


def _corrective_action() -> None:
    statuses = ("assigned", "accepted", "in_progress", "done", "verified", "reopened", "cancelled")
    op.create_table(
        "corrective_action",
        _id(),
        sa.Column("number", sa.String(64), nullable=False, unique=True),
        _to("complaint_id", "complaint"),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("source_key", sa.String(64)),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("level", _set("correctivelevel", "normal", "urgent"), nullable=False),
        sa.Column("status", _set("correctivestatus", *statuses), nullable=False),
        sa.Column("verification", sa.String(64), nullable=False),
        sa.Column("indicator", sa.String(64)),
        _to("department_id", "department"),
        _to("owner_id", "staff", nullable=False),
        sa.Column("helper_ids", sa.JSON(), nullable=False),
        _to("assigned_by_id", "staff"),
        sa.Column("assigned_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("extended_at", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.Column("verified_at", MOMENT),
        _to("verified_by_id", "staff"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    for columns in (["complaint_id", "id"], ["status", "due_at", "id"], ["owner_id", "status", "due_at"]):
        op.create_index(f"ix_corrective_action_{'_'.join(columns)}", "corrective_action", columns)
