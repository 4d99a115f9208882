"""Measure what indicators read of records from before it was kept: the time of ended clocks and first orders (R31).

Whatever ends now is measured by the service that ends it; this fills in the rest, piece by piece.
"""

from __future__ import annotations

import sqlalchemy as sa

from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.clocks import worked
from backoffice.services.core.orders import waited
from backoffice.services.core.work import Work


def measure_clocks(work: Work, after: int, most: int) -> int | None:
    """Measure at most so many ended clocks with an id above ``after``; the last one's id, None when none is left."""
    wanted = ClockRow.stopped_at.is_not(None), ClockRow.worked_seconds.is_(None), ClockRow.id > after
    rows = work.session.execute(
        sa.select(ClockRow, Complaint)
        .join(Complaint, Complaint.id == ClockRow.complaint_id)
        .where(*wanted)
        .order_by(ClockRow.id)
        .limit(most)
    ).all()
    calendar = Rulebook(work.session).calendar()
    for row, complaint in rows:
        row.worked_seconds = worked(complaint, row, calendar)
    work.session.flush()
    return rows[-1][0].id if rows else None


def measure_orders(work: Work, after: int, most: int) -> int | None:
    """The same for first orders."""
    wanted = WorkOrder.predecessor_id.is_(None), WorkOrder.dispatch_seconds.is_(None), WorkOrder.id > after
    rows = work.session.execute(
        sa.select(WorkOrder, Complaint)
        .join(Complaint, Complaint.id == WorkOrder.complaint_id)
        .where(*wanted)
        .order_by(WorkOrder.id)
        .limit(most)
    ).all()
    rules = Rulebook(work.session)
    for order, complaint in rows:
        order.dispatch_seconds = waited(work.session, complaint, order.sent_at, rules)
    work.session.flush()
    return rows[-1][0].id if rows else None
