"""What follows from training that was attended (R34): orders are done, posts are open, talks are sealed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.office import Role, Staff, StaffRole
from backoffice.models.training import Attendance, Qualification, TrainingCourse, TrainingOrder, TrainingSession
from backoffice.office import document
from backoffice.queries import fitness as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.reference import log_change
from backoffice.services.core.work import Work
from policies.fitness import (
    Attempt,
    EntryRules,
    Fitness,
    Held,
    Module,
    Progress,
    counts_since,
    fitness,
    progress,
    valid_until,
)
from policies.message import Name, Refusal
from policies.training import Attended, Outcome, outcome
from policies.vocabulary_training import CourseKind, DueKind, DueState, QualificationEnd

ORDER, SESSION, QUALIFICATION = "training_order", "training_session", "qualification"
"""Subjects of the log of changes; the first two also the purposes for which talks and findings are sealed."""


def today_of(work: Work) -> date:
    """The office's date at the moment of the act."""
    return work.at.astimezone(Rulebook(work.session).zone()).date()


def seal(keys: Keys, words: Mapping[str, str], purpose: str) -> bytes:
    """Words about people, closed under the office's key."""
    return seal_for_office(keys, json.dumps(dict(words), ensure_ascii=False), purpose)


def opened(keys: Keys, sealed: bytes | None, purpose: str) -> dict[str, str]:
    """What was sealed; nothing for nothing."""
    return {} if sealed is None else dict(json.loads(open_for_office(keys, sealed, purpose)))


def name_of(course: TrainingCourse | None, kind: DueKind) -> Name:
    """What something that is due is called: its course, or the kind of the order."""
    if course is not None:
        return Name(course.name_zh, course.name_en)
    return KINDS[kind]


def _kinds() -> dict[DueKind, Name]:
    return {
        DueKind(row["code"]): Name(row["name"]["zh"], row["name"]["en"]) for row in document("training")["due_kinds"]
    }


KINDS: Mapping[DueKind, Name] = _kinds()
"""The kinds of orders that have no course, by the words of the office's document."""


def course_in_use(session: Session, course_id: int | None) -> TrainingCourse:
    course = None if course_id is None else session.get(TrainingCourse, course_id)
    if course is None or course.retired_at is not None:
        raise DomainError(Refusal("training.refused.no_course", field="course_id", status=422))
    return course


def in_service(session: Session) -> frozenset[int]:
    return frozenset(session.scalars(sa.select(Staff.id).where(Staff.retired_at.is_(None))))


# Orders


def settle(work: Work, staff_ids: Iterable[int], corrected: date | None = None) -> None:
    """Bring the open entries of these people up to what they attended, and their qualifications with them.

    ``corrected``: a day whose attendance was put right; what was done on it is looked at again.
    """
    wanted = sorted(set(staff_ids))
    looked_at = TrainingOrder.state == DueState.OPEN
    if corrected is not None:
        looked_at |= (TrainingOrder.state == DueState.DONE) & (TrainingOrder.done_on == corrected)
    orders = work.session.scalars(
        sa.select(TrainingOrder)
        .where(TrainingOrder.staff_id.in_(wanted), looked_at)
        .options(joinedload(TrainingOrder.course))
    ).all()
    rows_of = attended(work.session, wanted)
    zone = Rulebook(work.session).zone()
    for order in orders:
        rows = [one for one in rows_of.get(order.staff_id, ()) if _counts(order, one, order.ordered_at, zone)]
        _bring(order, outcome(order.kind, order.hours, _has_exam(order), [_plain(one) for one in rows]))
    grant(work, wanted, rows_of)
    work.session.flush()


def _has_exam(order: TrainingOrder) -> bool:
    return order.kind is DueKind.RETEST or (order.course is not None and order.course.exam_pass is not None)


def _bring(order: TrainingOrder, found: Outcome) -> None:
    order.hours_done, order.passed, order.done_on = found.hours, found.passed, found.done_on
    order.state = DueState.OPEN if found.done_on is None else DueState.DONE


