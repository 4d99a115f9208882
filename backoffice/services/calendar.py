"""Calendars (R24): weekly hours, own closures, public holidays and make-up days.

Days are facts, not policy: whatever changes how the deadline calendar counts puts a job beside it, in the same
transaction, that moves the open clocks it touches (``services/core/calendar_change.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Calendar, CalendarDay, Setting
from backoffice.services.core import upkeep
from backoffice.services.core.calendar_change import have_moved
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.calendar_days import (
    DayChanges,
    OfficialDay,
    OfficialYear,
    changes_of,
    check_closure,
    check_public_day,
    check_week,
    plain_hours,
)
from policies.calendar_form import WEEKDAYS
from policies.message import Refusal
from policies.reference import check_code, check_names, check_reason, refused

SUBJECT = "calendar"
DAY_SUBJECT = "calendar_day"
PUBLISHED = "published_years"


@dataclass(frozen=True)
class CalendarFacts:
    """What an administrator says of a calendar; hours as pairs of local times, ``[["08:30", "12:00"], …]``."""

    name_zh: str
    name_en: str
    weekly_hours: dict[str, list[list[str]]]
    make_up_day_hours: list[list[str]]
    use_public_holidays: bool = True


@dataclass(frozen=True)
class DayFacts:
    """A day that is not as its weekday: its names, and what it is (``kind``) or which hours are closed."""

    day: date | None
    name_zh: str
    name_en: str
    kind: str = "closure"
    closed: tuple[tuple[str, ...], ...] = ()


def create(session: Session, actor: Actor, at: datetime, code: str, facts: CalendarFacts) -> Calendar:
    """A further calendar, for the hours of a channel; deadlines go on counting by theirs."""
    upkeep.begin(session, actor)
    upkeep.ensure(check_code(code, upkeep.codes_of(session, Calendar)), _check(facts))
    calendar = Calendar(code=code, for_deadlines=False, **_columns(facts))
    upkeep.add(session, actor, at, SUBJECT, calendar)
    return calendar


def change(session: Session, actor: Actor, at: datetime, calendar_id: int, facts: CalendarFacts) -> Calendar:
    """Other names or hours; other hours of the deadline calendar move every open clock that counts by them."""
    upkeep.begin(session, actor)
    calendar = upkeep.row_of(session, Calendar, calendar_id)
    upkeep.ensure(_check(facts))
    values = _columns(facts)
    counting = {field for field in values if not field.startswith("name_")}
    other_hours = any(getattr(calendar, field) != values[field] for field in counting)
    if upkeep.change(session, actor, at, SUBJECT, calendar, values) and other_hours and calendar.for_deadlines:
        have_moved(session, actor, at, None)
    return calendar


def add_closure(session: Session, actor: Actor, at: datetime, calendar_id: int, facts: DayFacts) -> CalendarDay:
    """Close the office for a day, or a part of it. One closure a day and calendar."""
    upkeep.begin(session, actor)
    calendar = upkeep.row_of(session, Calendar, calendar_id)
    closed = [list(pair) for pair in facts.closed]
    upkeep.ensure(check_closure(facts.day, closed, facts.name_zh, facts.name_en))
    same = sa.select(CalendarDay.id).where(CalendarDay.calendar_id == calendar.id, CalendarDay.day == facts.day)
    if session.scalar(same.limit(1)) is not None:
        raise DomainError(refused("day_taken", "day", day=facts.day))
    names = {"name_zh": facts.name_zh.strip(), "name_en": facts.name_en.strip()}
    row = CalendarDay(calendar_id=calendar.id, day=facts.day, kind="closure", closed=plain_hours(closed), **names)
    _keep_day(session, actor, at, row, f"{calendar.code}/{row.day}")
    if calendar.for_deadlines:
        have_moved(session, actor, at, [row.day])
    return row


def drop_closure(session: Session, actor: Actor, at: datetime, day_id: int, reason: str) -> None:
    """The office is open after all; the log keeps what stood there."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, CalendarDay, day_id)
    calendar = row.calendar
    if calendar is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    upkeep.ensure(check_reason(reason))
    _drop_day(session, actor, at, row, f"{calendar.code}/{row.day}", reason)
    if calendar.for_deadlines:
        have_moved(session, actor, at, [row.day])


def add_public_day(session: Session, actor: Actor, at: datetime, facts: DayFacts) -> CalendarDay:
    """One public holiday or make-up day that no list named, or that was ordered afterwards."""
    upkeep.begin(session, actor)
    upkeep.ensure(check_public_day(facts.day, facts.kind, facts.name_zh, facts.name_en))
    same = sa.select(CalendarDay.id).where(CalendarDay.calendar_id.is_(None), CalendarDay.day == facts.day)
    if session.scalar(same.limit(1)) is not None:
        raise DomainError(refused("day_taken", "day", day=facts.day))
    names = {"name_zh": facts.name_zh.strip(), "name_en": facts.name_en.strip()}
    row = CalendarDay(day=facts.day, kind=facts.kind, **names)
    _keep_day(session, actor, at, row, str(row.day))
    _recalculate_public(session, actor, at, [row.day])
    return row


