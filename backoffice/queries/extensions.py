"""Extensions as pages, papers and figures read them (R25): what one would move, and the clocks that were moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow, Complaint
from backoffice.models.extension import ExtendedClock, Extension
from backoffice.queries.rulebook import Rulebook
from policies import extension
from policies.deadline import Deadline
from policies.extension import ExtensionRules
from policies.message import Refusal
from policies.vocabulary import ClockCode, Unit


def rules_of(rules: Rulebook, sla_id: int) -> ExtensionRules:
    """The extension rules of a version of the clocks."""
    return rules.keep_for_good(("extension", sla_id), lambda: extension.parse_extension(rules.sla(sla_id)))


def leading(
    rules: Rulebook, sla_id: int, rows: Sequence[ClockRow], pending: Extension | None = None
) -> ClockCode | None:
    """The running clock that an extension is asked for, or that the one which waits asks for."""
    running = [ClockCode(row.code) for row in rows if row.stopped_at is None]
    if pending is not None:
        return ClockCode(pending.clock) if pending.clock in running else None
    return extension.leading(rules_of(rules, sla_id), running)


@dataclass(frozen=True)
class Effect:
    """What so many working days more make of one clock."""

    row: ClockRow
    deadline: Deadline

    @property
    def code(self) -> ClockCode:
        return ClockCode(self.row.code)

    @property
    def old(self) -> datetime:
        return self.row.due_at

    @property
    def new(self) -> datetime:
        return self.deadline.due


def effects(rules: Rulebook, sla_id: int, rows: Sequence[ClockRow], clock: ClockCode, days: int) -> list[Effect]:
    """The clocks that an extension of ``clock`` moves, each with its new deadline; the extended one first (R25)."""
    running = {ClockCode(row.code): row for row in rows if row.stopped_at is None}
    found = []
    for code in extension.moved_with(rules_of(rules, sla_id), clock, running):
        deadline = extension.new_due(rules.calendar(), running[code].due_at, days)
        if isinstance(deadline, Refusal):
            raise DomainError(deadline)
        found.append(Effect(running[code], deadline))
    return found


def run_out(session: Session, at: datetime, after: int, most: int) -> list[int]:
    """Ids of the next complaints whose extension waits though the deadline that it asks to move has passed."""
    runs = sa.exists().where(
        ClockRow.complaint_id == Extension.complaint_id,
        ClockRow.code == Extension.clock,
        ClockRow.stopped_at.is_(None),
        ClockRow.due_at > at - timedelta(minutes=1),  # the minute of the deadline still counts
    )
    statement = sa.select(Extension.complaint_id).where(
        Extension.settled_at.is_(None), Extension.complaint_id > after, ~runs
    )
    return list(session.scalars(statement.order_by(Extension.complaint_id).limit(most)))


@dataclass(frozen=True)
class ExtendedClockFacts:
    """A clock that extensions moved, for indicators and reports (R25, R31)."""

    complaint_id: int
    number: str
    clock: ClockCode
    occurrence: int
    amount: Decimal
    unit: Unit
    original_due: datetime
    due: datetime
    days: int
    met: bool | None


def extended_clocks(session: Session, since: datetime, until: datetime) -> Iterator[ExtendedClockFacts]:
    """Clocks whose extension took effect from ``since`` to before ``until``, each once, oldest complaint first.

    ``original_due`` is when it would have been due, ``due`` the deadline by which it is judged; ``met`` is None while
    it runs. A clock whose extension was spent in a later regrading is not among them.
    """
    moved = sa.select(ExtendedClock.clock_id).where(ExtendedClock.at >= since, ExtendedClock.at < until)
    statement = (
        sa.select(ClockRow, Complaint.number)
        .join(Complaint, Complaint.id == ClockRow.complaint_id)
        .where(ClockRow.id.in_(moved), ClockRow.extended_days > 0)
        .order_by(ClockRow.complaint_id, ClockRow.id)
        .execution_options(yield_per=500)
    )
    for row, number in session.execute(statement):
        yield ExtendedClockFacts(
            row.complaint_id, number, ClockCode(row.code), row.occurrence, row.amount, Unit(row.unit),
            row.original_due_at or row.due_at, row.due_at, row.extended_days, row.met,
        )  # fmt: skip