def attended(session: Session, staff_ids: Iterable[int]) -> dict[int, list[Attendance]]:
    """What these people were present at, the oldest first."""
    rows = session.scalars(
        sa.select(Attendance)
        .join(TrainingSession, TrainingSession.id == Attendance.session_id)
        .where(
            Attendance.staff_id.in_(sorted(set(staff_ids))),
            Attendance.present.is_(True),
            TrainingSession.cancelled_at.is_(None),
        )
        .options(joinedload(Attendance.session).joinedload(TrainingSession.course))
        .order_by(TrainingSession.held_on, Attendance.id)
    )
    found: dict[int, list[Attendance]] = {}
    for row in rows:
        found.setdefault(row.staff_id, []).append(row)
    return found


def _counts(order: TrainingOrder, row: Attendance, ordered_at: datetime, zone: Any) -> bool:
    """Whether an attendance counts for an order: linked to it or, since it was ordered, its course, its post's exam."""
    if order.kind in (DueKind.TRAINING, DueKind.COACHING):
        return row.order_id == order.id
    if row.session.held_on < ordered_at.astimezone(zone).date():
        return False
    if order.kind is DueKind.RETEST:
        exam = row.session.course is not None and row.session.course.kind is CourseKind.EXAM
        return exam and order.role_code in (None, row.session.role_code)
    return order.course_id is not None and row.session.course_id == order.course_id


def _plain(row: Attendance) -> Attended:
    return Attended(row.session.held_on, row.hours, row.passed)


# Posts


def entry_posts(session: Session, rules: EntryRules) -> dict[int, list[str]]:
    """Staff in service → the posts among theirs that need the entry training, in the office's order."""
    rows = session.execute(
        sa.select(StaffRole.staff_id, Role.code)
        .join(Role, Role.id == StaffRole.role_id)
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(Role.retired_at.is_(None), Staff.retired_at.is_(None), Role.code.in_(rules.roles))
        .order_by(StaffRole.staff_id)
    )
    found: dict[int, list[str]] = {}
    for staff_id, code in rows:
        found.setdefault(staff_id, []).append(code)
    return {key: sorted(codes, key=rules.roles.index) for key, codes in found.items()}


def modules(session: Session) -> list[TrainingCourse]:
    """The modules of the entry training in use, in order."""
    statement = sa.select(TrainingCourse).where(
        TrainingCourse.kind == CourseKind.MODULE, TrainingCourse.retired_at.is_(None)
    )
    return list(session.scalars(statement.order_by(TrainingCourse.position, TrainingCourse.id)))


def attempts_of(rows: Iterable[Attendance], role: str) -> list[Attempt]:
    """The exams for a post among what somebody attended."""
    return [
        Attempt(row.session.held_on, bool(row.passed))
        for row in rows
        if row.session.course is not None
        and row.session.course.kind is CourseKind.EXAM
        and row.session.role_code == role
    ]


def progress_of(rules: EntryRules, wanted: Iterable[TrainingCourse], rows: Iterable[Attendance], role: str) -> Progress:
    """How far somebody is with the entry training for a post; only what counts after a failed retake."""
    listed = list(rows)
    attempts = attempts_of(listed, role)
    since = counts_since(rules, attempts)
    hours: dict[str, Decimal] = {}
    for row in listed:
        course = row.session.course
        if course is not None and course.kind is CourseKind.MODULE and (since is None or row.session.held_on > since):
            hours[course.code] = hours.get(course.code, Decimal(0)) + row.hours
    passed = [one.day for one in attempts if one.passed and (since is None or one.day > since)]
    return progress(rules, [Module(one.code, one.hours) for one in wanted], hours, max(passed, default=None))


