"""What is to be tried on past complaints (R14, R23, R24): a version, or days and hours that would be otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import Form
from wtforms.fields import Field

from backoffice.services.what_if import Question
from forms.reference import fields
from policies.calendar_form import WEEKDAYS
from policies.calendar_trial import TypedDays, day_field
from policies.vocabulary import WhatIfKind

ROWS = 6  # rows of days that a form offers; each may be a run of days
ROW_FIELDS = ("first", "last", "kind", "closed")


class WhatIfForm(Form):
    """The period: days of receipt."""

    first_day = fields.DateField("what_if.field.first_day", required=True, help_key="what_if.help.period")
    last_day = fields.DateField("what_if.field.last_day", required=True)

    def question(self, kind: WhatIfKind) -> Question:
        """What was asked, for the service."""
        return Question(kind, self.first_day.data, self.last_day.data)


class VersionTrialForm(WhatIfForm):
    """A version of the clocks or of a process over a period."""

    version = fields.ChoiceField("what_if.field.version", fields.whole, required=True)

    def question(self, kind: WhatIfKind) -> Question:
        """What was asked, for the service."""
        return Question(kind, self.first_day.data, self.last_day.data, self.version.data)


class CalendarTrial(WhatIfForm):
    """Days and weekly hours that would be otherwise; ``calendar_trial_form`` adds the rows of days."""

    other_hours = fields.tick("what_if.field.other_hours", help_key="what_if.help.other_hours")
    monday = fields.HoursField("reference.weekday.monday")
    tuesday = fields.HoursField("reference.weekday.tuesday")
    wednesday = fields.HoursField("reference.weekday.wednesday")
    thursday = fields.HoursField("reference.weekday.thursday")
    friday = fields.HoursField("reference.weekday.friday")
    saturday = fields.HoursField("reference.weekday.saturday")
    sunday = fields.HoursField("reference.weekday.sunday")

    def rows(self) -> list[dict[str, Field]]:
        """The rows of days, each field by its name."""
        return [{name: self[day_field(row, name)] for name in ROW_FIELDS} for row in range(ROWS)]

    def week(self) -> list[Field]:
        """The hours of each weekday."""
        return [self[weekday] for weekday in WEEKDAYS]

    def question(self, kind: WhatIfKind) -> Question:
        """What was asked, for the service."""
        days = tuple(
            TypedDays(
                row["first"].data, row["last"].data, row["kind"].data or "", tuple(map(tuple, row["closed"].data or ()))
            )
            for row in self.rows()
        )
        weekly: dict[str, Any] | None = {weekday: self[weekday].data for weekday in WEEKDAYS}
        if not self.other_hours.data:
            weekly = None
        return Question(kind, self.first_day.data, self.last_day.data, days=days, weekly_hours=weekly)


def _rows() -> dict[str, Field]:
    made: dict[str, Field] = {}
    for row in range(ROWS):
        made[day_field(row, "first")] = fields.DateField("what_if.field.day")
        made[day_field(row, "last")] = fields.DateField("what_if.field.until", help_key="what_if.help.until")
        made[day_field(row, "kind")] = fields.ChoiceField("what_if.field.kind")
        made[day_field(row, "closed")] = fields.HoursField("what_if.field.closed", help_key="what_if.help.closed")
    return made


CalendarTrialForm: type[CalendarTrial] = type("CalendarTrialForm", (CalendarTrial,), _rows())


def last_year(today: date) -> dict[str, date]:
    """The period that a form starts with: the year up to today."""
    try:
        return {"first_day": today.replace(year=today.year - 1), "last_day": today}
    except ValueError:  # 29 February
        return {"first_day": today.replace(year=today.year - 1, day=28), "last_day": today}
