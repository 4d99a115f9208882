"""How many complaints wait in a person's lists, all in one statement: for the menu that stands on every page."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.queries.scope import visible
from backoffice.queries.worklist import LISTS, Asking
from policies.access import Permission


def waiting(session: Session, asking: Asking, codes: Iterable[str], bound: int = 999) -> dict[str, int]:
    """How many rows each of these lists holds for who asks; ``bound + 1`` stands for "more than bound"."""
    counts = []
    for code in codes:
        some = (
            sa.select(sa.literal(1))
            .select_from(Complaint)
            .where(visible(asking.actor, Permission.COMPLAINT_VIEW), LISTS[code].condition(asking))
            .limit(bound + 1)
            .subquery()
        )
        counts.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(code))
    return dict(session.execute(sa.select(*counts)).mappings().one()) if counts else {}
