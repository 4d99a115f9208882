"""What is due and who is fit (R34): orders by hand, coaching talks, own signatures, qualifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.models.training import Attendance, Qualification, TrainingCourse, TrainingOrder, TrainingSession
from backoffice.queries import fitness as fitness_queries
from backoffice.services.core import training, training_orders, upkeep
from backoffice.services.core.reference import log_change
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.fitness import valid_until
from policies.message import Refusal
from policies.reference import check_reason
from policies.training_entry import (
    BY_HAND,
    CoachingSays,
    check_coaching,
    check_order,
)
from policies.training_reach import may_coach
from policies.vocabulary_training import (
    CourseKind,
    DueKind,
    DueSource,
    DueState,
    QualificationEnd,
    TrainingForm,
)


@dataclass(frozen=True)
class OrderFacts:
    """What somebody orders: a course or, without one, hours of further training; for whom, by when, on whose word."""

    course_id: int | None
    people: tuple[int, ...]
    due: date | None
    source: DueSource | None
    hours: Decimal | None = None


# What is due


def order_training(work: Work, facts: OrderFacts) -> list[TrainingOrder]:
    """Order a course, or hours of further training, for several people at once."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    today = training.today_of(work)
    staff = {row.id: row for row in work.session.scalars(sa.select(Staff).where(Staff.retired_at.is_(None)))}
    course = None if facts.course_id is None else training.course_in_use(work.session, facts.course_id)
    problems = check_order(facts.due, today, facts.people, staff)
    if facts.source not in BY_HAND:
        problems.append(Refusal("training.refused.no_source", field="source", status=422))
    hours = course.hours if course is not None else facts.hours
    if course is None and (hours is None or not 0 < hours <= 80):
        problems.append(Refusal("training.refused.hours", {"most": Decimal(80)}, field="hours", status=422))
    upkeep.ensure(problems)
    if facts.due is None or facts.source is None or hours is None:
        raise ValueError("an order without its day was let through")
    kind = DueKind.TRAINING if course is None else _kind_of(course)
    made = [
        TrainingOrder(
            staff_id=staff_id,
            department_id=staff[staff_id].department_id,
            kind=kind,
            course_id=None if course is None else course.id,
            hours=hours,
            due=facts.due,
            source=facts.source,
            ordered_by_id=work.actor.staff_id,
            ordered_at=work.recorded_at,
        )
        for staff_id in sorted(set(facts.people))
    ]
    work.session.add_all(made)
    work.session.flush()
    for row in made:
        said = {"staff_id": (None, row.staff_id), "due": (None, row.due), "source": (None, row.source.value)}
        log_change(work.session, work.actor, work.recorded_at, training.ORDER, row.id, "create", said)
    return made


