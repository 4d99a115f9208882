"""Move open clocks when the calendar changed (R24): days are facts, and a deadline follows them.

A clock keeps its start, amount and unit; only the days are others. What was promised to the customer never moves
earlier, nor does a clock that ran while the complaint was regraded (a working day was to remain, R3). Every complaint
that a change moves gets one event ``clock_moved``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.history import ChainHead, Event
from backoffice.queries.clocks import whole_of
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import history
from backoffice.services.core.case import Case
from backoffice.services.core.clocks import note_next, set_due
from backoffice.services.core.work import Work
from policies import extension, targets
from policies.message import Refusal
from policies.targets import Target
from policies.vocabulary import ClockCode, Unit

EVENT = "clock_moved"
DAY = timedelta(days=1)
ROUND_THE_CLOCK, SHARE = Unit.HOUR.value, Unit.PERCENT_OF_RESOLVE.value

COUNTED_BY_DAYS = (ClockRow.unit != ROUND_THE_CLOCK) | (ClockRow.extended_days > 0)
"""Clocks that know a calendar: those in hours round the clock do only once they were extended."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Change:
    """What changed: these days (None: every week is another), and years whose holidays are published from now on."""

    revision: int
    days: tuple[date, ...] | None
    years: tuple[int, ...] = ()

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Change:
        """As the job says it (``services/calendar.py``)."""
        days = payload.get("days")
        read = None if days is None else tuple(sorted(date.fromisoformat(day) for day in days))
        return cls(int(payload.get("revision") or 0), read, tuple(payload.get("years") or ()))

    def spans(self, zone: ZoneInfo) -> list[Span] | None:
        """From when to when something is another than it was, in order; None: at all times."""
        if self.days is None:
            return None
        found = [(day, day + DAY) for day in self.days]
        found += [(date(year, 1, 1), date(year + 1, 1, 1)) for year in self.years]
        joined: list[tuple[date, date]] = []
        for first, end in sorted(found):
            if joined and first <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            else:
                joined.append((first, end))
        return [(_midnight(first, zone), _midnight(end, zone)) for first, end in joined]


def move_some(work: Work, change: Change, after: int, most: int) -> int | None:
    """Move the clocks of the next complaints (ids above ``after``), at most so many clocks; whole complaints only.

    Gives the id of the last complaint that was looked at, None when none was left. Done again, it changes nothing.
    """
    spans = change.spans(Rulebook(work.session).zone())
    ids = _next(work, spans, after, most)
    if not ids:
        return None
    session = work.session
    in_order = sa.select(ChainHead).where(ChainHead.complaint_id.in_(ids)).order_by(ChainHead.complaint_id)
    heads = {head.complaint_id: head for head in session.scalars(in_order.with_for_update())}
    complaints = session.scalars(sa.select(Complaint).where(Complaint.id.in_(ids)).order_by(Complaint.id)).all()
    clocks = _clocks(work, ids)
    regraded = _regraded(work, ids)
    for complaint in complaints:
        if complaint.id in heads:
            case = Case(work, complaint, heads[complaint.id])
            _move(case, clocks.get(complaint.id, []), change, spans, regraded.get(complaint.id))
    session.flush()
    return ids[-1]


def _next(work: Work, spans: list[Span] | None, after: int, most: int) -> list[int]:
    """Ids of the complaints of the next ``most`` clocks that the change touches; none is cut in two."""
    statement = (
        sa.select(ClockRow.complaint_id)
        .where(ClockRow.stopped_at.is_(None), COUNTED_BY_DAYS, ClockRow.complaint_id > after)
        .order_by(ClockRow.complaint_id, ClockRow.id)
        .limit(most)
    )
    if spans is not None:
        touching = [(ClockRow.started_at < end) & (ClockRow.due_at >= start) for start, end in spans]
        statement = statement.where(sa.or_(sa.false(), *touching))
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
        .where(Event.complaint_id.in_(ids), Event.action == "regrade")
        .group_by(Event.complaint_id)
    )
    return {row[0]: row[1] for row in work.session.execute(statement)}


def _move(
    case: Case, rows: list[ClockRow], change: Change, spans: list[Span] | None, regraded: datetime | None
) -> None:
    promised = _promised(Rulebook(case.work.session), case.complaint.sla_id)
    moved: list[dict[str, object]] = []
    for row in rows:
        # A share follows its whole, which may reach further than itself.
        if row.stopped_at is not None or not (row.unit == SHARE or _touches(row, spans)):
            continue
        stays = row.code in promised or (regraded is not None and row.started_at < regraded)
        old, new = row.due_at, _due(case, rows, row, stays=stays)
        if set_due(case, row, max(old, new) if stays else new, rows=rows):
            moved.append({"clock": row.code, "occurrence": row.occurrence, "old_due": old, "new_due": row.due_at})
    if not moved:
        return
    note_next(case.complaint, [row for row in rows if row.stopped_at is None])
    days = None if change.days is None else list(change.days)
    history.record(case, EVENT, {"clocks": moved, "days": days, "revision": change.revision})


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


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
