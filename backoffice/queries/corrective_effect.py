"""Did it come back (R30)? What the desk knows since a corrective action was done: the same item, the same complaint.

Counts and their numbers; whether that means that it helped is for the verifier to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.models.teamwork import CorrectiveAction
from policies.interval import Rate

FULL = 100


@dataclass(frozen=True)
class Compared:
    """A rate since it was done, and over the same time before it was assigned."""

    since: Rate
    before: Rate


@dataclass(frozen=True)
class Effect:
    """``item``: inspections of the department in which its item was not fully met; ``complaints``: those of the same
    category in which the same cause was found. None where it comes from neither.
    """

    since: datetime
    item: Compared | None
    complaints: Compared | None


def effect_of(session: Session, one: CorrectiveAction, until: datetime | None = None) -> Effect | None:
    """What is known since it was done; None while it is not. The span before is as long as the one since."""
    start = one.done_at
    if start is None:
        return None
    end = until or session.scalar(sa.select(sa.func.max(Complaint.received_at))) or start
    span = max(end - start, timedelta(days=1))
    spans = ((start, None), (one.assigned_at - span, one.assigned_at))
    return Effect(start, _item(session, one, spans), _complaints(session, one, spans))


Span = tuple[datetime, datetime | None]


def _item(session: Session, one: CorrectiveAction, spans: tuple[Span, Span]) -> Compared | None:
    if one.inspection_id is None or one.item is None:
        return None
    found = session.get(Inspection, one.inspection_id)
    if found is None:
        return None
    newest = sa.select(sa.func.max(InspectionMark.round)).where(InspectionMark.inspection_id == Inspection.id)
    where = (
        Inspection.department_id == found.department_id,
        Inspection.id != found.id,
        Inspection.pair_of_id.is_(None),
        InspectionMark.item == one.item,
        InspectionMark.percent.is_not(None),
        InspectionMark.round == newest.scalar_subquery(),
    )
    hit = sa.func.sum(sa.case((InspectionMark.percent < FULL, 1), else_=0))
    statement = sa.select(hit, sa.func.count()).join(Inspection, Inspection.id == InspectionMark.inspection_id)
    return Compared(
        *(_rate(session, statement.where(*where, *_within(Inspection.published_at, span))) for span in spans)
    )


def _complaints(session: Session, one: CorrectiveAction, spans: tuple[Span, Span]) -> Compared | None:
    complaint = one.complaint
    if complaint is None or complaint.cause_code is None:
        return None
    hit = sa.func.sum(sa.case((Complaint.cause_code == complaint.cause_code, 1), else_=0))
    where = (Complaint.category_id == complaint.category_id, Complaint.id != complaint.id)
    statement = sa.select(hit, sa.func.count()).where(*where)
    return Compared(*(_rate(session, statement.where(*_within(Complaint.received_at, span))) for span in spans))


def _within(column: sa.ColumnElement[datetime], span: Span) -> list[sa.ColumnElement[bool]]:
    first, last = span
    return [column >= first] if last is None else [column >= first, column < last]


def _rate(session: Session, statement: sa.Select[tuple[int | None, int]]) -> Rate:
    hits, n = session.execute(statement).one()
    return Rate(int(hits or 0), int(n))
