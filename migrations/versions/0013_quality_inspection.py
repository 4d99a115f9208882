"""Quality inspection: plans, draws, scorecards, inspections, appeals, calibration (R27–R29)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
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
        "sampling_plan",
        _id(),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", _set("plankind", "regular", "ad_hoc", "lot"), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", _set("plan_state", "draft", "checked", "effective", "retired"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampling_plan")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_sampling_plan_code_version")),
    )
    op.create_table(
        "scorecard",
        _id(),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("applies_to", _set("unitkind", "closed_complaint", "call_or_chat"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", _set("card_state", "draft", "checked", "effective", "retired"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_scorecard_code_version")),
    )
    op.create_table(
        "coaching",
        _id(),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("ordered_by_id", KEY, nullable=True),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["staff.id"], name=op.f("fk_coaching_ordered_by_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_coaching_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching")),
    )
    op.create_index("ix_coaching_staff_id_since", "coaching", ["staff_id", "since"])
    op.create_table(
        "draw",
        _id(),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("plan_code", sa.String(length=64), nullable=False),
        sa.Column("period_label", sa.String(length=32), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_until", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", _set("drawstate", "frozen", "drawn", "cancelled"), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("population_count", sa.BigInteger(), nullable=False),
        sa.Column("population_sha256", sa.String(length=64), nullable=False),
        sa.Column("exclusions", sa.JSON(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=True),
        sa.Column("seed", sa.String(length=200), nullable=True),
        sa.Column("result_sha256", sa.String(length=64), nullable=True),
        sa.Column("drawn_count", sa.Integer(), nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=True),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_draw_by_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["sampling_plan.id"], name=op.f("fk_draw_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint(
            "plan_code", "period_label", "sequence", name=op.f("uq_draw_plan_code_period_label_sequence")
        ),
    )
    op.create_index("ix_draw_plan_id", "draw", ["plan_id"])
    op.create_index("ix_draw_state_id", "draw", ["state", "id"])
    op.create_table(
        "draw_population",
        sa.Column("draw_id", KEY, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_draw_population_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "part", name=op.f("pk_draw_population")),
    )
    op.create_table(
        "inspection",
        _id(),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("draw_id", KEY, nullable=False),
        sa.Column("complaint_id", KEY, nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("unit_key", sa.String(length=96), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(length=200), nullable=False),
        sa.Column("sort_key", sa.String(length=64), nullable=False),
        sa.Column("compulsory", sa.Boolean(), nullable=False),
        sa.Column("card_id", KEY, nullable=False),
        sa.Column("subject_id", KEY, nullable=True),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("inspector_id", KEY, nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("pair_of_id", KEY, nullable=True),
        sa.Column(
            "status",
            _set(
                "inspectionstatus", "drawn", "in_progress", "scored", "published", "under_appeal", "final", "cancelled"
            ),
            nullable=False,
        ),
        sa.Column("assigned_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("scored_at", MOMENT, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_by_id", KEY, nullable=True),
        sa.Column("appeal_until", MOMENT, nullable=True),
        sa.Column("final_at", MOMENT, nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=True),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("applied_weight", sa.Integer(), nullable=True),
        sa.Column("weighted_points", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["scorecard.id"], name=op.f("fk_inspection_card_id")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_inspection_complaint_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_inspection_department_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_inspection_draw_id")),
        sa.ForeignKeyConstraint(["inspector_id"], ["staff.id"], name=op.f("fk_inspection_inspector_id")),
        sa.ForeignKeyConstraint(["pair_of_id"], ["inspection.id"], name=op.f("fk_inspection_pair_of_id")),
        sa.ForeignKeyConstraint(["published_by_id"], ["staff.id"], name=op.f("fk_inspection_published_by_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["staff.id"], name=op.f("fk_inspection_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint(
            "draw_id", "unit_key", "inspector_id", name=op.f("uq_inspection_draw_id_unit_key_inspector_id")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_inspection_number")),
    )
    op.create_index("ix_inspection_complaint_id_id", "inspection", ["complaint_id", "id"])
    op.create_index("ix_inspection_department_id_final_at", "inspection", ["department_id", "final_at"])
    op.create_index("ix_inspection_inspector_id_status_due_at", "inspection", ["inspector_id", "status", "due_at"])
    op.create_index("ix_inspection_due_at", "inspection", ["due_at"])
    op.create_index("ix_inspection_final_at", "inspection", ["final_at"])
    op.create_index("ix_inspection_pair_of_id", "inspection", ["pair_of_id"])
    op.create_index("ix_inspection_published_at", "inspection", ["published_at"])
    op.create_index("ix_inspection_status_appeal_until", "inspection", ["status", "appeal_until"])
    op.create_index("ix_inspection_subject_id_status_id", "inspection", ["subject_id", "status", "id"])
    op.create_table(
        "inspection_lot",
        _id(),
        sa.Column("draw_id", KEY, nullable=False),
        sa.Column("plan_code", sa.String(length=64), nullable=False),
        sa.Column("department_id", KEY, nullable=False),
        sa.Column("lot_size", sa.BigInteger(), nullable=False),
        sa.Column("quality_limit", sa.String(length=8), nullable=False),
        sa.Column("severity", _set("lot_severity", "normal", "tightened", "reduced", "discontinued"), nullable=False),
        sa.Column("code_letter", sa.String(length=2), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("acceptance_number", sa.Integer(), nullable=False),
        sa.Column("rejection_number", sa.Integer(), nullable=False),
        sa.Column("nonconforming", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("switching_score", sa.Integer(), nullable=False),
        sa.Column(
            "next_severity", _set("lot_next_severity", "normal", "tightened", "reduced", "discontinued"), nullable=True
        ),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_inspection_lot_department_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_inspection_lot_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_lot")),
        sa.UniqueConstraint("draw_id", "department_id", name=op.f("uq_inspection_lot_draw_id_department_id")),
    )
    op.create_index(
        "ix_inspection_lot_plan_code_department_id_id", "inspection_lot", ["plan_code", "department_id", "id"]
    )
    op.create_table(
        "lot_improvement",
        _id(),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("action_id", KEY, nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["corrective_action.id"], name=op.f("fk_lot_improvement_action_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_lot_improvement_by_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["inspection_lot.id"], name=op.f("fk_lot_improvement_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_improvement")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_lot_improvement_lot_id")),
    )
    op.create_table(
        "calibration",
        _id(),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("complaint_id", KEY, nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("card_id", KEY, nullable=False),
        sa.Column("cause", _set("calibrationcause", "chosen", "agreement", "drift"), nullable=False),
        sa.Column("source_id", KEY, nullable=True),
        sa.Column("state", _set("calibrationstate", "scoring", "discussing", "closed", "cancelled"), nullable=False),
        sa.Column("called_by_id", KEY, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("discussed_from", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by_id", KEY, nullable=True),
        sa.Column("standard", sa.JSON(), nullable=False),
        sa.Column("standard_score", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["called_by_id"], ["staff.id"], name=op.f("fk_calibration_called_by_id")),
        sa.ForeignKeyConstraint(["card_id"], ["scorecard.id"], name=op.f("fk_calibration_card_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["staff.id"], name=op.f("fk_calibration_closed_by_id")),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_calibration_complaint_id")),
        sa.ForeignKeyConstraint(["source_id"], ["inspection.id"], name=op.f("fk_calibration_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
        sa.UniqueConstraint("number", name=op.f("uq_calibration_number")),
    )
    op.create_index("ix_calibration_closed_at", "calibration", ["closed_at"])
    op.create_index("ix_calibration_complaint_id", "calibration", ["complaint_id"])
    op.create_index("ix_calibration_state_id", "calibration", ["state", "id"])
    op.create_table(
        "inspection_appeal",
        _id(),
        sa.Column("inspection_id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("decide_due_at", MOMENT, nullable=False),
        sa.Column("decider_id", KEY, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("result", _set("appealresult", "upheld", "partly_upheld", "dismissed"), nullable=True),
        sa.Column("old_score", sa.BigInteger(), nullable=False),
        sa.Column("new_score", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_inspection_appeal_by_id")),
        sa.ForeignKeyConstraint(["decider_id"], ["staff.id"], name=op.f("fk_inspection_appeal_decider_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_appeal_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_appeal")),
        sa.UniqueConstraint("inspection_id", name=op.f("uq_inspection_appeal_inspection_id")),
    )
    op.create_index(
        "ix_inspection_appeal_decided_at_decide_due_at", "inspection_appeal", ["decided_at", "decide_due_at"]
    )
    op.create_table(
        "appeal_file",
        _id(),
        sa.Column("appeal_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["inspection_appeal.id"], name=op.f("fk_appeal_file_appeal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_file")),
        sa.UniqueConstraint("appeal_id", "sha256", name=op.f("uq_appeal_file_appeal_id_sha256")),
    )
    op.create_table(
        "inspection_event",
        _id(),
        sa.Column("inspection_id", KEY, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_inspection_event_actor_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_event_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_event")),
        sa.UniqueConstraint("inspection_id", "sequence", name=op.f("uq_inspection_event_inspection_id_sequence")),
    )
    op.create_table(
        "inspection_mark",
        sa.Column("inspection_id", KEY, nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("sealed_remark", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_mark_inspection_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_inspection_mark_staff_id")),
        sa.PrimaryKeyConstraint("inspection_id", "round", "item", name=op.f("pk_inspection_mark")),
    )
    op.create_index("ix_inspection_mark_item_inspection_id", "inspection_mark", ["item", "inspection_id"])
    op.create_table(
        "score_change",
        _id(),
        sa.Column("inspection_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("old_score", sa.BigInteger(), nullable=True),
        sa.Column("new_score", sa.BigInteger(), nullable=True),
        sa.Column("by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_score_change_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_score_change_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_change")),
    )
    op.create_index("ix_score_change_at", "score_change", ["at"])
    op.create_index("ix_score_change_inspection_id", "score_change", ["inspection_id"])
    op.create_index("ix_score_change_period", "score_change", ["period"])
    op.create_table(
        "calibration_score",
        sa.Column("calibration_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("scored_at", MOMENT, nullable=True),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name=op.f("fk_calibration_score_calibration_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_calibration_score_staff_id")),
        sa.PrimaryKeyConstraint("calibration_id", "staff_id", name=op.f("pk_calibration_score")),
    )


def downgrade() -> None:
    op.drop_table("calibration_score")
    op.drop_table("score_change")
    op.drop_table("inspection_mark")
    op.drop_table("inspection_event")
    op.drop_table("appeal_file")
    op.drop_table("inspection_appeal")
    op.drop_table("calibration")
    op.drop_table("lot_improvement")
    op.drop_table("inspection_lot")
    op.drop_table("inspection")
    op.drop_table("draw_population")
    op.drop_table("draw")
    op.drop_table("coaching")
    op.drop_table("scorecard")
    op.drop_table("sampling_plan")
