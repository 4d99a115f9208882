"""Working time (R24): when the office is open, and adding up, counting and comparing the time that it is.

A ``WorkingCalendar`` is a value. Its arithmetic rests on prefix sums of open time, made once for each local year when
that year is first asked for; after that a question is a few bisections, however far apart its ends are.

How local times are read:

* Windows are half-open: the closing moment is outside. ``24:00`` is the midnight that ends the day. A shift across
  midnight is written as two windows that touch, ``23:00–24:00`` and ``00:00–07:00`` of the next day.
* What is added up is elapsed time. A window ``00:00–24:00`` lasts 23 or 25 hours on the day when the clocks change.
* A local time that the clocks skip is moved on by the length of the gap (02:30 becomes 03:30); one that comes twice is
  the first of the two. This holds for bounds of windows and for starts alike (RFC 5545; PEP 495 with fold 0).
* Nothing reaches beyond its own day, and what overlaps after such a move is counted once.

Which hours a date has, the first that applies: exact hours of a *special day* (none: closed), those of a *make-up day*,
none on a *public holiday*, else those of its weekday. The office's *own closures* are then taken out, save on special
days. A date with any open time left is a working day, however short, and its last open moment is its closing time.

All moments that go in must be aware; all that come out are aware UTC.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from policies.message import Name, Refusal
from policies.windows import DAY_SECONDS, Window, check_windows, without

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000  # all instants and amounts inside are whole microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
REACH_YEARS = 400  # how far a sum may run before it is given up: nobody waits longer, and a slip of the pen ends soon
MOST = REACH_YEARS * 366 * 24 * HOUR
FIRST_YEAR, LAST_YEAR = 2, 9998  # so that the midnights at both ends of a year can still be written


class CalendarError(ValueError):
    """A question that a calendar cannot answer; ``refusal`` says why. The rules above turn it into a value."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.key)
        self.refusal = refusal


class Closure(NamedTuple):
    """Hours of one date for which the office closes on its own account, and why."""

    windows: tuple[Window, ...]
    reason: Name


class DayKind(StrEnum):
    """Why a date has the hours that it has."""

    REGULAR = "regular"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    SPECIAL = "special"


class Day(NamedTuple):
    """One date: the hours open, those planned before closures were taken out, and what it is called."""

    date: date
    kind: DayKind
    windows: tuple[Window, ...]
    planned: tuple[Window, ...]
    closures: tuple[Closure, ...]
    name: Name | None

    @property
    def is_working(self) -> bool:
        """Whether it counts as a working day on paper (clock changes apart)."""
        return bool(self.windows)


