"""The clocks of a complaint (R23–R26): what an event starts, stops and sets anew, with deadlines by the
office's calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.handling import StepEntry
from backoffice.queries import clocks as clock_queries
from backoffice.services.core import ladder
from backoffice.services.core.case import Case
from policies import extension, targets
from policies.calendar import WorkingCalendar
from policies.clocks import (
    Changes,
    ClockReset,
    ClockStart,
    ClockState,
    ClockStop,
    Happening,
    apply_event,
)
from policies.indicator import whole_seconds
from policies.message import Refusal
from policies.targets import Due, Target
from policies.teamwork import CONTAINED_BY
from policies.vocabulary import ClockCode, ClockEvent, Severity, Unit

MINUTE = timedelta(minutes=1)


def raise_events(
    case: Case,
    events: Iterable[ClockEvent],
    *,
    at: datetime,
    runs: ClockCode | None = None,
    was: Severity | None = None,
    is_new: bool = False,
) -> None:
    """Tell the clocks what happened and when; then note the earliest open deadline on the complaint.

    ``is_new``: it has no clocks yet, and they are stored with the rest of it.
    """
    rows = [] if is_new else _rows(case)
    for event in events:
        states = [_state(row) for row in rows]
        happening = Happening(event, at, case.complaint.severity, runs, _contained(case), was)
        _carry_out(case, rows, apply_event(states, happening, _book(case).definitions), event)
        if not is_new:
            case.work.session.flush()
    note_next(case.complaint, rows)


def take_over(case: Case, *, closed_at: datetime, due_at: datetime | None, on_time: bool | None) -> None:
    """End the clocks of a complaint that was closed where it came from (R1).

    Of the resolve clock the source knows the deadline and whether it was kept, and both stand as it says; what it does
    not say follows from the other. The other clocks nobody kept there: they end without being judged.
    """
    rows = _rows(case)
    for row in rows:
        row.stopped_at, row.stopped_by, row.facts = closed_at, ClockEvent.CLOSED.value, {"imported": True}
        row.warn_at = None
        if row.code == ClockCode.RESOLVE.value:
            if due_at is not None:
                set_due(case, row, due_at)
                row.unit, row.override = Unit.HOUR.value, None
                row.amount = Decimal((due_at - row.started_at) // MINUTE) / 60
            in_time = closed_at < row.due_at.replace(second=0, microsecond=0) + MINUTE
            row.met = in_time if on_time is None else on_time
    note_next(case.complaint, rows)


def set_due(
    case: Case,
    row: ClockRow,
    due: datetime,
    *,
    provisional: bool | None = None,
    rows: Sequence[ClockRow] | None = None,
) -> bool:
    """Say when a clock is due: the only place where a deadline is set or moves.

    A clock that starts, is set anew by a regrading, is extended (R25), moves with the calendar (R24) or is taken over
    from elsewhere comes through here: whatever hangs on a deadline hangs on this place. A clock that has just begun has
    no id yet. ``provisional``: whether it rests on a year without published holidays (None: as before). ``rows``: the
    complaint's clocks, where the caller has them. Gives whether the deadline is another than it was; the caller notes
    the complaint's next one and writes the event. The warnings that have not gone out are set anew (R26).
    """
    if provisional is not None:
        row.provisional = provisional
    moved, row.due_at = row.due_at != due, due
    ladder.set_next(case, row, rows)
    return moved


def _contained(case: Case) -> bool:
    """Whether a major complaint has been brought under control: from then on reports are due less often (R17)."""
    if case.complaint.severity is not Severity.MAJOR:
        return False
    done = sa.select(StepEntry.id).where(
        StepEntry.complaint_id == case.complaint.id, StepEntry.action.in_(CONTAINED_BY)
    )
    return case.work.session.scalar(done.limit(1)) is not None


def _book(case: Case) -> clock_queries.ClockBook:
    return clock_queries.book(case.rules, case.complaint.sla_id)


def _rows(case: Case) -> list[ClockRow]:
    statement = sa.select(ClockRow).where(ClockRow.complaint_id == case.complaint.id).order_by(ClockRow.id)
    return list(case.work.session.scalars(statement))


def _state(row: ClockRow) -> ClockState:
    return ClockState(ClockCode(row.code), row.occurrence, row.started_at, row.stopped_at)


def _carry_out(case: Case, rows: list[ClockRow], changes: Changes, event: ClockEvent) -> None:
    for stop in changes.stops:
        row = _find(rows, stop.code, stop.occurrence)
        _stop(row, stop, event)
        row.worked_seconds = worked(case.complaint, row, _calendar(case))
    for reset in changes.resets:
        _reset(case, rows, _find(rows, reset.code, reset.occurrence), reset)
    for start in changes.starts:
        row = _start(case, rows, start)
        case.work.session.add(row)
        rows.append(row)


def _find(rows: Sequence[ClockRow], code: ClockCode, occurrence: int) -> ClockRow:
    return next(row for row in rows if row.code == code.value and row.occurrence == occurrence)


def _stop(row: ClockRow, stop: ClockStop, event: ClockEvent) -> None:
    """End a clock: met when not later than its deadline, that minute included; one that fell away is
    missed or nothing.
    """
    row.stopped_at, row.stopped_by, row.warn_at = stop.at, event.value, None
    in_time = stop.at < row.due_at.replace(second=0, microsecond=0) + MINUTE
    row.met = in_time if stop.judged or not in_time else None


def worked(complaint: Complaint, row: ClockRow, calendar: WorkingCalendar) -> int | None:
    """The working seconds that an ended clock took; a first response counts from the receipt, whatever set it anew."""
    if row.stopped_at is None:
        return None
    start = complaint.received_at if row.code == ClockCode.FIRST_RESPONSE.value else row.started_at
    return whole_seconds(calendar.working_time_between(start, row.stopped_at))


def _reset(case: Case, rows: Sequence[ClockRow], row: ClockRow, reset: ClockReset) -> None:
    """Set a running clock anew by the new severity; after a downgrade at least a working day remains (R3).

    One that is overdue keeps its deadline and is missed: no other severity makes up for it (``met_stays``).
    """
    if case.work.at >= row.due_at.replace(second=0, microsecond=0) + MINUTE:
        return
    found = _due(case, rows, reset.code, reset.at, reset.phase)
    due, extended = found.deadline.due, row.due_at if row.extended_days else None
    if reset.floor and case.work.at < row.due_at:
        floor = targets.due(_calendar(case), (Target(Decimal(1), Unit.WORKING_DAY),), case.work.at)
        if isinstance(floor, Due):
            due = max(due, floor.deadline.due)
    if extended is not None:
        due = _keep_extension(row, extended, due)
    row.started_at, row.phase = reset.at, reset.phase
    row.amount, row.unit, row.override = found.target.amount, found.target.unit.value, found.target.override
    set_due(case, row, due, provisional=found.deadline.provisional, rows=rows)


def _keep_extension(row: ClockRow, extended: datetime, anew: datetime) -> datetime:
    """The deadline of an extended clock that is counted anew; an extension that the new count reaches is spent."""
    due = extension.after_regrading(extended, anew)
    if due == anew:
        row.original_due_at, row.extended_days = None, 0
        row.facts = {name: value for name, value in row.facts.items() if name != "extensions"}
    else:
        row.original_due_at = anew
    return due


def _start(case: Case, rows: Sequence[ClockRow], start: ClockStart) -> ClockRow:
    found = _due(case, rows, start.code, start.at, start.phase)
    row = ClockRow(
        complaint_id=case.complaint.id,
        code=start.code.value,
        occurrence=start.occurrence,
        round=case.complaint.round,
        order_id=_order_id(case) if start.code is ClockCode.APPOINT else None,
        started_at=start.at,
        amount=found.target.amount,
        unit=found.target.unit.value,
        override=found.target.override,
        phase=start.phase,
        facts={},
    )
    set_due(case, row, found.deadline.due, provisional=found.deadline.provisional, rows=rows)
    return row


def _due(case: Case, rows: Sequence[ClockRow], code: ClockCode, at: datetime, phase: str | None) -> Due:
    complaint = case.complaint
    above = case.rules.keep(
        ("categories above", complaint.category_id),
        lambda: clock_queries.categories_of(case.work.session, complaint.category),
    )
    chosen_by = targets.Case(complaint.severity, above, complaint.channel.code)
    candidates = targets.candidates(_book(case).table, code, chosen_by, phase)
    found = targets.due(_calendar(case), candidates, at, resolve=clock_queries.whole_of(rows))
    if isinstance(found, Refusal):
        raise DomainError(found)
    return found


def _calendar(case: Case) -> WorkingCalendar:
    return case.rules.calendar()


def _order_id(case: Case) -> int | None:
    statement = sa.select(sa.func.max(WorkOrder.id)).where(WorkOrder.complaint_id == case.complaint.id)
    return case.work.session.scalar(statement)


def note_next(complaint: Complaint, rows: Iterable[ClockRow]) -> None:
    """Repeat the earliest open deadline on the complaint, for lists."""
    running = [row for row in rows if row.stopped_at is None]
    earliest = min(running, key=lambda row: row.due_at, default=None)
    complaint.next_due_at = earliest.due_at if earliest else None
    complaint.next_due_clock = earliest.code if earliest else None
