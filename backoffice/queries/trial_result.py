"""What a trial found, for its page and its file: lines by department, and the changes that a person may see (R39)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.what_if import WhatIfChange, WhatIfRun
from backoffice.queries.scope import visible
from policies.access import Actor, Permission

PAGE = 50


class ListedChange(NamedTuple):
    """A change with the number of its complaint."""

    number: str
    change: WhatIfChange


def runs(session: Session, most: int) -> list[WhatIfRun]:
    """The newest trials."""
    return list(session.scalars(sa.select(WhatIfRun).order_by(WhatIfRun.id.desc()).limit(most)))


def changes(
    session: Session, actor: Actor, run_id: int, page: int, permission: Permission = Permission.COMPLAINT_VIEW
) -> tuple[list[ListedChange], bool]:
    """One page (from 0) of the changes within this person's reach, and whether there are more."""
    statement = _within(actor, run_id, permission).offset(page * PAGE).limit(PAGE + 1)
    found = [ListedChange(*row) for row in session.execute(statement)]
    return found[:PAGE], len(found) > PAGE


def count(session: Session, actor: Actor, run_id: int) -> int:
    """How many of the listed changes are within this person's reach."""
    within = _within(actor, run_id, Permission.COMPLAINT_VIEW).order_by(None).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(within)) or 0


def every(session: Session, actor: Actor, run_id: int) -> Iterator[ListedChange]:
    """All changes that this person may export."""
    for row in session.execute(_within(actor, run_id, Permission.DATA_EXPORT)).yield_per(500):
        yield ListedChange(*row)


def _within(actor: Actor, run_id: int, permission: Permission) -> sa.Select[tuple[str, WhatIfChange]]:
    return (
        sa.select(Complaint.number, WhatIfChange)
        .join(Complaint, Complaint.id == WhatIfChange.complaint_id)
        .where(WhatIfChange.run_id == run_id, visible(actor, permission))
        .order_by(WhatIfChange.id)
    )
