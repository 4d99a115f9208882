"""The default office's courses as rows and its rules of the entry training as a setting (R34); what is there stays."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Setting
from backoffice.models.training import TrainingCourse
from backoffice.office import document
from policies.training import EVERYBODY, SETTING
from policies.vocabulary_training import CourseKind, Interval, TrainingForm

NOT_KEPT = ("rule", "modules", "exam", "text")


def load_training(session: Session) -> None:
    """Modules, the entry exam, courses and drills; whether the entry training is asked for, and its figures."""
    whole = document("training")
    if session.get(Setting, SETTING) is None:
        kept = {key: part for key, part in whole["entry"].items() if key not in NOT_KEPT}
        session.add(Setting(key=SETTING, value={"required": True, **kept}))
    known = set(session.scalars(sa.select(TrainingCourse.code)))
    new = [row for row in _rows(whole) if row["code"] not in known]
    session.add_all(TrainingCourse(position=position, **row) for position, row in enumerate(new))


def _rows(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Every course of the document: the forms of those that name none follow from what they are."""
    entry = whole["entry"]
    modules = [
        {**_named(row), "kind": CourseKind.MODULE, "form": TrainingForm(row["form"]), "hours": row["hours"]}
        for row in entry["modules"]
    ]
    exam = {
        **_named(entry["exam"]),
        "kind": CourseKind.EXAM,
        "form": TrainingForm.CLASSROOM,
        "hours": 0,
        "exam_pass": entry["exam_pass"],
    }
    courses = [
        {
            **_named(row),
            "kind": CourseKind.COURSE,
            "form": TrainingForm.CLASSROOM,
            "role_code": None if row["role"] == EVERYBODY else row["role"],
            "hours": row["hours"],
            "every": Interval(row["every"]),
            "exam_pass": row["exam_pass"],
        }
        for row in whole["courses"]
    ]
    drills = [
        {
            **_named(row),
            "kind": CourseKind.DRILL,
            "form": TrainingForm.DRILL,
            "hours": 0,
            "every": Interval(row["every"]),
            "content_zh": row["content"]["zh"],
            "content_en": row["content"]["en"],
        }
        for row in whole["drills"]
    ]
    return [*modules, exam, *courses, *drills]


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {"code": row["code"], "name_zh": row["name"]["zh"], "name_en": row["name"]["en"]}
