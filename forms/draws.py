"""A draw that a person makes (R27): the plan, the days, what it is narrowed down to, how many, and why."""

from __future__ import annotations

from wtforms import Form

from backoffice.queries.populations import Filters
from backoffice.services.sampling import LONGEST_REASON, Order
from forms.reference import fields


class CancelForm(Form):
    """Why a draw is taken back."""

    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="draws.help.cancel_reason", rows=3
    )


class DrawForm(Form):
    """The view fills in what can be chosen."""

    plan = fields.ChoiceField("draws.field.plan_code", required=True)
    first = fields.DateField("draws.field.period_from", help_key="draws.help.period")
    last = fields.DateField("draws.field.period_until")
    number = fields.WholeField("draws.field.number", help_key="draws.help.number")
    reason = fields.text("draws.field.reason", LONGEST_REASON, help_key="draws.help.reason", rows=2)
    blind = fields.tick("draws.field.blind", help_key="draws.help.blind")
    departments = fields.ChoicesField("draws.field.departments")
    handler = fields.ChoiceField("draws.field.handler")
    channels = fields.ChoicesField("draws.field.channels")
    categories = fields.ChoicesField("draws.field.categories")
    severities = fields.ChoicesField("draws.field.severities")
    outcomes = fields.ChoicesField("draws.field.outcomes")

    def narrowing(self) -> list[object]:
        """The fields by which a population is narrowed down."""
        return [self.departments, self.handler, self.channels, self.categories, self.severities, self.outcomes]

    def order(self) -> Order:
        """What was asked, for the service."""
        return Order(
            plan=self.plan.data or "",
            first=self.first.data,
            last=self.last.data,
            filters=Filters(
                departments=tuple(self.departments.data or ()),
                channels=tuple(self.channels.data or ()),
                categories=tuple(self.categories.data or ()),
                severities=tuple(self.severities.data or ()),
                outcomes=tuple(self.outcomes.data or ()),
                handlers=(self.handler.data,) if self.handler.data else (),
            ),
            number=self.number.data,
            reason=self.reason.data or "",
            blind=True if self.blind.data else None,
        )
