"""Which month a line outside the formula may still count in (R33): until the sheet is published, then the next one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from policies.appraisal_course import OPEN_TO_FIGURES
from policies.appraisal_posts import next_month
from policies.vocabulary_appraisal import LineState, PeriodState


def sheets_of_subject(
    session: Session, period_id: int, staff_id: int | None, department_id: int | None
) -> list[AppraisalSheet]:
    """The sheets of a person, or of a department, in a month, by their first day."""
    mine = (
        AppraisalSheet.staff_id == staff_id
        if staff_id is not None
        else sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id == department_id)
    )
    rows = sa.select(AppraisalSheet).where(AppraisalSheet.period_id == period_id, AppraisalSheet.body != "", mine)
    return list(session.scalars(rows.order_by(AppraisalSheet.from_day)))


def is_open(session: Session, period: AppraisalPeriod, staff_id: int | None, department_id: int | None) -> bool:
    """Whether a line for somebody can still count in a month: not locked, and no sheet of theirs published."""
    if period.state is PeriodState.LOCKED:
        return False
    sheets = sheets_of_subject(session, period.id, staff_id, department_id)
    return all(sheet.status in OPEN_TO_FIGURES for sheet in sheets)


def first_open_month(session: Session, month: str, staff_id: int | None, department_id: int | None) -> str:
    """This month, or the first after it in which a line for somebody can still be approved."""
    while True:
        period = session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == month)).one_or_none()
        if period is None or is_open(session, period, staff_id, department_id):
            return month
        month = next_month(month)


def waiting_lines(session: Session, month: str) -> int:
    """How many lines of a month nobody has decided yet, whether or not there is a sheet for them."""
    mine = (AppraisalManualLine.month == month, AppraisalManualLine.state == LineState.PROPOSED)
    return session.scalar(sa.select(sa.func.count()).select_from(AppraisalManualLine).where(*mine)) or 0
