"""Who is coached from when until when, and why (R34)."""

from __future__ import annotations

from wtforms import Form

from backoffice.services.coaching import CoachingFacts
from forms.reference import fields
from policies.reference import LONGEST_NOTE


class EndForm(Form):
    """With which day a coaching ends."""

    until = fields.DateField("coaching.field.until", required=True, help_key="coaching.help.day")


class CoachingForm(Form):
    """A new coaching; the view says whom it may be for."""

    staff_id = fields.ChoiceField("coaching.field.staff_id", fields.whole, required=True)
    since = fields.DateField("coaching.field.since", required=True, help_key="coaching.help.day")
    until = fields.DateField("coaching.field.until", help_key="coaching.help.until")
    reason = fields.text("coaching.field.reason", LONGEST_NOTE, required=True, help_key="coaching.help.reason", rows=2)

    def facts(self) -> CoachingFacts:
        """What was said, for the service."""
        return CoachingFacts(self.staff_id.data, self.since.data, self.until.data, self.reason.data or "")