def drop_public_day(session: Session, actor: Actor, at: datetime, day_id: int, reason: str) -> None:
    """The day is as its weekday after all."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, CalendarDay, day_id)
    if row.calendar_id is not None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    upkeep.ensure(check_reason(reason))
    _drop_day(session, actor, at, row, str(row.day), reason)
    _recalculate_public(session, actor, at, [row.day])


def changes_by(session: Session, official: OfficialYear) -> DayChanges:
    """What taking over a year's official list would change."""
    kept = {day: (row.kind, row.name_zh) for day, row in _public_days(session, official).items()}
    return changes_of(official, kept, published_years(session))


def take_official_list(session: Session, actor: Actor, at: datetime, official: OfficialYear) -> DayChanges:
    """Take over a year's official list; the year is published from now on. Taken twice it changes nothing."""
    upkeep.begin(session, actor)
    kept = _public_days(session, official)
    changes = changes_by(session, official)
    english = _english_names(session)
    log: dict[str, tuple[object, object]] = {}
    for row in (*changes.new, *changes.changed):
        before = kept.get(row.day)
        log[str(row.day)] = (_shown(before), f"{row.kind.value} {row.name}")
        _take(session, before, row, english.get(row.name, row.name))
    for day in changes.dropped:
        log[str(day)] = (_shown(kept[day]), None)
        session.delete(kept[day])
    years = published_years(session)
    published = [] if official.year in years else [official.year]
    if published:
        _publish(session, sorted([*years, official.year]))
        log[PUBLISHED] = (None, official.year)
    if not log:
        return changes
    session.flush()
    log_change(session, actor, at, "public_holidays", official.year, "import", log)
    upkeep.count_change(session)
    _recalculate_public(session, actor, at, changes.days, published)
    return changes


def published_years(session: Session) -> list[int]:
    """The years whose public holidays are known."""
    setting = session.get(Setting, PUBLISHED)
    return [int(year) for year in setting.value] if setting and setting.value else []


def deadline_calendar(session: Session) -> Calendar | None:
    """The calendar by which deadlines are counted."""
    return session.scalars(sa.select(Calendar).where(Calendar.for_deadlines).limit(1)).first()


def _check(facts: CalendarFacts) -> list[Refusal]:
    names = check_names(facts.name_zh, facts.name_en)
    return [*names, *check_week(facts.weekly_hours, facts.make_up_day_hours)]


def _columns(facts: CalendarFacts) -> dict[str, Any]:
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "weekly_hours": {weekday: plain_hours(facts.weekly_hours.get(weekday, [])) for weekday in WEEKDAYS},
        "make_up_day_hours": plain_hours(facts.make_up_day_hours),
        "use_public_holidays": facts.use_public_holidays,
    }


def _keep_day(session: Session, actor: Actor, at: datetime, row: CalendarDay, subject_id: str) -> None:
    session.add(row)
    session.flush()
    log_change(session, actor, at, DAY_SUBJECT, subject_id, "create", {"day": (None, _shown(row))})
    upkeep.count_change(session)


def _drop_day(session: Session, actor: Actor, at: datetime, row: CalendarDay, subject_id: str, reason: str) -> None:
    log_change(session, actor, at, DAY_SUBJECT, subject_id, "drop", {"day": (_shown(row), None)}, reason.strip())
    session.delete(row)
    session.flush()
    upkeep.count_change(session)


def _shown(row: CalendarDay | None) -> str | None:
    if row is None:
        return None
    hours = " ".join("–".join(pair) for pair in row.closed or ())
    return " ".join(part for part in (row.kind, row.name_zh, hours) if part)


def _public_days(session: Session, official: OfficialYear) -> dict[date, CalendarDay]:
    """The public days that are kept, of the year and wherever the list reaches."""
    days = [row.day for row in official.days]
    first, last = min([*days, date(official.year, 1, 1)]), max([*days, date(official.year, 12, 31)])
    public = sa.select(CalendarDay).where(CalendarDay.calendar_id.is_(None), CalendarDay.day.between(first, last))
    return {row.day: row for row in session.scalars(public)}


def _english_names(session: Session) -> dict[str, str]:
    """What holidays were called in English before: official lists have Chinese names alone."""
    rows = session.execute(
        sa.select(CalendarDay.name_zh, CalendarDay.name_en)
        .where(CalendarDay.calendar_id.is_(None), CalendarDay.name_en != "")
        .order_by(CalendarDay.day)
    )
    return {row[0]: row[1] for row in rows}


def _take(session: Session, before: CalendarDay | None, row: OfficialDay, name_en: str) -> None:
    if before is None:
        session.add(CalendarDay(day=row.day, kind=row.kind.value, name_zh=row.name, name_en=name_en))
        return
    before.kind = row.kind.value
    if before.name_zh != row.name:
        before.name_zh, before.name_en = row.name, name_en


def _publish(session: Session, years: list[int]) -> None:
    setting = session.get(Setting, PUBLISHED)
    if setting is None:
        session.add(Setting(key=PUBLISHED, value=years))
    else:
        setting.value = years


def _recalculate_public(
    session: Session, actor: Actor, at: datetime, days: Iterable[date], years: Iterable[int] = ()
) -> None:
    calendar = deadline_calendar(session)
    if calendar is not None and calendar.use_public_holidays:
        have_moved(session, actor, at, days, years)
