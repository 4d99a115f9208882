"""The office's mail server and SMS gateway (R5); a secret is typed, never shown."""

from __future__ import annotations

from typing import Any

from wtforms import Form, PasswordField

from forms.reference import fields
from policies.gateways import LONGEST
from policies.message import Message

NAMES = {"host": 253, "user": 120, "sender": 254, "reply_to": 254, "success_path": 120, "success_value": 120}


def _secret() -> PasswordField:
    return PasswordField(
        Message("delivery.field.secret"),
        description=Message("delivery.help.secret"),
        render_kw={"autocomplete": "new-password", "maxlength": 400},
    )


class PaceForm(Form):
    """What both have: the time that one message may take, how many a minute, and how often one is tried."""

    timeout = fields.WholeField("delivery.field.timeout", required=True, help_key="delivery.help.timeout")
    per_minute = fields.WholeField("delivery.field.per_minute", required=True, help_key="delivery.help.per_minute")
    most_tries = fields.WholeField("delivery.field.most_tries", required=True, help_key="delivery.help.most_tries")

    def says(self) -> dict[str, Any]:
        """What was said, by the names of the settings; a number that is missing is nought, which is refused."""
        found = {name: value for name, value in self.data.items() if name != "forget"}
        whole = ("timeout", "per_minute", "most_tries", "port")
        return {name: value or 0 if name in whole else value or "" for name, value in found.items()}


class MailForm(PaceForm):
    """The mail server."""

    host = fields.line("delivery.field.host", NAMES["host"], required=True, help_key="delivery.help.host")
    port = fields.WholeField("delivery.field.port", required=True)
    security = fields.ChoiceField("delivery.field.security", required=True, help_key="delivery.help.security")
    user = fields.line("delivery.field.user", NAMES["user"], autocomplete="off")
    secret = _secret()
    forget = fields.tick("delivery.field.forget")
    sender = fields.line("delivery.field.sender", NAMES["sender"], required=True, help_key="delivery.help.sender")
    sender_name = fields.line("delivery.field.sender_name", NAMES["user"])
    reply_to = fields.line("delivery.field.reply_to", NAMES["reply_to"], help_key="delivery.help.reply_to")


class SmsForm(PaceForm):
    """The gateway."""

    url = fields.line("delivery.field.url", LONGEST, required=True, help_key="delivery.help.url")
    method = fields.ChoiceField("delivery.field.method", required=True)
    form = fields.ChoiceField("delivery.field.form", required=True)
    headers = fields.text("delivery.field.headers", LONGEST, help_key="delivery.help.headers", rows=2)
    body = fields.text("delivery.field.body", LONGEST, required=True, help_key="delivery.help.body")
    secret = _secret()
    forget = fields.tick("delivery.field.forget")
    success_path = fields.line(
        "delivery.field.success_path", NAMES["success_path"], help_key="delivery.help.success_path"
    )
    success_value = fields.line("delivery.field.success_value", NAMES["success_value"])
