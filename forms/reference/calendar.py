"""Calendars: the hours of a week, closures, public days, and a year's official list (R24)."""

from __future__ import annotations

from wtforms import FileField, Form, HiddenField

from backoffice.services.calendar import CalendarFacts, DayFacts
from forms.reference import fields
from policies.calendar_days import LONGEST_LIST
from policies.calendar_form import WEEKDAYS
from policies.message import Message
from policies.reference import LONGEST_CODE, LONGEST_NAME

ALL_DAY = (("00:00", "24:00"),)


class CalendarForm(Form):
    """A calendar: its names and the hours of each weekday."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    monday = fields.HoursField("reference.weekday.monday")
    tuesday = fields.HoursField("reference.weekday.tuesday")
    wednesday = fields.HoursField("reference.weekday.wednesday")
    thursday = fields.HoursField("reference.weekday.thursday")
    friday = fields.HoursField("reference.weekday.friday")
    saturday = fields.HoursField("reference.weekday.saturday")
    sunday = fields.HoursField("reference.weekday.sunday")
    use_public_holidays = fields.tick(
        "reference.field.use_public_holidays", help_key="reference.help.use_public_holidays"
    )
    make_up_day_hours = fields.HoursField("reference.field.make_up_day_hours")

    def facts(self) -> CalendarFacts:
        """What was said, for the service."""
        return CalendarFacts(
            self.name_zh.data,
            self.name_en.data,
            {weekday: self[weekday].data for weekday in WEEKDAYS},
            self.make_up_day_hours.data,
            self.use_public_holidays.data,
        )


class ClosureForm(Form):
    """A day, or a part of one, on which the office closes on its own account."""

    day = fields.DateField("reference.field.day", required=True, help_key="reference.help.day")
    closed = fields.HoursField("reference.field.closed", help_key="reference.help.closed")
    name_zh = fields.line("reference.field.closure_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.closure_en", LONGEST_NAME, required=True)

    def facts(self) -> DayFacts:
        """What was said; without hours the whole day."""
        closed = tuple(tuple(pair) for pair in self.closed.data) or ALL_DAY
        return DayFacts(self.day.data, self.name_zh.data, self.name_en.data, "closure", closed)


class PublicDayForm(Form):
    """One public holiday or make-up day."""

    day = fields.DateField("reference.field.day", required=True, help_key="reference.help.day")
    kind = fields.ChoiceField("reference.field.day_kind", required=True)
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)

    def facts(self) -> DayFacts:
        """What was said, for the service."""
        return DayFacts(self.day.data, self.name_zh.data, self.name_en.data, self.kind.data or "")


class OfficialListForm(Form):
    """A year's official list, pasted or as a file; ``confirmed`` once its changes were shown."""

    text = fields.text("reference.field.official_text", LONGEST_LIST, help_key="reference.help.official_text", rows=12)
    file = FileField(Message("reference.field.official_file"), render_kw={"accept": ".json,application/json"})
    confirmed = HiddenField()