def cancel_order(work: Work, order_id: int, reason: str) -> TrainingOrder:
    """Call off what is due, with the reason; it then counts nowhere."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    row = _open_order(work.session, order_id)
    upkeep.ensure(check_reason(reason))
    training_orders.call_off(work, row)
    said: dict[str, tuple[object, object]] = {"state": (DueState.OPEN.value, DueState.CANCELLED.value)}
    log_change(work.session, work.actor, work.recorded_at, training.ORDER, row.id, "retire", said, reason.strip())
    work.session.flush()
    return row


def coach(work: Work, order_id: int, says: CoachingSays) -> TrainingOrder:
    """Write up a talk of an ordered coaching; the newest words stand on the order, each talk keeps its own."""
    _demand_coach(work, order_id)
    upkeep.wait_turn(work.session)
    row = _open_order(work.session, order_id)
    if row.kind is not DueKind.COACHING:
        raise DomainError(Refusal("training.refused.no_coaching", status=409))
    upkeep.ensure(check_coaching(says, training.today_of(work)))
    if says.held_on is None or says.hours is None:
        raise ValueError("a talk without its day was let through")
    words = {"problem": says.problem.strip(), "aim": says.aim.strip(), "agreed": says.agreed.strip()}
    talk = TrainingSession(
        form=TrainingForm.COACHING,
        held_on=says.held_on,
        hours=says.hours,
        trainer_id=work.actor.staff_id,
        entered_by_id=work.actor.staff_id,
        entered_at=work.recorded_at,
        sealed=training.seal(work.keys, words, training.SESSION),
    )
    talk.attendance.append(
        Attendance(
            staff_id=row.staff_id,
            order_id=row.id,
            present=True,
            hours=says.hours,
            entered_by_id=work.actor.staff_id,
            entered_at=work.recorded_at,
        )
    )
    work.session.add(talk)
    row.sealed = training.seal(work.keys, words, training.ORDER)
    row.review_on, row.reviewed_on = says.review_on, None
    work.session.flush()
    said: dict[str, tuple[object, object]] = {"talk": (None, says.held_on), "review_on": (None, says.review_on)}
    log_change(work.session, work.actor, work.recorded_at, training.ORDER, row.id, "change", said)
    training.settle(work, [row.staff_id])
    return row


def review(work: Work, order_id: int) -> TrainingOrder:
    """Note that a coaching was looked at again."""
    _demand_coach(work, order_id)
    row = upkeep.row_of(work.session, TrainingOrder, order_id)
    if row.review_on is None or row.reviewed_on is not None:
        raise DomainError(Refusal("training.refused.nothing_to_review", status=409))
    today = training.today_of(work)
    upkeep.change(work.session, work.actor, work.recorded_at, training.ORDER, row, {"reviewed_on": today})
    return row


def sign(work: Work, attendance_id: int) -> Attendance:
    """Confirm an entry of one's own training file; nobody confirms for somebody else."""
    row = work.session.get(Attendance, attendance_id)
    if row is None or (row.staff_id == work.actor.staff_id and row.present is None):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    if row.staff_id != work.actor.staff_id:
        raise DomainError(Refusal("training.refused.not_yours", status=403))
    if row.signed_at is None:
        row.signed_at = work.recorded_at
        work.session.flush()
    return row


# Posts


def recognise(work: Work, staff_id: int, role_code: str, from_day: date | None, reason: str) -> Qualification:
    """Put a qualification on file that rests on an earlier training or on a paper from elsewhere."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    person = upkeep.row_of(work.session, Staff, staff_id)
    rules = fitness_queries.rules_of(work.session)
    today = training.today_of(work)
    problems = check_reason(reason)
    if role_code not in rules.roles:
        problems.append(Refusal("training.refused.no_post", field="role_code", status=422))
    if from_day is None or from_day > today or valid_until(from_day, rules) < today:
        problems.append(Refusal("training.refused.from_day", {"last": today}, field="from_day", status=422))
    if staff_id == work.actor.staff_id:
        problems.append(Refusal("training.refused.own_post", field="role_code", status=403))
    upkeep.ensure(problems)
    if from_day is None:
        raise ValueError("a qualification without its first day was let through")
    row = training.qualify(work, person, role_code, from_day, rules)
    said: dict[str, tuple[object, object]] = {"recognised": (None, role_code)}
    log_change(
        work.session, work.actor, work.recorded_at, training.QUALIFICATION, staff_id, "change", said, reason.strip()
    )
    return row


def withdraw(work: Work, qualification_id: int, reason: str) -> Qualification:
    """Take a qualification away, from today on."""
    upkeep.begin(work.session, work.actor, Permission.TRAINING_MANAGE)
    row = upkeep.row_of(work.session, Qualification, qualification_id)
    upkeep.ensure(check_reason(reason))
    today = training.today_of(work)
    if row.ended_on is not None or row.until_day < today:
        raise DomainError(Refusal("training.refused.ended_already", status=409))
    training.end_qualification(work, row, today, QualificationEnd.WITHDRAWN, reason.strip())
    return row


def _demand_coach(work: Work, order_id: int) -> None:
    """Only who manages training, or the head of the person concerned; nobody coaches oneself."""
    row = upkeep.row_of(work.session, TrainingOrder, order_id)
    if not may_coach(work.actor, row.staff_id, row.staff.department_id):
        refusal = refuse_unless(work.actor, Permission.TRAINING_MANAGE)
        raise DomainError(refusal or Refusal("training.refused.own_talk", status=403))


def _kind_of(course: TrainingCourse) -> DueKind:
    return DueKind.RETEST if course.kind is CourseKind.EXAM else DueKind.COURSE


def _open_order(session: Session, order_id: int) -> TrainingOrder:
    row = upkeep.row_of(session, TrainingOrder, order_id)
    session.refresh(row)
    if row.state is not DueState.OPEN:
        raise DomainError(Refusal("training.refused.not_open", status=409))
    return row
