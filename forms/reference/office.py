"""The office's own particulars, at its set-up and later."""

from __future__ import annotations

from wtforms import Form, RadioField

from forms.reference import fields
from policies.message import Message
from policies.office_facts import LONGEST_PHONE, OfficeSays
from policies.reference import LONGEST_NAME

LONGEST_ZONE = 64
LONGEST_FORMAT = 64


class SetUpForm(Form):
    """What the first sign-in of a new office asks for."""

    name_zh = fields.line("reference.field.office_zh", LONGEST_NAME, help_key="set_up.help.names")
    name_en = fields.line("reference.field.office_en", LONGEST_NAME)
    time_zone = fields.line(
        "reference.field.time_zone", LONGEST_ZONE, required=True, help_key="set_up.help.time_zone", list="time-zones"
    )
    language = fields.ChoiceField("reference.field.language", required=True, help_key="set_up.help.language")
    configuration = RadioField(Message("set_up.field.configuration"), default="default", validate_choice=False)

    def says(self) -> OfficeSays:
        """What was said, for the service; what is not asked here starts with its default."""
        return OfficeSays(self.name_zh.data, self.name_en.data, self.time_zone.data, self.language.data or "")


class OfficeForm(Form):
    """The particulars of an office that is set up."""

    name_zh = fields.line("reference.field.office_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.office_en", LONGEST_NAME, required=True)
    time_zone = fields.line(
        "reference.field.time_zone",
        LONGEST_ZONE,
        required=True,
        help_key="reference.help.time_zone",
        list="time-zones",
    )
    language = fields.ChoiceField("reference.field.language", required=True)
    service_phone = fields.line("reference.field.service_phone", LONGEST_PHONE, help_key="reference.help.service_phone")
    idle_minutes = fields.WholeField(
        "reference.field.idle_minutes", required=True, help_key="reference.help.idle_minutes"
    )
    complaint_number_format = fields.line(
        "reference.field.complaint_number_format",
        LONGEST_FORMAT,
        required=True,
        help_key="reference.help.number_format",
    )
    order_number_format = fields.line(
        "reference.field.order_number_format", LONGEST_FORMAT, required=True, help_key="reference.help.number_format"
    )

    def says(self) -> OfficeSays:
        """What was said, for the service."""
        return OfficeSays(
            self.name_zh.data,
            self.name_en.data,
            self.time_zone.data,
            self.language.data or "",
            self.service_phone.data,
            self.complaint_number_format.data,
            self.order_number_format.data,
            self.idle_minutes.data,
        )
