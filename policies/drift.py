"""Drift of an inspector (R28): whether somebody has come to mark more strictly or more mildly than the others.

Month by month the mean of the inspector's scores is set against the mean of everybody else's, with Welch's interval of
the difference. Two months running outside of it, to the same side, are drift; one month alone may be chance. Whoever
scored, or was compared with, fewer than ``FEWEST`` records in a month says nothing about that month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from math import floor

from policies.interval import Interval, t_quantile

FEWEST = 5
MONTHS_RUNNING = 2
CONFIDENCE = 0.95
ZERO = Decimal(0)


@unique
class Lean(StrEnum):
    """To which side somebody's marks lie: below the others', or above."""

    STRICTER = "stricter"
    MILDER = "milder"


@dataclass(frozen=True)
class Sums:
    """Scores summed up: how many, their sum, the sum of their squares, and how many were below the pass."""

    n: int = 0
    total: Decimal = ZERO
    squares: Decimal = ZERO
    failed: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(
            self.n + other.n, self.total + other.total, self.squares + other.squares, self.failed + other.failed
        )

    def less(self, other: Sums) -> Sums:
        return Sums(
            self.n - other.n, self.total - other.total, self.squares - other.squares, self.failed - other.failed
        )

    @property
    def mean(self) -> Decimal | None:
        return self.total / self.n if self.n else None

    @property
    def error_squared(self) -> Decimal:
        """The sample variance of the scores ÷ n; asked only of two or more."""
        return max(ZERO, (self.squares - self.total * self.total / self.n) / (self.n - 1)) / self.n


@dataclass(frozen=True)
class MonthOfInspector:
    """One month of one inspector beside all the others. ``difference``: own mean less theirs, with its interval."""

    month: date
    own: Sums
    others: Sums
    difference: Decimal | None = None
    interval: Interval | None = None

    @property
    def lean(self) -> Lean | None:
        """To which side the month lies outside of what chance explains; None: within, or too few records."""
        if self.interval is None:
            return None
        if self.interval.high < 0:
            return Lean.STRICTER
        return Lean.MILDER if self.interval.low > 0 else None

    @property
    def is_few(self) -> bool:
        return self.own.n < FEWEST or self.others.n < FEWEST


def month_of(month: date, own: Sums, others: Sums) -> MonthOfInspector:
    """One month compared; without a difference where one side scored nothing, without interval where too little."""
    if own.mean is None or others.mean is None:
        return MonthOfInspector(month, own, others)
    difference = own.mean - others.mean
    found = MonthOfInspector(month, own, others, difference)
    if found.is_few:
        return found
    return MonthOfInspector(month, own, others, difference, welch(difference, own, others))


def welch(difference: Decimal, one: Sums, other: Sums) -> Interval:
    """Welch's interval of the difference of two means; the degrees of freedom are rounded down, to the safe side."""
    first, second = one.error_squared, other.error_squared
    both = first + second
    if not both:
        return Interval(difference, difference)
    freedom = both**2 / (first**2 / (one.n - 1) + second**2 / (other.n - 1))
    reach = Decimal(t_quantile((1 + CONFIDENCE) / 2, max(1, floor(freedom)))) * both.sqrt()
    return Interval(difference - reach, difference + reach)


def drift_of(months: Sequence[MonthOfInspector]) -> Lean | None:
    """Whether somebody drifts now: the newest months that say anything, two running, lean to one side.

    ``months``: in order, each the calendar month after the one before; a month of too few records says nothing.
    """
    leans = [month.lean for month in months if not month.is_few][-MONTHS_RUNNING:]
    if len(leans) == MONTHS_RUNNING and len(set(leans)) == 1:
        return leans[0]
    return None
