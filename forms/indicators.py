"""What is asked of an indicator, as it comes in an address, and the form of a figure from outside (R31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wtforms import Form

from backoffice.queries.indicators import Part
from forms.filters import key, member
from forms.reference import fields
from policies.monthly_figure import LONGEST_NOTE, Entered, read_month
from policies.vocabulary_appraisal import SubjectKind

MOST_PAGES = 10**6


@dataclass(frozen=True)
class Asked:
    """Month ("2026-09"), whose figures, whose list (None: nobody's), which part of it, which page."""

    month: str
    level: SubjectKind
    subject: int | None
    part: Part
    page: int

    def args(self, **other: Any) -> dict[str, Any]:
        """The arguments of an address that asks for this, or for something else in it."""
        found = {
            "month": self.month,
            "level": self.level.value,
            "subject": self.subject,
            "part": None if self.part is Part.DENOMINATOR else self.part.value,
            "page": None,
        }
        return {name: value for name, value in (found | other).items() if value is not None}


def read_asked(args: Mapping[str, str], month: str, levels: tuple[SubjectKind, ...]) -> Asked:
    """What an address asks for; what cannot be read is the given month and the first of the indicator's levels."""
    level = member(SubjectKind, args.get("level"))
    number = key(args.get("page"))
    return Asked(
        month=read_month(args.get("month")) or month,
        level=level if level in levels else levels[0],
        subject=key(args.get("subject")),
        part=member(Part, args.get("part")) or Part.DENOMINATOR,
        page=min(number or 1, MOST_PAGES),
    )


class FigureForm(Form):
    """A figure from outside; the view says which indicators and departments may be chosen."""

    month = fields.line("monthly_figures.field.month", 7, required=True, type="month")
    indicator = fields.ChoiceField("monthly_figures.field.indicator", required=True)
    department_id = fields.ChoiceField("monthly_figures.field.department", fields.whole, required=True)
    numerator = fields.line(
        "monthly_figures.field.numerator",
        20,
        required=True,
        help_key="monthly_figures.help.numerator",
        inputmode="decimal",
    )
    denominator = fields.line(
        "monthly_figures.field.denominator", 20, required=True, help_key="monthly_figures.help.denominator",
        inputmode="decimal",
    )  # fmt: skip
    note = fields.line("monthly_figures.field.note", LONGEST_NOTE, help_key="monthly_figures.help.note")

    def entered(self) -> Entered:
        """What was typed, for the service."""
        return Entered(
            self.month.data or "", self.numerator.data or "", self.denominator.data or "", self.note.data or ""
        )
