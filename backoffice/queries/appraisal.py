"""Months, sheets, lines and appeals of the appraisal (R33) as one person may see them.

Whose they may be is said once, in ``queries/appraisal_reach.py``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.models.appraisal import (
    AppraisalAppeal,
    AppraisalEvent,
    AppraisalManualLine,
    AppraisalPeriod,
    AppraisalScheme,
    AppraisalSheet,
)
from backoffice.models.office import Department, Staff
from backoffice.queries.appraisal_reach import SHOWN, departments_read, is_own, seen
from policies.access import Actor
from policies.vocabulary_appraisal import LineState, SheetStatus

PAGE = 100
MONTHS = 60


# Months


@dataclass(frozen=True)
class MonthRow:
    """A month with how many of its sheets this reader sees at each status."""

    period: AppraisalPeriod
    counts: dict[SheetStatus, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def months(session: Session, actor: Actor) -> list[MonthRow]:
    """The newest months, in two queries."""
    periods = list(session.scalars(sa.select(AppraisalPeriod).order_by(AppraisalPeriod.month.desc()).limit(MONTHS)))
    rows = session.execute(
        sa.select(AppraisalSheet.period_id, AppraisalSheet.status, sa.func.count())
        .where(AppraisalSheet.period_id.in_([one.id for one in periods]), seen(actor))
        .group_by(AppraisalSheet.period_id, AppraisalSheet.status)
    ).all()
    found: dict[int, dict[SheetStatus, int]] = {}
    for period_id, status, count in rows:
        found.setdefault(period_id, {})[status] = count
    return [MonthRow(one, found.get(one.id, {})) for one in periods]


# Sheets


@dataclass(frozen=True)
class Wanted:
    """What the list of a month is narrowed to."""

    department_id: int | None = None
    grade: str = ""
    status: SheetStatus | None = None
    page: int = 1
    more: tuple[sa.ColumnElement[bool], ...] = ()


NO_GRADE = "none"


@dataclass(frozen=True)
class SheetPage:
    """One page of a month's sheets, and what all of them together look like."""

    rows: list[AppraisalSheet]
    count: int
    page: int
    grades: dict[str, int]
    statuses: dict[SheetStatus, int]

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


