"""A period of days as it comes in an address: both ends included; what cannot be read is the whole present year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Period:
    """From the first day to the last, local; ``misread``: something was asked for that is no period."""

    first: date
    last: date
    misread: bool = False

    def since(self, zone: ZoneInfo) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time.min, zone)

    def until(self, zone: ZoneInfo) -> datetime:
        """The first moment that is not in it any more."""
        return datetime.combine(self.last + timedelta(days=1), time.min, zone)


def read_period(args: Mapping[str, str], today: date) -> Period:
    """``from`` and ``to`` of an address; the present year up to today where they are not there or make no sense."""
    usual = (date(today.year, 1, 1), today)
    asked = tuple(args.get(name, "").strip() for name in ("from", "to"))
    found = [_day(text) if text else default for text, default in zip(asked, usual, strict=True)]
    first, last = found
    if first is None or last is None or first > last:
        return Period(*usual, misread=True)
    return Period(first, last)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 <= found.year <= 2200 else None
