"""The parts of a draft of the clocks: its warning ladders, its extension settings, and putting it into force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Form, HiddenField
from wtforms.fields import Field

from backoffice.services.core.sla_definition import LONGEST_REASON
from forms.reference import fields
from policies.extension_settings import ApprovalRow, ExtensionSettings, approval_field, settings_of
from policies.ladder_check import MOST_LADDERS, MOST_STEPS, ladder_field, step_field
from policies.message import Message
from policies.reference import LONGEST_CODE, LONGEST_NAME
from policies.vocabulary import Severity, label_key

BLANK_STEPS = 1  # offered below the steps of a ladder
STEPS_OF_A_NEW_LADDER = 3
STEP_FIELDS = ("position", "code", "at", "value", "to", "message", "dropped")
LADDER_FIELDS = ("code", "name_zh", "name_en", "applies_to", "dropped")


class RevisionForm(Form):
    """A form that says from which state of the draft it was made."""

    revision = HiddenField()

    def seen(self) -> int | None:
        """The revision that the page showed; None when it cannot be read."""
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class ForceForm(RevisionForm):
    """From when a checked draft holds, and why."""

    valid_from = fields.DateField("reference.field.valid_from", required=True, help_key="reference.help.valid_from")
    reason = fields.text("reference.field.reason", LONGEST_REASON, required=True, help_key="reference.help.sla_reason")


class ExtensionForm(RevisionForm):
    """Who may extend what, for how long, how often; ``extension_form`` adds a row for each severity."""

    clocks = fields.ChoicesField("reference.sla.extension.clocks", help_key="reference.sla.extension.clocks_help")

    def rows(self) -> list[tuple[Severity, list[Field]]]:
        """The fields of each severity: role, days, times."""
        names = ("role", "days", "times")
        return [(severity, [self[approval_field(severity, name)] for name in names]) for severity in Severity]

    def settings(self) -> ExtensionSettings:
        """What was said, for the service."""
        rows = tuple(
            ApprovalRow(severity.value, *(field.data or None for field in found)) for severity, found in self.rows()
        )
        return ExtensionSettings(tuple(_in_order(self.clocks)), rows)


def _approvals() -> dict[str, Field]:
    made: dict[str, Field] = {}
    for severity in Severity:
        said = {"severity": Message(label_key(severity))}
        for name, kind in (("role", fields.ChoiceField), ("days", fields.WholeField), ("times", fields.WholeField)):
            made[approval_field(severity, name)] = kind(Message(f"reference.sla.extension.{name}", said))
    return made


ApprovalsForm: type[ExtensionForm] = type("ApprovalsForm", (ExtensionForm,), _approvals())


def extension_data(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What the form starts with."""
    settings = settings_of(definition)
    data: dict[str, Any] = {"clocks": list(settings.clocks)}
    for row in settings.approvals:
        values = {"role": row.role or "", "days": row.max_working_days, "times": row.max_times}
        data |= {approval_field(row.severity, name): value for name, value in values.items()}
    return data


class LaddersForm(RevisionForm):
    """The warning ladders; ``ladders_form`` adds their fields. ``sizes``: how many steps each ladder's rows have."""

    sizes: tuple[int, ...] = ()

    def ladders(self) -> list[tuple[dict[str, Field], list[dict[str, Field]]]]:
        """Each ladder's own fields, and those of each of its steps."""
        return [
            (
                {name: self[f"{ladder_field(line)}-{name}"] for name in LADDER_FIELDS},
                [{name: self[f"{step_field(line, step)}-{name}"] for name in STEP_FIELDS} for step in range(size)],
            )
            for line, size in enumerate(self.sizes)
        ]

    def kept(self) -> list[tuple[int, list[int]]]:
        """The numbers of the ladders that were filled in and not dropped, each with those of its steps, in order."""
        found = []
        for line, (own, steps) in enumerate(self.ladders()):
            if own["dropped"].data or not (own["code"].data or own["name_zh"].data or own["name_en"].data):
                continue
            filled = [n for n, step in enumerate(steps) if not step["dropped"].data and _is_filled(step)]
            found.append((line, sorted(filled, key=lambda n: (_position(steps[n], n), n))))
        return found

    def rows(self) -> list[dict[str, Any]]:
        """What was said, in the form of ``office/sla.yaml``."""
        ladders = self.ladders()
        return [_ladder(ladders[line][0], [ladders[line][1][step] for step in steps]) for line, steps in self.kept()]

    def place_of(self, field: str) -> str:
        """The form's name of a field that the rules refused: they count what was kept, in its order."""
        parts = field.split("-")
        if parts[0] != "ladder" or len(parts) < 2 or not parts[1].isdigit():
            return field
        line, steps = self.kept()[int(parts[1])]
        if len(parts) < 4:
            return f"{ladder_field(line)}-code"
        return f"{step_field(line, steps[int(parts[3])])}-code"


