"""Training as pages and papers read it (R34): what is due, sessions, people with their standing, one person's file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.models.office import Department, Staff
from backoffice.models.training import Attendance, Qualification, TrainingCourse, TrainingOrder, TrainingSession
from policies.vocabulary_training import CourseKind, DueState

PAGE = 50
MOST = 500
"""Rows of one person's file that a page shows; a paper shows them all."""

Reach = frozenset[int] | None
"""Departments whose people are read; None: everybody's."""


class Which(StrEnum):
    """The lists of what is due."""

    MONTH = "month"
    OVERDUE = "overdue"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True)
class Asked:
    """What of the plan is looked at: the month's first and last day, as of ``today`` (local days)."""

    first: date
    last: date
    today: date
    reach: Reach = None


def of_list(asked: Asked, which: Which) -> sa.ColumnElement[bool]:
    """The condition of a list."""
    order = TrainingOrder
    in_month = order.due.between(asked.first, asked.last)
    return {
        Which.MONTH: sa.and_(in_month, order.state == DueState.OPEN),
        Which.OVERDUE: sa.and_(order.state == DueState.OPEN, order.due < asked.today),
        Which.DONE: sa.and_(in_month, order.state == DueState.DONE),
        Which.ALL: in_month,
    }[which]


def counts(session: Session, asked: Asked) -> dict[Which, int]:
    """How many there are in each list, in one statement."""
    columns = [sa.func.count(sa.case((of_list(asked, which), 1))).label(which.value) for which in Which]
    row = session.execute(_reached(sa.select(*columns).select_from(TrainingOrder).join(_STAFF), asked.reach)).one()
    return {which: int(getattr(row, which.value)) for which in Which}


