"""Which reminders of a corrective action go out now (R30): the owner the day before, the head at the date, and so on.

Each goes out once for each date that was set; a new date after an extension or a failed verification is told anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from policies.corrective_course import NOT_DONE
from policies.vocabulary_teamwork import CorrectiveStatus

REPORT_AFTER_WORKING_DAYS = 5
"""So many working days after its date the complaints manager is told (rule ``overdue`` of the office)."""


@unique
class Step(StrEnum):
    """The steps of the ladder, in order; ``EFFECT`` stands apart, after the verification."""

    BEFORE = "before"
    DUE = "due"
    OVERDUE = "overdue"
    EFFECT = "effect"


@dataclass(frozen=True)
class Moments:
    """When the steps are due: before the date, at it, five working days after it; when its effect is looked at."""

    before: datetime
    due: datetime
    overdue: datetime
    effect: datetime | None = None


@dataclass(frozen=True)
class Reminder:
    """A reminder that goes out now; ``key`` keeps it from going out again for the same date."""

    step: Step
    key: str


def due_now(
    status: CorrectiveStatus, effect_checked: bool, moments: Moments, at: datetime, told: Collection[str]
) -> Iterator[Reminder]:
    """What goes out at this moment, in order. What waits for its verification is no longer the owner's to hurry.

    After the date nobody is told that it is tomorrow; head and manager are both told however late the desk comes to it.
    """
    come: list[tuple[Step, datetime]] = []
    if status in NOT_DONE:
        come = [(Step.BEFORE, moments.due)] if moments.before <= at < moments.due else []
        come += [(step, moments.due) for step, moment in _ladder(moments) if moment <= at]
    elif status is CorrectiveStatus.VERIFIED and not effect_checked and moments.effect is not None:
        come = [(Step.EFFECT, moments.effect)] if moments.effect <= at else []
    for step, stamp in come:
        key = f"{step}:{stamp.date().isoformat()}"
        if key not in told:
            yield Reminder(step, key)


def _ladder(moments: Moments) -> tuple[tuple[Step, datetime], ...]:
    return (Step.DUE, moments.due), (Step.OVERDUE, moments.overdue)
