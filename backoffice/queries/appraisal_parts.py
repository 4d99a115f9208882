"""The sheets that one person has in one month (R33), and which of them bears the month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalSheet
from policies.appraisal_bearing import MonthPart, bearer

Parts = dict[int, list[MonthPart]]


def month_parts(
    session: Session, period_id: int, people: Iterable[int | None], graded: Mapping[int, bool] | None = None
) -> Parts:
    """Person → their sheets of a month, in order. ``graded``: what is known better than it is stored, by sheet."""
    wanted = sorted({one for one in people if one is not None})
    columns = sa.select(
        AppraisalSheet.id, AppraisalSheet.staff_id, AppraisalSheet.from_day, AppraisalSheet.days, AppraisalSheet.grade
    )
    mine = columns.where(AppraisalSheet.period_id == period_id, AppraisalSheet.staff_id.in_(wanted))
    found: Parts = defaultdict(list)
    for row in session.execute(mine.order_by(AppraisalSheet.staff_id, AppraisalSheet.from_day)) if wanted else ():
        is_graded = (graded or {}).get(row.id, row.grade is not None)
        found[row.staff_id].append(MonthPart(row.id, row.from_day, row.days, is_graded))
    return dict(found)


def bearing(parts: Parts) -> dict[int, bool]:
    """Sheet → whether it bears what comes once in its person's month."""
    found: dict[int, bool] = {}
    for mine in parts.values():
        one = bearer(mine)
        found.update({part.sheet_id: part is one for part in mine})
    return found


def grades_by_month(rows: Sequence[Any]) -> dict[str, str | None]:
    """Month → grade of one person or department, from rows with month, id, from_day, days and grade of their sheets."""
    months: dict[str, dict[MonthPart, str | None]] = defaultdict(dict)
    for row in rows:
        months[row.month][MonthPart(row.id, row.from_day, row.days, row.grade is not None)] = row.grade
    return {month: grades[one] for month, grades in months.items() if (one := bearer(grades)) is not None}


def bearing_number(session: Session, sheet: AppraisalSheet) -> str | None:
    """The number of the sheet that bears the month of somebody who has several; None for who has one."""
    mine = month_parts(session, sheet.period_id, [sheet.staff_id]).get(sheet.staff_id or 0, [])
    one = bearer(mine)
    if one is None or len(mine) == 1:
        return None
    return session.scalars(sa.select(AppraisalSheet.number).where(AppraisalSheet.id == one.sheet_id)).one()