def ladders_form(sizes: Sequence[int]) -> type[LaddersForm]:
    """The form for so many ladders of so many steps."""
    kept = tuple(min(size, MOST_STEPS + BLANK_STEPS) for size in sizes[: MOST_LADDERS + 1])
    made: dict[str, Any] = {"sizes": kept}
    for line, size in enumerate(kept):
        own = {
            "code": fields.line("reference.field.code", LONGEST_CODE),
            "name_zh": fields.line("reference.field.name_zh", LONGEST_NAME),
            "name_en": fields.line("reference.field.name_en", LONGEST_NAME),
            "applies_to": fields.ChoicesField("reference.sla.ladder.applies_to"),
            "dropped": fields.tick("reference.sla.ladder.drop"),
        }
        made |= {f"{ladder_field(line)}-{name}": field for name, field in own.items()}
        for step in range(size):
            made |= {f"{step_field(line, step)}-{name}": field for name, field in _step_fields().items()}
    return type("LaddersOfVersionForm", (LaddersForm,), made)


def ladders_data(ladders: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[int]]:
    """What the form starts with, and the sizes that it needs: a blank step each, and a blank ladder."""
    data: dict[str, Any] = {}
    sizes = []
    for line, ladder in enumerate(ladders):
        names = ladder.get("name") or {}
        data |= {
            f"{ladder_field(line)}-code": ladder.get("code"),
            f"{ladder_field(line)}-name_zh": names.get("zh", ""),
            f"{ladder_field(line)}-name_en": names.get("en", ""),
            f"{ladder_field(line)}-applies_to": list(ladder.get("applies_to", ())),
        }
        for number, step in enumerate(ladder.get("steps", ())):
            place = step_field(line, number)
            data |= {f"{place}-{name}": step.get(name) for name in ("code", "at", "value", "to", "message")}
            data[f"{place}-position"] = number + 1
        sizes.append(len(ladder.get("steps", ())) + BLANK_STEPS)
    return data, [*sizes, STEPS_OF_A_NEW_LADDER]


def _step_fields() -> dict[str, Field]:
    return {
        "position": fields.WholeField("reference.sla.ladder.position"),
        "code": fields.line("reference.field.code", LONGEST_CODE),
        "at": fields.ChoiceField("reference.sla.ladder.at"),
        "value": fields.WholeField("reference.sla.ladder.value", help_key="reference.sla.ladder.value_help"),
        "to": fields.ChoicesField("reference.sla.ladder.to"),
        "message": fields.ChoiceField("reference.sla.ladder.message"),
        "dropped": fields.tick("reference.sla.ladder.drop_step"),
    }


def _in_order(field: Field) -> list[str]:
    """What was ticked: first what was there already, in its order, so that saving a form as it is changes nothing."""
    chosen = list(field.data or ())
    held = [value for value in field.object_data or () if value in chosen]
    return held + [value for value in chosen if value not in held]


def _is_filled(step: Mapping[str, Field]) -> bool:
    return any(step[name].data for name in ("code", "at", "value", "to", "message"))


def _position(step: Mapping[str, Field], number: int) -> int:
    return step["position"].data if step["position"].data is not None else number + 1


def _ladder(own: Mapping[str, Field], steps: Sequence[Mapping[str, Field]]) -> dict[str, Any]:
    return {
        "code": own["code"].data or "",
        "name": {"zh": own["name_zh"].data or "", "en": own["name_en"].data or ""},
        "applies_to": _in_order(own["applies_to"]),
        "steps": [
            {
                "code": step["code"].data or "",
                "at": step["at"].data or "",
                "value": 0 if step["at"].data == "deadline" and step["value"].data is None else step["value"].data,
                "to": _in_order(step["to"]),
                "message": step["message"].data or "",
            }
            for step in steps
        ],
    }
