"""Complaints solved at first contact whose customer was asked by a survey link and has not answered in time (R21)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from policies.deadline import is_met
from policies.vocabulary import ClockCode, Outcome, Severity

MINUTE = timedelta(minutes=1)


def run_out(session: Session, at: datetime, after: int, most: int) -> list[int]:
    """Ids of such complaints above ``after``, in order. The minute of the deadline is still in time (R24)."""
    statement = (
        sa.select(ClockRow.complaint_id, ClockRow.due_at)
        .join(Complaint, Complaint.id == ClockRow.complaint_id)
        .where(
            ClockRow.stopped_at.is_(None),
            ClockRow.due_at < at,
            ClockRow.code == ClockCode.CALL_BACK.value,
            ClockRow.complaint_id > after,
            Complaint.outcome == Outcome.FIRST_CONTACT_RESOLVED,
            Complaint.severity == Severity.GENERAL,  # with others the office must call (R21)
        )
        .order_by(ClockRow.complaint_id)
        .limit(most)
    )
    return [row.complaint_id for row in session.execute(statement) if not is_met(row.due_at, at)]


def deadline(session: Session, complaint_id: int) -> datetime | None:
    """Until when the customer may answer; None when nothing is asked any more."""
    statement = sa.select(ClockRow.due_at).where(
        ClockRow.complaint_id == complaint_id,
        ClockRow.code == ClockCode.CALL_BACK.value,
        ClockRow.stopped_at.is_(None),
    )
    return session.scalar(statement)
