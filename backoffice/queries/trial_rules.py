"""The deadline calendar as it would be with some days or weekly hours otherwise (R24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import Calendar, CalendarDay
from backoffice.queries.rulebook import Rulebook
from policies.calendar import Name, WorkingCalendar
from policies.calendar_form import CalendarDate, office_calendar
from policies.calendar_trial import DayChange, with_changes
from policies.message import Refusal


def trial_calendar(
    session: Session, changes: Sequence[DayChange], weekly_hours: Mapping[str, Any] | None
) -> WorkingCalendar | Refusal:
    """The calendar with its changes; a refusal where it could not be counted by."""
    row = session.scalars(sa.select(Calendar).where(Calendar.for_deadlines)).one()
    rules = Rulebook(session)
    mine = (CalendarDay.calendar_id == row.id) | CalendarDay.calendar_id.is_(None)
    days = [
        CalendarDate(day.day, day.kind, Name(day.name_zh, day.name_en), day.closed)
        for day in session.scalars(sa.select(CalendarDay).where(mine))
    ]
    return office_calendar(
        rules.office().time_zone,
        row.weekly_hours if weekly_hours is None else weekly_hours,
        row.make_up_day_hours,
        with_changes(days, changes),
        use_public_holidays=row.use_public_holidays,
        published_years=rules.setting("published_years"),
    )
