"""Closed complaints as a trial replays them: page after page along the index of receipt, with their ended clocks.

A page is a bounded number of questions, however many complaints it holds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.models.history import Event
from policies.vocabulary import ClockCode, Severity, Unit
from policies.what_if import PastCase, PastClock, Regrading, was_judged
from policies.what_if_course import REGRADINGS, PastMove

FACTS = sa.case((sa.cast(ClockRow.facts, sa.Text) == "{}", sa.null()), else_=ClockRow.facts)
"""What a clock keeps besides; most keep nothing, and that is not taken apart row by row."""
CODES = {code.value: code for code in ClockCode}
Place = tuple[datetime, int]
"""Where a page ended: receipt and id of its last complaint."""


@dataclass(frozen=True)
class Period:
    """Days of receipt in the office's time, both included."""

    first: date
    last: date
    zone: ZoneInfo

    def condition(self) -> sa.ColumnElement[bool]:
        """Closed complaints received in it."""
        begin = datetime.combine(self.first, time.min, self.zone)
        end = datetime.combine(self.last + timedelta(days=1), time.min, self.zone)
        received = sa.and_(Complaint.received_at >= begin, Complaint.received_at < end)
        return sa.and_(received, Complaint.closed_at.is_not(None))


class PastRow(NamedTuple):
    """A closed complaint, whose it was, which versions it ran under, and its clocks; ``moves`` when asked for."""

    id: int
    department_id: int | None
    sla_id: int
    process_id: int
    case: PastCase
    resolve_hours: int | None
    moves: tuple[PastMove, ...] = ()


@dataclass
class Surroundings:
    """What the complaints of all pages refer to: path of codes of each category (leaf first), codes of channels."""

    paths: Mapping[int, tuple[str, ...]]
    by_code: Mapping[str, tuple[str, ...]]
    channels: Mapping[int, str]


def surroundings(session: Session) -> Surroundings:
    """Read once for a whole trial."""
    rows = session.execute(sa.select(Category.id, Category.code, Category.path)).all()
    codes = {row.id: row.code for row in rows}
    paths = {row.id: tuple(codes[int(part)] for part in reversed(row.path.split("/")) if part) for row in rows}
    channels = {row.id: row.code for row in session.execute(sa.select(Channel.id, Channel.code))}
    return Surroundings(paths, {codes[key]: path for key, path in paths.items()}, channels)


def count(session: Session, where: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many complaints a trial will look at."""
    return session.scalar(sa.select(sa.func.count()).select_from(Complaint).where(*where)) or 0


def page(
    session: Session,
    around: Surroundings,
    where: Sequence[sa.ColumnElement[bool]],
    after: Place | None,
    most: int,
    *,
    moves: bool = False,
) -> tuple[list[PastRow], Place | None]:
    """The next complaints, and where the page ended; None when there was none left."""
    complaints = _complaints(session, where, after, most)
    if not complaints:
        return [], None
    ids = [row.id for row in complaints]
    clocks, hours = _clocks(session, ids)
    regraded = _regraded(session, around, ids)
    moved = _moves(session, ids) if moves else {}
    rows = [
        PastRow(
            row.id,
            row.department_id or row.registered_department_id,
            row.sla_id,
            row.process_id,
            PastCase(
                row.severity,
                around.paths.get(row.category_id, ()),
                around.channels.get(row.channel_id),
                tuple(clocks.get(row.id, ())),
                tuple(regraded.get(row.id, ())),
            ),
            hours.get(row.id),
            tuple(moved.get(row.id, ())),
        )
        for row in complaints
    ]
    return rows, (complaints[-1].received_at, complaints[-1].id)


def _complaints(
    session: Session, where: Sequence[sa.ColumnElement[bool]], after: Place | None, most: int
) -> Sequence[Any]:
    columns = (
        Complaint.id, Complaint.received_at, Complaint.severity, Complaint.category_id, Complaint.channel_id,
        Complaint.sla_id, Complaint.process_id, Complaint.department_id, Complaint.registered_department_id,
    )  # fmt: skip
    statement = sa.select(*columns).where(*where).order_by(Complaint.received_at, Complaint.id).limit(most)
    if after is not None:
        at, row_id = after
        later = sa.or_(Complaint.received_at > at, sa.and_(Complaint.received_at == at, Complaint.id > row_id))
        statement = statement.where(Complaint.received_at >= at, later)
    return session.execute(statement).all()


def _clocks(session: Session, ids: Sequence[int]) -> tuple[dict[int, list[PastClock]], dict[int, int]]:
    """The ended clocks of each complaint, and the hours of its resolve clock where that ran round the clock."""
    columns = (
        ClockRow.complaint_id, ClockRow.code, ClockRow.occurrence, ClockRow.started_at, ClockRow.due_at,
        ClockRow.stopped_at, ClockRow.met, ClockRow.phase, ClockRow.stopped_by, FACTS, ClockRow.amount, ClockRow.unit,
    )  # fmt: skip
    found: dict[int, list[PastClock]] = defaultdict(list)
    hours: dict[int, int] = {}
    wanted = sa.select(*columns).where(ClockRow.complaint_id.in_(ids), ClockRow.stopped_at.is_not(None))
    for complaint_id, code, occurrence, started, due, stopped, met, phase, by, facts, amount, unit in session.execute(
        wanted.order_by(ClockRow.complaint_id, ClockRow.id)
    ):
        clock = CODES.get(code)
        if clock is None:
            continue
        judged = was_judged(clock, by, imported=bool(facts and facts.get("imported")))
        extended = extended_days(facts) if facts else ()
        found[complaint_id].append(PastClock(clock, occurrence, started, due, stopped, met, phase, judged, extended))
        if clock is ClockCode.RESOLVE and unit == Unit.HOUR.value:
            hours[complaint_id] = int(amount)
    return found, hours


def extended_days(facts: Mapping[str, Any]) -> tuple[int, ...]:
    """Working days of each extension that a clock keeps (R25)."""
    said = facts.get("extensions") or ()
    return tuple(int(one["days"]) for one in said if isinstance(one, Mapping) and one.get("days"))


def _regraded(session: Session, around: Surroundings, ids: Sequence[int]) -> dict[int, list[Regrading]]:
    """When each complaint was regraded, and how it stood before: from the history's own words (R3)."""
    statement = (
        sa.select(Event.complaint_id, Event.at, Event.body)
        .where(Event.complaint_id.in_(ids), Event.action.in_(sorted(REGRADINGS)))
        .order_by(Event.complaint_id, Event.sequence)
    )
    found: dict[int, list[Regrading]] = defaultdict(list)
    for complaint_id, at, body in session.execute(statement):
        was = (json.loads(body).get("facts") or {}).get("was") or {}
        if was.get("severity") in list(Severity):
            path = around.by_code.get(str(was.get("category")), ())
            found[complaint_id].append(Regrading(at, Severity(was["severity"]), path))
    return found


def _moves(session: Session, ids: Iterable[int]) -> dict[int, list[PastMove]]:
    """By which action each step was left, in order."""
    statement = (
        sa.select(Event.complaint_id, Event.action, Event.from_step, Event.to_step, Event.at)
        .where(Event.complaint_id.in_(list(ids)), Event.from_step.is_not(None), Event.to_step.is_not(None))
        .order_by(Event.complaint_id, Event.sequence)
    )
    found: dict[int, list[PastMove]] = defaultdict(list)
    for complaint_id, action, from_step, to_step, at in session.execute(statement):
        found[complaint_id].append(PastMove(action, from_step, to_step, at))
    return found
