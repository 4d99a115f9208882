"""A published score that became another one (R29): written down once, so that the appraisal follows (R31, R33).

An open sheet reckons with the score as it stands. Figures of a locked sheet never move: for these the row names the
month in which the difference stands as a visible correction.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from backoffice.models.inspection import Inspection, ScoreChange
from backoffice.queries.rulebook import Rulebook
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
    locked: Collection[str] = (),
) -> ScoreChange | None:
    """Write down that a score became another one; None where it did not.

    ``locked``: the months ("2026-10") whose sheets are locked. The month that counts is that in which the inspection
    became final, in the office's time.
    """
    if old == new:
        return None
    final_at = inspection.final_at or work.at
    row = ScoreChange(
        inspection_id=inspection.id,
        at=work.at,
        cause=cause,
        period=correction_period(locked, final_at.astimezone(Rulebook(work.session).zone()).date()),
        old_score=old,
        new_score=new,
        by_id=work.actor.staff_id,
    )
    work.session.add(row)
    return row
