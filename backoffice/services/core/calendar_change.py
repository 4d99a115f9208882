"""A change of the calendar by which deadlines are counted (R24): kept with its job, followed while clocks move, told.

The job (kind ``JOB``, slot: the revision counted by the change) carries ``{"revision", "days", "years"}``: the dates
that are no longer as they were (None: every week is another), and the years whose holidays are published from now on,
so that what touches them is no longer provisional. When it is done, whoever holds a moved complaint gets one message.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.clock_change import CalendarChange, ClockMove
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.history import ReferenceChange
from backoffice.models.work import Job
from backoffice.queries.clock_changes import Change
from backoffice.queries.rulebook import REVISION, Rulebook
from backoffice.services.core.places import Style
from backoffice.services.core.staff_messages import tell_staff
from backoffice.services.core.work import Work
from policies.access import Actor
from policies.vocabulary import ComplaintStatus

JOB = "recalculate_clocks"
NOTICE = "clocks_moved_notice"

log = logging.getLogger("desk.clocks")


def have_moved(
    session: Session, actor: Actor, at: datetime, days: Iterable[date] | None, years: Iterable[int] = ()
) -> CalendarChange:
    """Keep the change just counted, and have the open clocks moved that span one of these days (None: all of them)."""
    revision = int(session.get_one(Setting, REVISION).value)
    said = None if days is None else [day.isoformat() for day in sorted(days)]
    session.flush()
    own = sa.select(sa.func.max(ReferenceChange.id)).where(
        ReferenceChange.actor_id == actor.staff_id, ReferenceChange.at == at
    )
    change = CalendarChange(
        revision=revision, at=at, by_id=actor.staff_id, line_id=session.scalar(own), days=said, years=list(years)
    )
    payload = {"revision": revision, "days": said, "years": list(years)}
    session.add_all([change, Job(kind=JOB, slot=str(revision), due_at=at, payload=payload)])
    session.flush()
    return change


def row_of(work: Work, change: Change) -> CalendarChange:
    """The row of a change; one whose job was put in before changes were kept gets it now."""
    row = work.session.get(CalendarChange, change.revision)
    if row is None:
        days = None if change.days is None else [day.isoformat() for day in change.days]
        row = CalendarChange(revision=change.revision, at=work.at, days=days, years=list(change.years))
        row.looked_at = row.kept = row.last_id = 0
        work.session.add(row)
        work.session.flush()
    return row


def finish(work: Work, change: Change) -> None:
    """No clock is left: whoever holds a moved complaint is told, once, however many of theirs were moved."""
    row = row_of(work, change)
    if row.finished_at is not None:
        return
    row.finished_at = work.at
    for staff_id, count, first in _holders(work.session, change.revision):
        number, due = _sample(work.session, change.revision, first)

        def fill(language: str, count: int = count, number: str = number, due: datetime = due) -> Mapping[str, str]:
            style = Style(Rulebook(work.session), language)
            return {"count": str(count), "complaint_number": number, "new_due_time": style.moment(due)}

        try:
            tell_staff(work, NOTICE, [staff_id], fill, key=f"{NOTICE}:{change.revision}")
        except DomainError as error:  # without a text of the office nobody is told; the clocks have moved all the same
            log.warning("not told", extra={"desk": {"refusals": [one.key for one in error.refusals]}})
            return


def _holders(session: Session, revision: int) -> list[tuple[int, int, int]]:
    """Who holds the moved complaints: their id, how many complaints, the first of them."""
    calling = sa.case((Complaint.status == ComplaintStatus.AWAITING_CALLBACK, Complaint.caller_back_id))
    holder = sa.func.coalesce(calling, Complaint.owner_id, Complaint.registered_by_id)
    moved = sa.func.count(sa.distinct(ClockMove.complaint_id))
    statement = (
        sa.select(holder, moved, sa.func.min(ClockMove.complaint_id))
        .join(Complaint, Complaint.id == ClockMove.complaint_id)
        .where(ClockMove.revision == revision, Complaint.open.is_(True), holder.is_not(None))
        .group_by(holder)
        .order_by(holder)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _sample(session: Session, revision: int, complaint_id: int) -> tuple[str, datetime]:
    """One of them: its number and the earliest of its new deadlines."""
    statement = (
        sa.select(Complaint.number, ClockMove.new_due_at)
        .join(ClockMove, ClockMove.complaint_id == Complaint.id)
        .where(ClockMove.revision == revision, Complaint.id == complaint_id)
        .order_by(ClockMove.new_due_at)
        .limit(1)
    )
    row = session.execute(statement).one()
    return row[0], row[1]
