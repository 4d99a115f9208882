"""Training: courses, sessions with who was there, what is due, who is fit for which post (R34)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", KEY, nullable=False)


def _set(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "training_course",
        _id(),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("kind", _set("coursekind", "module", "exam", "course", "drill"), nullable=False),
        sa.Column(
            "form",
            _set("course_form", "classroom", "practice", "drill", "on_the_job", "online", "external", "coaching"),
            nullable=False,
        ),
        sa.Column("role_code", sa.String(length=64), nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("every", _set("interval", "month", "quarter", "half_year", "year"), nullable=True),
        sa.Column("exam_pass", sa.Integer(), nullable=True),
        sa.Column("content_zh", sa.String(length=400), nullable=False),
        sa.Column("content_en", sa.String(length=400), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_course")),
        sa.UniqueConstraint("code", name=op.f("uq_training_course_code")),
    )
    op.create_table(
        "training_order",
        _id(),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("kind", _set("duekind", "course", "training", "coaching", "retest"), nullable=False),
        sa.Column("course_id", KEY, nullable=True),
        sa.Column("role_code", sa.String(length=64), nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("hours_done", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column(
            "source",
            _set("duesource", "schedule", "appraisal", "inspection", "corrective_action", "post_review", "new_rule"),
            nullable=False,
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("ordered_by_id", KEY, nullable=True),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("state", _set("duestate", "open", "done", "cancelled"), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["training_course.id"], name=op.f("fk_training_order_course_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_training_order_department_id")),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["staff.id"], name=op.f("fk_training_order_ordered_by_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_training_order_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_order")),
        sa.UniqueConstraint("key", name=op.f("uq_training_order_key")),
    )
    with op.batch_alter_table("training_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_training_order_course_id_staff_id_due"), ["course_id", "staff_id", "due"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_training_order_due_state"), ["due", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_order_staff_id_due"), ["staff_id", "due"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_order_state_due_id"), ["state", "due", "id"], unique=False)

    op.create_table(
        "training_session",
        _id(),
        sa.Column("course_id", KEY, nullable=True),
        sa.Column(
            "form",
            _set("session_form", "classroom", "practice", "drill", "on_the_job", "online", "external", "coaching"),
            nullable=False,
        ),
        sa.Column("role_code", sa.String(length=64), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("trainer_id", KEY, nullable=True),
        sa.Column("trainer", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=True),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("written_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["training_course.id"], name=op.f("fk_training_session_course_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["staff.id"], name=op.f("fk_training_session_entered_by_id")),
        sa.ForeignKeyConstraint(["trainer_id"], ["staff.id"], name=op.f("fk_training_session_trainer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_session")),
    )
    with op.batch_alter_table("training_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_training_session_course_id_held_on"), ["course_id", "held_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_training_session_held_on_id"), ["held_on", "id"], unique=False)

    op.create_table(
        "training_attendance",
        _id(),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("present", sa.Boolean(), nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("exam_score", sa.BigInteger(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("excellent", sa.Boolean(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("entered_by_id", KEY, nullable=True),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["entered_by_id"], ["staff.id"], name=op.f("fk_training_attendance_entered_by_id")),
        sa.ForeignKeyConstraint(["order_id"], ["training_order.id"], name=op.f("fk_training_attendance_order_id")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["training_session.id"], name=op.f("fk_training_attendance_session_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_training_attendance_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_attendance")),
        sa.UniqueConstraint("session_id", "staff_id", name=op.f("uq_training_attendance_session_id_staff_id")),
    )
    with op.batch_alter_table("training_attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_attendance_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_attendance_staff_id_id"), ["staff_id", "id"], unique=False)

    op.create_table(
        "qualification",
        _id(),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("role_code", sa.String(length=64), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_why", _set("qualificationend", "absence", "withdrawn", "renewed"), nullable=True),
        sa.Column("attendance_id", KEY, nullable=True),
        sa.Column("entered_by_id", KEY, nullable=True),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["training_attendance.id"], name=op.f("fk_qualification_attendance_id")
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["staff.id"], name=op.f("fk_qualification_entered_by_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_qualification_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
    )
    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_qualification_staff_id_role_code_until_day"),
            ["staff_id", "role_code", "until_day"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_qualification_until_day"), ["until_day"], unique=False)

    with op.batch_alter_table("coaching", schema=None) as batch_op:
        batch_op.add_column(sa.Column("order_id", KEY, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_coaching_order_id"), "training_order", ["order_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("coaching", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_coaching_order_id"), type_="foreignkey")
        batch_op.drop_column("order_id")

    op.drop_table("qualification")
    op.drop_table("training_attendance")
    op.drop_table("training_session")
    op.drop_table("training_order")
    op.drop_table("training_course")
