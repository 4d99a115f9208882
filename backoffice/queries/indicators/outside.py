"""Indicators whose figures come from outside and are entered month by month: the hotline (R31)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from backoffice.models.appraisal import MonthlyFigure
from backoffice.queries.indicators.shape import ONE, contribution
from backoffice.queries.indicators.window import Window
from policies.vocabulary_appraisal import SubjectKind


def entered(code: str) -> Callable[[Window, SubjectKind], sa.Select[Any]]:
    """Of each department what was entered last for the months of the period; the sample is the denominator."""

    def rows(window: Window, level: SubjectKind) -> sa.Select[Any]:
        denominator = _hundredths(MonthlyFigure.denominator)
        columns = contribution(
            level,
            staff=None,
            department=MonthlyFigure.department_id,
            unit=("figure", MonthlyFigure.id),
            complaint=None,
            at=MonthlyFigure.entered_at,
            numerator=_hundredths(MonthlyFigure.numerator),
            denominator=denominator,
            sample=sa.cast(denominator / ONE, sa.BigInteger),
        )
        return sa.select(*columns).where(
            MonthlyFigure.month.in_(window.months),
            MonthlyFigure.indicator == code,
            MonthlyFigure.superseded_at.is_(None),
        )

    return rows


def _hundredths(column: Any) -> sa.ColumnElement[int]:
    """A figure kept as decimal text, with at most two decimals, in whole hundredths."""
    return sa.cast(sa.func.round(sa.cast(column, sa.Numeric(asdecimal=True)) * ONE), sa.BigInteger)
