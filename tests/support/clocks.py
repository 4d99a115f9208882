"""Calendars and tables for tests of working time: the default office's, and small ones written in the test."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from policies.calendar import WorkingCalendar
from policies.calendar_form import calendar_of_documents, calendar_of_json
from policies.message import Refusal
from tests.support.told_cases import office

DATA = Path(__file__).parents[1] / "data"
NINE_TO_SIX = [["09:00", "12:00"], ["13:00", "18:00"]]
ALL_DAY = [["00:00", "24:00"]]
WEEK = ("mon", "tue", "wed", "thu", "fri")


@cache
def office_calendar() -> WorkingCalendar:
    """The calendar for deadlines of the default office."""
    return good(calendar_of_documents(office("calendar"), office("public_holidays")))


def calendar_of(zone="UTC", hours=None, **parts) -> WorkingCalendar:
    """A calendar in its JSON form; without hours Monday to Friday, nine to six with an hour at noon."""
    form = {"timezone": zone, "hours": dict.fromkeys(WEEK, NINE_TO_SIX) if hours is None else hours, **parts}
    return good(calendar_of_json(form))


def good(value):
    """What a rule gave, which must not be a refusal."""
    assert not isinstance(value, Refusal), (value.key, value.params)
    return value


def there(zone: str, text: str, fold: int = 0) -> datetime:
    """A local time of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def rows(path: str) -> list[dict[str, str]]:
    """The lines of a table in ``tests/data``."""
    with (DATA / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def told_clocks() -> list[dict[str, str]]:
    """The 143 told clock rows."""
    return rows("told_clocks/told_clocks.csv")


def binding_cases() -> list[dict[str, str]]:
    """The rows of ``sla_cases`` that follow our conventions (see the SOURCE beside them)."""
    return [row for row in rows("sla_cases/cases.csv") if row["kind"] != "sub" and row["convention"] != "days-biz"]


def case_calendar(row: dict[str, str]) -> WorkingCalendar:
    """The calendar of a row of ``sla_cases``."""
    holidays = row["holidays"].split(";") if row["holidays"] else []
    return calendar_of(row["timezone"], json.loads(row["working_hours"]), holidays=holidays)
