"""Read the dates and times of a foreign file: year, day or month first, in the file's own time zone.

Which of day and month comes first is settled by the file itself: 21/01/2022 can be read in one way only. A file whose
dates contradict each other is refused; one whose dates settle nothing is read in the order that its mapping names.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

TIME = (
    r"(?P<noon>[上下]午)?\s*(?P<hour>\d{1,2})\s*(?::(?P<minute>\d{2})(?:分?:?(?P<second>\d{2})秒?(?:[.,]\d+)?|分)?"
    r"|[时時点點]\s*(?:(?P<minutes>\d{1,2})(?:\s*分\s*(?:(?P<seconds>\d{1,2})\s*秒)?)?)?)"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)?"
)
BEHIND = rf"(?:(?:[Tt]|\s|(?<=[日号])|(?=[上下]午))\s?{TIME})?"
"""A time behind a day; after the sign of a day, and before that of a half of it, there need be no blank."""
YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?:\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?:\s?[日号])?"
    rf"|(?P<months>\d{{2}})(?P<days>\d{{2}})){BEHIND}",
    re.ASCII,
)
YEAR_LAST = re.compile(rf"(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}}){BEHIND}", re.ASCII)
END_OF_DAY = time(23, 59)
AFTER_NOON = "下午"
FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Between these lies what an office can mean; what is outside is a slip of the pen, or says that there is no end."""
LONGEST = 60
"""So many characters of a text are looked at as a time."""
BLANKS = re.compile(r"\s+")


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
        match = YEAR_LAST.fullmatch(_plain(text))
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
    match = _match(text)
    if match is None:
        raise UnreadableTimeError(text)
    try:
        local = _local(match, order, end_of_day)
        offset: tzinfo = timezone(_offset(match["offset"])) if match["offset"] else zone
        moment = local.replace(tzinfo=offset).astimezone(UTC)
        said_again = moment.astimezone(offset)
        moment.astimezone(zone)  # what the office's own time cannot say could be shown to nobody
    except (ValueError, OverflowError) as error:  # before the first year, or after the last
        raise UnreadableTimeError(text) from error
    if said_again.replace(tzinfo=None) != local or not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise UnreadableTimeError(text)
    return moment


def is_day(text: str) -> bool:
    """Whether a text is a day without a time."""
    match = _match(text)
    return match is not None and match["hour"] is None


def year_before(text: str, order: DateOrder) -> str:
    """The same date and time with the year first, as only one order reads it; a text that is no date stays as it is."""
    plain = _plain(text)
    match = YEAR_LAST.fullmatch(plain)
    if match is None:
        return text
    try:
        day = _local(match, order, end_of_day=False)
    except ValueError:
        return text
    return f"{day:%Y-%m-%d}{plain[match.end('year') :]}"


def _plain(text: str) -> str:
    """Full-width signs and digits as plain ones, blanks singly; nothing of what is too long to be a time."""
    text = text.strip()
    return BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip() if len(text) <= LONGEST else ""


def _match(text: str) -> re.Match[str] | None:
    plain = _plain(text)
    return YEAR_FIRST.fullmatch(plain) or YEAR_LAST.fullmatch(plain)


def _local(match: re.Match[str], order: DateOrder, end_of_day: bool) -> datetime:
    found = match.groupdict()
    if "month" in found:
        month, day = int(found["month"] or found["months"]), int(found["day"] or found["days"])
    else:
        one, two = int(found["one"]), int(found["two"])
        day, month = (one, two) if order is DateOrder.DAY_FIRST else (two, one)
    clock = END_OF_DAY if end_of_day else time()
    if found["hour"] is not None:
        minute, second = found["minute"] or found["minutes"] or 0, found["second"] or found["seconds"] or 0
        clock = time(_hour(int(found["hour"]), found["half"], found["noon"]), int(minute), int(second))
    return datetime.combine(datetime(int(found["year"]), month, day), clock)  # noqa: DTZ001 - its zone is added by the caller


def _hour(hour: int, half: str | None, noon: str | None) -> int:
    """The hour of the day; of the two halves of a day the first hour is the twelfth, as spreadsheets write it."""
    if half is not None and noon is not None:
        raise ValueError("a half of the day is said once")
    if noon == AFTER_NOON and hour > 12:  # told twice, and the same both times
        return hour
    if half is None and noon is None:
        return hour
    if not (0 if noon else 1) <= hour <= 12:
        raise ValueError("an hour of half a day counts from 1 to 12")
    return hour % 12 + (12 if noon == AFTER_NOON or (half or "A")[0] in "Pp" else 0)


def _offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta()
    sign = -1 if text[0] == "-" else 1
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:].removeprefix(":") or 0))
