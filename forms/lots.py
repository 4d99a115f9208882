"""The improvement with which the sampling of a department goes on (R27, R30)."""

from __future__ import annotations

from wtforms import Form

from forms.reference import fields
from policies.reference import LONGEST_NOTE


class ImprovementForm(Form):
    """Which corrective action has improved it, and why sampling may go on."""

    action_number = fields.line("lots.field.action_number", 64, required=True, help_key="lots.help.action_number")
    reason = fields.text("lots.field.reason", LONGEST_NOTE, required=True, help_key="lots.help.reason", rows=2)
