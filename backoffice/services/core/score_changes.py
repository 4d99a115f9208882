"""A published score that became another one (R29): written down once, so that the appraisal follows (R31, R33).

An open sheet reckons with the score as it stands. Figures of a locked sheet never move: for these the row names the
month in which the difference stands as a visible correction.
"""

from __future__ import annotations

from decimal import Decimal

from backoffice.models.inspection import Inspection, ScoreChange
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.appraisal_periods import locked_months
from backoffice.services.core.work import Work
from policies.appeal import correction_period

APPEAL = "appeal"


def changed(
    work: Work,
    inspection: Inspection,
    old: Decimal | None,
    new: Decimal | None,
    *,
    cause: str = APPEAL,
) -> ScoreChange | None:
    """Write down that a score became another one; None where it did not.

    The month that counts is that in which the inspection became final, in the office's time; where its sheets are
    locked by now, the next one that is open.
    """
    if old == new:
        return None
    final_on = (inspection.final_at or work.at).astimezone(Rulebook(work.session).zone()).date()
    row = ScoreChange(
        inspection_id=inspection.id,
        at=work.at,
        cause=cause,
        period=correction_period(locked_months(work.session), final_on),
        old_score=old,
        new_score=new,
        by_id=work.actor.staff_id,
    )
    work.session.add(row)
    return row
