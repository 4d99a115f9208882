"""The forms of a draft of a process (R14): its head, one step with its ways out and approvers, a file, its date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import FileField, Form, StringField
from wtforms.fields import Field

from backoffice.integrations.process_file import MOST_SIGNS
from backoffice.services.process import LONGEST_REASON
from forms.reference import fields
from policies.message import Message
from policies.process_form import HIGHEST_AMOUNT, HIGHEST_SHARE, MOST_APPROVALS, MOST_WAYS, in_order, number
from policies.reference import LONGEST_NAME, LONGEST_NOTE, refused
from policies.vocabulary import ClockCode

Choices = Sequence[tuple[str, str]]
BLANK_WAYS = 2
BLANK_APPROVALS = 1
WAY_FIELDS = ("action", "to", "when", "outcome", "requires")
LIMIT_FIELDS = ("role", "up_to_cny")


class FigureField(StringField):
    """A figure with at most two decimals, or nothing; what was typed stays as it was typed."""

    def __init__(self, key: str, highest: Decimal, *, required: bool = False, help_key: str = "", **given: Any) -> None:
        super().__init__(
            Message(key),
            [fields.Required()] if required else [],
            description=Message(help_key) if help_key else "",
            render_kw={"inputmode": "decimal", "maxlength": 14, "autocomplete": "off"},
            **given,
        )
        self.highest = highest

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the figure; a blank field is None."""
        typed = valuelist[0].strip() if valuelist else ""
        self.typed = typed
        self.data: Decimal | None = None
        if not typed:
            return
        try:
            given = Decimal(typed.replace(",", "").rstrip("%％"))
        except InvalidOperation:
            raise ValueError(refused("number")) from None
        exponent = given.as_tuple().exponent
        if not given.is_finite() or not isinstance(exponent, int) or exponent < -2 or not 0 <= given <= self.highest:
            raise ValueError(Message("process_editor.refused.figure", {"highest": self.highest}))
        self.data = given

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "" if self.data is None else f"{Decimal(str(self.data)):f}"


class DrawUpForm(Form):
    """Why a new version is drawn up."""

    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="process_editor.help.reason", rows=2
    )


class FileForm(DrawUpForm):
    """A process as a file, or pasted."""

    file = FileField(Message("process_editor.field.file"), description=Message("process_editor.help.file"))
    text = fields.text("process_editor.field.text", MOST_SIGNS, help_key="process_editor.help.text", rows=14)


class ForceForm(Form):
    """From when a checked version holds."""

    valid_from = fields.DateField(
        "reference.field.valid_from", required=True, help_key="process_editor.help.valid_from"
    )
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="process_editor.help.reason", rows=2
    )


class HeadForm(Form):
    """What the process is called."""

    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    note_zh = fields.text("reference.field.note_zh", LONGEST_NOTE, rows=2)
    note_en = fields.text("reference.field.note_en", LONGEST_NOTE, rows=2)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Both names are there."""
        return all([super().validate(*args, **kwargs), *(_there(one) for one in (self.name_zh, self.name_en))])

    def facts(self) -> dict[str, Any]:
        """What was said, for the service."""
        return {
            "name": {"zh": self.name_zh.data, "en": self.name_en.data},
            "note": {"zh": self.note_zh.data, "en": self.note_en.data},
        }


@dataclass(frozen=True)
class StepChoices:
    """What a step may choose from, worded: each a list of code and name."""

    statuses: Choices
    roles: Choices
    clocks: Choices
    fields: Choices
    evidence: Choices
    acts: Choices
    actions: Choices
    targets: Choices
    conditions: Choices
    outcomes: Choices
    after: Choices = field(default=())


class StepForm(Form):
    """The part that every step's form has; ``step_form`` adds its ways out and approvers."""

    way_rows = 0
    limit_rows = 0
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    role = fields.ChoiceField("reference.field.role", required=True, help_key="process_editor.help.role")
    status = fields.ChoiceField("reference.field.status", required=True, help_key="process_editor.help.status")
    clock_share = FigureField(
        "process_editor.field.share", HIGHEST_SHARE, required=True, help_key="process_editor.help.share"
    )
    clock = fields.ChoiceField("reference.field.clock", help_key="process_editor.help.clock")
    required_fields = fields.ChoicesField("process_editor.field.required_fields", help_key="process_editor.help.fields")
    required_evidence = fields.ChoicesField("process_editor.field.evidence", help_key="process_editor.help.evidence")
    acts = fields.ChoicesField("process_editor.field.acts", help_key="process_editor.help.acts")
    note_zh = fields.text("reference.field.note_zh", LONGEST_NOTE, rows=2)
    note_en = fields.text("reference.field.note_en", LONGEST_NOTE, rows=2)

    def ways(self) -> list[dict[str, Field]]:
        """The ways out, each field by its name."""
        return [self._row("way", n, (*WAY_FIELDS, "dropped")) for n in range(self.way_rows)]

    def limits(self) -> list[dict[str, Field]]:
        """The approvers, each field by its name."""
        return [self._row("limit", n, (*LIMIT_FIELDS, "dropped")) for n in range(self.limit_rows)]

    def _row(self, kind: str, number_of: int, names: Sequence[str]) -> dict[str, Field]:
        return {name: self[f"{kind}-{number_of}-{name}"] for name in names}

    def offer(self, choices: StepChoices) -> None:
        """Give the choices their words."""
        self.status.choices, self.role.choices = choices.statuses, choices.roles
        self.clock.choices, self.acts.choices = choices.clocks, choices.acts
        self.required_fields.choices, self.required_evidence.choices = choices.fields, choices.evidence
        for way in self.ways():
            way["action"].choices, way["to"].choices = choices.actions, choices.targets
            way["when"].choices, way["outcome"].choices = choices.conditions, choices.outcomes
            way["requires"].choices = choices.fields
        for limit in self.limits():
            limit["role"].choices = choices.roles
        if "after" in self:
            self["after"].choices = choices.after

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """What a step cannot be kept without is there; a row that was begun is whole."""
        wanted = [self.name_zh, self.name_en, self.role, self.status]
        wanted += [row[name] for row in self._kept(self.ways(), WAY_FIELDS) for name in ("action", "to")]
        wanted += [row["role"] for row in self._kept(self.limits(), LIMIT_FIELDS)]
        return all([super().validate(*args, **kwargs), *(_there(one) for one in wanted)])

    @staticmethod
    def _kept(rows: Sequence[Mapping[str, Field]], names: Sequence[str]) -> Iterator[Mapping[str, Field]]:
        for row in rows:
            if not row["dropped"].data and any(row[name].data or row[name].errors for name in names):
                yield row

    def facts(self) -> dict[str, Any]:
        """What was said, for the service."""
        share = self.clock_share.data
        return {
            "name": {"zh": self.name_zh.data, "en": self.name_en.data},
            "status": self.status.data,
            "role": self.role.data,
            "clock_share": number(share) if share is not None else 0,
            "clock": self.clock.data,
            "required_fields": self._chosen(self.required_fields),
            "required_evidence": self._chosen(self.required_evidence),
            "acts": self._chosen(self.acts),
            "note": {"zh": self.note_zh.data, "en": self.note_en.data},
            "next": [_way(row) for row in self._kept(self.ways(), WAY_FIELDS)],
            "approvals": [
                {"role": row["role"].data, "up_to_cny": number(row["up_to_cny"].data)}
                for row in self._kept(self.limits(), LIMIT_FIELDS)
            ],
        }

    @staticmethod
    def _chosen(field_of: Field) -> list[str]:
        return in_order(field_of.data or (), field_of.object_data or ())


