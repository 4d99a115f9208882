"""For which period a plan draws, and on which day (R27): months and weeks of the office's calendar, caught up later."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique

LOOK_BACK = 62
"""Days of which missed draws are caught up: two months; what is older is drawn by hand, if anybody wants it."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKING_DAY = re.compile(r"working_day_([1-9]|1\d)", re.ASCII)
LONGEST = 366
"""Days of the longest period that may be chosen."""
EARLIEST = date(1970, 1, 1)
"""Before this day nothing was recorded anywhere, and a moment may have no counterpart in UTC."""


@unique
class PeriodRule(StrEnum):
    """Over which days a plan's population reaches (``period``)."""

    PREVIOUS_MONTH = "previous_month"
    PREVIOUS_WEEK = "previous_week"
    THIS_MONTH = "this_month"
    LAST_30_DAYS = "last_30_days"
    CHOSEN = "chosen"


MONTH_END, ANY_TIME, ON_ALERT = "month_end", "any_time", "on_alert"


def is_draw_day(draw_on: str) -> bool:
    """Whether a plan may say this of when it draws."""
    return draw_on in (MONTH_END, ANY_TIME, ON_ALERT, *WEEKDAYS) or WORKING_DAY.fullmatch(draw_on) is not None


@dataclass(frozen=True)
class Period:
    """Local days, the last one included; ``label`` is the second part of the seed."""

    label: str
    first: date
    last: date


def month_of(day: date) -> Period:
    """The calendar month of a day: ``2026-09``."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(f"{first:%Y-%m}", first, following - timedelta(days=1))


def week_of(day: date) -> Period:
    """The week of a day from Monday to Sunday, by its ISO number: ``2026-W38``."""
    year, week, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Period(f"{year}-W{week:02}", first, first + timedelta(days=6))


def chosen(first: date, last: date) -> Period:
    """Any run of days: ``20260901-20260930``."""
    return Period(f"{first:%Y%m%d}-{last:%Y%m%d}", first, last)


def period_at(rule: PeriodRule, day: date) -> Period:
    """The period that a draw on a day is about. A chosen one is said by a person; it starts as the last 30 days."""
    if rule is PeriodRule.PREVIOUS_MONTH:
        return month_of(day.replace(day=1) - timedelta(days=1))
    if rule is PeriodRule.PREVIOUS_WEEK:
        return week_of(day - timedelta(days=7))
    if rule is PeriodRule.THIS_MONTH:
        return month_of(day)
    return chosen(day - timedelta(days=30), day - timedelta(days=1))


def falls_on(draw_on: str, day: date, is_working: Callable[[date], bool]) -> bool:
    """Whether a plan draws on a day. The end of a month is when it is over: the first day of the next one."""
    if draw_on == MONTH_END:
        return day.day == 1
    if draw_on in WEEKDAYS:
        return day.weekday() == WEEKDAYS.index(draw_on)
    found = WORKING_DAY.fullmatch(draw_on)
    if found is None or not is_working(day):
        return False
    return sum(is_working(day.replace(day=number)) for number in range(1, day.day + 1)) == int(found[1])


def due_periods(
    rule: PeriodRule,
    draw_on: str,
    today: date,
    is_working: Callable[[date], bool],
    *,
    since: date,
    drawn_until: date | None = None,
) -> list[Period]:
    """The periods that are to be drawn by today, the oldest first.

    ``since``: from when the plan holds; ``drawn_until``: the last day of the newest period that was drawn. All missed
    since then are caught up, two months back at most; a plan that never drew begins with the newest alone.
    """
    if draw_on in (ANY_TIME, ON_ALERT):
        return []
    found = []
    for back in range(LOOK_BACK, -1, -1):
        day = today - timedelta(days=back)
        if day >= since and falls_on(draw_on, day, is_working):
            period = period_at(rule, day - timedelta(days=1) if draw_on == MONTH_END else day)
            if period.last >= since and (drawn_until is None or period.last > drawn_until):
                found.append(period)
    return found[-1:] if drawn_until is None else found
