"""The forms that every version of a document has: why it is drawn up, from when it holds and why."""

from __future__ import annotations

from wtforms import Form

from backoffice.services.core.versions import LONGEST_REASON
from forms.reference import fields


class DrawUpForm(Form):
    """Why a new version is drawn up."""

    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )


class ForceForm(Form):
    """From when a checked version holds."""

    valid_from = fields.DateField("reference.field.valid_from", required=True, help_key="versions.help.valid_from")
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )
