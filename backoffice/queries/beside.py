"""What stands before and after a complaint in the list from which it was opened (R13).

The place is that at which the list showed it. So both are found along the index, in statements that the length of the
list does not touch, and also when the complaint has left the list meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries.paging import KEPT, SORTS, ordered
from backoffice.queries.worklist import LISTS, Asking, AtAnyTime, Condition, Filters, WorkList, conditions, narrowed
from policies.access import Actor


@dataclass(frozen=True)
class Neighbour:
    """A complaint beside another one, with its own place in the list."""

    id: int
    number: str
    at: datetime


@dataclass(frozen=True)
class Beside:
    """The neighbours of a complaint (None at an end), and whether it still stands in the list itself."""

    previous: Neighbour | None
    next: Neighbour | None
    stands: bool


def beside(
    session: Session,
    keys: Keys,
    asking: Asking,
    one: WorkList,
    filters: Filters,
    *,
    sort: str,
    at: datetime,
    complaint_id: int,
) -> Beside:
    """The neighbours of a complaint that the list showed at a moment of its order, as far as this person sees them."""
    if filters.text.strip():
        found = _statements(conditions(asking, keys, session, one, filters), sort)
    else:
        found = _kept(asking.actor, one.code, filters, asking.zone, sort)
    values = {"here_at": at, "here_id": complaint_id, "at": asking.at, "end_of_today": asking.end_of_today}
    session.flush()
    reading = session.connection()
    before, after = (reading.execute(statement, values).first() for statement in found[:2])
    stands = reading.execute(found[2], values).first() is not None
    return Beside(_neighbour(before), _neighbour(after), stands)


_Statements = tuple[sa.Select[Any], sa.Select[Any], sa.Select[Any]]


@lru_cache(maxsize=KEPT)
def _kept(actor: Actor, code: str, filters: Filters, zone: ZoneInfo, sort: str) -> _Statements:
    asking: Any = AtAnyTime(actor, zone)
    return _statements(narrowed(asking, LISTS[code], filters), sort)


def _statements(where: list[Condition], sort: str) -> _Statements:
    """What comes before, what comes after, and the complaint itself."""
    column, newest = SORTS[sort]
    if sort == "due":
        where = [*where, Complaint.next_due_at.is_not(None)]
    me: Any = sa.bindparam("here_id", type_=Complaint.id.type)
    rows = sa.select(Complaint.id, Complaint.number, column.label("moment")).where(*where)
    others = rows.where(Complaint.id != me).limit(1)
    before, after = (ordered(others, column, newest ^ back, within=True) for back in (True, False))
    return before, after, rows.where(Complaint.id == me).limit(1)


def _neighbour(row: Any) -> Neighbour | None:
    return None if row is None else Neighbour(row.id, row.number, row.moment)
