"""The training plan of every day (R34): turns of courses, reminders, and posts that lapse after a long absence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.duty import Absence
from backoffice.models.office import Role, Staff, StaffRole
from backoffice.models.training import Qualification, TrainingCourse, TrainingOrder
from backoffice.queries import fitness as fitness_queries
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import training
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.fitness import EntryRules, lapse_day
from policies.training import REMIND_DAYS_AFTER, REMIND_DAYS_BEFORE, Turn, reminders_due, turns_to_plan
from policies.vocabulary_training import CourseKind, DueKind, DueSource, DueState, QualificationEnd

TEMPLATE = "training_notice"
LOOK_BACK = timedelta(days=400)
"""Absences that ended longer ago were looked at while they were fresh."""


def plan_turns(work: Work) -> int:
    """Enter the turn to come of every course for everybody whom it concerns; says how many are new.

    A turn of somebody who has left, or whose course or role is gone, is called off while it is still to come.
    """
    today = training.today_of(work)
    concerned = _concerned(work.session)
    last = _last_turns(work.session)
    made = 0
    for course, people in concerned:
        if course.every is None:
            continue
        for person in people:
            turn = last.get((course.id, person.id))
            due = turns_to_plan(course.every, person.joined or today, turn, today)
            if due is not None:
                work.session.add(_turn(work, course, person, due))
                made += 1
    work.session.flush()
    _call_off(work, {(course.id, person.id) for course, people in concerned for person in people}, today)
    return made


def _concerned(session: Session) -> list[tuple[TrainingCourse, list[Staff]]]:
    """Every course that comes round, with everybody in service whom it concerns."""
    courses = session.scalars(
        sa.select(TrainingCourse)
        .where(
            TrainingCourse.kind == CourseKind.COURSE,
            TrainingCourse.every.is_not(None),
            TrainingCourse.retired_at.is_(None),
        )
        .order_by(TrainingCourse.position, TrainingCourse.id)
    ).all()
    people = session.scalars(sa.select(Staff).where(Staff.retired_at.is_(None)).order_by(Staff.id)).all()
    held: dict[int, set[str]] = {}
    roles = sa.select(StaffRole.staff_id, Role.code).join(Role, Role.id == StaffRole.role_id)
    for staff_id, code in session.execute(roles.where(Role.retired_at.is_(None))):
        held.setdefault(staff_id, set()).add(code)
    return [
        (course, [one for one in people if course.role_code is None or course.role_code in held.get(one.id, ())])
        for course in courses
    ]


def _last_turns(session: Session) -> dict[tuple[int, int], Turn]:
    """Course and person → the newest turn that the plan has."""
    ranked = (
        sa.select(
            TrainingOrder.course_id,
            TrainingOrder.staff_id,
            TrainingOrder.due,
            TrainingOrder.done_on,
            TrainingOrder.state,
            sa.func.row_number()
            .over(partition_by=(TrainingOrder.course_id, TrainingOrder.staff_id), order_by=TrainingOrder.due.desc())
            .label("place"),
        )
        .where(TrainingOrder.source == DueSource.SCHEDULE)
        .subquery()
    )
    rows = session.execute(sa.select(ranked).where(ranked.c.place == 1))
    return {(row.course_id, row.staff_id): Turn(row.due, row.done_on, row.state) for row in rows}


def _turn(work: Work, course: TrainingCourse, person: Staff, due: date) -> TrainingOrder:
    return TrainingOrder(
        staff_id=person.id,
        department_id=person.department_id,
        kind=DueKind.COURSE,
        course_id=course.id,
        hours=course.hours,
        due=due,
        source=DueSource.SCHEDULE,
        key=f"course:{course.id}:{person.id}:{due.isoformat()}",
        ordered_at=work.recorded_at,
    )


def _call_off(work: Work, concerned: set[tuple[int, int]], today: date) -> None:
    """What is to come of a course that concerns somebody no more."""
    rows = work.session.scalars(
        sa.select(TrainingOrder).where(
            TrainingOrder.source == DueSource.SCHEDULE,
            TrainingOrder.state == DueState.OPEN,
            TrainingOrder.due >= today,
        )
    )
    for row in rows:
        if (row.course_id, row.staff_id) not in concerned:
            row.state = DueState.CANCELLED
    work.session.flush()


# Reminders


def waiting(session: Session, today: date, after: int, most: int) -> list[int]:
    """Ids of the next open entries of which somebody may have to be reminded, by id."""
    first, last = today - timedelta(days=60), today + timedelta(days=max(REMIND_DAYS_BEFORE))
    ids = sa.select(TrainingOrder.id).where(
        TrainingOrder.state == DueState.OPEN, TrainingOrder.due.between(first, last), TrainingOrder.id > after
    )
    return list(session.scalars(ids.order_by(TrainingOrder.id).limit(most)))


def remind(work: Work, order_id: int) -> str | None:
    """Send what is due of one; says which reminder went out. After its day the head is told as well."""
    row = work.session.scalars(
        sa.select(TrainingOrder)
        .where(TrainingOrder.id == order_id, TrainingOrder.state == DueState.OPEN)
        .options(joinedload(TrainingOrder.course))
        .with_for_update(of=TrainingOrder)
    ).one_or_none()
    if row is None:
        return None
    key = reminders_due(row.due, training.today_of(work), row.told)
    if key is None:
        return None
    people = [row.staff_id]
    if any(key.startswith(f"after_{days}:") for days in REMIND_DAYS_AFTER):
        people += recipients.head_of(work.session, row.department_id)
    name, rules = training.name_of(row.course, row.kind), Rulebook(work.session)

    def places(language: str) -> Mapping[str, str]:
        style = Style(rules, language)
        return {
            "course_name": name.zh if style.short == "zh" else name.en,
            "due_time": style.day(datetime.combine(row.due, time(12), rules.zone())),
            "office_name": style.name(rules.office()),
        }

    tell_staff(work, TEMPLATE, people, places, key=f"training:{row.id}:{key}")
    row.told = [*row.told, key]
    work.session.flush()
    return key


# Absences


def lapse(work: Work) -> int:
    """End the qualifications of whoever was away for too long; says how many ended."""
    rules, today = fitness_queries.rules_of(work.session), training.today_of(work)
    zone = Rulebook(work.session).zone()
    ended = 0
    for staff_id, away in _away(work.session, work.at, zone).items():
        day = lapse_day(away, rules, today)
        if day is not None:
            ended += _end_all(work, staff_id, day, rules)
    return ended


def _away(session: Session, at: datetime, zone: ZoneInfo) -> dict[int, list[tuple[date, date]]]:
    """Staff in service → first and last local day of their absences."""
    rows = session.execute(
        sa.select(Absence.staff_id, Absence.begins_at, Absence.ends_at)
        .join(Staff, Staff.id == Absence.staff_id)
        .where(
            Absence.withdrawn_at.is_(None),
            Absence.ends_at > at - LOOK_BACK,
            Absence.begins_at < at,
            Staff.retired_at.is_(None),
        )
    )
    found: dict[int, list[tuple[date, date]]] = {}
    for staff_id, begins, ends in rows:
        last = (ends - timedelta(microseconds=1)).astimezone(zone).date()
        found.setdefault(staff_id, []).append((begins.astimezone(zone).date(), last))
    return found


def _end_all(work: Work, staff_id: int, day: date, rules: EntryRules) -> int:
    on_file = work.session.scalars(sa.select(Qualification).where(Qualification.staff_id == staff_id)).all()
    person = work.session.get_one(Staff, staff_id)
    if not on_file and person.fit_for_post:
        posts = training.entry_posts(work.session, rules).get(staff_id, [])
        on_file = [training.qualify(work, person, role, day, rules) for role in posts]
    holding = [one for one in on_file if one.ended_on is None and one.from_day <= day <= one.until_day]
    for one in holding:
        training.end_qualification(work, one, day, QualificationEnd.ABSENCE)
    return len(holding)
