"""Who moved within a month has a sheet for each part, but one month (R33): which part bears what comes once in it.

Grades bring things "for the month", limits hold "per month", and rules over several months count months. Each of them
must not come once per part; figures, scores, grades and vetoes stand on every part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class MonthPart:
    """One sheet of somebody's month. ``days``: its working days; ``is_graded``: enough of it was rated for a grade."""

    sheet_id: int
    from_day: date
    days: int
    is_graded: bool


def bearer(parts: Iterable[MonthPart]) -> MonthPart | None:
    """The part that bears points, rewards, penalties and what the grade brings, and whose grade is the month's: of
    those with a grade (of all where none has one) that with the most working days, the later of equals. None of none.
    """
    return max(parts, key=lambda one: (one.is_graded, one.days, one.from_day), default=None)
