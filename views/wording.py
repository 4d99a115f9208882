"""How moments, days, spans and amounts are written: the patterns stand in the catalogue (room ``layout``).

Pure functions; ``text`` looks a key up in the language that is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

Text = Callable[..., str]
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def moment(at: datetime, text: Text, zone: ZoneInfo, today: date) -> str:
    """A moment in the office's time: ``9月24日 周四 18:00``, ``Thu 24 Sep 18:00``; the year unless it is this one."""
    there = at.astimezone(zone)
    return text("layout.moment.day_and_time", day=day(there.date(), text, today), time=there.strftime("%H:%M"))


def short(at: datetime, text: Text, zone: ZoneInfo, today: date) -> str:
    """A moment where many stand in a column: ``9月24日 18:00``, ``24 Sep 18:00``; the year unless it is this one."""
    there = at.astimezone(zone)
    key = "layout.moment.short" if there.year == today.year else "layout.moment.short_and_year"
    month = text(f"layout.month_short.{there.month}")
    clock = there.strftime("%H:%M")
    return text(key, year=there.year, month=there.month, month_name=month, day=there.day, time=clock)


def day(on: date, text: Text, today: date) -> str:
    """A day with its weekday: ``9月24日 周四``, ``Thu 24 Sep``; with the year when not this year's."""
    key = "layout.moment.day" if on.year == today.year else "layout.moment.day_and_year"
    return text(key, year=on.year, **_day_parts(on, text))


def long_day(on: date, text: Text) -> str:
    """A day written out for a page head: ``2026年9月24日 星期四``, ``Thursday 24 September 2026``."""
    return text(
        "layout.moment.long_day",
        year=on.year,
        month=on.month,
        month_name=text(f"layout.month.{on.month}"),
        day=on.day,
        weekday=text(f"layout.weekday.{on.isoweekday()}"),
    )


def month(written: str, text: Text) -> str:
    """A month written out: ``2026年9月``, ``September 2026``; what is no month stays as it is."""
    if not MONTH.fullmatch(written):
        return written
    year, number = (int(part) for part in written.split("-"))
    return text("overview.period.month", year=year, month=number, month_name=text(f"layout.month.{number}"))


def _day_parts(on: date, text: Text) -> dict[str, object]:
    return {
        "month": on.month,
        "month_name": text(f"layout.month_short.{on.month}"),
        "day": on.day,
        "weekday": text(f"layout.weekday_short.{on.isoweekday()}"),
    }


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """The time of day alone, in the office's time: ``18:00``."""
    return at.astimezone(zone).strftime("%H:%M")


def duration(span: timedelta, text: Text) -> str:
    """A span in its two largest units, never negative: ``1 天 6 小时``, ``3 h 12 min``; under a minute says so."""
    minutes = int(abs(span).total_seconds() // 60)
    if minutes == 0:
        return text("layout.duration.under_a_minute")
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "days"), (hours, "hours")] if days else [(hours, "hours"), (minutes, "minutes")]
    return " ".join(text(f"layout.duration.{unit}", n=amount) for amount, unit in parts if amount)


def money(amount: Decimal, currency: str, text: Text) -> str:
    """An amount with its currency: ``178.00 元``, ``CNY 178.00``; a currency without a pattern stands as its code."""
    shown = format(amount.quantize(Decimal("0.01")), ",f")
    if currency == "CNY":
        return text("layout.money.cny", amount=shown)
    return text("layout.money.other", amount=shown, currency=currency)
