"""A new token of the JSON API (R1): whose rights it has, for what, until when, from where, how often a minute."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from wtforms import Form

from forms.reference import fields
from policies.api_token import LONGEST_NAME, NewToken


class ApiTokenForm(Form):
    """What an administrator says of a token."""

    name = fields.line("api.token.field.name", LONGEST_NAME, required=True, help_key="api.token.help.name")
    staff_id = fields.ChoiceField(
        "api.token.field.staff_id", fields.whole, required=True, help_key="api.token.help.staff_id"
    )
    scopes = fields.ChoicesField("api.token.field.scopes", required=True, help_key="api.token.help.scopes")
    expires_on = fields.DateField("api.token.field.expires_on", required=True, help_key="api.token.help.expires_on")
    per_minute = fields.WholeField("api.token.field.per_minute", required=True)
    addresses = fields.LinesField("api.token.field.addresses", 1000, help_key="api.token.help.addresses", rows=3)

    def says(self, zone: ZoneInfo) -> NewToken:
        """What was said; a token lasts to the end of its last day."""
        last = self.expires_on.data
        return NewToken(
            name=self.name.data or "",
            staff_id=self.staff_id.data,
            scopes=frozenset(self.scopes.data or ()),
            expires_at=None if last is None else datetime.combine(last, time(23, 59, 59), zone),
            addresses=tuple(one.strip() for one in self.addresses.data or ()),
            per_minute=self.per_minute.data,
        )