def sheets(session: Session, actor: Actor, period_id: int, wanted: Wanted) -> SheetPage:
    """The sheets of a month by department and person; in three queries."""
    where = [AppraisalSheet.period_id == period_id, seen(actor), *_narrowed(wanted)]
    tally = session.execute(
        sa.select(AppraisalSheet.grade, AppraisalSheet.status, sa.func.count())
        .where(*where)
        .group_by(AppraisalSheet.grade, AppraisalSheet.status)
    ).all()
    grades: dict[str, int] = {}
    statuses: dict[SheetStatus, int] = {}
    for grade, status, number in tally:
        grades[grade or NO_GRADE] = grades.get(grade or NO_GRADE, 0) + number
        statuses[status] = statuses.get(status, 0) + number
    count = sum(statuses.values())
    page = min(max(1, wanted.page), max(1, -(-count // PAGE)))
    rows = (
        _loaded(where)
        .outerjoin(Department, Department.id == AppraisalSheet.department_id)
        .outerjoin(Staff, Staff.id == AppraisalSheet.staff_id)
        .order_by(AppraisalSheet.subject, Department.id, Staff.code, AppraisalSheet.from_day, AppraisalSheet.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return SheetPage(list(session.scalars(rows)), count, page, grades, statuses)


def _narrowed(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.department_id is not None:
        found.append(AppraisalSheet.department_id == wanted.department_id)
    if wanted.grade == NO_GRADE:
        found.append(AppraisalSheet.grade.is_(None))
    elif wanted.grade:
        found.append(AppraisalSheet.grade == wanted.grade)
    if wanted.status is not None:
        found.append(AppraisalSheet.status == wanted.status)
    return [*found, *wanted.more]


def _loaded(where: Collection[sa.ColumnElement[bool]]) -> sa.Select[tuple[AppraisalSheet]]:
    return (
        sa.select(AppraisalSheet)
        .where(*where)
        .options(
            joinedload(AppraisalSheet.staff),
            joinedload(AppraisalSheet.department),
            joinedload(AppraisalSheet.scheme).load_only(
                AppraisalScheme.code, AppraisalScheme.version, AppraisalScheme.name_zh, AppraisalScheme.name_en
            ),
            joinedload(AppraisalSheet.period),
        )
    )


def find(session: Session, actor: Actor, number: str) -> AppraisalSheet | None:
    """One sheet by its number, where this person may open it, with its lines."""
    where = [AppraisalSheet.number == number.strip().upper(), seen(actor)]
    statement = _loaded(where).options(selectinload(AppraisalSheet.lines))
    return session.scalars(statement).one_or_none()


def own_sheets(session: Session, actor: Actor) -> list[AppraisalSheet]:
    """The published sheets that this person answers for, the newest month first."""
    where = [is_own(actor), AppraisalSheet.status.in_(SHOWN), AppraisalSheet.body != ""]
    statement = _loaded(where).join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
    order = (AppraisalPeriod.month.desc(), AppraisalSheet.subject, AppraisalSheet.from_day)
    return list(session.scalars(statement.order_by(*order).limit(PAGE)))


def events_of(session: Session, sheet_id: int) -> list[AppraisalEvent]:
    """What happened to a sheet, the newest first."""
    rows = sa.select(AppraisalEvent).where(AppraisalEvent.sheet_id == sheet_id)
    options = joinedload(AppraisalEvent.actor)
    return list(session.scalars(rows.options(options).order_by(AppraisalEvent.id.desc()).limit(PAGE)))


def appeal_of(session: Session, sheet_id: int) -> AppraisalAppeal | None:
    """The objection to a sheet."""
    mine = sa.select(AppraisalAppeal).where(AppraisalAppeal.sheet_id == sheet_id)
    options = (joinedload(AppraisalAppeal.by), joinedload(AppraisalAppeal.decider))
    return session.scalars(mine.options(*options)).one_or_none()


def without_sheet(session: Session, period_id: int) -> list[Staff]:
    """Who is in service and has no sheet in a month: nobody of them has a role that a scheme is for."""
    there = sa.select(AppraisalSheet.staff_id).where(
        AppraisalSheet.period_id == period_id, AppraisalSheet.staff_id.is_not(None)
    )
    rows = sa.select(Staff).where(Staff.retired_at.is_(None), Staff.id.not_in(there))
    return list(session.scalars(rows.order_by(Staff.code).limit(PAGE)))


# Lines


@dataclass(frozen=True)
class LinePage:
    """One page of lines outside the formula; ``older``: the id before which the next page begins."""

    rows: list[AppraisalManualLine]
    older: int | None


def lines(
    session: Session, actor: Actor, state: LineState | None, month: str = "", before: int | None = None, size: int = 25
) -> LinePage:
    """Lines that this person may see, the newest first."""
    where = [seen_lines(actor)]
    if state is not None:
        where.append(AppraisalManualLine.state == state)
    if month:
        where.append(AppraisalManualLine.month == month)
    if before is not None:
        where.append(AppraisalManualLine.id < before)
    statement = _with_people(sa.select(AppraisalManualLine).where(*where))
    rows = list(session.scalars(statement.order_by(AppraisalManualLine.id.desc()).limit(size + 1)))
    return LinePage(rows[:size], rows[size - 1].id if len(rows) > size else None)


def find_line(session: Session, actor: Actor, line_id: int) -> AppraisalManualLine | None:
    """One line, where this person may see it."""
    statement = sa.select(AppraisalManualLine).where(AppraisalManualLine.id == line_id, seen_lines(actor))
    return session.scalars(_with_people(statement)).one_or_none()


def _with_people(statement: sa.Select[tuple[AppraisalManualLine]]) -> sa.Select[tuple[AppraisalManualLine]]:
    return statement.options(
        joinedload(AppraisalManualLine.staff),
        joinedload(AppraisalManualLine.department),
        joinedload(AppraisalManualLine.proposed_by),
        joinedload(AppraisalManualLine.decided_by),
    )


def seen_lines(actor: Actor) -> sa.ColumnElement[bool]:
    """A condition on lines: others' as far as sheets are seen, and what one proposed oneself; an own one counts on the
    own sheet and is seen there.
    """
    mine, reach = AppraisalManualLine.proposed_by_id == actor.staff_id, departments_read(actor)
    if reach is None:
        return sa.or_(mine, AppraisalManualLine.staff_id.is_distinct_from(actor.staff_id))
    people = sa.select(Staff.id).where(Staff.department_id.in_(sorted(reach)), Staff.id != actor.staff_id)
    within = sa.or_(AppraisalManualLine.department_id.in_(sorted(reach)), AppraisalManualLine.staff_id.in_(people))
    return sa.or_(mine, within)


# Appeals


def appeals(
    session: Session, actor: Actor, *, decided: bool, size: int = PAGE,
    narrowed: Collection[sa.ColumnElement[bool]] = (),
) -> list[AppraisalAppeal]:  # fmt: skip
    """Objections to sheets that this person sees: those that wait by their date, or the decided ones, newest first."""
    done = AppraisalAppeal.decided_at.is_not(None) if decided else AppraisalAppeal.decided_at.is_(None)
    order = AppraisalAppeal.decided_at.desc() if decided else AppraisalAppeal.decide_due_at
    statement = (
        sa.select(AppraisalAppeal)
        .join(AppraisalSheet, AppraisalSheet.id == AppraisalAppeal.sheet_id)
        .where(done, seen(actor), *narrowed)
        .options(
            joinedload(AppraisalAppeal.sheet).joinedload(AppraisalSheet.staff),
            joinedload(AppraisalAppeal.sheet).joinedload(AppraisalSheet.department),
            joinedload(AppraisalAppeal.sheet).joinedload(AppraisalSheet.period),
            joinedload(AppraisalAppeal.by),
            joinedload(AppraisalAppeal.decider),
        )
    )
    return list(session.scalars(statement.order_by(order, AppraisalAppeal.id).limit(size)))
