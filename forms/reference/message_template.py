"""A text with named places, in both languages (R5)."""

from __future__ import annotations

from wtforms import Form

from forms.reference import fields
from policies.message_template import LONGEST_BODY, LONGEST_NAME, LONGEST_SUBJECT, TemplateFacts
from policies.reference import LONGEST_CODE


class TemplateForm(Form):
    """What is said of a text that is there: its occasion and its way stay."""

    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    subject_zh = fields.line("template.field.subject_zh", LONGEST_SUBJECT, help_key="template.help.subject")
    subject_en = fields.line("template.field.subject_en", LONGEST_SUBJECT)
    body_zh = fields.text("template.field.body_zh", LONGEST_BODY, required=True, rows=6)
    body_en = fields.text("template.field.body_en", LONGEST_BODY, required=True, rows=6)

    def facts(self, code: str, occasion: str, channel: str) -> TemplateFacts:
        """What was said, for the service."""
        return TemplateFacts(
            code,
            self.name_zh.data,
            self.name_en.data,
            occasion,
            channel,
            self.subject_zh.data,
            self.subject_en.data,
            self.body_zh.data.replace("\r\n", "\n"),
            self.body_en.data.replace("\r\n", "\n"),
        )


class NewTemplateForm(TemplateForm):
    """A new text says its occasion and its way as well."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    occasion = fields.ChoiceField("template.field.occasion", required=True, help_key="template.help.occasion")
    channel = fields.ChoiceField("reference.field.way", required=True)
