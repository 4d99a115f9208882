"""Lines outside the formula for whoever has no sheet in their month (R33): heads, who has left, posts without a scheme.

No sheet carries them, so that the month itself does: its page lists them, its signature and payroll's export hold them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.models.office import Staff
from policies.access import Actor
from policies.vocabulary_appraisal import LineState, PeriodState


def loose_lines(period_id: int, *states: LineState) -> sa.Select[Any]:
    """The lines of a month that no sheet of it carries, in these states, with whom they are for."""
    of_staff = AppraisalSheet.staff_id == AppraisalManualLine.staff_id
    of_department = sa.and_(
        AppraisalManualLine.staff_id.is_(None), AppraisalSheet.staff_id.is_(None),
        AppraisalSheet.department_id == AppraisalManualLine.department_id,
    )  # fmt: skip
    carried = sa.exists().where(
        AppraisalSheet.period_id == period_id, AppraisalSheet.body != "", sa.or_(of_staff, of_department)
    )
    month = sa.select(AppraisalPeriod.month).where(AppraisalPeriod.id == period_id).scalar_subquery()
    rows = sa.select(AppraisalManualLine).where(
        AppraisalManualLine.month == month, AppraisalManualLine.state.in_(states), sa.not_(carried)
    )
    options = (
        joinedload(AppraisalManualLine.staff).joinedload(Staff.department),
        joinedload(AppraisalManualLine.department), joinedload(AppraisalManualLine.decided_by),
    )  # fmt: skip
    return rows.options(*options).order_by(AppraisalManualLine.id)


def for_departments(actor: Actor, reach: frozenset[int] | None) -> sa.ColumnElement[bool]:
    """Lines for these departments and for their people as they stand now; None: all. An own one not before the lock."""
    locked = sa.select(AppraisalPeriod.month).where(AppraisalPeriod.state == PeriodState.LOCKED)
    foreign = AppraisalManualLine.staff_id.is_distinct_from(actor.staff_id)
    shown = sa.or_(foreign, AppraisalManualLine.month.in_(locked))
    if reach is None:
        return shown
    people = sa.select(Staff.id).where(Staff.department_id.in_(sorted(reach)))
    of_people = AppraisalManualLine.staff_id.in_(people)
    return sa.and_(shown, sa.or_(of_people, AppraisalManualLine.department_id.in_(sorted(reach))))
