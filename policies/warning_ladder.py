"""When the warnings of a clock are due and whom they reach (R26): the ladders of a version of the clocks.

Each warning is sent once. When a clock stops those not yet sent are dropped; when it is extended they are set anew, so
that this is asked again with the new deadline. A percentage is measured in the clock's own unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from typing import NamedTuple

from policies.calendar import WorkingCalendar
from policies.deadline import MOST, Amount, at_percent, reckon
from policies.message import Refusal
from policies.vocabulary import ClockCode, Unit
from policies.windows import shown


@unique
class WarnAt(StrEnum):
    """From where a warning is counted."""

    PERCENT_ELAPSED = "percent_elapsed"
    DEADLINE = "deadline"
    HOURS_AFTER = "hours_after"
    WORKING_HOURS_AFTER = "working_hours_after"


class LadderStep(NamedTuple):
    """One warning of a ladder: when, to which roles (``owner``: whoever holds the present step), with which message."""

    code: str
    at: WarnAt
    value: Amount
    to: tuple[str, ...]
    message: str


class WarningMoment(NamedTuple):
    """A warning that is to be sent once, at ``at`` (aware UTC)."""

    code: str
    at: datetime
    to: tuple[str, ...]
    message: str


Ladders = Mapping[ClockCode, tuple[LadderStep, ...]]


def warnings(
    ladder: Iterable[LadderStep],
    calendar: WorkingCalendar,
    start: datetime,
    due: datetime,
    *,
    round_the_clock: bool,
) -> tuple[WarningMoment, ...] | Refusal:
    """When which warning of a clock is due, in the order of time.

    ``round_the_clock``: the clock runs in hours, be it as a share of a resolve clock that does; all others run in
    working time. ``working_hours_after`` counts office hours from the deadline, ``hours_after`` runs round the clock.
    """
    found = []
    for step in ladder:
        at = _at(step, calendar, start, due, round_the_clock=round_the_clock)
        if isinstance(at, Refusal):
            return at
        found.append(WarningMoment(step.code, at, step.to, step.message))
    return tuple(sorted(found, key=lambda warning: warning.at))


def _at(
    step: LadderStep, calendar: WorkingCalendar, start: datetime, due: datetime, *, round_the_clock: bool
) -> datetime | Refusal:
    if step.at is WarnAt.PERCENT_ELAPSED:
        return at_percent(calendar, start, due, step.value, round_the_clock=round_the_clock)
    if step.at is WarnAt.DEADLINE:
        return due
    if step.at is WarnAt.HOURS_AFTER:
        return due + timedelta(hours=float(step.value))
    after = reckon(calendar, due, step.value, Unit.WORKING_HOUR)
    return after if isinstance(after, Refusal) else after.due


def parse_ladders(document: Mapping[str, object]) -> Ladders | Refusal:
    """The ladders by clock, from ``warnings`` of a version in the form of ``office/sla.yaml``.

    A clock in no ladder has no warnings; one in two, or data that cannot be read, is refused.
    """
    ladders: dict[ClockCode, tuple[LadderStep, ...]] = {}
    try:
        for ladder in _rows(document.get("warnings") or {}, "ladders"):
            steps = tuple(_step(row) for row in _rows(ladder, "steps"))
            for clock in map(ClockCode, _texts(ladder["applies_to"])):
                if clock in ladders:
                    raise ValueError(clock)
                ladders[clock] = steps
    except (KeyError, TypeError, ValueError) as fault:
        said = {"part": "warnings", "value": shown(str(fault))}
        return Refusal("clock.fault.policy_unreadable", said, status=422)
    return ladders


def _rows(mapping: object, part: str) -> list[Mapping[str, object]]:
    rows = mapping.get(part, []) if isinstance(mapping, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError(shown(rows))
    return rows


def _step(row: Mapping[str, object]) -> LadderStep:
    value = row["value"]
    number = Decimal(str(value)) if isinstance(value, float) else value
    if isinstance(number, bool) or not isinstance(number, int | Decimal) or not 0 <= number < MOST:
        raise ValueError(shown(value))
    return LadderStep(str(row["code"]), WarnAt(str(row["at"])), number, _texts(row["to"]), str(row["message"]))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(shown(value))
    return tuple(str(text) for text in value)
