"""The other sheets of somebody's month (R33): they follow where one of them comes to bear the month, or a veto falls.

What a sheet brings depends on the person's other sheets of the month (``policies/appraisal_bearing.py``). Where one
that was published already changes with another, it goes its way again from the check on, so that nobody has agreed to
anything else than what stands there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from backoffice.models.appraisal import AppraisalPeriod, AppraisalSheet
from backoffice.queries.appraisal_parts import month_parts
from backoffice.services.core.appraisal_later import follow_grades, set_back
from backoffice.services.core.appraisal_notes import note
from backoffice.services.core.appraisal_reckoning import around, load, reckon
from backoffice.services.core.work import Work
from policies.appraisal_changes import differences
from policies.vocabulary_appraisal import SheetStatus

RECOMPUTED = "recomputed"


def follow_parts(work: Work, period: AppraisalPeriod, sheets: Sequence[AppraisalSheet]) -> None:
    """Reckon the other parts of these people's month anew. The caller has the month locked."""
    work.session.flush()
    parts = month_parts(work.session, period.id, (one.staff_id for one in sheets))
    ids = {part.sheet_id for mine in parts.values() for part in mine} - {one.id for one in sheets}
    others = [one for one in load(work.session, ids) if one.body] if ids else []
    if not others:
        return
    at, grades = around(work.session, period, others), {one.id: one.grade for one in others}
    for sheet in others:
        text = json.loads(sheet.body)
        if not reckon(work.session, period, sheet, at):
            continue
        facts = {**differences(text, json.loads(sheet.body)), "part": True, "was": sheet.status}
        if sheet.status is not SheetStatus.APPEALED:  # whoever decides the objection sees what it says now
            set_back(sheet)
        note(work, period, RECOMPUTED, facts, sheet=sheet)
    work.session.flush()
    follow_grades(work, period, others, grades)
