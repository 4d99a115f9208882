"""Indicators over work orders sent in the period: to the right department, soon, appointed in time (R10–R12)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.queries.indicators.shape import (
    ONE,
    Exclusion,
    contribution,
    counted,
    department_of,
    excluded,
    judged,
    within,
)
from backoffice.queries.indicators.window import Window
from policies.vocabulary import ClockCode
from policies.vocabulary_appraisal import LeftOut, SubjectKind

Rows = sa.Select[Any]


def dispatch_accuracy(window: Window, level: SubjectKind) -> Rows:
    """First orders sent; the first department is the one that is responsible in the end, so far as that is known."""
    right = counted(WorkOrder.department_id == Complaint.department_id)
    return _first_orders(window, level, right, excluded(LeftOut.WITHDRAWN))


def dispatch_hours(window: Window, level: SubjectKind) -> Rows:
    """First orders sent; the working time from acceptance to sending, in seconds."""
    unknown: Exclusion = (LeftOut.NOT_MEASURED, WorkOrder.dispatch_seconds.is_(None))
    return _first_orders(window, level, WorkOrder.dispatch_seconds * ONE, [unknown])


def appoint_rate(window: Window, level: SubjectKind) -> Rows:
    """Orders sent, each for its department; a transfer or a dispute in time ended the clock and met it."""
    clock = aliased(ClockRow, name="clock_appoint")
    columns = contribution(
        level,
        staff=None,
        department=WorkOrder.department_id,
        unit=("order", WorkOrder.id),
        complaint=WorkOrder.complaint_id,
        at=WorkOrder.sent_at,
        numerator=counted(clock.met.is_(True)),
        left_out=judged(clock, window),
    )
    mine = sa.and_(
        clock.complaint_id == WorkOrder.complaint_id,
        clock.code == ClockCode.APPOINT.value,
        clock.order_id == WorkOrder.id,
    )
    return sa.select(*columns).select_from(WorkOrder).outerjoin(clock, mine).where(within(WorkOrder.sent_at, window))


def _first_orders(window: Window, level: SubjectKind, numerator: Any, left_out: list[Exclusion]) -> Rows:
    """One row for each first order, for who sent it and that person's department."""
    columns = contribution(
        level,
        staff=WorkOrder.sent_by_id,
        department=department_of(WorkOrder.sent_by_id),
        unit=("order", WorkOrder.id),
        complaint=WorkOrder.complaint_id,
        at=WorkOrder.sent_at,
        numerator=numerator,
        left_out=left_out,
    )
    return (
        sa.select(*columns)
        .select_from(WorkOrder)
        .join(Complaint, Complaint.id == WorkOrder.complaint_id)
        .where(within(WorkOrder.sent_at, window), WorkOrder.predecessor_id.is_(None))
    )
