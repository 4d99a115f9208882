"""The list behind every figure of the manager's view (R35, R39): complaints by their number, no data of a customer.

A list is asked for by what the figure counts and rests on the very conditions of the figure, so that both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Category
from backoffice.models.office import Department
from backoffice.queries.indicators import Part, Window
from backoffice.queries.indicators.shape import ONE, responsible
from backoffice.queries.overview.measures import rows_of
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.steps import ended
from backoffice.queries.overview.volume import Flow, in_flow, is_overdue, of_age, still_open
from backoffice.queries.scope import visible
from policies.access import Actor
from policies.indicator import numerator_of
from policies.message import Name
from policies.vocabulary import ClockCode, Fault, Outcome, Priority, Severity
from policies.vocabulary_appraisal import LeftOut

PAGE = 50
OPEN, STEP = "open", "step"
"""What a list may be of, beside the flows and the indicators."""


@dataclass(frozen=True)
class Wanted:
    """A list: ``what`` it is of (``received``, ``closed``, ``open``, ``step`` or an indicator), and what narrows it.

    ``part``: of an indicator; ``cause``, ``leaf``, ``priority``, ``outcome``, ``fault``: of a flow; ``age``,
    ``overdue``: of what is open; ``clock``, ``late``: of a step.
    """

    what: str
    window: Window
    narrow: Narrow
    part: Part = Part.DENOMINATOR
    cause: str = ""
    leaf: int | None = None
    age: int | None = None
    overdue: bool = False
    clock: ClockCode | None = None
    late: bool = False
    priority: Priority | None = None
    outcome: Outcome | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Record:
    """A complaint behind a figure; ``numerator`` and ``denominator``: what it adds, where it is an indicator's.

    ``opens``: whether the reader may open it.
    """

    number: str
    category: Name
    department: Name | None
    severity: Severity
    received_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    at: datetime
    numerator: Fraction | None
    denominator: Fraction | None
    left_out: LeftOut | None
    opens: bool


@dataclass(frozen=True)
class RecordPage:
    """One page of a list, the newest first; ``count``: all of them."""

    rows: list[Record]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


def records(session: Session, actor: Actor, wanted: Wanted, page: int = 1) -> RecordPage:
    """A page of a list, in two statements."""
    behind = _behind(wanted).subquery("behind")
    count = session.scalar(sa.select(sa.func.count()).select_from(behind)) or 0
    page = min(max(1, page), max(1, -(-count // PAGE)))
    listed = (
        sa.select(
            behind,
            Complaint.number,
            Complaint.severity,
            Complaint.received_at,
            Complaint.closed_at,
            Complaint.outcome,
            Category.name_zh.label("category_zh"),
            Category.name_en.label("category_en"),
            Department.name_zh.label("department_zh"),
            Department.name_en.label("department_en"),
            visible(actor).label("opens"),
        )
        .join(Complaint, Complaint.id == behind.c.complaint_id)
        .join(Category, Category.id == Complaint.category_id)
        .outerjoin(Department, Department.id == responsible())
        .order_by(behind.c.at.desc(), behind.c.complaint_id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return RecordPage([_record(wanted.what, row) for row in session.execute(listed)], count, page)


def _behind(wanted: Wanted) -> sa.Select[Any]:
    """Complaint, moment and what it adds."""
    if wanted.what == OPEN:
        return _open(wanted)
    if wanted.what == STEP:
        return _ended(wanted)
    if wanted.what in list(Flow):
        flow = Flow(wanted.what)
        where = in_flow(flow, wanted.window, wanted.narrow)
        if wanted.cause:
            where.append(Complaint.cause_code == wanted.cause)
        if wanted.leaf is not None:
            where.append(Complaint.category_id == wanted.leaf)
        graded = (
            (Complaint.priority, wanted.priority),
            (Complaint.outcome, wanted.outcome),
            (Complaint.fault, wanted.fault),
        )
        where += [column == value for column, value in graded if value is not None]
        moment = Complaint.received_at if flow is Flow.RECEIVED else Complaint.closed_at
        return _plain(moment).where(*where)
    return _of_indicator(wanted)


def _open(wanted: Wanted) -> sa.Select[Any]:
    at = wanted.window.computed_at
    statement = _plain(Complaint.received_at).where(*still_open(wanted.narrow))
    if wanted.age is not None:
        statement = statement.where(*of_age(wanted.age, at))
    return statement.where(is_overdue(at)) if wanted.overdue else statement


def _ended(wanted: Wanted) -> sa.Select[Any]:
    statement = _plain(ClockRow.stopped_at).select_from(ClockRow).join(Complaint, Complaint.id == ClockRow.complaint_id)
    statement = statement.where(*ended(wanted.window, wanted.narrow, wanted.clock))
    return statement.where(ClockRow.met.is_(False)) if wanted.late else statement


def _plain(moment: Any) -> sa.Select[Any]:
    nothing = [sa.cast(sa.null(), sa.BigInteger).label(name) for name in ("numerator", "denominator")]
    left_out = sa.cast(sa.null(), sa.String).label("left_out")
    return sa.select(Complaint.id.label("complaint_id"), moment.label("at"), *nothing, left_out)


def _of_indicator(wanted: Wanted) -> sa.Select[Any]:
    rows, statement = rows_of(wanted.what, wanted.window, wanted.narrow)
    columns = (rows.c.complaint_id, rows.c.at, rows.c.numerator, rows.c.denominator, rows.c.left_out)
    statement = statement.add_columns(*columns)
    if wanted.part is Part.LEFT_OUT:
        return statement.where(rows.c.left_out.is_not(None))
    statement = statement.where(rows.c.left_out.is_(None))
    if wanted.part is Part.NUMERATOR:
        return statement.where(rows.c.numerator > 0)
    return statement.where(rows.c.numerator < rows.c.denominator) if wanted.part is Part.MISSED else statement


def _record(code: str, row: Any) -> Record:
    return Record(
        number=row.number,
        category=Name(row.category_zh, row.category_en),
        department=None if row.department_zh is None else Name(row.department_zh, row.department_en or ""),
        severity=row.severity,
        received_at=row.received_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        at=row.at,
        numerator=None if row.numerator is None else numerator_of(code, int(row.numerator)),
        denominator=None if row.denominator is None else Fraction(int(row.denominator), ONE),
        left_out=LeftOut(row.left_out) if row.left_out else None,
        opens=bool(row.opens),
    )
