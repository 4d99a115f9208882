"""Sessions of training (R34): planned with whoever is to come, written up for many at once, put right, called off.

What a session brings is settled at once: entries are done, posts are open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.models.training import Attendance, Qualification, TrainingCourse, TrainingOrder, TrainingSession
from backoffice.queries import fitness as fitness_queries
from backoffice.services.core import training, upkeep
from backoffice.services.core.reference import log_change
from backoffice.services.core.work import Work
from policies.access import Permission
from policies.fitness import EntryRules, refuse_exam
from policies.message import Name, Refusal
from policies.reference import check_reason, check_text
from policies.training_entry import (
    LONGEST_NOTE,
    Presence,
    SessionSays,
    check_people,
    check_presence,
    check_session,
    passes,
)
from policies.vocabulary_training import CourseKind, DueKind, DueState, QualificationEnd, TrainingForm


@dataclass(frozen=True)
class SessionFacts:
    """A session as somebody plans it; ``people``: ids of staff."""

    course_id: int | None
    form: TrainingForm | None
    held_on: date | None
    hours: Decimal | None
    people: tuple[int, ...]
    role_code: str | None = None
    trainer: str = ""
    place: str = ""


def plan_session(work: Work, facts: SessionFacts) -> TrainingSession:
    """Put a session on the plan with whoever is to come. An exam refuses who may not sit it yet."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    course = training.course_in_use(work.session, facts.course_id)
    rules = fitness_queries.rules_of(work.session)
    says = _says(facts, course)
    today = training.today_of(work)
    staff = training.in_service(work.session)
    upkeep.ensure(check_session(says, today, staff=staff, roles=rules.roles))
    if facts.form is None or facts.held_on is None or facts.hours is None:
        raise ValueError("a session without its day, hours or form was let through")
    if course.kind is CourseKind.EXAM and facts.role_code is not None:
        upkeep.ensure(_refuse_sitting(work.session, rules, facts.people, facts.role_code, facts.held_on))
    row = TrainingSession(
        course_id=course.id,
        form=facts.form,
        role_code=facts.role_code if course.kind is CourseKind.EXAM else None,
        held_on=facts.held_on,
        hours=facts.hours,
        trainer=facts.trainer.strip(),
        place=facts.place.strip(),
        entered_by_id=work.actor.staff_id,
        entered_at=work.recorded_at,
    )
    work.session.add(row)
    work.session.flush()
    invite(work, row, facts.people)
    said = {"course": (None, course.code), "held_on": (None, facts.held_on), "people": (None, sorted(facts.people))}
    log_change(work.session, work.actor, work.recorded_at, training.SESSION, row.id, "create", said)
    return row


def invite(work: Work, row: TrainingSession, people: Iterable[int]) -> None:
    """Put people on the list; an open order of further training is what their hours count for."""
    there = {one.staff_id for one in row.attendance}
    wanted = [staff_id for staff_id in sorted(set(people)) if staff_id not in there]
    orders = _orders_of_hours(work.session, wanted) if row.course and row.course.kind is not CourseKind.DRILL else {}
    row.attendance.extend(
        Attendance(
            staff_id=staff_id,
            order_id=orders.get(staff_id),
            entered_by_id=work.actor.staff_id,
            entered_at=work.recorded_at,
        )
        for staff_id in wanted
    )
    work.session.flush()


