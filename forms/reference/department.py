"""A department, a channel: what an administrator says of them."""

from __future__ import annotations

from wtforms import Form

from backoffice.services.channel import ChannelFacts
from backoffice.services.department import DepartmentFacts
from forms.reference import fields
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE


class DepartmentForm(Form):
    """A department and its place in the tree."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    kind = fields.ChoiceField("reference.field.kind", required=True)
    parent_id = fields.ChoiceField("reference.field.parent_id", fields.whole, help_key="reference.help.parent")
    head_id = fields.ChoiceField("reference.field.head_id", fields.whole, help_key="reference.help.head")
    receives_orders = fields.tick("reference.field.receives_orders", help_key="reference.help.receives_orders")
    duty_zh = fields.text("reference.field.duty_zh", LONGEST_NOTE)
    duty_en = fields.text("reference.field.duty_en", LONGEST_NOTE)

    def facts(self) -> DepartmentFacts:
        """What was said, for the service."""
        return DepartmentFacts(
            self.name_zh.data,
            self.name_en.data,
            self.kind.data or "",
            self.duty_zh.data,
            self.duty_en.data,
            self.parent_id.data,
            self.head_id.data,
            self.receives_orders.data,
        )


class ChannelForm(Form):
    """A channel: a way in for complaints (R1)."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    kind = fields.ChoiceField("reference.field.kind", required=True)
    entry_way = fields.ChoiceField("reference.field.entry_way", required=True)
    default_department_id = fields.ChoiceField("reference.field.default_department_id", fields.whole, required=True)
    hours = fields.ChoiceField("reference.field.hours", required=True, help_key="reference.help.hours")
    position = fields.WholeField("reference.field.position", required=True, help_key="reference.help.position")
    live = fields.tick("reference.field.live", help_key="reference.help.live")
    as_draft = fields.tick("reference.field.as_draft", help_key="reference.help.as_draft")
    note_zh = fields.text("reference.field.note_zh", LONGEST_NOTE)
    note_en = fields.text("reference.field.note_en", LONGEST_NOTE)

    def facts(self) -> ChannelFacts:
        """What was said, for the service."""
        return ChannelFacts(
            self.name_zh.data,
            self.name_en.data,
            self.kind.data or "",
            self.live.data,
            self.default_department_id.data,
            self.entry_way.data or "",
            self.hours.data or "",
            self.note_zh.data,
            self.note_en.data,
            self.position.data,
            self.as_draft.data,
        )
