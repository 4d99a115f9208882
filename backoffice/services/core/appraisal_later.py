"""What a month's grades bring in the months after it (R32, R33): rules over several months count them.

Where a grade changes while a later month is not locked yet, that month's sheets are reckoned anew. One that comes to
something else begins its course anew: it is checked, published and acknowledged by what it says now.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet
from backoffice.services.core.appraisal_notes import note
from backoffice.services.core.appraisal_periods import find, refresh, rerank
from backoffice.services.core.appraisal_reckoning import around, load, reckon
from backoffice.services.core.work import Work
from policies.appraisal_changes import differences
from policies.vocabulary_appraisal import PeriodState, SheetStatus

FOLLOWED = "followed"


def follow_grades(
    work: Work, period: AppraisalPeriod, sheets: Sequence[AppraisalSheet], before: Mapping[int, str | None]
) -> None:
    """Have later months follow these sheets where their grade is another than ``before`` (by sheet)."""
    moved = [sheet for sheet in sheets if sheet.grade != before.get(sheet.id, sheet.grade)]
    if not moved:
        return
    work.session.flush()
    later: dict[str, list[int]] = defaultdict(list)
    for month, sheet_id in work.session.execute(_later(period, moved)):
        later[month].append(sheet_id)
    for month, ids in later.items():
        _follow(work, month, ids, period.month)


def _later(period: AppraisalPeriod, sheets: Sequence[AppraisalSheet]) -> sa.Select[str, int]:
    """Month and id of the sheets that the same people and departments have in later months that are not locked."""
    people = sorted({one.staff_id for one in sheets if one.staff_id is not None})
    places = sorted({one.department_id for one in sheets if one.staff_id is None and one.department_id is not None})
    whose = sa.or_(
        AppraisalSheet.staff_id.in_(people),
        sa.and_(AppraisalSheet.staff_id.is_(None), AppraisalSheet.department_id.in_(places)),
    )
    return (
        sa.select(AppraisalPeriod.month, AppraisalSheet.id)
        .join(AppraisalSheet, AppraisalSheet.period_id == AppraisalPeriod.id)
        .where(AppraisalPeriod.month > period.month, AppraisalPeriod.state != PeriodState.LOCKED)
        .where(whose, AppraisalSheet.body != "")
        .order_by(AppraisalPeriod.month, AppraisalSheet.id)
    )


def _follow(work: Work, month: str, ids: Sequence[int], because: str) -> None:
    period = find(work.session, month, locked=True)
    if period is None or period.state is PeriodState.LOCKED:
        return
    sheets = load(work.session, ids)
    now = around(work.session, period, sheets)
    for sheet in sheets:
        text = json.loads(sheet.body)
        if not reckon(work.session, period, sheet, now):
            continue
        facts = {**differences(text, json.loads(sheet.body)), "earlier": because, "was": sheet.status}
        if sheet.status is not SheetStatus.APPEALED:  # whoever decides the objection sees what it says now
            set_back(sheet)
        note(work, period, FOLLOWED, facts, sheet=sheet)
    refresh(work, period)
    rerank(work.session, period)


def set_back(sheet: AppraisalSheet) -> None:
    """To computed: what was signed by an older text is signed no more."""
    sheet.status = SheetStatus.COMPUTED
    sheet.checked_at = sheet.checked_by_id = None
    sheet.published_at = sheet.acknowledge_until = None
    sheet.acknowledged_at, sheet.acknowledged_silently, sheet.sealed = None, False, None
    sheet.approved_at = sheet.approved_by_id = None