def due(session: Session, asked: Asked, which: Which, page: int) -> tuple[list[TrainingOrder], bool]:
    """A page of a list, by day, and whether there are more."""
    statement = _reached(sa.select(TrainingOrder).join(_STAFF), asked.reach).where(of_list(asked, which))
    rows = session.scalars(
        statement.options(*_ORDER)
        .order_by(TrainingOrder.due, TrainingOrder.id)
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()
    return list(rows[:PAGE]), len(rows) > PAGE


_STAFF = TrainingOrder.staff
_ORDER = (
    joinedload(TrainingOrder.staff).joinedload(Staff.department),
    joinedload(TrainingOrder.course),
    joinedload(TrainingOrder.ordered_by),
)


def _reached(statement: Any, reach: Reach) -> Any:
    """Only people of these departments."""
    return statement if reach is None else statement.where(Staff.department_id.in_(sorted(reach)))


def order_of(session: Session, order_id: int) -> TrainingOrder | None:
    """One entry with whom and what it is about."""
    return session.scalars(sa.select(TrainingOrder).where(TrainingOrder.id == order_id).options(*_ORDER)).one_or_none()


def attended_for(session: Session, order_id: int) -> list[Attendance]:
    """What was attended for an ordered coaching or training, the newest first."""
    rows = sa.select(Attendance).where(Attendance.order_id == order_id).options(*_ATTENDANCE)
    return list(session.scalars(rows.order_by(Attendance.id.desc()).limit(MOST)))


# Sessions


def sessions(session: Session, reach: Reach, page: int) -> tuple[list[TrainingSession], bool]:
    """Sessions of courses, the latest day first; a head sees those that the own people are listed for."""
    statement = sa.select(TrainingSession).where(TrainingSession.course_id.is_not(None))
    if reach is not None:
        own = (
            sa.select(Attendance.session_id)
            .join(Staff, Staff.id == Attendance.staff_id)
            .where(Staff.department_id.in_(sorted(reach)))
        )
        statement = statement.where(TrainingSession.id.in_(own))
    rows = session.scalars(
        statement.options(joinedload(TrainingSession.course), joinedload(TrainingSession.trainer_staff))
        .order_by(TrainingSession.held_on.desc(), TrainingSession.id.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()
    return list(rows[:PAGE]), len(rows) > PAGE


@dataclass(frozen=True)
class Turnout:
    """How many were asked to a session, came, and passed its exam."""

    listed: int
    present: int
    passed: int


def turnouts(session: Session, ids: Iterable[int]) -> dict[int, Turnout]:
    """The turnout of these sessions."""
    rows = session.execute(
        sa.select(
            Attendance.session_id,
            sa.func.count(),
            sa.func.count(sa.case((Attendance.present.is_(True), 1))),
            sa.func.count(sa.case((Attendance.passed.is_(True), 1))),
        )
        .where(Attendance.session_id.in_(list(ids)))
        .group_by(Attendance.session_id)
    )
    return {row[0]: Turnout(*map(int, row[1:])) for row in rows}


def session_of(session: Session, session_id: int) -> TrainingSession | None:
    """One session with its list of people."""
    people = selectinload(TrainingSession.attendance)
    return session.scalars(
        sa.select(TrainingSession)
        .where(TrainingSession.id == session_id)
        .options(
            joinedload(TrainingSession.course),
            joinedload(TrainingSession.trainer_staff),
            people.joinedload(Attendance.staff).joinedload(Staff.department),
            people.joinedload(Attendance.order),
        )
    ).one_or_none()


def courses(session: Session) -> list[TrainingCourse]:
    """Courses in use, in order."""
    statement = sa.select(TrainingCourse).where(TrainingCourse.retired_at.is_(None))
    return list(session.scalars(statement.order_by(TrainingCourse.position, TrainingCourse.id)))


def last_drills(session: Session) -> dict[int, date]:
    """Drill → the day on which it was last held and written up."""
    rows = session.execute(
        sa.select(TrainingSession.course_id, sa.func.max(TrainingSession.held_on))
        .join(TrainingCourse, TrainingCourse.id == TrainingSession.course_id)
        .where(
            TrainingCourse.kind == CourseKind.DRILL,
            TrainingSession.written_at.is_not(None),
            TrainingSession.cancelled_at.is_(None),
        )
        .group_by(TrainingSession.course_id)
    )
    return {course_id: day for course_id, day in rows if course_id is not None}


# People


def people(session: Session, reach: Reach, page: int) -> tuple[list[Staff], bool]:
    """People in service, by department and code."""
    statement = sa.select(Staff).outerjoin(Department, Department.id == Staff.department_id)
    statement = _reached(statement.where(Staff.retired_at.is_(None)), reach)
    rows = session.scalars(
        statement.options(joinedload(Staff.department))
        .order_by(Department.id, Staff.code)
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()
    return list(rows[:PAGE]), len(rows) > PAGE


def hours_of(session: Session, staff_ids: Iterable[int], first: date, last: date) -> dict[int, Decimal]:
    """Staff → hours attended between two days."""
    rows = session.execute(
        sa.select(Attendance.staff_id, sa.func.sum(Attendance.hours))
        .join(TrainingSession, TrainingSession.id == Attendance.session_id)
        .where(
            Attendance.staff_id.in_(list(staff_ids)),
            Attendance.present.is_(True),
            TrainingSession.held_on.between(first, last),
            TrainingSession.cancelled_at.is_(None),
        )
        .group_by(Attendance.staff_id)
    )
    return dict(rows.all())


def overdue_of(session: Session, staff_ids: Iterable[int], today: date) -> dict[int, int]:
    """Staff → how many entries are past their day."""
    rows = session.execute(
        sa.select(TrainingOrder.staff_id, sa.func.count())
        .where(
            TrainingOrder.staff_id.in_(list(staff_ids)),
            TrainingOrder.state == DueState.OPEN,
            TrainingOrder.due < today,
        )
        .group_by(TrainingOrder.staff_id)
    )
    return dict(rows.all())


@dataclass(frozen=True)
class File:
    """One person's training file: qualifications, what is due or was, what was attended; the newest first."""

    staff: Staff
    qualifications: Sequence[Qualification]
    orders: Sequence[TrainingOrder]
    attendance: Sequence[Attendance]


def file_of(session: Session, staff: Staff, most: int | None = MOST) -> File:
    """The file; at most ``most`` rows of a kind, None for all."""
    orders = sa.select(TrainingOrder).where(TrainingOrder.staff_id == staff.id).options(*_ORDER)
    held = sa.select(Qualification).where(Qualification.staff_id == staff.id)
    return File(
        staff,
        session.scalars(held.order_by(Qualification.from_day.desc(), Qualification.id.desc()).limit(most)).all(),
        session.scalars(orders.order_by(TrainingOrder.due.desc(), TrainingOrder.id.desc()).limit(most)).all(),
        session.scalars(records().where(Attendance.staff_id == staff.id).limit(most)).all(),
    )


_ATTENDANCE = (
    joinedload(Attendance.session).joinedload(TrainingSession.course),
    joinedload(Attendance.session).joinedload(TrainingSession.trainer_staff),
    joinedload(Attendance.order).joinedload(TrainingOrder.course),
)


def records(reach: Reach = None, first: date | None = None, last: date | None = None) -> sa.Select[tuple[Attendance]]:
    """What was written up of people of these departments between two days, the newest first."""
    statement = (
        sa.select(Attendance)
        .join(TrainingSession, TrainingSession.id == Attendance.session_id)
        .join(Staff, Staff.id == Attendance.staff_id)
        .where(Attendance.present.is_not(None), TrainingSession.cancelled_at.is_(None))
        .options(*_ATTENDANCE, joinedload(Attendance.staff).joinedload(Staff.department))
    )
    if first is not None and last is not None:
        statement = statement.where(TrainingSession.held_on.between(first, last))
    statement = _reached(statement, reach)
    return statement.order_by(TrainingSession.held_on.desc(), Attendance.id.desc())
