"""Training (R34): when a course comes round, what an order of training asks for, when it is done.

What a post needs before somebody takes it stands in ``policies/fitness.py``.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from policies.vocabulary_appraisal import EffectKind
from policies.vocabulary_training import DueKind, DueState, Interval

SETTING = "training"
EVERYBODY = "all"

MONTHS: Mapping[Interval, int] = MappingProxyType({
    Interval.MONTH: 1,
    Interval.QUARTER: 3,
    Interval.HALF_YEAR: 6,
    Interval.YEAR: 12,
})  # fmt: skip

_ORDERED: Mapping[EffectKind, DueKind] = MappingProxyType({
    EffectKind.COACHING: DueKind.COACHING,
    EffectKind.TRAINING: DueKind.TRAINING,
    EffectKind.RETEST: DueKind.RETEST,
    EffectKind.POST_CHANGE: DueKind.RETEST,
})  # fmt: skip


def is_training(kind: EffectKind) -> bool:
    """Whether what a grade brings is something to be attended or passed, so that it becomes an entry with a date."""
    return kind in _ORDERED


def due_kind_of(kind: EffectKind) -> DueKind:
    """What it asks for; a change of post asks for the exam of the entry training. ``ValueError`` for other effects."""
    if kind not in _ORDERED:
        raise ValueError(f"{kind} orders no training")
    return _ORDERED[kind]


# When a course comes round


def add_months(day: date, months: int) -> date:
    """So many months later, on the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def first_due(every: Interval, since: date) -> date:
    """When a course is due for the first time for somebody whom it concerns ``since`` a day: one interval on, at the
    end of that month.
    """
    return month_end(add_months(since, MONTHS[every]))


def next_due(every: Interval, due: date, done_on: date | None) -> date:
    """When it is due again: one interval after it was due, or after it was done where that was earlier.

    Who is late thus skips no turn, and who is early need not come again too soon. At the end of the month.
    """
    return month_end(add_months(min(due, done_on or due), MONTHS[every]))


@dataclass(frozen=True)
class Turn:
    """One turn of a course for a person: when due, and when done, if it is."""

    due: date
    done_on: date | None
    state: DueState


def turns_to_plan(every: Interval, since: date, last: Turn | None, today: date) -> date | None:
    """The day of the turn that is to be planned now for somebody, or None while there is one to come.

    After a missed turn the next one is planned as well, the missed one stays open. Turns that would all lie in the
    past are passed over but for the newest: somebody who comes back after a year owes the meeting once.
    """
    if last is None:
        return _not_long_past(every, first_due(every, since), today)
    if last.state is DueState.OPEN and last.due >= today:
        return None
    return _not_long_past(every, next_due(every, last.due, last.done_on), today)


def _not_long_past(every: Interval, due: date, today: date) -> date:
    while due < today:
        due = next_due(every, due, None)
    return due


# When what was ordered is done


@dataclass(frozen=True)
class Attended:
    """One attendance that counts for an order: the day, hours in decimal, whether the exam was passed (None: none)."""

    day: date
    hours: Decimal
    passed: bool | None


@dataclass(frozen=True)
class Outcome:
    """How far an order is: hours, the day on which it was complete, whether with success."""

    hours: Decimal
    done_on: date | None
    passed: bool | None


def outcome(kind: DueKind, hours: Decimal, has_exam: bool, attended: Iterable[Attended]) -> Outcome:
    """How far an order is by what was attended.

    A course is done with the first attendance that lasted its hours, its exam passed where it has one; ordered hours
    are done on the day on which they add up; the exam again when it is passed. What is done stays done.
    """
    rows = sorted(attended, key=lambda one: one.day)
    total, failed = Decimal(0), False
    for one in rows:
        total += one.hours
        failed = failed or one.passed is False
        if _complete(kind, hours, total, has_exam, one):
            return Outcome(sum((row.hours for row in rows), Decimal(0)), one.day, True)
    return Outcome(total, None, False if failed else None)


def _complete(kind: DueKind, hours: Decimal, total: Decimal, has_exam: bool, one: Attended) -> bool:
    if kind is DueKind.RETEST:
        return one.passed is True
    if kind is DueKind.COURSE and has_exam:
        return one.passed is True and total >= hours
    return total >= hours and total > 0


def in_time(due: date, done_on: date | None, passed: bool | None) -> bool:
    """Whether it counts as completed (R31 ``training_completion``): by its day, and passed."""
    return done_on is not None and done_on <= due and passed is not False


# Reminders

REMIND_DAYS_BEFORE = (7, 1)
REMIND_DAYS_AFTER = (1, 7)


def reminders_due(due: date, today: date, told: Iterable[str]) -> str | None:
    """The key of the reminder that goes out today, or None: a week and a day before, a day and a week after.

    Of several that a desk at rest has missed only the newest goes out.
    """
    ladder = [(due - timedelta(days=days), f"before_{days}") for days in REMIND_DAYS_BEFORE]
    ladder += [(due + timedelta(days=days), f"after_{days}") for days in REMIND_DAYS_AFTER]
    come = [name for day, name in ladder if day <= today]
    newest = come[-1] if come else None
    return None if newest is None or f"{newest}:{due.isoformat()}" in set(told) else f"{newest}:{due.isoformat()}"
