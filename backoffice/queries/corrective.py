"""The list of corrective actions (R30) as one person may see it, page by page, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.complaint import Complaint
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.scope import visible
from policies.access import Actor, Permission, Scope
from policies.vocabulary_teamwork import CorrectiveStatus

PAGE = 25
OPEN = tuple(status for status in CorrectiveStatus if status.is_open)
KEEPERS = (Permission.CORRECTIVE_ASSIGN, Permission.CORRECTIVE_VERIFY)


@unique
class Which(StrEnum):
    """What the list is narrowed to."""

    OPEN = "open"
    LATE = "late"
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True)
class Page:
    """One page: the rows, whether there are older ones, and the ids of complaints that this reader may open."""

    rows: list[CorrectiveAction]
    older: int | None
    may_open: frozenset[int]


def listed(session: Session, actor: Actor, at: datetime, which: Which, before: int | None = None) -> Page:
    """The newest rows of which this person may know, before an id where one is given; in two queries."""
    where = [_seen(actor), *_narrowed(actor, at, which)]
    if before is not None:
        where.append(CorrectiveAction.id < before)
    statement = sa.select(CorrectiveAction).where(*where).order_by(CorrectiveAction.id.desc()).limit(PAGE + 1)
    loaded = statement.options(joinedload(CorrectiveAction.owner), joinedload(CorrectiveAction.complaint))
    rows = list(session.scalars(loaded))
    shown = rows[:PAGE]
    ids = {row.complaint_id for row in shown if row.complaint_id is not None}
    open_to = sa.select(Complaint.id).where(Complaint.id.in_(ids), visible(actor, Permission.COMPLAINT_VIEW))
    may_open = frozenset(session.scalars(open_to)) if ids else frozenset()
    return Page(shown, shown[-1].id if len(rows) > PAGE else None, may_open)


def _seen(actor: Actor) -> sa.ColumnElement[bool]:
    """Everybody sees the own ones; who assigns or verifies sees those of the department, or all."""
    scope = max((actor.scope(permission) for permission in KEEPERS), key=lambda one: one.width)
    if scope is Scope.ALL:
        return sa.true()
    own = sa.or_(CorrectiveAction.owner_id == actor.staff_id, CorrectiveAction.assigned_by_id == actor.staff_id)
    if scope is Scope.DEPARTMENT:
        return sa.or_(own, CorrectiveAction.department_id.in_(sorted(actor.departments)))
    return own


def _narrowed(actor: Actor, at: datetime, which: Which) -> list[sa.ColumnElement[bool]]:
    open_ones = CorrectiveAction.status.in_(OPEN)
    return {
        Which.OPEN: [open_ones],
        Which.LATE: [open_ones, CorrectiveAction.due_at < at],
        Which.MINE: [CorrectiveAction.owner_id == actor.staff_id],
        Which.ALL: [],
    }[which]
