"""Appraisal: schemes, months, sheets, lines outside the formula, appeals; what indicators read (R31–R33)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", KEY, nullable=False)


def _set(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


FOLLOWS, CALL_BACKS = sa.text("previous_id IS NOT NULL"), sa.text("code = 'call_back'")


def upgrade() -> None:
    op.create_table(
        "appraisal_rules",
        _id(),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", _set("rules_state", "draft", "checked", "effective", "retired"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_rules")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_appraisal_rules_code_version")),
    )
    op.create_table(
        "appraisal_scheme",
        _id(),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("subject", _set("subjectkind", "person", "department"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", _set("scheme_state", "draft", "checked", "effective", "retired"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_scheme")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_appraisal_scheme_code_version")),
    )
    op.create_table(
        "appraisal_period",
        _id(),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", _set("periodstate", "open", "computed", "checked", "published", "locked"), nullable=False),
        sa.Column("rules_id", KEY, nullable=True),
        sa.Column("computed_at", MOMENT, nullable=True),
        sa.Column("computed_by_id", KEY, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("locked_at", MOMENT, nullable=True),
        sa.Column("locked_by_id", KEY, nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["computed_by_id"], ["staff.id"], name=op.f("fk_appraisal_period_computed_by_id")),
        sa.ForeignKeyConstraint(["locked_by_id"], ["staff.id"], name=op.f("fk_appraisal_period_locked_by_id")),
        sa.ForeignKeyConstraint(["rules_id"], ["appraisal_rules.id"], name=op.f("fk_appraisal_period_rules_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_period")),
        sa.UniqueConstraint("month", name=op.f("uq_appraisal_period_month")),
    )
    op.create_table(
        "monthly_figure",
        _id(),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("indicator", sa.String(length=64), nullable=False),
        sa.Column("department_id", KEY, nullable=False),
        sa.Column("numerator", sa.String(length=40), nullable=False),
        sa.Column("denominator", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=True),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("superseded_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_monthly_figure_department_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["staff.id"], name=op.f("fk_monthly_figure_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_figure")),
    )
    with op.batch_alter_table("monthly_figure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_monthly_figure_month_indicator_department_id_id"),
            ["month", "indicator", "department_id", "id"],
            unique=False,
        )

    op.create_table(
        "staff_post",
        _id(),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_staff_post_department_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_post_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_post")),
    )
    with op.batch_alter_table("staff_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_post_staff_id_from_day"), ["staff_id", "from_day"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_post_until_day"), ["until_day"], unique=False)

    op.create_table(
        "appraisal_manual_line",
        _id(),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("kind", _set("linekind", "adjustment", "veto", "reward", "penalty", "correction"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("corrects", sa.String(length=7), nullable=True),
        sa.Column("complaint_id", KEY, nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("state", _set("linestate", "proposed", "approved", "refused", "withdrawn"), nullable=False),
        sa.Column("proposed_by_id", KEY, nullable=True),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_appraisal_manual_line_complaint_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_appraisal_manual_line_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_appraisal_manual_line_department_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["staff.id"], name=op.f("fk_appraisal_manual_line_proposed_by_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_appraisal_manual_line_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_manual_line")),
        sa.UniqueConstraint("key", name=op.f("uq_appraisal_manual_line_key")),
    )
    with op.batch_alter_table("appraisal_manual_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appraisal_manual_line_month_department_id"), ["month", "department_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_appraisal_manual_line_month_staff_id"), ["month", "staff_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_appraisal_manual_line_state_id"), ["state", "id"], unique=False)

    op.create_table(
        "appraisal_sheet",
        _id(),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("period_id", KEY, nullable=False),
        sa.Column("subject", _set("sheet_subject", "person", "department"), nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("scheme_id", KEY, nullable=False),
        sa.Column("role_code", sa.String(length=64), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            _set("sheetstatus", "computed", "checked", "published", "acknowledged", "appealed", "approved", "locked"),
            nullable=False,
        ),
        sa.Column("rated_weight", sa.BigInteger(), nullable=False),
        sa.Column("weighted_sum", sa.BigInteger(), nullable=False),
        sa.Column("base_score", sa.BigInteger(), nullable=True),
        sa.Column("adjustment", sa.BigInteger(), nullable=False),
        sa.Column("final_score", sa.BigInteger(), nullable=True),
        sa.Column("grade_by_score", sa.String(length=16), nullable=True),
        sa.Column("grade", sa.String(length=16), nullable=True),
        sa.Column("vetoes", sa.JSON(), nullable=False),
        sa.Column("effects", sa.JSON(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("rank_of", sa.Integer(), nullable=True),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("checked_by_id", KEY, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("acknowledge_until", MOMENT, nullable=True),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_silently", sa.Boolean(), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("approved_by_id", KEY, nullable=True),
        sa.Column("locked_at", MOMENT, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by_id"], ["staff.id"], name=op.f("fk_appraisal_sheet_approved_by_id")),
        sa.ForeignKeyConstraint(["checked_by_id"], ["staff.id"], name=op.f("fk_appraisal_sheet_checked_by_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_appraisal_sheet_department_id")),
        sa.ForeignKeyConstraint(["period_id"], ["appraisal_period.id"], name=op.f("fk_appraisal_sheet_period_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["appraisal_scheme.id"], name=op.f("fk_appraisal_sheet_scheme_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_appraisal_sheet_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_sheet")),
        sa.UniqueConstraint("number", name=op.f("uq_appraisal_sheet_number")),
        sa.UniqueConstraint("period_id", "staff_id", "department_id", "from_day", name="uq_appraisal_sheet_subject"),
    )
    with op.batch_alter_table("appraisal_sheet", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appraisal_sheet_department_id_period_id"), ["department_id", "period_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_appraisal_sheet_period_id_status_id"), ["period_id", "status", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_appraisal_sheet_staff_id_period_id"), ["staff_id", "period_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_appraisal_sheet_status_acknowledge_until"), ["status", "acknowledge_until"], unique=False
        )

    op.create_table(
        "appraisal_appeal",
        _id(),
        sa.Column("sheet_id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("against_check", sa.Boolean(), nullable=False),
        sa.Column("decide_due_at", MOMENT, nullable=False),
        sa.Column("decider_id", KEY, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("result", _set("sheetappealresult", "upheld", "partly_upheld", "dismissed"), nullable=True),
        sa.Column("old_score", sa.BigInteger(), nullable=True),
        sa.Column("new_score", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_appraisal_appeal_by_id")),
        sa.ForeignKeyConstraint(["decider_id"], ["staff.id"], name=op.f("fk_appraisal_appeal_decider_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_appraisal_appeal_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_appeal")),
        sa.UniqueConstraint("sheet_id", name=op.f("uq_appraisal_appeal_sheet_id")),
    )
    with op.batch_alter_table("appraisal_appeal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appraisal_appeal_decided_at_decide_due_at"), ["decided_at", "decide_due_at"], unique=False
        )

    op.create_table(
        "appraisal_event",
        _id(),
        sa.Column("period_id", KEY, nullable=False),
        sa.Column("sheet_id", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_appraisal_event_actor_id")),
        sa.ForeignKeyConstraint(["period_id"], ["appraisal_period.id"], name=op.f("fk_appraisal_event_period_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_appraisal_event_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_event")),
    )
    with op.batch_alter_table("appraisal_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appraisal_event_period_id_id"), ["period_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appraisal_event_sheet_id_id"), ["sheet_id", "id"], unique=False)

    op.create_table(
        "appraisal_input",
        sa.Column("sheet_id", KEY, nullable=False),
        sa.Column("indicator", sa.String(length=64), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_appraisal_input_sheet_id")),
        sa.PrimaryKeyConstraint("sheet_id", "indicator", "run", name=op.f("pk_appraisal_input")),
    )
    op.create_table(
        "appraisal_line",
        sa.Column("sheet_id", KEY, nullable=False),
        sa.Column("indicator", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=True),
        sa.Column("numerator", sa.String(length=60), nullable=False),
        sa.Column("denominator", sa.String(length=60), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("contribution", sa.String(length=60), nullable=True),
        sa.Column("why_not", sa.String(length=32), nullable=True),
        sa.Column("previous", sa.String(length=60), nullable=True),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["appraisal_sheet.id"], name=op.f("fk_appraisal_line_sheet_id")),
        sa.PrimaryKeyConstraint("sheet_id", "indicator", name=op.f("pk_appraisal_line")),
    )
    op.create_table(
        "appraisal_file",
        _id(),
        sa.Column("line_id", KEY, nullable=True),
        sa.Column("appeal_id", KEY, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appraisal_appeal.id"], name=op.f("fk_appraisal_file_appeal_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_appraisal_file_by_id")),
        sa.ForeignKeyConstraint(["line_id"], ["appraisal_manual_line.id"], name=op.f("fk_appraisal_file_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_file")),
    )
    with op.batch_alter_table("appraisal_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appraisal_file_appeal_id"), ["appeal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appraisal_file_line_id"), ["line_id"], unique=False)

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("worked_seconds", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("avoidable_dispatch", sa.Boolean(), nullable=True))

    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dispatch_seconds", sa.BigInteger(), nullable=True))

    op.create_index("ix_work_order_sent_at", "work_order", ["sent_at"])
    op.create_index(
        "ix_complaint_previous_id", "complaint", ["previous_id"], sqlite_where=FOLLOWS, postgresql_where=FOLLOWS
    )
    for column in ("due", "stopped"):
        name = f"ix_clock_call_back_{column}"
        op.create_index(name, "clock", [f"{column}_at"], sqlite_where=CALL_BACKS, postgresql_where=CALL_BACKS)


def downgrade() -> None:
    for table, name in (
        ("clock", "ix_clock_call_back_stopped"),
        ("clock", "ix_clock_call_back_due"),
        ("complaint", "ix_complaint_previous_id"),
        ("work_order", "ix_work_order_sent_at"),
    ):
        op.drop_index(name, table_name=table)

    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.drop_column("dispatch_seconds")

    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_column("avoidable_dispatch")

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_column("worked_seconds")

    op.drop_table("appraisal_file")
    op.drop_table("appraisal_line")
    op.drop_table("appraisal_input")
    op.drop_table("appraisal_event")
    op.drop_table("appraisal_appeal")
    op.drop_table("appraisal_sheet")
    op.drop_table("appraisal_manual_line")
    op.drop_table("staff_post")
    op.drop_table("monthly_figure")
    op.drop_table("appraisal_period")
    op.drop_table("appraisal_scheme")
    op.drop_table("appraisal_rules")
