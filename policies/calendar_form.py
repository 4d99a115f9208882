"""Calendars from plain data (R24): the JSON form of the command line, and the form in which an office keeps its own.

Whatever comes in, a calendar comes out or a ``Refusal`` that says what is wrong and where.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policies.calendar import CalendarError, Closure, WorkingCalendar
from policies.message import Name, Refusal
from policies.windows import Window, read_windows, shown

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
DECEMBER = 12


class CalendarDate(NamedTuple):
    """A date that is not as the week says, as an office keeps it: ``kind`` is holiday, make_up or closure."""

    day: date
    kind: str
    name: Name
    closed: object = ()


def calendar_of_json(form: object) -> WorkingCalendar | Refusal:
    """A calendar from ``{"timezone", "hours": {"mon": [["09:00", "12:00"], …], …}, "holidays": […], "special": {…}}``.

    Weekdays that are missing are closed. ``holidays`` and ``special`` may be missing. A special date has exactly the
    hours that are given, ``[]`` for closed, whatever its weekday and whether or not it is a holiday. Other keys are not
    read.
    """
    try:
        mapping = _mapping(form, "calendar")
        zone = read_zone(_part(mapping, "timezone"))
        weekly = _mapping(_part(mapping, "hours"), "hours")
        hours: dict[int, tuple[Window, ...]] = {}
        for key, value in weekly.items():
            if _weekday(key) in hours:  # "mon" and "monday"
                raise CalendarError(_fault("clock.fault.weekday_twice", value=shown(key)))
            hours[_weekday(key)] = _windows(value, str(key))
        special = _mapping(mapping.get("special") if mapping.get("special") is not None else {}, "special")
        return WorkingCalendar(
            zone,
            tuple(hours.get(number, ()) for number in range(7)),
            holidays=dict.fromkeys(read_date(day) for day in _list(mapping, "holidays")),
            special_days={read_date(day): _windows(value, str(day)) for day, value in special.items()},
        )
    except CalendarError as fault:
        return fault.refusal


def office_calendar(
    zone: str,
    weekly_hours: Mapping[str, object],
    make_up_day_hours: object,
    days: Iterable[CalendarDate],
    *,
    use_public_holidays: bool = True,
    published_years: Iterable[int] | None = None,
) -> WorkingCalendar | Refusal:
    """A calendar from what an office keeps (tables ``calendar`` and ``calendar_day``).

    ``days`` are the country's holidays and make-up days, and the closures of this calendar. Unless ``published_years``
    are named, a year is taken as published when it has a holiday before December: those of its last days may stand in
    the notice for the year after. A calendar that does not use public holidays is never provisional.
    """
    holidays: dict[date, Name | None] = {}
    make_up: dict[date, tuple[Window, ...]] = {}
    closures: dict[date, list[Closure]] = defaultdict(list)
    try:
        make_up_hours = _windows(make_up_day_hours, "make_up_day_hours")
        weekly = {_weekday(key): _windows(value, key) for key, value in weekly_hours.items()}
        for day in days:
            if day.kind == "closure":
                closures[day.day].append(Closure(_windows(day.closed, day.day.isoformat()), day.name))
            elif use_public_holidays and day.kind == "make_up":
                make_up[day.day] = make_up_hours
            elif use_public_holidays:
                holidays[day.day] = day.name if any(day.name) else None
        if published_years is None:
            published_years = {day.year for day in holidays if day.month < DECEMBER}
        return WorkingCalendar(
            read_zone(zone),
            tuple(weekly.get(number, ()) for number in range(7)),
            holidays=holidays,
            make_up_days=make_up,
            closures={day: tuple(parts) for day, parts in closures.items()},
            published_years=frozenset(published_years) if use_public_holidays else None,
        )
    except CalendarError as fault:
        return fault.refusal


def calendar_of_documents(
    document: Mapping[str, object], holidays: Mapping[str, object], code: str | None = None
) -> WorkingCalendar | Refusal:
    """A calendar of the default office, as ``calendar.yaml`` and ``public_holidays.yaml`` hold it.

    ``code`` defaults to the calendar for deadlines.
    """
    try:
        wanted = code or document.get("deadline_calendar")
        calendars = [_mapping(entry, "calendars") for entry in _list(document, "calendars")]
        chosen = next((entry for entry in calendars if entry.get("code") == wanted), None)
        if chosen is None:
            raise CalendarError(_fault("clock.fault.missing", part=shown(wanted)))
        public = [_mapping(day, "days") for day in _list(holidays, "days")]
        days = [CalendarDate(read_date(day.get("date")), str(day.get("kind")), _name(day)) for day in public]
        for entry in (_mapping(closure, "own_closures") for closure in _list(document, "own_closures")):
            if wanted in _list(entry, "calendars"):
                reason = _name(_mapping(entry.get("reason") or {}, "reason"))
                days.append(CalendarDate(read_date(entry.get("date")), "closure", reason, entry.get("closed")))
        return office_calendar(
            str(document.get("time_zone")),
            {str(key): value for key, value in _mapping(_part(chosen, "weekly_hours"), "weekly_hours").items()},
            chosen.get("make_up_day_hours") or [],
            days,
            use_public_holidays=chosen.get("use_public_holidays") is not False,
            published_years=[year for year in _list(holidays, "published_years") if isinstance(year, int)],
        )
    except CalendarError as fault:
        return fault.refusal


def read_zone(value: object) -> ZoneInfo:
    """A time zone by its name, ``Europe/Berlin``. Raises ``CalendarError``."""
    if isinstance(value, str) and value:
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # no such file; no file name at all; a folder
            pass
    raise CalendarError(_fault("clock.fault.zone_unknown", value=shown(value)))


def read_date(value: object) -> date:
    """A date written ``2026-10-01``. Raises ``CalendarError``."""
    if isinstance(value, str) and DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:  # a 31 June
            pass
    raise CalendarError(_fault("clock.fault.date_unreadable", value=shown(value)))


def _weekday(key: object) -> int:
    """0 for ``mon`` or ``monday``, in any case."""
    word = str(key).lower()
    for number, name in enumerate(WEEKDAYS):
        if word in (name, name[:3]):
            return number
    raise CalendarError(_fault("clock.fault.weekday_unknown", value=shown(key)))


def _name(mapping: Mapping[object, object]) -> Name:
    return Name(str(mapping.get("zh", "")), str(mapping.get("en", "")))


def _windows(value: object, place: str) -> tuple[Window, ...]:
    windows = read_windows(value)
    if isinstance(windows, Refusal):
        raise CalendarError(_fault("clock.fault.in_place", place=shown(place), fault=windows))
    return windows


def _mapping(value: object, part: str) -> Mapping[object, object]:
    if isinstance(value, Mapping):
        return value
    raise CalendarError(_fault("clock.fault.no_object", part=part, value=shown(value)))


def _list(mapping: Mapping[object, object] | Mapping[str, object], part: str) -> list[object]:
    value = mapping.get(part)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise CalendarError(_fault("clock.fault.no_list", part=part, value=shown(value)))


def _part(mapping: Mapping[object, object], part: str) -> object:
    if mapping.get(part) is None:
        raise CalendarError(_fault("clock.fault.missing", part=part))
    return mapping[part]


def _fault(key: str, **params: object) -> Refusal:
    return Refusal(key, params, status=422)
