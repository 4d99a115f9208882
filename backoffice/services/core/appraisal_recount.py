"""One line of one sheet counted again from the records (R33): what was put right since comes in with its list."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from backoffice.models.appraisal import AppraisalInput, AppraisalPeriod, AppraisalSheet
from backoffice.queries import indicators
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import appraisal_counting as counting
from backoffice.services.core import appraisal_plan as planning
from backoffice.services.core.appraisal_counted import count_rows
from backoffice.services.core.appraisal_counting import NOTHING, Counted, Moved
from backoffice.services.core.work import Work


def count_again(work: Work, period: AppraisalPeriod, sheet: AppraisalSheet, code: str) -> Counted:
    """What an indicator of a sheet comes to by the records of now; as in the computation, within the sheet's days."""
    made, key = planning.plan(work.session, period.month), planning.key_of(sheet)
    if key not in made.by_key:
        return NOTHING
    at = period.computed_at or work.at
    window = indicators.window_of(work.session, period.month, Rulebook(work.session).zone(), at)
    subject = sheet.staff_id or sheet.department_id or 0
    found = dict(count_rows(work.session, code, window, sheet.subject, made, {key: sheet.id}, [subject]))
    return found.get(sheet.id, NOTHING)


def keep(work: Work, sheet: AppraisalSheet, code: str, counted: Counted) -> Moved:
    """Put a count in the place of the one that the sheet stands on; says what came and went."""
    mine = (AppraisalInput.sheet_id == sheet.id, AppraisalInput.indicator == code, AppraisalInput.run == sheet.run)
    old = work.session.scalars(sa.select(AppraisalInput).where(*mine).options(undefer(AppraisalInput.lines))).first()
    moved = counting.compared(b"" if old is None else bytes(old.lines), counted.lines)
    row = old or AppraisalInput(sheet_id=sheet.id, indicator=code, run=sheet.run)
    row.count, row.sample, row.sha256, row.lines = counted.count, counted.sample, counted.sha256, counted.lines
    row.numerator, row.denominator = counted.numerator, counted.denominator
    work.session.add(row)
    for line in sheet.lines:
        if line.indicator == code:
            line.corrected = False
    work.session.flush()
    return moved
