"""Disputes over orders (R11): those that wait longer than they should, and how many each department raised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.complaint import Complaint
from backoffice.models.office import Department
from backoffice.models.regrade import Dispute
from backoffice.queries.scope import visible
from policies.access import Actor, Permission
from policies.message import Name
from policies.vocabulary import DisputeState

MOST = 500


@dataclass(frozen=True)
class DisputeCount:
    """The disputes of a department in a period, for the indicators.

    ``raised`` by it, of these ``upheld`` (the order left it), ``dismissed``, ``fallen_away`` and ``open``; ``against``:
    orders said by others to belong to it, and of these ``given``: decided that they do.
    """

    department_id: int
    name: Name
    raised: int = 0
    upheld: int = 0
    dismissed: int = 0
    fallen_away: int = 0
    open: int = 0
    against: int = 0
    given: int = 0


def overdue_disputes(session: Session, at: datetime, after: int = 0, most: int = MOST) -> list[Dispute]:
    """Disputes above ``after`` that wait although their deadline has passed, in order of their ids."""
    late = (Dispute.state == DisputeState.OPEN, Dispute.due_at < at, Dispute.id > after)
    return list(session.scalars(sa.select(Dispute).where(*late).order_by(Dispute.id).limit(most)))


def waiting_disputes(session: Session, actor: Actor, most: int = 100) -> list[tuple[Dispute, str]]:
    """Disputes that wait, of complaints that this person sees, with their numbers; the next one due first."""
    statement = (
        sa.select(Dispute, Complaint.number)
        .join(Complaint, Complaint.id == Dispute.complaint_id)
        .where(Dispute.state == DisputeState.OPEN, visible(actor, Permission.COMPLAINT_VIEW))
        .options(joinedload(Dispute.department), joinedload(Dispute.ground), joinedload(Dispute.order))
        .order_by(Dispute.due_at, Dispute.id)
        .limit(most)
    )
    return [(row, number) for row, number in session.execute(statement)]


def due_of(session: Session, complaint_ids: Iterable[int]) -> dict[int, datetime]:
    """Complaint → when its open dispute must be decided."""
    ids = list(complaint_ids)
    if not ids:
        return {}
    statement = sa.select(Dispute.complaint_id, Dispute.due_at).where(
        Dispute.complaint_id.in_(ids), Dispute.state == DisputeState.OPEN
    )
    return {row.complaint_id: row.due_at for row in session.execute(statement)}


def disputes_by_department(session: Session, since: datetime, until: datetime) -> list[DisputeCount]:
    """How many disputes were raised from ``since`` up to, not including, ``until``, per department with any."""
    raised_in = (Dispute.raised_at >= since, Dispute.raised_at < until)

    def of(state: DisputeState) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((Dispute.state == state, 1), else_=0))

    own = session.execute(
        sa.select(Dispute.department_id, sa.func.count(), *(of(state) for state in _STATES))
        .where(*raised_in)
        .group_by(Dispute.department_id)
    ).all()
    given = sa.func.sum(sa.case((Dispute.named_id == Dispute.ground_id, 1), else_=0))
    claimed = session.execute(
        sa.select(Dispute.ground_id, sa.func.count(), given)
        .where(*raised_in, Dispute.ground_id.is_not(None))
        .group_by(Dispute.ground_id)
    ).all()
    raised = {row[0]: tuple(int(figure) for figure in row[1:]) for row in own}
    against = {row[0]: (int(row[1]), int(row[2])) for row in claimed}
    names = _names(session, {*raised, *against})
    return [
        DisputeCount(one, name, *raised.get(one, (0,) * 5), *against.get(one, (0, 0))) for one, name in names.items()
    ]


_STATES = (DisputeState.UPHELD, DisputeState.DISMISSED, DisputeState.FALLEN_AWAY, DisputeState.OPEN)


def _names(session: Session, ids: Iterable[int]) -> dict[int, Name]:
    columns = (Department.id, Department.name_zh, Department.name_en)
    rows: Sequence[sa.Row[tuple[int, str, str]]] = session.execute(
        sa.select(*columns).where(Department.id.in_(sorted(ids))).order_by(Department.id)
    ).all()
    return {row.id: Name(row.name_zh, row.name_en) for row in rows}
