"""Figures from outside as they were entered (R31): those of a month, the newest first, older ones included."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.appraisal import AppraisalPeriod, MonthlyFigure
from backoffice.models.office import Department, Staff
from policies.vocabulary_appraisal import PeriodState

MOST = 300


def of_month(session: Session, month: str) -> list[sa.Row[tuple[MonthlyFigure, Department, Staff | None]]]:
    """(figure, department, who entered it): what counts before what was replaced, newest first."""
    by = aliased(Staff)
    rows = (
        sa.select(MonthlyFigure, Department, by)
        .join(Department, Department.id == MonthlyFigure.department_id)
        .outerjoin(by, by.id == MonthlyFigure.entered_by_id)
        .where(MonthlyFigure.month == month)
        .order_by(MonthlyFigure.superseded_at.is_not(None), MonthlyFigure.id.desc())
        .limit(MOST)
    )
    return list(session.execute(rows))


def state_of(session: Session, month: str) -> PeriodState | None:
    """Where the sheets of a month stand; None while nobody opened it."""
    return session.scalar(sa.select(AppraisalPeriod.state).where(AppraisalPeriod.month == month))
