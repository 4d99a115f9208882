"""The forms of sampling plans (R27): a new plan, and what a draft says; a lot plan has other fields than the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from wtforms import Form
from wtforms.fields import Field

from backoffice.services.sampling_plan import LONGEST_REASON
from forms.reference import fields
from forms.reference.process import FigureField
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.sampling_plan import FILTERS
from policies.sampling_plan_check import source_of
from policies.vocabulary_inspection import PlanKind

HUNDRED = Decimal(100)
FILTER = "filter_"
"""Before the name of a filter, in the name of its field."""
TICKS = {"confidential": True, "blind": False, "other_department_only": True}
"""What a plan that does not say it means."""


class NewPlanForm(Form):
    """What a new plan is: everything else is said in its draft."""

    kind = fields.ChoiceField("plans.field.kind", required=True, help_key="plans.help.kind")
    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="plans.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )


class StopForm(Form):
    """From when a plan draws nothing any more, and why."""

    stopped_from = fields.DateField("plans.field.stopped_from", required=True, help_key="plans.help.stopped_from")
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )


class PlanForm(Form):
    """What every plan says; ``plan_form`` adds the fields of its kind. ``groups``: legend and names of its fields."""

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    population_zh = fields.text("plans.field.population_zh", LONGEST_NOTE, required=True, rows=2)
    population_en = fields.text("plans.field.population_en", LONGEST_NOTE, required=True, rows=2)
    note_zh = fields.text("reference.field.note_zh", LONGEST_NOTE, rows=2)
    note_en = fields.text("reference.field.note_en", LONGEST_NOTE, rows=2)
    source = fields.ChoiceField("plans.field.source", required=True, help_key="plans.help.source")
    exclude_outcomes = fields.ChoicesField("plans.field.exclude_outcomes", help_key="plans.help.exclude_outcomes")
    confidential = fields.tick("plans.field.confidential", help_key="plans.help.confidential")
    period = fields.ChoiceField("plans.field.period", required=True, help_key="plans.help.period")
    draw_on = fields.ChoiceField("plans.field.draw_on", required=True, help_key="plans.help.draw_on")
    scorecard = fields.ChoiceField("plans.field.scorecard", required=True, help_key="plans.help.scorecard")
    due_working_days = fields.WholeField("plans.field.due", required=True, help_key="plans.help.due")
    double_share = FigureField("plans.field.double_share", HUNDRED, help_key="plans.help.double_share")
    blind = fields.tick("plans.field.blind", help_key="plans.help.blind")
    other_department_only = fields.tick("plans.field.other_department_only", help_key="plans.help.other_department")

    def grouped(self) -> Iterator[tuple[str, list[Field]]]:
        """Legend and fields of each group."""
        for legend, names in self.groups:
            yield legend, [self[name] for name in names]

    def facts(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """What was said, in the form of ``office/sampling.yaml``; what was left unsaid and stays so is left out."""
        said: dict[str, Any] = {
            "name": {"zh": self.name_zh.data, "en": self.name_en.data},
            "population": {"zh": self.population_zh.data, "en": self.population_en.data},
            "note": {"zh": self.note_zh.data, "en": self.note_en.data},
            "exclude_outcomes": fields.in_order(base.get("exclude_outcomes"), self.exclude_outcomes.data),
            "period": self.period.data,
            "draw_on": self.draw_on.data,
            "scorecard": self.scorecard.data,
            "due_working_days": self.due_working_days.data,
        }
        for name, unsaid in TICKS.items():
            if name in base or self[name].data != unsaid:
                said[name] = bool(self[name].data)
        if "double_share_percent" in base or self.double_share.data:
            said["double_share_percent"] = _plain(self.double_share.data) or 0
        if "source" in base or self.source.data != source_of(base):
            said["source"] = self.source.data
        return said


class DrawnPlanForm(PlanForm):
    """A plan that draws a share or a number of each stratum."""

    groups = (
        ("plans.group.words", ("name_zh", "name_en", "population_zh", "population_en", "note_zh", "note_en")),
        ("plans.group.population", ("source", "exclude_outcomes", "confidential")),
        ("plans.group.size", ("stratify_by", "share_percent", "number", "minimum_per_stratum", "all_of")),
        ("plans.group.time", ("period", "draw_on")),
        ("plans.group.inspection", ("scorecard", "due_working_days", "double_share", "blind", "other_department_only")),
    )
    stratify_by = fields.ChoicesField("plans.field.stratify_by", help_key="plans.help.stratify_by", required=True)
    share_percent = FigureField("plans.field.share_percent", HUNDRED, help_key="plans.help.share_percent")
    number = fields.WholeField("plans.field.number", help_key="plans.help.number")
    minimum_per_stratum = fields.WholeField("plans.field.minimum", help_key="plans.help.minimum")
    all_of = fields.ChoicesField("plans.field.all_of", help_key="plans.help.all_of")

    def facts(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """With how many are drawn."""
        said = super().facts(base) | {
            "stratify_by": fields.in_order(base.get("stratify_by"), self.stratify_by.data),
            "share_percent": _plain(self.share_percent.data),
            "minimum_per_stratum": self.minimum_per_stratum.data or 0,
            "all_of": [
                dict(zip(("field", "value"), text.split("=", 1), strict=True))
                for text in fields.in_order(_compulsory(base), self.all_of.data)
            ],
        }
        if "number" in base or self.number.data is not None:
            said["number"] = self.number.data
        return said


class RegularPlanForm(DrawnPlanForm):
    """A plan of the calendar, which nobody narrows down when it draws: what it is narrowed down to for good."""

    groups = (
        *DrawnPlanForm.groups[:2],
        ("plans.group.filters", tuple(f"{FILTER}{name}" for name in FILTERS)),
        *DrawnPlanForm.groups[2:],
    )
    filter_departments = fields.ChoicesField("plans.field.filter_departments")
    filter_channels = fields.ChoicesField("plans.field.filter_channels")
    filter_categories = fields.ChoicesField("plans.field.filter_categories", help_key="plans.help.filter_categories")
    filter_severities = fields.ChoicesField("plans.field.filter_severities")

    def facts(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """With what it is narrowed down to."""
        said, before = super().facts(base), base.get("filters") or {}
        chosen = {name: fields.in_order(before.get(name), self[f"{FILTER}{name}"].data) for name in FILTERS}
        chosen = {name: codes for name, codes in chosen.items() if codes}
        return said | {"filters": chosen} if "filters" in base or chosen else said


class LotPlanForm(PlanForm):
    """A plan that draws lots by the tables."""

    groups = (
        ("plans.group.words", ("name_zh", "name_en", "population_zh", "population_en", "note_zh", "note_en")),
        ("plans.group.population", ("source", "exclude_outcomes", "confidential")),
        ("plans.group.lot", ("quality_limit", "score_below", "fatal", "reduced_inspection")),
        ("plans.group.time", ("period", "draw_on")),
        ("plans.group.inspection", ("scorecard", "due_working_days", "double_share", "blind", "other_department_only")),
    )
    quality_limit = fields.ChoiceField("plans.field.quality_limit", required=True, help_key="plans.help.quality_limit")
    score_below = FigureField("plans.field.score_below", HUNDRED, required=True, help_key="plans.help.score_below")
    fatal = fields.tick("plans.field.fatal", help_key="plans.help.fatal")
    reduced_inspection = fields.tick("plans.field.reduced_inspection", help_key="plans.help.reduced_inspection")

    def facts(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """With the quality limit and what does not conform."""
        return super().facts(base) | {
            "quality_limit": self.quality_limit.data,
            "nonconforming_when": {"score_below": _plain(self.score_below.data), "fatal": bool(self.fatal.data)},
            "reduced_inspection": bool(self.reduced_inspection.data),
        }


def plan_form(definition: Mapping[str, Any]) -> type[PlanForm]:
    """The form for a plan of its kind."""
    kinds: Mapping[Any, type[PlanForm]] = {PlanKind.LOT: LotPlanForm, PlanKind.REGULAR: RegularPlanForm}
    return kinds.get(definition.get("kind"), DrawnPlanForm)


def plan_data(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What the form starts with."""
    said = definition.get("nonconforming_when") or {}
    data = {
        f"{name}_{language}": (definition.get(name) or {}).get(language, "")
        for name in ("name", "population", "note")
        for language in ("zh", "en")
    }
    names = (
        "exclude_outcomes", "period", "draw_on", "scorecard", "due_working_days", "stratify_by", "share_percent",
        "number", "minimum_per_stratum", "quality_limit",
    )  # fmt: skip
    return (
        data
        | {name: definition.get(name) for name in names}
        | {name: bool(definition.get(name, unsaid)) for name, unsaid in TICKS.items()}
        | {f"{FILTER}{name}": (definition.get("filters") or {}).get(name) for name in FILTERS}
        | {
            "source": source_of(definition),
            "double_share": definition.get("double_share_percent"),
            "all_of": _compulsory(definition),
            "score_below": said.get("score_below"),
            "fatal": bool(said.get("fatal", True)),
            "reduced_inspection": bool(definition.get("reduced_inspection", True)),
        }
    )


def _compulsory(definition: Mapping[str, Any]) -> list[str]:
    return [f"{one['field']}={one['value']}" for one in definition.get("all_of") or ()]


def _plain(value: Decimal | None) -> int | str | None:
    """A figure as the plan keeps it: whole, or as it is written."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"
