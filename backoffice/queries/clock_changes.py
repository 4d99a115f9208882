"""What a change of the calendar touches and what it moved (R24): open clocks that span its days, the list of moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.clock_change import CalendarChange, ClockMove
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.queries.scope import visible
from policies.access import Actor, Permission
from policies.vocabulary import Unit

DAY = timedelta(days=1)
COUNTED = 1000
PAGE = 50
COUNTED_BY_DAYS = (ClockRow.unit != Unit.HOUR.value) | (ClockRow.extended_days > 0)
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
        """As the job says it (``services/core/calendar_change.py``)."""
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


def touched(spans: Sequence[Span] | None, after: int) -> list[sa.ColumnElement[bool]]:
    """What an open clock of a complaint above ``after`` meets that the change touches."""
    where = [ClockRow.stopped_at.is_(None), COUNTED_BY_DAYS, ClockRow.complaint_id > after]
    if spans is not None:
        touching = [(ClockRow.started_at < end) & (ClockRow.due_at >= start) for start, end in spans]
        where.append(sa.or_(sa.false(), *touching))
    return where


def spanning(session: Session, change: Change, zone: ZoneInfo, after: int = 0) -> tuple[int, bool]:
    """How many open clocks span the change, counted up to 1,000; whether there are more."""
    some = sa.select(sa.literal(1)).select_from(ClockRow).where(*touched(change.spans(zone), after)).limit(COUNTED + 1)
    found = session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0
    return min(found, COUNTED), found > COUNTED


@dataclass(frozen=True)
class Moved:
    """How many clocks a change moved later and earlier, and of how many complaints."""

    later: int
    earlier: int
    complaints: int

    @property
    def clocks(self) -> int:
        return self.later + self.earlier


def moved_by(session: Session, revision: int) -> Moved:
    """The figures of one change."""
    later = sa.func.count(sa.case((ClockMove.new_due_at > ClockMove.old_due_at, 1)))
    row = session.execute(
        sa.select(later, sa.func.count(), sa.func.count(sa.distinct(ClockMove.complaint_id))).where(
            ClockMove.revision == revision
        )
    ).one()
    return Moved(row[0], row[1] - row[0], row[2])


@dataclass(frozen=True)
class MovesPage:
    """A page of moved clocks that a reader may see, each with its complaint's number; of the others only how many."""

    rows: list[tuple[ClockMove, str]]
    next: int | None
    others: int


def moves(session: Session, revision: int, actor: Actor, after: int = 0, size: int = PAGE) -> MovesPage:
    """Moved clocks in the order in which they were moved, from the one after ``after`` on."""
    seen = visible(actor, Permission.COMPLAINT_VIEW)
    joined = sa.select(ClockMove, Complaint.number).join(Complaint, Complaint.id == ClockMove.complaint_id)
    here = joined.where(ClockMove.revision == revision, ClockMove.id > after, seen)
    rows = [(row[0], row[1]) for row in session.execute(here.order_by(ClockMove.id).limit(size + 1))]
    hidden = (
        sa.select(sa.func.count())
        .select_from(ClockMove)
        .join(Complaint, Complaint.id == ClockMove.complaint_id)
        .where(ClockMove.revision == revision, sa.not_(seen))
    )
    further = len(rows) > size
    return MovesPage(rows[:size], rows[size - 1][0].id if further else None, session.scalar(hidden) or 0)


def recent(session: Session, most: int = 10) -> list[tuple[CalendarChange, int]]:
    """The newest changes with how many clocks each has moved."""
    number = sa.select(sa.func.count()).where(ClockMove.revision == CalendarChange.revision).scalar_subquery()
    statement = sa.select(CalendarChange, number).options(joinedload(CalendarChange.by))
    newest = statement.order_by(CalendarChange.revision.desc()).limit(most)
    return [(row[0], row[1]) for row in session.execute(newest)]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
