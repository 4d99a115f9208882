"""Complaints of one leaf that came in close together, and the clusters that were proposed of them (R17)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.models.complaint import BlindIndex, Complaint
from backoffice.models.regrade import SeverityProposal, SeverityProposalMember
from policies.clusters import Seen
from policies.vocabulary import ProposalState

MOST_LEAVES, MOST_COMPLAINTS = 200, 2000


def crowded_leaves(session: Session, since: datetime, until: datetime, at_least: int) -> list[int]:
    """Ids of leaves with so many open complaints received in the period; only the period's rows are looked at."""
    received = (Complaint.received_at >= since, Complaint.received_at <= until, Complaint.open.is_(True))
    statement = sa.select(Complaint.category_id).where(*received).group_by(Complaint.category_id)
    enough = sa.func.count() >= at_least
    return list(session.scalars(statement.having(enough).order_by(Complaint.category_id).limit(MOST_LEAVES)))


def fresh_complaints(session: Session, category_id: int, since: datetime, until: datetime) -> list[Seen]:
    """Its open complaints of the period that are in no cluster yet, each with its customer's blind index."""
    phone = (
        sa.select(BlindIndex.token)  # the least of several: PostgreSQL has no min() of bytes
        .where(BlindIndex.complaint_id == Complaint.id, BlindIndex.kind == "phone")
        .order_by(BlindIndex.token)
        .limit(1)
        .scalar_subquery()
    )
    known = sa.exists().where(SeverityProposalMember.complaint_id == Complaint.id)
    statement = (
        sa.select(Complaint.id, Complaint.severity, phone)
        .where(
            Complaint.category_id == category_id,
            Complaint.received_at >= since,
            Complaint.received_at <= until,
            Complaint.open.is_(True),
            ~known,
        )
        .order_by(Complaint.id)
        .limit(MOST_COMPLAINTS)
    )
    return [Seen(row[0], row[1], None if row[2] is None else bytes(row[2])) for row in session.execute(statement)]


def customers_of(session: Session, complaint_ids: Iterable[int]) -> list[Seen]:
    """These complaints with their customers' blind indexes."""
    statement = (
        sa.select(Complaint.id, Complaint.severity, BlindIndex.token)
        .outerjoin(BlindIndex, (BlindIndex.complaint_id == Complaint.id) & (BlindIndex.kind == "phone"))
        .where(Complaint.id.in_(list(complaint_ids)))
        .order_by(Complaint.id, BlindIndex.token)
    )
    found: dict[int, Seen] = {}
    for complaint_id, severity, token in session.execute(statement):
        found.setdefault(complaint_id, Seen(complaint_id, severity, None if token is None else bytes(token)))
    return list(found.values())


def open_cluster(session: Session, category_id: int) -> SeverityProposal | None:
    """The cluster of a leaf that waits for an answer."""
    waiting = (SeverityProposal.category_id == category_id, SeverityProposal.state == ProposalState.OPEN)
    return session.scalars(sa.select(SeverityProposal).where(*waiting).limit(1)).first()


def clusters(session: Session, most: int = 30) -> list[SeverityProposal]:
    """What waits first, then what was answered, newest first; with their complaints."""
    waits_first = sa.case((SeverityProposal.state == ProposalState.OPEN, 0), else_=1)
    members = selectinload(SeverityProposal.members).joinedload(SeverityProposalMember.complaint)
    statement = (
        sa.select(SeverityProposal)
        .options(joinedload(SeverityProposal.category), joinedload(SeverityProposal.decided_by), members)
        .order_by(waits_first, SeverityProposal.id.desc())
        .limit(most)
    )
    return list(session.scalars(statement))
