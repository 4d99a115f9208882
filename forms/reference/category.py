"""A category: a trunk or branch says its name and department, a leaf everything that its complaints start with (R3)."""

from __future__ import annotations

from wtforms import Form

from backoffice.services.category import CategoryFacts
from forms.reference import fields
from policies.category_tree import MOST_SYMPTOMS
from policies.reference import LONGEST_CODE, LONGEST_NAME


class NodeForm(Form):
    """A trunk or a branch."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    parent_id = fields.ChoiceField("reference.field.parent_id", fields.whole)
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    default_department_id = fields.ChoiceField(
        "reference.field.default_department_id", fields.whole, help_key="reference.help.inherited_department"
    )
    position = fields.WholeField("reference.field.position", required=True, help_key="reference.help.position")

    def facts(self) -> CategoryFacts:
        """What was said, for the service."""
        return CategoryFacts(
            self.name_zh.data,
            self.name_en.data,
            self.parent_id.data,
            self.default_department_id.data,
            self.position.data,
        )


class LeafForm(NodeForm):
    """A leaf with what it gives to a complaint."""

    default_severity = fields.ChoiceField("reference.field.default_severity", required=True)
    default_urgency = fields.ChoiceField("reference.field.default_urgency", required=True)
    default_impact = fields.ChoiceField("reference.field.default_impact", required=True)
    route = fields.ChoiceField("reference.field.route", required=True)
    first_contact_possible = fields.tick("reference.field.first_contact_possible")
    required_elements = fields.ChoicesField(
        "reference.field.required_elements", required=True, help_key="reference.help.required_elements"
    )
    symptoms = fields.SymptomsField(
        "reference.field.symptoms",
        MOST_SYMPTOMS * (2 * LONGEST_NAME + LONGEST_CODE + 8),
        help_key="reference.help.symptoms",
        rows=5,
    )

    def facts(self) -> CategoryFacts:
        """What was said, for the service."""
        return CategoryFacts(
            self.name_zh.data,
            self.name_en.data,
            self.parent_id.data,
            self.default_department_id.data,
            self.position.data,
            self.default_severity.data,
            self.default_urgency.data,
            self.default_impact.data,
            self.first_contact_possible.data,
            self.route.data,
            tuple(self.required_elements.data or ()),
            tuple(self.symptoms.data or ()),
        )
