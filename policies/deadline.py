"""When something is due, and why (R24): the counting rules of the clocks, over a ``WorkingCalendar``.

A start inside office hours counts as it is; any other moves to the next working moment, whose day is the day of
receipt. *Working days*, whole numbers, end at the closing time of the N-th working day after the day of receipt (0:
that day itself). *Working hours and minutes* count open time and stay at a closing that they end at; 0 of them is the
start, or the next working moment. *Hours* run round the clock. A *percentage* is taken of the working minutes of the
resolve clock, rounded half up to a minute and counted from the start in office time; where it runs in hours, of its
hours, unrounded. Clocks never pause.

Every function answers with a value: a ``Deadline``, or a ``Refusal`` that says why there is none. The steps of a
deadline are made when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import partial

from policies import deadline_steps as explain
from policies.calendar import HOUR, MINUTE, REACH_YEARS, CalendarError, WorkingCalendar, instant, moment
from policies.deadline_steps import Explanation, Step
from policies.message import Message, Refusal
from policies.vocabulary import Unit
from policies.windows import shown

WORKING_MINUTE = "working_minute"
"""A unit of the command line and of explanations; no clock of an office is set in it."""
UNITS = (WORKING_MINUTE, Unit.WORKING_HOUR.value, Unit.WORKING_DAY.value, Unit.HOUR.value)
DAY, ROUND_THE_CLOCK = Unit.WORKING_DAY.value, Unit.HOUR.value
LENGTHS = {WORKING_MINUTE: MINUTE, Unit.WORKING_HOUR.value: HOUR, Unit.HOUR.value: HOUR}
MOST = REACH_YEARS * 366 * 24 * 60  # no amount of any unit may be larger: minutes in as many years as are reached
WHOLE = 100

Amount = int | Decimal


def _no_steps() -> tuple[Step, ...]:
    return ()


@dataclass(frozen=True)
class Deadline:
    """A due moment (aware UTC), whether it rests on a year without published holidays, and how it came about."""

    due: datetime
    provisional: bool = False
    explanation: Explanation = field(default=_no_steps, compare=False, repr=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The explanation, from the start to the due moment."""
        return self.explanation()


@dataclass(frozen=True)
class Whole:
    """What percentages are taken of: the resolve clock from its start to its due moment.

    ``hours`` is its amount where it runs in hours round the clock, else nothing.
    """

    start: datetime
    due: datetime
    hours: Amount | None = None


def reckon(
    calendar: WorkingCalendar, start: datetime, amount: Amount, unit: str, *, event: Message | None = None
) -> Deadline | Refusal:
    """The deadline of ``amount`` working minutes, working hours, working days or hours from an aware ``start`` (R24).

    ``event`` names in the explanation what happened at the start; without it something was received. Refuses amounts
    that are negative, no number, too large, or not whole for days, and calendars that are never open again.
    """
    try:
        if unit == DAY:
            return _days(calendar, start, _whole_days(amount), event)
        length = LENGTHS.get(unit)
        if length is None:
            return Refusal("clock.fault.unit_unknown", {"unit": str(unit), "units": UNITS}, status=422)
        length = _length(amount, length)
        if unit == ROUND_THE_CLOCK:
            return _round_the_clock(calendar, start, amount, length, event)
        return _open_time(calendar, start, amount, unit, length, event)
    except CalendarError as fault:
        return fault.refusal


def share(
    calendar: WorkingCalendar, start: datetime, whole: Whole, percent: Amount, *, event: Message | None = None
) -> Deadline | Refusal:
    """The deadline at a percentage of the resolve clock, counted from ``start`` (R24, percent).

    No share up to 100 is later than the resolve clock itself, whatever the rounding.
    """
    try:
        ratio = Fraction(_finite(percent)) / WHOLE
        if whole.hours is not None:
            due = _reached(calendar, instant(start) + round(Fraction(whole.hours) * HOUR * ratio))
            steps = partial(explain.share_of_hours, calendar, start, due, whole.hours, percent, event)
            return Deadline(due, False, steps)
        working = calendar.open_between(whole.start, whole.due)
        minutes = _half_up(working * ratio / MINUTE)
        begin = calendar.begin(start)
        point, year = calendar.add(begin, minutes * MINUTE)
        due = moment(min(point, instant(whole.due)) if ratio <= 1 else point)
        last_year = max(year, calendar.local(whole.due).year)
        made_of = explain.Share(whole.start, whole.due, working, minutes, percent)
        steps = partial(explain.share_of_working_time, calendar, made_of, start, due, event)
        return Deadline(due, _provisional(calendar, whole.start, last_year), steps)
    except CalendarError as fault:
        return fault.refusal


def step_deadlines(
    calendar: WorkingCalendar, whole: Whole, shares: Sequence[Amount]
) -> list[Deadline | None] | Refusal:
    """When each step of a process should be done: its share added to those before it, of the resolve clock (R14, R24).

    A step with share 0 has its own clock or none, and gets nothing here.
    """
    found: list[Deadline | None] = []
    total: Amount = 0
    for part in shares:
        total += part
        deadline = share(calendar, whole.start, whole, total) if part else None
        if isinstance(deadline, Refusal):
            return deadline
        found.append(deadline)
    return found


