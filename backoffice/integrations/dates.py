"""Read the dates and times of a foreign file: year, day or month first, in the file's own time zone.

Which of day and month comes first is settled by the file itself: 21/01/2022 can be read in one way only. A file whose
dates contradict each other is refused; one whose dates settle nothing is read in the order that its mapping names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

TIME = (
    r"(?P<hour>\d{1,2})[:：时](?P<minute>\d{2})分?(?:[:：]?(?P<second>\d{2})秒?(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
)
YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})[-/.年](?P<month>\d{{1,2}})[-/.月](?P<day>\d{{1,2}})日?(?:[T\s]\s*{TIME})?", re.ASCII
)
YEAR_LAST = re.compile(rf"(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}})(?:[T\s]\s*{TIME})?", re.ASCII)
END_OF_DAY = time(23, 59)


class DateOrder(StrEnum):
    """Which of day and month stands first where the year stands last."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class UnreadableTimeError(ValueError):
    """A text that is no time, or a local time that there was not (the hour that summer time skips)."""


@dataclass
class DateEvidence:
    """What the dates of a file say about their order, with the line that said it first."""

    day_first: int | None = None
    month_first: int | None = None

    def see(self, text: str, line: int) -> None:
        """Take a date into account."""
        match = YEAR_LAST.fullmatch(text.strip())
        if match is None:
            return
        one, two = int(match["one"]), int(match["two"])
        if 12 < one <= 31 and two <= 12 and self.day_first is None:
            self.day_first = line
        if 12 < two <= 31 and one <= 12 and self.month_first is None:
            self.month_first = line

    @property
    def contradictory(self) -> bool:
        return self.day_first is not None and self.month_first is not None

    def order(self, otherwise: DateOrder) -> DateOrder:
        """The order that the file's dates settle, else the one named."""
        if self.day_first is not None:
            return DateOrder.DAY_FIRST
        return DateOrder.MONTH_FIRST if self.month_first is not None else otherwise


def read_moment(text: str, order: DateOrder, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime:
    """A date and time as aware UTC; a date alone is its first minute, or its last with ``end_of_day``.

    Raises ``UnreadableTimeError``. Of an hour that comes twice in autumn the first is taken.
    """
    plain = text.strip()
    match = YEAR_FIRST.fullmatch(plain) or YEAR_LAST.fullmatch(plain)
    if match is None:
        raise UnreadableTimeError(text)
    try:
        local = _local(match, order, end_of_day)
        if offset := match["offset"]:
            return (local - _offset(offset)).replace(tzinfo=UTC)
        moment = local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # before the first year, or after the last
        raise UnreadableTimeError(text) from error
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise UnreadableTimeError(text)
    return moment


def _local(match: re.Match[str], order: DateOrder, end_of_day: bool) -> datetime:
    found = match.groupdict()
    if "month" in found:
        month, day = int(found["month"]), int(found["day"])
    else:
        one, two = int(found["one"]), int(found["two"])
        day, month = (one, two) if order is DateOrder.DAY_FIRST else (two, one)
    clock = END_OF_DAY if end_of_day else time()
    if found["hour"] is not None:
        clock = time(_hour(int(found["hour"]), found["half"]), int(found["minute"]), int(found["second"] or 0))
    return datetime.combine(datetime(int(found["year"]), month, day), clock)  # noqa: DTZ001 - its zone is added by the caller


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("an hour of half a day counts from 1 to 12")
    return hour % 12 + (12 if half[0] in "Pp" else 0)


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta()
    sign = -1 if text[0] == "-" else 1
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