def instant(at: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return (at - EPOCH) // MICROSECOND


def moment(microseconds: int) -> datetime:
    """The aware UTC moment so many microseconds after 1970."""
    return EPOCH + microseconds * MICROSECOND


@dataclass(frozen=True)
class WorkingCalendar:
    """The hours of an office in its time zone (R24); see the module for what goes before what.

    ``weekly`` holds the windows of Monday to Sunday. ``published_years`` are those whose public holidays are known:
    what touches another year is provisional; ``None`` means that there is nothing to wait for. Raises ``CalendarError``
    for windows that are outside the day, reversed, empty or overlapping.
    """

    zone: ZoneInfo
    weekly: tuple[tuple[Window, ...], ...]
    holidays: Mapping[date, Name | None] = field(default_factory=dict)
    make_up_days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    closures: Mapping[date, tuple[Closure, ...]] = field(default_factory=dict)
    special_days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    published_years: frozenset[int] | None = None
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise CalendarError(Refusal("clock.fault.week_incomplete", status=422))
        for windows in (*self.weekly, *self.make_up_days.values(), *self.special_days.values()):
            if fault := check_windows(windows):
                raise CalendarError(fault)
        object.__setattr__(self, "weekly", tuple(tuple(sorted(windows)) for windows in self.weekly))
        for name in ("make_up_days", "special_days"):
            days = {day: tuple(sorted(windows)) for day, windows in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(days))
        for name in ("holidays", "closures"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    # What a date is

    def day(self, day: date) -> Day:
        """All that is known about a date, for arithmetic and for explanations."""
        special = self.special_days.get(day)
        if special is not None:
            return Day(day, DayKind.SPECIAL, special, special, (), None)
        kind, name = DayKind.REGULAR, None
        make_up = self.make_up_days.get(day)
        if make_up is not None:
            kind, planned = DayKind.MAKE_UP, make_up
        elif day in self.holidays:
            kind, planned, name = DayKind.HOLIDAY, (), self.holidays[day]
        else:
            planned = self.weekly[day.weekday()]
        closures = self.closures.get(day, ())
        windows = without(planned, [hole for closure in closures for hole in closure.windows]) if closures else planned
        return Day(day, kind, windows, planned, closures, name)

    def local(self, at: datetime) -> datetime:
        """A moment as the office's clock shows it."""
        return at.astimezone(self.zone)

    def is_published(self, first_year: int, last_year: int) -> bool:
        """Whether the public holidays of all these years are known; if not, what touches them is provisional."""
        published = self.published_years
        if published is None or first_year == last_year:
            return published is None or first_year in published
        return published.issuperset(range(first_year, last_year + 1))

    # Questions of people

    def is_working(self, at: datetime) -> bool:
        """Whether the office is open at a moment; the closing moment is outside."""
        point = instant(at)
        try:
            year = self._year_at(at, point)
        except CalendarError:
            return False
        index = bisect_right(year.ends, point)
        return index < len(year.ends) and year.starts[index] <= point

    def next_working_moment(self, at: datetime) -> datetime:
        """The moment itself if the office is open, else its next opening. Raises ``CalendarError`` if there is none."""
        return moment(self.begin(at).point)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Open time that passes from ``start`` to ``end``; nothing if they are reversed."""
        return timedelta(microseconds=self.open_between(start, end))

    def closing_of(self, day: date) -> datetime | None:
        """The closing time of a date, or nothing if it is not a working day."""
        year = self._year(day.year)
        index = bisect_left(year.dates, day.toordinal())
        found = index < len(year.dates) and year.dates[index] == day.toordinal()
        return moment(year.closings[index]) if found else None

    # Arithmetic in microseconds, for the rules of policies/deadline.py

    def begin(self, at: datetime) -> Begin:
        """Where counting from a moment begins: there if the office is open, else at the next opening (R24, start)."""
        point = instant(at)
        year = self._year_at(at, point)
        index = bisect_right(year.ends, point)
        first = year.number
        while index == len(year.ends):
            year = self._following(year, first)
            index = 0
        return Begin(max(point, year.starts[index]), year.number, index)

    def add(self, begin: Begin, amount: int) -> tuple[int, int]:
        """The instant and local year at which ``amount`` microseconds of open time have passed.

        A sum that is used up exactly at a closing stays there (R24, working hours).
        """
        if amount > MOST:
            raise CalendarError(_too_far())
        year = self._year(begin.year)
        wanted = year.sums[begin.stretch] - (year.ends[begin.stretch] - begin.point) + amount
        low = begin.stretch
        while wanted > year.total:
            wanted -= year.total
            year = self._following(year, begin.year)
            low = 0
        index = bisect_left(year.sums, wanted, lo=low)
        return year.ends[index] - (year.sums[index] - wanted), year.number

    def closing_after(self, begin: Begin, days: int) -> tuple[int, int]:
        """The closing time of the ``days``-th working day after the one of ``begin``; 0 is that day's own."""
        year = self._year(begin.year)
        return self._closing(year, year.day_of[begin.stretch] + days)

    def closing_after_date(self, day: date, days: int) -> tuple[int, int]:
        """The closing time of the ``days``-th working day (1 or more) after a date, which need not be one itself."""
        year = self._year(day.year)
        return self._closing(year, bisect_right(year.dates, day.toordinal()) - 1 + days)

    def open_between(self, start: datetime, end: datetime) -> int:
        """Microseconds of open time from ``start`` to ``end``; 0 if they are reversed."""
        first, last = instant(start), instant(end)
        if first >= last:
            return 0
        from_year, to_year = self._year_at(start, first), self._year_at(end, last)
        whole = sum(self._year(number).total for number in range(from_year.number, to_year.number))
        return whole + to_year.passed(last) - from_year.passed(first)

    def date_of_closing(self, due: datetime) -> date:
        """The date that a deadline belongs to: its local date, but the midnight that closes a day is still that day."""
        local = self.local(due)
        if local.hour == local.minute == local.second == local.microsecond == 0:
            before = local.date() - timedelta(days=1)
            closing = self.closing_of(before)
            if closing is not None and instant(closing) == instant(due):
                return before
        return local.date()

    # Years

    def _closing(self, year: _Year, index: int) -> tuple[int, int]:
        if index > REACH_YEARS * 366:
            raise CalendarError(_too_far())
        first = year.number
        while index >= len(year.closings):
            index -= len(year.closings)
            year = self._following(year, first)
        return year.closings[index], year.number

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            if not FIRST_YEAR <= number <= LAST_YEAR:
                raise CalendarError(_too_far())
            year = self._years[number] = _Year(self, number)
        return year

    def _year_at(self, at: datetime, point: int) -> _Year:
        """The local year of a moment; its own year is at most one off."""
        year = self._years.get(at.year) or self._year(at.year)
        if point < year.first:
            return self._year(at.year - 1)
        return year if point < year.last else self._year(at.year + 1)

    def _following(self, year: _Year, first: int) -> _Year:
        number = year.number + 1
        if number > first + REACH_YEARS:
            raise CalendarError(_too_far())
        if not any(self.weekly):
            # Only single dates can be open now: go to the next year that has one.
            single = (*self.special_days, *self.make_up_days)
            number = min((day.year for day in single if day.year >= number), default=0)
            if not number:
                raise CalendarError(Refusal("clock.fault.never_open", status=422))
        return self._year(number)


class Begin(NamedTuple):
    """Where counting begins: the instant, the local year it lies in, and the open stretch of that year."""

    point: int
    year: int
    stretch: int


class _Year:
    """The open stretches of one local year, in order, with running sums of their lengths."""

    __slots__ = ("closings", "dates", "day_of", "ends", "first", "last", "number", "starts", "sums", "total")

    def __init__(self, calendar: WorkingCalendar, number: int) -> None:
        self.number = number
        self.starts, self.ends, self.sums = array("q"), array("q"), array("q")
        self.day_of, self.dates, self.closings = array("l"), array("l"), array("q")
        zone, total = calendar.zone, 0
        first = date(number, 1, 1)
        self.first = _local_instant(zone, first, 0)
        midnight = None
        for ordinal in range(first.toordinal(), date(number + 1, 1, 1).toordinal()):
            day = date.fromordinal(ordinal)
            windows = calendar.day(day).windows
            if not windows:
                midnight = None
                continue
            opens = _local_instant(zone, day, 0) if midnight is None else midnight
            midnight = _local_instant(zone, day, DAY_SECONDS)
            stretches = _stretches(zone, day, windows, opens, midnight)
            if not stretches:
                continue  # the clocks skipped all of its hours
            for start, end in stretches:
                total += end - start
                self.starts.append(start)
                self.ends.append(end)
                self.sums.append(total)
                self.day_of.append(len(self.dates))
            self.dates.append(ordinal)
            self.closings.append(stretches[-1][1])
        self.last = _local_instant(zone, date(number, 12, 31), DAY_SECONDS)
        self.total = total

    def passed(self, point: int) -> int:
        """Open time from the start of the year up to an instant of it."""
        index = bisect_right(self.ends, point)
        if index == len(self.ends):
            return self.total
        return self.sums[index] - (self.ends[index] - max(point, self.starts[index]))


def _stretches(zone: ZoneInfo, day: date, windows: Iterable[Window], opens: int, ends: int) -> list[tuple[int, int]]:
    """A date's windows as instants within its midnights; empty ones dropped, overlapping and touching ones joined."""
    found: list[tuple[int, int]] = []
    for window in windows:
        start = max(_local_instant(zone, day, window.start), opens)
        end = min(_local_instant(zone, day, window.end), ends)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def _local_instant(zone: ZoneInfo, day: date, second: int) -> int:
    """The instant of a second of a local date; 86,400 is the next midnight. Fold 0 settles what is skipped or twice."""
    if second == DAY_SECONDS:
        day, second = day + timedelta(days=1), 0
    local = datetime(day.year, day.month, day.day, second // 3600, second // 60 % 60, second % 60, tzinfo=zone)
    return instant(local)


def _too_far() -> Refusal:
    return Refusal("clock.fault.too_far", {"years": REACH_YEARS}, status=422)