def add_people(work: Work, session_id: int, people: Sequence[int]) -> TrainingSession:
    """Somebody else comes to a session as well."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    row = _session(work.session, session_id)
    upkeep.ensure(check_people(people, training.in_service(work.session)))
    if row.course is not None and row.course.kind is CourseKind.EXAM and row.role_code is not None:
        rules = fitness_queries.rules_of(work.session)
        upkeep.ensure(_refuse_sitting(work.session, rules, people, row.role_code, row.held_on))
    invite(work, row, people)
    said: dict[str, tuple[object, object]] = {"people": (None, sorted(people))}
    log_change(work.session, work.actor, work.recorded_at, training.SESSION, row.id, "change", said)
    return row


def write_up(
    work: Work, session_id: int, rows: Sequence[Presence], findings: str, revision: int | None
) -> TrainingSession:
    """Enter for everybody on the list whether they were there, their hours and scores; what follows is settled.

    Written up again, it is corrected: what rested on the old entry is looked at anew, and the log keeps both.
    """
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    row = _session(work.session, session_id)
    if revision is not None and revision != row.revision:
        raise DomainError(Refusal("training.refused.changed_meanwhile", status=409))
    if row.held_on > training.today_of(work):
        raise DomainError(Refusal("training.refused.not_yet_held", {"day": row.held_on}, status=409))
    exam_pass = row.course.exam_pass if row.course is not None else None
    listed = {one.staff_id: one for one in row.attendance}
    upkeep.ensure(
        check_presence(rows, invited=set(listed), hours=row.hours, has_exam=exam_pass is not None),
        check_text("findings", findings, longest=LONGEST_NOTE, lines=True),
    )
    changes: dict[str, tuple[object, object]] = {}
    for one in rows:
        entry = listed[one.staff_id]
        before = _entry_words(entry)
        entry.present = one.present
        entry.hours = (one.hours or Decimal(0)) if one.present else Decimal(0)
        entry.exam_score = one.score if one.present else None
        entry.passed = passes(one.score, exam_pass) if one.present else None
        entry.excellent = one.present and one.excellent
        entry.entered_by_id, entry.entered_at = work.actor.staff_id, work.recorded_at
        after = _entry_words(entry)
        if before != after:
            entry.signed_at = None  # what was confirmed was another entry
            changes[str(one.staff_id)] = (before, after)
    if findings.strip():
        row.sealed = training.seal(work.keys, {"findings": findings.strip()}, training.SESSION)
    row.written_at = work.recorded_at
    work.session.flush()
    log_change(work.session, work.actor, work.recorded_at, training.SESSION, row.id, "change", changes)
    training.settle(work, listed, corrected=row.held_on)
    _end_unfounded(work, row)
    return row


def cancel_session(work: Work, session_id: int, reason: str) -> TrainingSession:
    """Call off a session that was not written up."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    row = _session(work.session, session_id)
    upkeep.ensure(check_reason(reason))
    if row.written_at is not None:
        raise DomainError(Refusal("training.refused.written_up", status=409))
    row.cancelled_at = work.recorded_at
    said: dict[str, tuple[object, object]] = {"cancelled_at": (None, work.recorded_at.isoformat())}
    log_change(work.session, work.actor, work.recorded_at, training.SESSION, row.id, "retire", said, reason.strip())
    work.session.flush()
    return row


def _refuse_sitting(session: Session, rules: EntryRules, people: Iterable[int], role: str, on: date) -> list[Refusal]:
    """Who may not sit the exam yet, each by name."""
    wanted = training.modules(session)
    attended = training.attended(session, people)
    names = {row.id: row for row in session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(set(people)))))}
    found = []
    for staff_id, person in names.items():
        rows = attended.get(staff_id, [])
        enough = training.progress_of(rules, wanted, rows, role).enough
        name = Name(person.name_zh, person.name_en)
        refusal = refuse_exam(rules, training.attempts_of(rows, role), on, name, hours_enough=enough)
        if refusal is not None:
            found.append(refusal)
    return found


def _end_unfounded(work: Work, row: TrainingSession) -> None:
    """A qualification ends that rested on an exam which, put right, was not passed."""
    failed = [one.id for one in row.attendance if not one.passed]
    if not failed:
        return
    resting = work.session.scalars(
        sa.select(Qualification).where(Qualification.attendance_id.in_(failed), Qualification.ended_on.is_(None))
    )
    for one in resting:
        training.end_qualification(work, one, one.from_day, QualificationEnd.WITHDRAWN)


def _says(facts: SessionFacts, course: TrainingCourse) -> SessionSays:
    return SessionSays(
        facts.held_on,
        facts.hours,
        facts.form,
        facts.people,
        course.kind,
        facts.role_code,
        facts.trainer,
        facts.place,
    )


def _session(session: Session, session_id: int) -> TrainingSession:
    row = upkeep.row_of(session, TrainingSession, session_id)
    session.refresh(row)
    if row.cancelled_at is not None:
        raise DomainError(Refusal("training.refused.called_off", status=409))
    return row


def _orders_of_hours(session: Session, staff_ids: Iterable[int]) -> dict[int, int]:
    """Staff → the oldest open order of further training."""
    rows = session.execute(
        sa.select(TrainingOrder.staff_id, sa.func.min(TrainingOrder.id))
        .where(
            TrainingOrder.staff_id.in_(sorted(set(staff_ids))),
            TrainingOrder.kind == DueKind.TRAINING,
            TrainingOrder.state == DueState.OPEN,
        )
        .group_by(TrainingOrder.staff_id)
    )
    return dict(rows.all())


def _entry_words(entry: Attendance) -> list[object]:
    """An entry as the log keeps it."""
    score = None if entry.exam_score is None else str(entry.exam_score)
    return [entry.present, str(entry.hours), score, entry.passed, entry.excellent]
