"""Whose sheets a month has, and for which days (R33): new, left and moved staff by their posts.

A person's post is a department and roles for some days. A month is split where the department or the scheme changes:
each part has a sheet of its own. The scheme is the first of the office's, in the office's order, for one of the roles.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Post:
    """Where somebody was, as what, from which day to which (the last one included; None while it holds)."""

    staff_id: int
    department_id: int | None
    roles: tuple[str, ...]
    from_day: date
    until_day: date | None = None


@dataclass(frozen=True)
class Ranked:
    """A scheme for persons as far as choosing goes: its code and the roles that it is for."""

    code: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One sheet of a person: the days that it covers, where, as what, by which scheme."""

    staff_id: int
    department_id: int | None
    role: str
    scheme: str
    from_day: date
    until_day: date


def month_of(day: date) -> str:
    """The month of a day as appraisal writes it: ``2026-09``."""
    return f"{day.year:04d}-{day.month:02d}"


def days_of(month: str) -> tuple[date, date] | None:
    """The first and the last day of a month; None for what is no month."""
    year, dash, number = month.partition("-")
    if not (dash and len(year) == 4 and len(number) == 2 and year.isdecimal() and number.isdecimal()):
        return None
    if not (1 <= int(number) <= 12 and 1900 <= int(year) <= 2200 and month.isascii()):
        return None
    first = date(int(year), int(number), 1)
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def next_month(month: str) -> str:
    """The month after it; ``month`` must be one."""
    found = days_of(month)
    if found is None:
        raise ValueError(month)
    return month_of(found[1] + DAY)


def scheme_for(roles: Iterable[str], schemes: Sequence[Ranked]) -> tuple[str, str] | None:
    """Scheme and role: the first scheme in the office's order that is for one of the roles; None where none is."""
    held = set(roles)
    for scheme in schemes:
        role = next((role for role in scheme.roles if role in held), None)
        if role is not None:
            return scheme.code, role
    return None


@dataclass(frozen=True)
class Stretch:
    """Some days of a person, and the sheet that they belong to; None where no scheme is for them."""

    from_day: date
    part: Part | None


class Parts:
    """The parts of one person's month, and to which of them a day belongs."""

    def __init__(self, posts: Iterable[Post], first: date, last: date, schemes: Sequence[Ranked]) -> None:
        stretches: list[Stretch] = []
        for post in sorted(posts, key=lambda one: one.from_day):
            begin, end = max(post.from_day, first), min(post.until_day or last, last)
            if begin > end:
                continue
            found = scheme_for(post.roles, schemes)
            part = None if found is None else Part(post.staff_id, post.department_id, found[1], found[0], begin, end)
            before = stretches[-1] if stretches else None
            if before is not None and before.part is not None and part is not None and _goes_on(before.part, part):
                stretches[-1] = replace(before, part=replace(before.part, until_day=end))
            else:
                stretches.append(Stretch(begin, part))
        self._stretches = stretches
        self._begins = [one.from_day for one in stretches]

    @property
    def all(self) -> tuple[Part, ...]:
        """The parts that have a sheet, in order."""
        return tuple(one.part for one in self._stretches if one.part is not None)

    @property
    def is_whole(self) -> bool:
        """Whether every day of the month belongs to one and the same sheet."""
        return len(self._stretches) == 1 and self._stretches[0].part is not None

    def of_day(self, day: date) -> Part | None:
        """The part that something of this day counts for.

        A day outside of all posts belongs to the nearest one before it, else to the first: what a person did before
        leaving may be closed later. A day in a post without a scheme counts for nobody's sheet.
        """
        if not self._stretches:
            return None
        return self._stretches[max(bisect_right(self._begins, day) - 1, 0)].part


def _goes_on(before: Part, after: Part) -> bool:
    """The same department and scheme, without a day between."""
    same = (before.department_id, before.scheme) == (after.department_id, after.scheme)
    return same and before.until_day + DAY >= after.from_day


def working_days(first: date, last: date, is_open: Callable[[date], bool]) -> int:
    """How many working days there are from a day to another, both included."""
    return sum(1 for step in range((last - first).days + 1) if is_open(first + DAY * step))


def are_contiguous(posts: Sequence[Post]) -> bool:
    """Whether posts of a person, in order, neither overlap nor reach into one another."""
    return all(a.until_day is not None and a.until_day < b.from_day for a, b in pairwise(posts))
