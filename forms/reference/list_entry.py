"""An entry of one of the office's own lists, and the reason with which anything is retired or restored."""

from __future__ import annotations

from wtforms import Form

from forms.reference import fields
from policies.list_entries import LONGEST_CHOICE, LONGEST_NAME, MOST_CHOICES, EntryFacts
from policies.reference import LONGEST_CODE, LONGEST_NOTE


class EntryForm(Form):
    """A cause, an evidence type … : names and a place."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    position = fields.WholeField("reference.field.position", required=True, help_key="reference.help.position")

    def facts(self) -> EntryFacts:
        """What was said, for the service."""
        return EntryFacts(self.name_zh.data, self.name_en.data, self.position.data)


class NotedEntryForm(EntryForm):
    """A route: with a note in both languages."""

    note_zh = fields.text("reference.field.note_zh", LONGEST_NOTE)
    note_en = fields.text("reference.field.note_en", LONGEST_NOTE)

    def facts(self) -> EntryFacts:
        """What was said, for the service."""
        return EntryFacts(
            self.name_zh.data, self.name_en.data, self.position.data, self.note_zh.data, self.note_en.data
        )


class ElementForm(NotedEntryForm):
    """A dispatch element (R10): with its kind, and its choices if it is one."""

    kind = fields.ChoiceField("reference.field.element_kind", required=True)
    choices = fields.LinesField(
        "reference.field.choices", MOST_CHOICES * (LONGEST_CHOICE + 2), help_key="reference.help.choices"
    )

    def facts(self) -> EntryFacts:
        """What was said, for the service."""
        return EntryFacts(
            self.name_zh.data,
            self.name_en.data,
            self.position.data,
            self.note_zh.data,
            self.note_en.data,
            self.kind.data,
            tuple(self.choices.data or ()),
        )


class ReasonForm(Form):
    """Why something is taken out of use, put back, or taken back."""

    reason = fields.reason()
