"""Which complaint of the same customer and leaf a complaint follows, found anew when either was put right (R2, R31)."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from backoffice.models.complaint import BlindIndex, Complaint
from backoffice.models.teamwork import FollowUp
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case

PHONE = "phone"


def link_again(case: Case) -> None:
    """Find the earlier complaint anew for this one, for those that followed it, and for those that follow it now.

    Call it when the leaf is changed or the phones are indexed anew. What began anew after a follow-up stays linked.
    """
    session = case.work.session
    session.flush()
    span = timedelta(days=int(Rulebook(session).setting("process")["repeat_days"]))
    rows = [case.complaint, *_followers(case.complaint, session, span)]
    anew = sa.select(FollowUp.new_complaint_id).where(FollowUp.new_complaint_id.in_([row.id for row in rows]))
    kept = set(session.scalars(anew))
    for row in rows:
        if row.id not in kept:
            _link(session, row, span)
    session.flush()


def _followers(complaint: Complaint, session: Session, span: timedelta) -> list[Complaint]:
    """What was linked with it so far, and what was received soon after it of the same customer and leaf."""
    at = complaint.received_at
    soon = sa.and_(
        Complaint.category_id == complaint.category_id,
        Complaint.received_at > at,
        Complaint.received_at <= at + span,
        _same_customer(complaint),
    )
    found = sa.select(Complaint).where(
        sa.or_(Complaint.previous_id == complaint.id, soon), Complaint.id != complaint.id
    )
    return list(session.scalars(found.order_by(Complaint.id)))


def _link(session: Session, row: Complaint, span: timedelta) -> None:
    """The newest earlier one, and how many there are; a count that a source told without naming one stays."""
    earlier = session.scalars(
        sa.select(Complaint.id)
        .where(
            Complaint.category_id == row.category_id,
            Complaint.received_at >= row.received_at - span,
            Complaint.received_at < row.received_at,
            Complaint.id != row.id,
            _same_customer(row),
        )
        .order_by(Complaint.received_at.desc(), Complaint.id)
    ).all()
    told = row.previous_id is None and row.nth_complaint > 1
    row.previous_id = earlier[0] if earlier else None
    if not told:
        row.nth_complaint = len(earlier) + 1


def _same_customer(complaint: Complaint) -> sa.ColumnElement[bool]:
    """Whether ``Complaint`` has a phone of this one, by their digests."""
    own = aliased(BlindIndex)
    tokens = sa.select(own.token).where(own.complaint_id == complaint.id, own.kind == PHONE)
    mine = sa.select(BlindIndex.complaint_id).where(BlindIndex.kind == PHONE, BlindIndex.token.in_(tokens))
    return Complaint.id.in_(mine)
