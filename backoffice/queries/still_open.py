"""Which of several complaints an act is still open to, once it was open to all of them (R10, R13).

Two statements however many they are. What else may stand against it is asked when its form is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.history import Event
from backoffice.queries.scope import visible_each
from policies.access import Actor, may_any
from policies.action import ActionKind
from policies.actions import ACTIONS


def still_open(session: Session, actor: Actor, action: str, seen: Mapping[str, int], since: datetime) -> frozenset[str]:
    """Of these (number and the revision to which the act was open at ``since``) those that this person sees and to
    which it still is: a way out of a step until the complaint took one, an act in all its statuses.
    """
    rule = ACTIONS[action]
    if not seen or not may_any(actor, rule.permissions):
        return frozenset()
    rows = sa.select(Complaint.id, Complaint.number, Complaint.revision, Complaint.status).where(
        Complaint.number.in_(list(seen)), visible_each(actor)
    )
    found = session.execute(rows).all()
    if rule.kind is ActionKind.ACT:
        return frozenset(row.number for row in found if row.status in rule.statuses)
    gone = _moved(session, [row.id for row in found if row.revision != seen[row.number]], since)
    return frozenset(row.number for row in found if row.id not in gone)


def _moved(session: Session, changed: list[int], since: datetime) -> set[int]:
    """Of these complaints those that took a way out of their step since then."""
    if not changed:
        return set()
    ways = sa.select(Event.complaint_id).where(
        Event.complaint_id.in_(changed),
        Event.recorded_at >= since,
        Event.from_step.is_not(None),
        Event.to_step != Event.from_step,
    )
    return set(session.scalars(ways))
