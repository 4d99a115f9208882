"""The office's mailbox (R1); a password is typed, never shown."""

from __future__ import annotations

from typing import Any

from wtforms import Form, PasswordField

from forms.reference import fields
from policies.mailbox import LONGEST_FOLDER
from policies.message import Message

WHOLE = ("port", "every", "timeout", "largest")
LONGEST_ADDRESSES = 1000


class MailboxForm(Form):
    """Where it is, who signs in, what is done with what was fetched."""

    on = fields.tick("mailbox.field.on", help_key="mailbox.help.on")
    host = fields.line("mailbox.field.host", 253, required=True, help_key="mailbox.help.host")
    port = fields.WholeField("mailbox.field.port", required=True)
    security = fields.ChoiceField("mailbox.field.security", required=True, help_key="mailbox.help.security")
    user = fields.line("mailbox.field.user", 254, required=True, autocomplete="off")
    secret = PasswordField(
        Message("mailbox.field.secret"),
        description=Message("mailbox.help.secret"),
        render_kw={"autocomplete": "new-password", "maxlength": 400},
    )
    forget = fields.tick("mailbox.field.forget")
    folder = fields.line("mailbox.field.folder", LONGEST_FOLDER, required=True, help_key="mailbox.help.folder")
    done_folder = fields.line("mailbox.field.done_folder", LONGEST_FOLDER, help_key="mailbox.help.done_folder")
    addresses = fields.text("mailbox.field.addresses", LONGEST_ADDRESSES, help_key="mailbox.help.addresses", rows=2)
    every = fields.WholeField("mailbox.field.every", required=True, help_key="mailbox.help.every")
    timeout = fields.WholeField("mailbox.field.timeout", required=True, help_key="mailbox.help.timeout")
    largest = fields.WholeField("mailbox.field.largest", required=True, help_key="mailbox.help.largest")

    def says(self) -> dict[str, Any]:
        """What was said, by the names of the settings; a number that is missing is nought, which is refused."""
        found = {name: value for name, value in self.data.items() if name not in ("forget", "on")}
        plain = {name: value or 0 if name in WHOLE else value or "" for name, value in found.items()}
        return {**plain, "on": bool(self.on.data)}