def grant(work: Work, staff_ids: Iterable[int], rows_of: Mapping[int, list[Attendance]]) -> None:
    """Enter the qualification of whoever has passed the exam for a post, with the hours or after an earlier one."""
    rules, all_modules = queries.rules_of(work.session), modules(work.session)
    wanted = sorted(set(staff_ids))
    on_file = queries.held(work.session, wanted)
    people = work.session.scalars(sa.select(Staff).where(Staff.id.in_(wanted)))
    resting = set(
        work.session.scalars(
            sa.select(Qualification.attendance_id).where(
                Qualification.staff_id.in_(wanted), Qualification.attendance_id.is_not(None)
            )
        )
    )
    posts = entry_posts(work.session, rules)
    for person in people:
        rows = rows_of.get(person.id, [])
        for role in rules.roles:
            exam = _newest_passed(rows, role)
            if exam is None or exam.id in resting:
                continue
            found = progress_of(rules, all_modules, rows, role)
            held = on_file.get(person.id, [])
            again = any(one.role == role for one in held) or (person.fit_for_post and not held)
            if found.passed_on is None or not (found.enough or again):
                continue
            from_day = exam.session.held_on if again else max(exam.session.held_on, _last_module_day(rows))
            if not held and person.fit_for_post:
                _keep_recognised(work, person, [one for one in posts.get(person.id, ()) if one != role], rules)
            qualify(work, person, role, from_day, rules, attendance_id=exam.id)


def _newest_passed(rows: Iterable[Attendance], role: str) -> Attendance | None:
    passed = [
        row
        for row in rows
        if row.passed
        and row.session.course is not None
        and row.session.course.kind is CourseKind.EXAM
        and row.session.role_code == role
    ]
    return max(passed, key=lambda row: (row.session.held_on, row.id), default=None)


def _last_module_day(rows: Iterable[Attendance]) -> date:
    days = [row.session.held_on for row in rows if row.session.course and row.session.course.kind is CourseKind.MODULE]
    return max(days, default=date.min)


def _keep_recognised(work: Work, person: Staff, roles: Iterable[str], rules: EntryRules) -> None:
    """What the account alone said so far is put on file, so that a first entry does not take the other posts away."""
    for role in roles:
        qualify(work, person, role, today_of(work), rules)


def qualify(
    work: Work, person: Staff, role: str, from_day: date, rules: EntryRules, *, attendance_id: int | None = None
) -> Qualification:
    """Put a qualification on file; the one before it ends with it, renewed."""
    before = work.session.scalars(
        sa.select(Qualification).where(
            Qualification.staff_id == person.id,
            Qualification.role_code == role,
            Qualification.until_day >= from_day,
            Qualification.from_day <= from_day,
            Qualification.ended_on.is_(None),
        )
    )
    for row in before:
        row.ended_on, row.ended_why = from_day, QualificationEnd.RENEWED
    made = Qualification(
        staff_id=person.id,
        role_code=role,
        from_day=from_day,
        until_day=valid_until(from_day, rules),
        attendance_id=attendance_id,
        entered_by_id=work.actor.staff_id,
        entered_at=work.recorded_at,
    )
    work.session.add(made)
    work.session.flush()
    said = {"role_code": (None, role), "from_day": (None, from_day), "until_day": (None, made.until_day)}
    log_change(work.session, work.actor, work.recorded_at, QUALIFICATION, person.id, "create", said)
    return made


def end_qualification(work: Work, row: Qualification, on: date, why: QualificationEnd, reason: str = "") -> None:
    """End one before its last day."""
    row.ended_on, row.ended_why = on, why
    said: dict[str, tuple[object, object]] = {"role_code": (row.role_code, row.role_code), "ended_on": (None, on)}
    log_change(work.session, work.actor, work.recorded_at, QUALIFICATION, row.staff_id, "change", said, reason)
    work.session.flush()


def standing(
    session: Session, rules: EntryRules, people: Iterable[Staff], on: date
) -> dict[int, list[tuple[str, Fitness, Held | None]]]:
    """How these people stand for their posts of the entry training on a day, with the qualification that holds."""
    listed = list(people)
    ids = [person.id for person in listed]
    held, posts = queries.held(session, ids), entry_posts(session, rules)
    retest = set(session.scalars(sa.select(Staff.id).where(Staff.id.in_(ids), queries.retest_open())))
    found = {}
    for person in listed:
        own = held.get(person.id, [])
        found[person.id] = [
            (
                role,
                fitness(role, own, recognised=person.fit_for_post, retest=person.id in retest, on=on),
                next((one for one in reversed(own) if one.role == role and one.from_day <= on), None),
            )
            for role in posts.get(person.id, ())
        ]
    return found