def extend(
    calendar: WorkingCalendar, deadline: Deadline, days: int, *, reason: Message | None = None
) -> Deadline | Refusal:
    """The deadline after an extension (R25, new_due): closing time of the ``days``-th working day after the old date.

    An old deadline exactly at closing time, midnight included, gains no extra day. The old steps stay, one is added.
    """
    try:
        if _whole_days(days) == 0:
            return Refusal("clock.fault.extension_empty", status=422)
        old = calendar.date_of_closing(deadline.due)
        point, year = calendar.closing_after_date(old, days)
        due = moment(point)
        provisional = deadline.provisional or not calendar.is_published(old.year, year)
        return Deadline(
            due, provisional, partial(explain.extension, calendar, deadline.explanation, old, due, days, reason)
        )
    except CalendarError as fault:
        return fault.refusal


def after_downgrade(calendar: WorkingCalendar, anew: Deadline, at: datetime) -> Deadline | Refusal:
    """The deadline reckoned anew for the lower grade, but never less than one working day from the regrading (R3)."""
    floor = reckon(calendar, at, 1, Unit.WORKING_DAY, event=Message("clock.event.regraded"))
    if isinstance(floor, Refusal) or anew.due >= floor.due:
        return floor if isinstance(floor, Refusal) else anew
    return Deadline(
        floor.due, floor.provisional, partial(explain.downgrade_floor, calendar, anew.due, floor.explanation)
    )


def late_from(due: datetime) -> datetime:
    """The first moment that is too late: the minute of the deadline still counts (R24, met)."""
    return due.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


def is_met(due: datetime, at: datetime) -> bool:
    """Whether what happened at ``at`` was in time (R24, met)."""
    return at < late_from(due)


def at_percent(
    calendar: WorkingCalendar, start: datetime, due: datetime, percent: Amount, *, round_the_clock: bool
) -> datetime | Refusal:
    """When so much of a clock has run, measured in its own unit (R26, percent_elapsed).

    Clocks in hours: elapsed time. All others: working minutes between start and deadline, rounded half up to a minute.
    Never later than the deadline.
    """
    try:
        ratio = Fraction(_finite(percent)) / WHOLE
        first, last = instant(start), instant(due)
        if round_the_clock:
            return moment(min(last, first + round((last - first) * ratio)))
        minutes = _half_up(calendar.open_between(start, due) * ratio / MINUTE)
        return moment(min(last, calendar.add(calendar.begin(start), minutes * MINUTE)[0]))
    except CalendarError as fault:
        return fault.refusal


def percent_elapsed(
    calendar: WorkingCalendar, start: datetime, due: datetime, at: datetime, *, round_the_clock: bool
) -> int:
    """How much of a clock has run at a moment, in its own unit: 0 to 100, rounded down: only a full one shows 100."""
    if instant(at) >= instant(due):
        return WHOLE
    if round_the_clock:
        passed, whole = instant(at) - instant(start), instant(due) - instant(start)
    else:
        passed, whole = calendar.open_between(start, at), calendar.open_between(start, due)
    return max(0, passed * WHOLE // whole) if whole > 0 else 0


def _days(calendar: WorkingCalendar, start: datetime, days: int, event: Message | None) -> Deadline:
    begin = calendar.begin(start)
    point, year = calendar.closing_after(begin, days)
    due = moment(point)
    steps = partial(explain.working_days, calendar, start, begin.point, due, days, event)
    return Deadline(due, _provisional(calendar, start, year), steps)


def _open_time(
    calendar: WorkingCalendar, start: datetime, amount: Amount, unit: str, length: int, event: Message | None
) -> Deadline:
    begin = calendar.begin(start)
    point, year = calendar.add(begin, length)
    due = moment(point)
    steps = partial(explain.open_time, calendar, start, begin.point, due, amount, unit, event)
    return Deadline(due, _provisional(calendar, start, year), steps)


def _round_the_clock(
    calendar: WorkingCalendar, start: datetime, amount: Amount, length: int, event: Message | None
) -> Deadline:
    due = _reached(calendar, instant(start) + length)
    return Deadline(due, False, partial(explain.hours, calendar, start, due, amount, event))


def _reached(calendar: WorkingCalendar, point: int) -> datetime:
    """An instant that need not lie in a year that the calendar can reach."""
    try:
        due = moment(point)
        calendar.local(due)  # it must be possible to write it down there
    except OverflowError:
        raise CalendarError(Refusal("clock.fault.too_far", {"years": REACH_YEARS}, status=422)) from None
    return due


def _provisional(calendar: WorkingCalendar, start: datetime, last_year: int) -> bool:
    return calendar.published_years is not None and not calendar.is_published(calendar.local(start).year, last_year)


def _finite(amount: Amount) -> Amount:
    """The amount, if it is a number that can be counted: not negative, not endless, not beyond all reach."""
    if type(amount) is int and 0 <= amount <= MOST:
        return amount
    if not isinstance(amount, int) and not amount.is_finite():
        raise CalendarError(Refusal("clock.fault.amount_unreadable", {"value": str(amount)}, status=422))
    if amount < 0:
        raise CalendarError(Refusal("clock.fault.amount_negative", {"value": shown(amount)}, status=422))
    if amount > MOST:
        raise CalendarError(Refusal("clock.fault.too_far", {"years": REACH_YEARS}, status=422))
    return amount


def _length(amount: Amount, unit: int) -> int:
    """An amount of a unit in whole microseconds."""
    length = _finite(amount) * unit
    return length if isinstance(length, int) else int(length.to_integral_value(ROUND_HALF_UP))


def _whole_days(amount: Amount) -> int:
    if _finite(amount) != int(amount):
        raise CalendarError(Refusal("clock.fault.days_not_whole", {"value": str(amount)}, status=422))
    return int(amount)


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
