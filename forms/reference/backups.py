"""The nightly backup: whether, when, where to, and how many are kept."""

from __future__ import annotations

from wtforms import Form

from forms.reference import fields
from policies.backup import Plan

LONGEST_FOLDER = 400


class BackupForm(Form):
    """The plan, one field each."""

    on = fields.tick("backup.field.on", help_key="backup.help.on")
    at = fields.line("backup.field.at", 5, required=True, help_key="backup.help.at")
    folder = fields.line("backup.field.folder", LONGEST_FOLDER, help_key="backup.help.folder")
    days = fields.WholeField("backup.field.days", required=True, help_key="backup.help.days")
    weeks = fields.WholeField("backup.field.weeks", required=True, help_key="backup.help.weeks")
    months = fields.WholeField("backup.field.months", required=True, help_key="backup.help.months")

    def says(self) -> Plan:
        """What was entered; a number that is missing is less than any that is taken."""

        def whole(value: int | None) -> int:
            return -1 if value is None else value

        return Plan(
            on=bool(self.on.data),
            at=(self.at.data or "").strip(),
            folder=(self.folder.data or "").strip(),
            days=whole(self.days.data),
            weeks=whole(self.weeks.data),
            months=whole(self.months.data),
        )
