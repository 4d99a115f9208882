"""Days that would be otherwise (R24), tried before they are: rows as typed, checked, and put in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Any, NamedTuple

from policies.calendar_days import check_day
from policies.calendar_form import CalendarDate
from policies.message import Name, Refusal
from policies.reference import refused
from policies.windows import check_windows, read_windows

LONGEST_RUN = 60  # days from the first to the last of one row
WHOLE_DAY = (("00:00", "24:00"),)
NAMELESS = Name("", "")


@unique
class TrialDay(StrEnum):
    """What a day would be: ``regular`` is as its weekday is, whatever it is now."""

    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    CLOSURE = "closure"
    REGULAR = "regular"


@dataclass(frozen=True)
class TypedDays:
    """A row as it was typed: from which day to which (None: that day alone), what they would be, hours closed."""

    first: date | None
    last: date | None
    kind: str
    closed: tuple[tuple[str, ...], ...] = ()

    @property
    def is_blank(self) -> bool:
        return self.first is None and self.last is None and not self.kind and not self.closed


class DayChange(NamedTuple):
    """A day, what it would be, and the hours that would be closed (pairs of local times)."""

    day: date
    kind: TrialDay
    closed: tuple[tuple[str, ...], ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"day": self.day.isoformat(), "kind": self.kind.value, "closed": [list(pair) for pair in self.closed]}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> DayChange:
        """From JSON."""
        closed = tuple(tuple(pair) for pair in data.get("closed") or ())
        return cls(date.fromisoformat(data["day"]), TrialDay(data["kind"]), closed)


def day_field(row: int, name: str) -> str:
    """The form field of a row, counted from 0, beside which its fault is shown."""
    return f"day-{row}-{name}"


def read_changes(rows: Sequence[TypedDays]) -> tuple[list[DayChange], list[Refusal]]:
    """The single days of all rows, and what is wrong with a row, beside its field. Blank rows do not count."""
    changes: dict[date, DayChange] = {}
    problems: list[Refusal] = []
    for number, row in enumerate(rows):
        if row.is_blank:
            continue
        found = _check_row(number, row)
        if not found:
            for day in _days(row):
                if day in changes:
                    found = [Refusal("what_if.refused.day_twice", {"day": day}, day_field(number, "first"), 422)]
                changes[day] = DayChange(day, TrialDay(row.kind), _closed(row))
        problems += found
    return sorted(changes.values()), problems


def _check_row(number: int, row: TypedDays) -> list[Refusal]:
    problems = check_day(row.first, field=day_field(number, "first"))
    if row.last is not None:
        problems += check_day(row.last, field=day_field(number, "last"))
    if row.kind not in list(TrialDay):
        problems.append(refused("missing", day_field(number, "kind")))
    if row.closed and row.kind != TrialDay.CLOSURE:
        problems.append(Refusal("what_if.refused.hours_of_closure", {}, day_field(number, "closed"), 422))
    windows = read_windows([list(pair) for pair in row.closed])
    fault = windows if isinstance(windows, Refusal) else check_windows(windows)
    if fault:
        problems.append(Refusal(fault.key, fault.params, day_field(number, "closed"), 422))
    if row.first is not None and row.last is not None and not 0 <= (row.last - row.first).days < LONGEST_RUN:
        problems.append(Refusal("what_if.refused.run", {"most": LONGEST_RUN}, day_field(number, "last"), 422))
    return problems


def _days(row: TypedDays) -> list[date]:
    if row.first is None:
        return []
    last = row.last or row.first
    return [row.first + timedelta(days=number) for number in range((last - row.first).days + 1)]


def _closed(row: TypedDays) -> tuple[tuple[str, ...], ...]:
    return (row.closed or WHOLE_DAY) if row.kind == TrialDay.CLOSURE else ()


def with_changes(days: Iterable[CalendarDate], changes: Sequence[DayChange]) -> list[CalendarDate]:
    """The days of a calendar as they would be: each changed day is what its row says and nothing else."""
    changed = {change.day for change in changes}
    kept = [day for day in days if day.day not in changed]
    new = [
        CalendarDate(change.day, change.kind.value, NAMELESS, [list(pair) for pair in change.closed])
        for change in changes
        if change.kind is not TrialDay.REGULAR
    ]
    return [*kept, *new]
