"""Move open clocks when the calendar changed (R24): days are facts, and a deadline follows them.

A clock keeps its start, amount and unit; only the days are others. What was promised to the customer never moves
earlier, nor does a clock that ran while the complaint was regraded (a working day was to remain, R3). Every complaint
that a change moves gets one event ``clock_moved``, and every clock a line in the list of what moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.clock_change import ClockMove
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.history import ChainHead, Event
from backoffice.queries.clock_changes import Change, Span, touched
from backoffice.queries.clocks import whole_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import calendar_change, history
from backoffice.services.core.case import Case
from backoffice.services.core.clocks import note_next, set_due
from backoffice.services.core.work import Work
from policies import extension, targets
from policies.message import Refusal
from policies.regrading import REGRADES
from policies.targets import Target
from policies.vocabulary import ClockCode, Unit

__all__ = ["EVENT", "Change", "move_some"]

EVENT = "clock_moved"
ROUND_THE_CLOCK, SHARE = Unit.HOUR.value, Unit.PERCENT_OF_RESOLVE.value


def move_some(work: Work, change: Change, after: int, most: int) -> int | None:
    """Move the clocks of the next complaints (ids above ``after``), at most so many clocks; whole complaints only.

    Gives the id of the last complaint that was looked at, None when none was left. Done again, it changes nothing.
    """
    spans = change.spans(Rulebook(work.session).zone())
    ids = _next(work, spans, after, most)
    if not ids:
        calendar_change.finish(work, change)
        return None
    session, row = work.session, calendar_change.row_of(work, change)
    in_order = sa.select(ChainHead).where(ChainHead.complaint_id.in_(ids)).order_by(ChainHead.complaint_id)
    heads = {head.complaint_id: head for head in session.scalars(in_order.with_for_update())}
    complaints = session.scalars(sa.select(Complaint).where(Complaint.id.in_(ids)).order_by(Complaint.id)).all()
    clocks = _clocks(work, ids)
    regraded = _regraded(work, ids)
    for complaint in complaints:
        if complaint.id in heads:
            case = Case(work, complaint, heads[complaint.id])
            looked, kept = _move(case, clocks.get(complaint.id, []), change, spans, regraded.get(complaint.id))
            row.looked_at, row.kept = row.looked_at + looked, row.kept + kept
    row.last_id = ids[-1]
    session.flush()
    return ids[-1]


def _next(work: Work, spans: list[Span] | None, after: int, most: int) -> list[int]:
    """Ids of the complaints of the next ``most`` clocks that the change touches; none is cut in two."""
    statement = (
        sa.select(ClockRow.complaint_id)
        .where(*touched(spans, after))
        .order_by(ClockRow.complaint_id, ClockRow.id)
        .limit(most)
    )
    rows = list(work.session.scalars(statement))
    ids = list(dict.fromkeys(rows))
    return ids[:-1] if len(rows) == most and len(ids) > 1 else ids


def _clocks(work: Work, ids: Sequence[int]) -> dict[int, list[ClockRow]]:
    """The running clocks of each complaint, and its resolve clock, of which shares are taken."""
    wanted = ClockRow.stopped_at.is_(None) | (ClockRow.code == ClockCode.RESOLVE.value)
    found: dict[int, list[ClockRow]] = {}
    for row in work.session.scalars(sa.select(ClockRow).where(ClockRow.complaint_id.in_(ids), wanted)):
        found.setdefault(row.complaint_id, []).append(row)
    return {complaint_id: sorted(rows, key=lambda row: (row.unit == SHARE, row.id))
            for complaint_id, rows in found.items()}  # fmt: skip


def _regraded(work: Work, ids: Sequence[int]) -> dict[int, datetime]:
    """When each complaint was last regraded."""
    statement = (
        sa.select(Event.complaint_id, sa.func.max(Event.at, type_=Event.at.type))
        .where(Event.complaint_id.in_(ids), Event.action.in_(sorted(REGRADES)))
        .group_by(Event.complaint_id)
    )
    return {row[0]: row[1] for row in work.session.execute(statement)}


def _move(
    case: Case, rows: list[ClockRow], change: Change, spans: list[Span] | None, regraded: datetime | None
) -> tuple[int, int]:
    """Move what the change moves; gives how many clocks were looked at, and how many stay though counted earlier."""
    promised = _promised(Rulebook(case.work.session), case.complaint.sla_id)
    moved: list[dict[str, object]] = []
    looked = kept = 0
    for row in rows:
        # A share follows its whole, which may reach further than itself.
        if row.stopped_at is not None or not (row.unit == SHARE or _touches(row, spans)):
            continue
        stays = row.code in promised or (regraded is not None and row.started_at < regraded)
        old, new = row.due_at, _due(case, rows, row, stays=stays)
        looked, kept = looked + 1, kept + (stays and new < old)
        if set_due(case, row, max(old, new) if stays else new, rows=rows):
            moved.append({"clock": row.code, "occurrence": row.occurrence, "old_due": old, "new_due": row.due_at})
            case.work.session.add(_listed(case, row, change, old))
    if not moved:
        return looked, kept
    note_next(case.complaint, [row for row in rows if row.stopped_at is None])
    days = None if change.days is None else list(change.days)
    history.record(case, EVENT, {"clocks": moved, "days": days, "revision": change.revision})
    return looked, kept


def _listed(case: Case, row: ClockRow, change: Change, old: datetime) -> ClockMove:
    return ClockMove(
        revision=change.revision,
        complaint_id=case.complaint.id,
        clock=row.code,
        occurrence=row.occurrence,
        old_due_at=old,
        new_due_at=row.due_at,
        at=case.work.recorded_at,
    )


def _due(case: Case, rows: Sequence[ClockRow], row: ClockRow, *, stays: bool) -> datetime:
    """When the clock is due by the calendar as it is now; whether that is provisional is noted at once.

    An extended one is counted without its extensions first, which are then added again (R25). ``stays``: it was
    promised and moves earlier in neither.
    """
    calendar = Rulebook(case.work.session).calendar()
    whole = whole_of(rows) if row.unit == SHARE else None
    target = Target(row.amount, Unit(row.unit), row.override)
    found = targets.due(calendar, (target,), row.started_at, resolve=whole)
    if isinstance(found, Refusal):
        raise DomainError(found)
    if row.unit != ROUND_THE_CLOCK:
        row.provisional = found.deadline.provisional
    if not row.extended_days or row.original_due_at is None:
        return found.deadline.due
    row.original_due_at = max(row.original_due_at, found.deadline.due) if stays else found.deadline.due
    later = extension.new_due(calendar, row.original_due_at, row.extended_days)
    if isinstance(later, Refusal):
        raise DomainError(later)
    row.provisional = row.provisional or later.provisional
    return later.due


def _touches(row: ClockRow, spans: list[Span] | None) -> bool:
    if row.unit == ROUND_THE_CLOCK and not row.extended_days:
        return False
    return spans is None or any(row.started_at < end and row.due_at >= start for start, end in spans)


def _promised(rules: Rulebook, sla_id: int) -> frozenset[str]:
    """Codes of the clocks of a version whose deadlines the customer counts on."""
    return rules.keep_for_good(
        ("clocks facing the customer", sla_id),
        lambda: frozenset(row["code"] for row in rules.sla(sla_id)["clocks"] if row.get("facing") == "customer"),
    )