def step_form(ways: int, limits: int, *, new: bool = False) -> type[StepForm]:
    """The form of a step with so many rows for ways out and approvers, and blank ones after them."""
    made: dict[str, Any] = {
        "way_rows": min(ways, MOST_WAYS),
        "limit_rows": min(limits, MOST_APPROVALS),
    }
    for n in range(made["way_rows"]):
        made |= {
            f"way-{n}-action": fields.ChoiceField("process_editor.field.action"),
            f"way-{n}-to": fields.ChoiceField("process_editor.field.to"),
            f"way-{n}-when": fields.ChoiceField("process_editor.field.when"),
            f"way-{n}-outcome": fields.ChoiceField("process_editor.field.outcome"),
            f"way-{n}-requires": fields.ChoicesField("process_editor.field.requires"),
            f"way-{n}-dropped": fields.tick("process_editor.field.dropped"),
        }
    for n in range(made["limit_rows"]):
        made |= {
            f"limit-{n}-role": fields.ChoiceField("process_editor.field.approver"),
            f"limit-{n}-up_to_cny": FigureField("process_editor.field.up_to", HIGHEST_AMOUNT),
            f"limit-{n}-dropped": fields.tick("process_editor.field.dropped"),
        }
    if new:
        made["after"] = fields.ChoiceField("process_editor.field.after")
    return type("StepFormOfStep", (StepForm,), made)


def filled(step: Mapping[str, Any]) -> dict[str, Any]:
    """What the form starts with: everything as the step says it."""
    name, note = step["name"], step.get("note") or {}
    data: dict[str, Any] = {
        "name_zh": name["zh"], "name_en": name["en"], "note_zh": note.get("zh", ""), "note_en": note.get("en", ""),
        **{key: step.get(key) for key in ("status", "role", "clock_share", "clock", "required_fields",
                                          "required_evidence", "acts")},
    }  # fmt: skip
    for n, way in enumerate(step["next"]):
        data |= {f"way-{n}-{key}": way.get(key) for key in WAY_FIELDS}
    for n, limit in enumerate(step.get("approvals") or ()):
        data |= {f"limit-{n}-{key}": limit.get(key) for key in LIMIT_FIELDS}
    return data


CLOCKS = tuple(clock.value for clock in ClockCode)


def _way(row: Mapping[str, Field]) -> dict[str, Any]:
    found: dict[str, Any] = {"action": row["action"].data, "to": row["to"].data}
    if row["requires"].data:
        found["requires"] = in_order(row["requires"].data, row["requires"].object_data or ())
    for key in ("outcome", "when"):
        if row[key].data:
            found[key] = row[key].data
    return found


def _there(one: Field) -> bool:
    if one.data or one.errors:
        return not one.errors
    one.errors = [*one.errors, refused("missing")]
    return False
