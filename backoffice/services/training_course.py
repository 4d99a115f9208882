"""Courses, modules and drills as the office keeps them, and what it asks for before somebody takes a post (R34)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Setting
from backoffice.models.office import Role
from backoffice.models.training import TrainingCourse
from backoffice.queries.fitness import rules_of
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor, Permission, may_any, refuse_unless
from policies.fitness import EntryRules, check_rules
from policies.message import Refusal
from policies.reference import LONGEST_NOTE, check_choice, check_code, check_names, check_text, check_whole, refused
from policies.training import SETTING
from policies.training_entry import FULL_SCORE, check_hours
from policies.vocabulary_training import CourseKind, Interval, TrainingForm

SUBJECT, RULES = "training_course", "training_rules"
KEEPERS = (Permission.TRAINING_MANAGE, Permission.CONFIGURATION_EDIT)
MOST_PLACES = 999
NAMES = {"wait_days": "wait_days_before_retake", "absence_days": "lapses_after_absence_days"}
"""Figures that the setting calls otherwise, by the office's document."""


@dataclass(frozen=True)
class CourseFacts:
    """What is said of a course; hours in decimal."""

    name_zh: str
    name_en: str
    kind: CourseKind | None
    form: TrainingForm | None
    hours: Decimal | None
    role_code: str | None = None
    every: Interval | None = None
    exam_pass: int | None = None
    content_zh: str = ""
    content_en: str = ""
    position: int | None = 0


def create(session: Session, actor: Actor, at: datetime, code: str, facts: CourseFacts) -> TrainingCourse:
    """A new course; its code stays for good."""
    _begin(session, actor)
    upkeep.ensure(check_code(code, upkeep.codes_of(session, TrainingCourse)), _check(session, facts))
    row = TrainingCourse(code=code, **_columns(facts))
    upkeep.add(session, actor, at, SUBJECT, row, {"code": code, **_columns(facts)})
    return row


def change(session: Session, actor: Actor, at: datetime, course_id: int, facts: CourseFacts) -> TrainingCourse:
    """Another name, length or interval; what is due already stays as it was planned."""
    _begin(session, actor)
    row = upkeep.row_of(session, TrainingCourse, course_id)
    problems = _check(session, facts)
    if facts.kind is not row.kind and CourseKind.EXAM in (facts.kind, row.kind):
        problems.append(refused("unknown", "kind"))
    upkeep.ensure(problems)
    upkeep.change(session, actor, at, SUBJECT, row, _columns(facts))
    return row


def retire(session: Session, actor: Actor, at: datetime, course_id: int, reason: str) -> TrainingCourse:
    """Out of use; the exam of the entry training stays while the office asks for it."""
    _begin(session, actor)
    row = upkeep.row_of(session, TrainingCourse, course_id)
    if row.kind is CourseKind.EXAM and row.retired_at is None and rules_of(session).required:
        raise DomainError(Refusal("training.refused.exam_stays", status=409))
    upkeep.retire(session, actor, at, SUBJECT, row, reason)
    return row


def restore(session: Session, actor: Actor, at: datetime, course_id: int, reason: str) -> TrainingCourse:
    """Back into use."""
    _begin(session, actor)
    row = upkeep.row_of(session, TrainingCourse, course_id)
    upkeep.restore(session, actor, at, SUBJECT, row, reason)
    return row


def change_rules(session: Session, actor: Actor, at: datetime, wanted: EntryRules) -> bool:
    """What the office asks for before somebody takes a post; says whether anything changed."""
    _begin(session, actor)
    known = set(session.scalars(sa.select(Role.code).where(Role.retired_at.is_(None))))
    problems = check_rules(wanted)
    if not set(wanted.roles) <= known:
        problems.append(refused("unknown", "roles"))
    upkeep.ensure(problems)
    before = rules_of(session)
    if before == wanted:
        return False
    row = session.get(Setting, SETTING)
    if row is None:
        row = Setting(key=SETTING, value={})
        session.add(row)
    said = {NAMES.get(name, name): value for name, value in asdict(wanted).items()}
    row.value = {**(row.value or {}), **said, "roles": list(wanted.roles)}
    old = asdict(before)
    changes = {name: (_logged(old[name]), _logged(value)) for name, value in asdict(wanted).items()}
    log_change(session, actor, at, RULES, RULES, "change", changes)
    upkeep.count_change(session)
    return True


def _begin(session: Session, actor: Actor) -> None:
    """For who manages training, and who keeps the office's settings."""
    if not may_any(actor, KEEPERS):
        refusal = refuse_unless(actor, Permission.TRAINING_MANAGE)
        raise DomainError(refusal or Refusal("access.refused.unknown", status=404))
    upkeep.wait_turn(session)


def _check(session: Session, facts: CourseFacts) -> list[Refusal]:
    roles = set(session.scalars(sa.select(Role.code).where(Role.retired_at.is_(None))))
    found = [
        *check_names(facts.name_zh, facts.name_en),
        *check_choice("kind", facts.kind, list(CourseKind)),
        *check_choice("form", facts.form, list(TrainingForm)),
        *check_choice("role_code", facts.role_code, roles, required=False),
        *check_hours(facts.hours, zero=facts.kind in (CourseKind.EXAM, CourseKind.DRILL)),
        *check_text("content_zh", facts.content_zh, longest=LONGEST_NOTE, lines=True),
        *check_text("content_en", facts.content_en, longest=LONGEST_NOTE, lines=True),
        *check_whole("position", facts.position, 0, MOST_PLACES),
    ]
    if facts.exam_pass is not None:
        found += check_whole("exam_pass", facts.exam_pass, 1, int(FULL_SCORE))
    elif facts.kind is CourseKind.EXAM:
        found.append(refused("missing", "exam_pass"))
    return found


def _columns(facts: CourseFacts) -> dict[str, Any]:
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "kind": facts.kind,
        "form": facts.form,
        "hours": facts.hours,
        "role_code": facts.role_code,
        "every": facts.every,
        "exam_pass": facts.exam_pass,
        "content_zh": facts.content_zh.strip(),
        "content_en": facts.content_en.strip(),
        "position": facts.position,
    }


def _logged(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
