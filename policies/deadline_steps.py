"""How a deadline came about, step by step (R24): messages that a page shows in either language.

All dates and times of day in them are those of the calendar's own time zone, whoever reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from policies.calendar import MINUTE, Day, DayKind, WorkingCalendar, instant, moment
from policies.message import Message, Name
from policies.vocabulary import ClockCode, Severity
from policies.windows import show_time, show_window

LISTED_DAYS = 15  # more days, or more runs of days, than a reader would check one by one are given as a number
LISTED_RUNS = 6
LISTED_SPAN = 800  # days; over a longer way only their number is told
FRIDAY = 4


class Step(NamedTuple):
    """One step: what it says, the moment it leads to (aware UTC), and the amount reached, where there is one."""

    message: Message
    at: datetime | None = None
    amount: int | Decimal | None = None


Explanation = Callable[[], tuple[Step, ...]]


class Share(NamedTuple):
    """What a percentage was taken of: the resolve clock, its open microseconds, and the minutes that came of it."""

    start: datetime
    due: datetime
    working: int
    minutes: int
    percent: int | Decimal


def working_days(
    calendar: WorkingCalendar, start: datetime, begin: int, due: datetime, days: int, event: Message | None
) -> tuple[Step, ...]:
    """N working days: the days counted, those not counted and why, and the closing time that it ends at."""
    opening = moment(begin)
    first, last = calendar.local(opening).date(), calendar.date_of_closing(due)
    steps = [*_start(calendar, start, opening, event)]
    if days == 0:
        steps.append(Step(Message("clock.step.day_of_receipt"), None, 0))
    elif (last - first).days > LISTED_SPAN or days > LISTED_DAYS:
        steps.append(Step(Message("clock.step.days", {"n": days, "day": _day(first, start)}), None, days))
    else:
        counted = [day.date for day in _days(calendar, first + timedelta(days=1), last) if day.is_working]
        listed = {"n": days, "days": _runs(counted, start)}
        steps.append(Step(Message("clock.step.days_listed", listed), None, days))
    steps += _on_the_way(calendar, first, last, start)
    key = "clock.step.closing" if days else "clock.step.closing_receipt"
    steps.append(Step(Message(key, {"n": days, "moment": _moment(calendar, due, start)}), due, days))
    return tuple(steps + _provisional(calendar, start, due))


def open_time(
    calendar: WorkingCalendar,
    start: datetime,
    begin: int,
    due: datetime,
    amount: int | Decimal,
    unit: str,
    event: Message | None,
) -> tuple[Step, ...]:
    """Working hours or minutes: how much falls on which day."""
    opening = moment(begin)
    first, last = calendar.local(opening).date(), calendar.date_of_closing(due)
    steps = [*_start(calendar, start, opening, event), *_by_day(calendar, opening, due, start)]
    steps += _on_the_way(calendar, first, last, start)
    reached = {"amount": amount_of(amount, unit), "moment": _moment(calendar, due, start)}
    steps.append(Step(Message("clock.step.reached", reached), due, amount))
    return tuple(steps + _provisional(calendar, start, due))


def hours(
    calendar: WorkingCalendar, start: datetime, due: datetime, amount: int | Decimal, event: Message | None
) -> tuple[Step, ...]:
    """Hours round the clock."""
    steps = [Step(Message("clock.step.start", _event(calendar, start, event)), start)]
    if calendar.local(start).utcoffset() != calendar.local(due).utcoffset():
        steps.append(Step(Message("clock.step.clocks_change")))
    reached = {"amount": amount_of(amount, "hour"), "moment": _moment(calendar, due, start)}
    steps.append(Step(Message("clock.step.round_the_clock", reached), due, amount))
    return tuple(steps)


def share_of_hours(
    calendar: WorkingCalendar,
    start: datetime,
    due: datetime,
    whole: int | Decimal,
    percent: int | Decimal,
    event: Message | None,
) -> tuple[Step, ...]:
    """A percentage of a resolve clock that runs in hours."""
    part = _plain(Decimal(whole) * Decimal(percent) / 100)
    said = {"percent": _number(percent), "whole": amount_of(whole, "hour"), "part": amount_of(part, "hour")}
    return (
        Step(Message("clock.step.share_of_hours", said), None, part),
        *hours(calendar, start, due, part, event),
    )


def share_of_working_time(
    calendar: WorkingCalendar, made_of: Share, start: datetime, due: datetime, event: Message | None
) -> tuple[Step, ...]:
    """A percentage of the working minutes of a resolve clock."""
    total = _plain(Decimal(made_of.working) / MINUTE)
    whole = {
        "start": _moment(calendar, made_of.start, None),
        "due": _moment(calendar, made_of.due, made_of.start),
        "amount": amount_of(total, "working_minute"),
    }
    part = {"percent": _number(made_of.percent), "amount": amount_of(made_of.minutes, "working_minute")}
    reached = {"amount": part["amount"], "moment": _moment(calendar, due, start)}
    begin = calendar.next_working_moment(start)
    return (
        Step(Message("clock.step.share_whole", whole), made_of.due, total),
        Step(Message("clock.step.share_part", part), None, made_of.minutes),
        *_start(calendar, start, begin, event),
        *_by_day(calendar, begin, due, start),
        Step(Message("clock.step.reached", reached), due, made_of.minutes),
        *_provisional(calendar, made_of.start, made_of.due),
    )


def extension(
    calendar: WorkingCalendar, before: Explanation, old: date, due: datetime, days: int, reason: Message | None
) -> tuple[Step, ...]:
    """An extension, after the steps of the deadline that it moves."""
    noon = datetime(old.year, old.month, old.day, 12, tzinfo=calendar.zone)
    said: dict[str, object] = {"n": days, "day": _day(old, None), "moment": _moment(calendar, due, noon)}
    key = "clock.step.extended"
    if reason is not None:
        key, said["reason"] = "clock.step.extended_because", reason
    last = calendar.date_of_closing(due)
    return (
        *(step for step in before() if step.message.key != "clock.step.provisional"),
        *_on_the_way(calendar, old, last, noon),
        Step(Message(key, said), due, days),
        *_provisional(calendar, noon, due),
    )


def downgrade_floor(calendar: WorkingCalendar, anew: datetime, floor: Explanation) -> tuple[Step, ...]:
    """One working day after downgrading, because what was reckoned anew was past or nearer than that."""
    said = Message("clock.step.downgrade_floor", {"moment": _moment(calendar, anew, None)})
    return (Step(said, anew), *floor())


def stays(calendar: WorkingCalendar, before: Explanation, due: datetime) -> tuple[Step, ...]:
    """What was set stays though it would be earlier by now: no date promised to a customer moves earlier (R24)."""
    return (*before(), Step(Message("clock.step.stays", {"moment": _moment(calendar, due, None)}), due))


def target(clock: ClockCode, severity: Severity, amount: int | Decimal, unit: str) -> Step:
    """What the policy gives a clock of this severity; goes before the steps of the arithmetic (R23)."""
    said = {"clock": clock, "severity": severity, "amount": amount_of(amount, unit)}
    return Step(Message("clock.step.target", said), None, amount)


def by_version(policy: Name, version: int, amount: int | Decimal, unit: str, row: Name | None = None) -> Step:
    """Which version of the clocks gave the amount, and which row of it: a target, or the special row of that name."""
    said: dict[str, object] = {"policy": policy, "version": version, "amount": amount_of(amount, unit)}
    if row is None:
        return Step(Message("clock.step.by_version", said), None, amount)
    return Step(Message("clock.step.by_special_row", {**said, "name": row}), None, amount)


def special_row(name: Name, reason: Name, amount: int | Decimal, unit: str) -> Step:
    """The special row of the policy that holds instead, and why the office made it (R23)."""
    said: dict[str, object] = {"name": name, "amount": amount_of(amount, unit)}
    if not any(reason):
        return Step(Message("clock.step.special_row", said), None, amount)
    return Step(Message("clock.step.special_row_because", {**said, "reason": reason}), None, amount)


# Where counting begins


def _start(calendar: WorkingCalendar, start: datetime, begin: datetime, event: Message | None) -> Iterator[Step]:
    said = _event(calendar, start, event)
    if instant(start) == instant(begin):  # `==` is never true for a local time that comes twice
        yield Step(Message("clock.step.start_inside", said), start)
        return
    yield Step(Message("clock.step.start_outside", {**said, "why": _why_closed(calendar, start)}), start)
    first, last = calendar.local(start).date(), calendar.local(begin).date()
    yield from _not_counted(calendar, first + timedelta(days=1), last - timedelta(days=1), start)
    key = "clock.step.from_make_up" if calendar.day(last).kind is DayKind.MAKE_UP else "clock.step.from"
    yield Step(Message(key, {"moment": _moment(calendar, begin, start)}), begin)


def _event(calendar: WorkingCalendar, start: datetime, event: Message | None) -> dict[str, object]:
    return {"event": event or Message("clock.event.received"), "moment": _moment(calendar, start, None)}


def _why_closed(calendar: WorkingCalendar, at: datetime) -> Message:
    """Why the office is closed at a moment."""
    local = calendar.local(at)
    day = calendar.day(local.date())
    second = local.hour * 3600 + local.minute * 60 + local.second
    for closure in day.closures:
        if day.planned and any(hole.start <= second < hole.end for hole in closure.windows):
            return _closed(closure.reason)
    if not day.windows:
        return _why_no_day(day)
    if second < day.windows[0].start:
        return Message("clock.why.before_hours", {"time": show_time(day.windows[0].start)})
    if second == day.windows[-1].end:
        return Message("clock.why.at_closing")
    if second > day.windows[-1].end:
        return Message("clock.why.after_hours")
    return Message("clock.why.break")


def _why_no_day(day: Day) -> Message:
    """Why a date is no working day."""
    if day.kind is DayKind.SPECIAL:
        return Message("clock.why.special_closed")
    if day.kind is DayKind.HOLIDAY:
        named = Message("clock.why.holiday_named", {"name": day.name}) if day.name else None
        return named or Message("clock.why.holiday")
    if day.planned and day.closures:
        return _closed(day.closures[0].reason)
    return Message("clock.why.weekend" if day.date.weekday() > FRIDAY else "clock.why.no_hours")


def _closed(reason: Name) -> Message:
    named = Message("clock.why.closed_because", {"reason": reason}) if any(reason) else None
    return named or Message("clock.why.closed")


# What lies on the way


def _on_the_way(calendar: WorkingCalendar, first: date, last: date, start: datetime) -> Iterator[Step]:
    """Days that do not count and why; make-up days, special hours and half-closed days that do."""
    yield from _not_counted(calendar, first + timedelta(days=1), last, start)
    if (last - first).days > LISTED_SPAN:
        return
    on_the_way = [day for day in _days(calendar, first, last) if day.is_working]
    if make_up := [day.date for day in on_the_way if day.kind is DayKind.MAKE_UP and day.date > first]:
        yield Step(Message("clock.step.make_up_counted", {"days": _runs(make_up, start)}))
    for day in [day for day in on_the_way if _is_unusual(calendar, day)][:LISTED_RUNS]:
        opens = tuple(show_window(window) for window in day.windows)
        said: dict[str, object] = {"day": _day(day.date, start), "hours": opens}
        if day.kind is DayKind.SPECIAL:
            yield Step(Message("clock.step.special_hours", said))
        else:
            yield Step(Message("clock.step.half_closed", {**said, "why": _closed(day.closures[0].reason)}))


def _is_unusual(calendar: WorkingCalendar, day: Day) -> bool:
    if day.kind is DayKind.SPECIAL:
        return day.windows != calendar.weekly[day.date.weekday()]
    return day.windows != day.planned


def _not_counted(calendar: WorkingCalendar, first: date, last: date, start: datetime) -> Iterator[Step]:
    """The days from ``first`` to ``last`` that are no working days, by reason."""
    if (last - first).days > LISTED_SPAN:
        return
    groups: list[tuple[Message, list[date]]] = []
    for day in _days(calendar, first, last):
        if day.is_working:
            continue
        why = _why_no_day(day)
        for known, dates in groups:
            if known == why:
                dates.append(day.date)
                break
        else:
            groups.append((why, [day.date]))
    for why, dates in groups:
        yield Step(Message("clock.step.not_counted", {"days": _runs(dates, start), "why": why}))


def _by_day(calendar: WorkingCalendar, begin: datetime, due: datetime, start: datetime) -> Iterator[Step]:
    """How much open time falls on each day."""
    first, last = calendar.local(begin).date(), calendar.date_of_closing(due)
    if (last - first).days > LISTED_SPAN:
        return
    parts = []
    for day in _days(calendar, first, last):
        if day.is_working:
            midnight = datetime(day.date.year, day.date.month, day.date.day, tzinfo=calendar.zone)
            next_day = day.date + timedelta(days=1)
            end = min(due, datetime(next_day.year, next_day.month, next_day.day, tzinfo=calendar.zone))
            passed = calendar.working_time_between(max(begin, midnight), end)
            parts.append(Message("clock.day_part", {"day": _day(day.date, start), "amount": passed}))
    if 1 < len(parts) <= LISTED_DAYS:
        yield Step(Message("clock.step.by_day", {"parts": tuple(parts)}))


def _provisional(calendar: WorkingCalendar, start: datetime, due: datetime) -> list[Step]:
    first, last = calendar.local(start).year, calendar.local(due).year
    if calendar.is_published(first, last):
        return []
    published = calendar.published_years or frozenset()
    years = [str(year) for year in range(first, last + 1) if year not in published]
    shown = years if len(years) <= LISTED_RUNS else [f"{years[0]}–{years[-1]}"]
    return [Step(Message("clock.step.provisional", {"years": tuple(shown)}))]


def _days(calendar: WorkingCalendar, first: date, last: date) -> Iterator[Day]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield calendar.day(date.fromordinal(ordinal))


# Dates, moments and amounts


def _runs(days: Iterable[date], start: datetime) -> Message | tuple[Message, ...]:
    """Dates as runs, ``21–24 Sep, 28 Sep``, or only their number where there are too many."""
    runs: list[list[date]] = []
    count = 0
    for day in days:
        count += 1
        if runs and day == runs[-1][1] + timedelta(days=1):
            runs[-1][1] = day
        else:
            runs.append([day, day])
    if len(runs) > LISTED_RUNS:
        return Message("clock.days.count", {"n": count})
    return tuple(_run(first, last, start) for first, last in runs)


def _run(first: date, last: date, start: datetime) -> Message:
    if first == last:
        return _day(first, start)
    if first.month == last.month and first.year == last.year == start.year:
        month = Message(f"layout.month_short.{first.month}")
        said = {"first": first.day, "last": last.day, "month": month}
        return Message("clock.days.in_one_month", said)
    return Message("clock.days.range", {"first": _day(first, start), "last": _day(last, start)})


def _day(day: date, start: datetime | None) -> Message:
    """A date with its weekday; with its year too where it is not the year of ``start``."""
    key = "layout.moment.day" if start is not None and start.year == day.year else "layout.moment.day_and_year"
    said = {
        "year": day.year,
        "month": day.month,
        "month_name": Message(f"layout.month_short.{day.month}"),
        "day": day.day,
        "weekday": Message(f"layout.weekday_short.{day.isoweekday()}"),
    }
    return Message(key, said)


def _moment(calendar: WorkingCalendar, at: datetime, start: datetime | None) -> Message:
    """A moment in the calendar's time zone."""
    local = calendar.local(at)
    second = local.hour * 3600 + local.minute * 60 + local.second
    return Message("layout.moment.day_and_time", {"day": _day(local.date(), start), "time": show_time(second)})


def amount_of(amount: int | Decimal, unit: str) -> Message:
    """An amount with its unit, in words."""
    plain = _plain(amount)
    return Message(f"clock.amount.{unit}", {"n": plain, "amount": _number(plain)})


def _plain(amount: int | Decimal) -> int | Decimal:
    """The amount without needless decimals."""
    if isinstance(amount, int) or amount == amount.to_integral_value():
        return int(amount)
    return amount.normalize()


def _number(amount: int | Decimal) -> str:
    return format(_plain(amount), ",f" if isinstance(_plain(amount), Decimal) else ",d")
