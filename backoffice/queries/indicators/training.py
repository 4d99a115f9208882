"""The indicator over training that was due in the period (R31, R34)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from backoffice.models.office import Staff
from backoffice.queries.indicators.shape import contribution
from backoffice.queries.indicators.window import Window
from policies.vocabulary_appraisal import SubjectKind


def training_completion(window: Window, level: SubjectKind) -> sa.Select[Any]:
    """Nothing is due while no training is on record."""
    columns = contribution(
        level,
        staff=Staff.id,
        department=Staff.department_id,
        unit=("training", Staff.id),
        complaint=None,
        at=sa.literal(window.since),
        numerator=0,
    )
    return sa.select(*columns).where(sa.false())
