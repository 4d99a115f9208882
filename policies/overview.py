"""What the manager's view speaks of (R35): a month, a quarter or a year, the one before, and how a figure stands.

A period that is not over is compared with as many days of the one before; a target is met or not by the indicator's own
direction. Days are local.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction

from policies.vocabulary_appraisal import Better

SMALL = 5
"""No percentage for fewer than 5 cases (``small_numbers`` of ``office/report.yaml``)."""
ROLLING = 13
"""Months of a trend (``rolling_months`` there)."""
WEEKS = 12
AGES = (1, 3, 5, 10, 15, 30)
"""Whole days up to which an open complaint belongs to an age; the last age has no end."""

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
QUARTER = re.compile(r"(20\d\d)-Q([1-4])")
YEAR = re.compile(r"(20\d\d)")


@unique
class Span(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS_IN = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True)
class Stretch:
    """Days from ``first`` to before ``end``."""

    first: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.first).days


@dataclass(frozen=True)
class Period(Stretch):
    """A calendar month, quarter or year."""

    span: Span

    @property
    def text(self) -> str:
        """As it stands in an address: "2026-09", "2026-Q3", "2026"."""
        if self.span is Span.YEAR:
            return f"{self.first.year}"
        if self.span is Span.QUARTER:
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return f"{self.first:%Y-%m}"

    @property
    def previous(self) -> Period:
        return _period(self.span, add_months(self.first, -MONTHS_IN[self.span]))

    @property
    def next(self) -> Period:
        return _period(self.span, self.end)

    def months(self) -> list[Period]:
        """Its months."""
        return [_period(Span.MONTH, add_months(self.first, n)) for n in range(MONTHS_IN[self.span])]


def read_period(text: str | None, today: date) -> Period:
    """A period as an address names it; what names none is the present month."""
    asked = text or ""
    if found := MONTH.fullmatch(asked):
        return _period(Span.MONTH, date(int(found[1]), int(found[2]), 1))
    if found := QUARTER.fullmatch(asked):
        return _period(Span.QUARTER, date(int(found[1]), int(found[2]) * 3 - 2, 1))
    if found := YEAR.fullmatch(asked):
        return _period(Span.YEAR, date(int(found[1]), 1, 1))
    return _period(Span.MONTH, today.replace(day=1))


def around(span: Span, day: date) -> Period:
    """The period of this length that a day lies in."""
    length = MONTHS_IN[span]
    return _period(span, date(day.year, (day.month - 1) // length * length + 1, 1))


def compared_with(period: Period, today: date) -> Stretch:
    """The period before; of one that is not over, as many of its days as have come."""
    before = period.previous
    if not period.first <= today < period.end - timedelta(days=1):
        return Stretch(before.first, before.end)
    come = (today - period.first).days + 1
    return Stretch(before.first, min(before.end, before.first + timedelta(days=come)))


def months_up_to(period: Period, count: int = ROLLING) -> list[Period]:
    """So many months, the last one the period's last, the earliest first."""
    last = add_months(period.end, -1)
    return [_period(Span.MONTH, add_months(last, -back)) for back in reversed(range(count))]


def weeks_up_to(day: date, count: int = WEEKS) -> list[Stretch]:
    """So many weeks from Monday on, the last one that of a day, the earliest first."""
    monday = day - timedelta(days=day.weekday())
    starts = [monday - timedelta(weeks=back) for back in reversed(range(count))]
    return [Stretch(start, start + timedelta(weeks=1)) for start in starts]


def add_months(first: date, months: int) -> date:
    """The first day of the month so many months later."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _period(span: Span, first: date) -> Period:
    return Period(first, add_months(first, MONTHS_IN[span]), span)


def meets(value: Fraction, target: Decimal, better: Better) -> bool:
    """Whether a value meets its target: at least, or where less is better at most."""
    return value >= Fraction(target) if better is Better.HIGHER else value <= Fraction(target)


def is_better(value: Fraction, before: Fraction, better: Better) -> bool | None:
    """Whether a figure went the right way; None where it did not move."""
    if value == before:
        return None
    return (value > before) is (better is Better.HIGHER)


def age_of(days: int) -> int:
    """The place of an age in days among ``AGES``, the last one beyond all of them."""
    return next((place for place, most in enumerate(AGES) if days < most), len(AGES))


def rate_band(value: Fraction, target: Decimal, better: Better) -> int:
    """How a cell of the heat map stands: 1 meets the target, 2 within a tenth of it, 3 within a quarter, 4 beyond."""
    if meets(value, target, better):
        return 1
    aim = Fraction(target)
    off = abs(value - aim) / aim if aim else Fraction(1)
    return 2 if off <= Fraction(1, 10) else 3 if off <= Fraction(1, 4) else 4
