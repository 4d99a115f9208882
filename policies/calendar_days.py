"""The days that are not as the week says (R24): a year's official list, single days, and an office's own closures."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from policies.calendar_form import WEEKDAYS
from policies.message import Refusal
from policies.reference import LONGEST_NAME, check_names, check_text, refused
from policies.windows import Window, check_windows, read_windows, show_time, show_window

FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST_LIST = 60_000  # characters of a pasted list; a real one has some 4,000
MOST_DAYS = 120
DECEMBER = 12


@unique
class PublicDay(StrEnum):
    """How a public day differs from its weekday."""

    HOLIDAY = "holiday"
    MAKE_UP = "make_up"


@dataclass(frozen=True)
class OfficialDay:
    """One line of a year's official list."""

    day: date
    kind: PublicDay
    name: str


@dataclass(frozen=True)
class OfficialYear:
    """The official list of a year; it may hold days of the December before."""

    year: int
    days: tuple[OfficialDay, ...]


@dataclass(frozen=True)
class DayChanges:
    """What taking over a list would do to the days that are kept."""

    new: tuple[OfficialDay, ...]
    changed: tuple[OfficialDay, ...]
    dropped: tuple[date, ...]

    @property
    def days(self) -> list[date]:
        """Every day that would not be as before, in order."""
        return sorted([row.day for row in (*self.new, *self.changed)] + list(self.dropped))


def read_official_list(text: str, *, field: str = "text") -> OfficialYear | Refusal:
    """A year's list in its JSON form: ``{"year": 2027, "days": [{"name", "date", "isOffDay"}, …]}``."""
    if not text.strip():
        return refused("missing", field)
    if len(text) > LONGEST_LIST:
        return refused("too_long", field, longest=LONGEST_LIST, length=len(text))
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):  # no JSON at all, or nested beyond reason
        return refused("no_json", field)
    if not isinstance(form, Mapping) or not isinstance(form.get("days"), list):
        return refused("no_official_list", field)
    year = form.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not FIRST_YEAR <= year <= LAST_YEAR:
        return refused("official_year", field, first=FIRST_YEAR, last=LAST_YEAR)
    days = form["days"]
    if not 0 < len(days) <= MOST_DAYS:
        return refused("official_count", field, most=MOST_DAYS)
    return _read_days(year, days, field)


def _read_days(year: int, rows: Sequence[object], field: str) -> OfficialYear | Refusal:
    found: dict[date, OfficialDay] = {}
    for line, row in enumerate(rows, 1):
        day = _read_day(row)
        if day is None:
            return refused("official_line", field, line=line)
        # a notice names the days from the last of December before its year to the end of its year
        if not (day.day.year == year or (day.day.year == year - 1 and day.day.month == DECEMBER)):
            return refused("official_other_year", field, line=line, day=day.day)
        if day.day in found:
            return refused("official_twice", field, line=line, day=day.day)
        found[day.day] = day
    return OfficialYear(year, tuple(sorted(found.values(), key=lambda row: row.day)))


def _read_day(row: object) -> OfficialDay | None:
    if not isinstance(row, Mapping):
        return None
    name, day, off = row.get("name"), row.get("date"), row.get("isOffDay")
    if not isinstance(name, str) or not isinstance(day, str) or not isinstance(off, bool) or len(day) != 10:
        return None
    if check_text("name", name, longest=LONGEST_NAME, required=True):
        return None
    try:
        return OfficialDay(date.fromisoformat(day), PublicDay.HOLIDAY if off else PublicDay.MAKE_UP, name.strip())
    except ValueError:
        return None


def changes_of(official: OfficialYear, kept: Mapping[date, tuple[str, str]], published: Collection[int]) -> DayChanges:
    """What differs between a list and the days kept (``day → (kind, Chinese name)``).

    The list is the whole truth for its year, but for December once the next year is published: that notice may have
    named days of it.
    """
    wanted = {row.day: row for row in official.days}
    next_published = official.year + 1 in published
    dropped = [
        day
        for day in kept
        if day.year == official.year and day not in wanted and not (next_published and day.month == DECEMBER)
    ]
    return DayChanges(
        new=tuple(row for day, row in wanted.items() if day not in kept),
        changed=tuple(row for day, row in wanted.items() if day in kept and kept[day] != (row.kind, row.name)),
        dropped=tuple(sorted(dropped)),
    )


def check_public_day(day: date | None, kind: str, name_zh: str, name_en: str) -> list[Refusal]:
    """One public holiday or make-up day."""
    problems = check_day(day)
    if kind not in list(PublicDay):
        problems.append(refused("unknown", "kind"))
    return [*problems, *check_names(name_zh, name_en)]


def check_day(day: date | None, *, field: str = "day") -> list[Refusal]:
    """A date that a calendar can hold."""
    if day is None:
        return [refused("missing", field)]
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return [refused("out_of_bounds", field, lowest=FIRST_YEAR, highest=LAST_YEAR)]
    return []


def check_closure(day: date | None, closed: object, name_zh: str, name_en: str) -> list[Refusal]:
    """An own closure: a date, the hours closed (``[["00:00", "24:00"]]`` for the whole day), and why."""
    problems = check_day(day)
    windows = read_windows(closed)
    if isinstance(windows, Refusal):
        problems.append(Refusal(windows.key, windows.params, "closed", 422))
    elif not windows:
        problems.append(refused("missing", "closed"))
    return [*problems, *check_names(name_zh, name_en)]


def check_week(weekly_hours: Mapping[str, object], make_up_day_hours: object) -> list[Refusal]:
    """The hours of each weekday and of a make-up day; a week without any open hour would never come to an end."""
    problems: list[Refusal] = []
    for weekday in WEEKDAYS:
        problems += _check_hours(weekday, weekly_hours.get(weekday, []))
    problems += _check_hours("make_up_day_hours", make_up_day_hours)
    if not problems and not any(weekly_hours.get(weekday) for weekday in WEEKDAYS):
        problems.append(refused("never_open", WEEKDAYS[0]))
    return problems


def _check_hours(field: str, value: object) -> list[Refusal]:
    windows = read_windows(value)
    if isinstance(windows, Refusal):
        return [Refusal(windows.key, windows.params, field, 422)]
    fault = check_windows(windows)
    return [Refusal(fault.key, fault.params, field, 422)] if fault else []


def show_hours(value: object) -> str:
    """Written hours as a person writes them: ``08:30–12:00, 13:30–18:00``; empty where closed or unreadable."""
    windows = read_windows(value)
    return "" if isinstance(windows, Refusal) else ", ".join(show_window(Window(*window)) for window in windows)


def plain_hours(value: object) -> list[list[str]]:
    """Hours in the form in which they are kept, in order; nothing where they cannot be read."""
    windows = read_windows(value)
    return [] if isinstance(windows, Refusal) else [[show_time(start), show_time(end)] for start, end in windows]


def read_hours(text: str) -> list[list[str]]:
    """Hours as a person writes them, as pairs of times: ``08:30-12:00, 13:30-18:00``; what is no pair stays visible.

    Commas and dashes of both languages will do. The pairs are not checked; ``check_week`` says what is wrong.
    """
    for mark in "，、；;\n":
        text = text.replace(mark, ",")
    for mark in "–—－~～至":
        text = text.replace(mark, "-")
    text = text.replace("：", ":")
    pieces = [piece.strip() for piece in text.split(",")]
    return [[part.strip() for part in piece.split("-")] for piece in pieces if piece]
