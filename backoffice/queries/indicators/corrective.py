"""The indicator over corrective actions that were due in the period (R30, R31)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.indicators.shape import contribution, counted, department_of, within
from backoffice.queries.indicators.window import Window
from policies.vocabulary_appraisal import LeftOut, SubjectKind
from policies.vocabulary_teamwork import CorrectiveStatus


def corrective_on_time_rate(window: Window, level: SubjectKind) -> sa.Select[Any]:
    """Due in the period, by the extended date where it was extended; done by then and verified; for the owner."""
    done = sa.and_(
        CorrectiveAction.done_at.is_not(None),
        CorrectiveAction.done_at <= CorrectiveAction.due_at,
        CorrectiveAction.verified_at.is_not(None),
    )
    columns = contribution(
        level,
        staff=CorrectiveAction.owner_id,
        department=sa.func.coalesce(CorrectiveAction.department_id, department_of(CorrectiveAction.owner_id)),
        unit=("corrective", CorrectiveAction.id),
        complaint=CorrectiveAction.complaint_id,
        at=CorrectiveAction.due_at,
        numerator=counted(done),
        left_out=[
            (LeftOut.CANCELLED, CorrectiveAction.status == CorrectiveStatus.CANCELLED),
            (LeftOut.NOT_YET, sa.and_(sa.not_(done), CorrectiveAction.due_at > window.computed_at)),
        ],
    )
    return sa.select(*columns).where(within(CorrectiveAction.due_at, window))
