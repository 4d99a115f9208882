"""A new version of the clocks (R23): its date, the table of targets, and the special rows; made for one definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import Form
from wtforms.fields import Field

from backoffice.services.core.sla_definition import LONGEST_REASON, overrides_of, places, targets_of
from backoffice.services.sla_policy import SlaFacts
from forms.reference import fields
from policies.message import Message
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.sla_version import MOST_OVERRIDES, Override, Target, target_field
from policies.vocabulary import ClockCode, Severity, Unit, label_key

BLANK_ROWS = 2  # for special rows that are new; more come with the next version
ROW_FIELDS = (
    "code",
    "name_zh",
    "name_en",
    "category",
    "channel",
    "severity",
    "clock",
    "amount",
    "unit",
    "reason_zh",
    "reason_en",
)


@dataclass(frozen=True)
class Cell:
    """A target in the table: its amount, its unit, and the unit's address in the form."""

    amount: Field
    unit: Field


@dataclass(frozen=True)
class TableRow:
    """A clock in the table, or one of its phases, with a cell for each severity."""

    clock: str
    phase: str | None
    cells: tuple[Cell, ...]


class SlaForm(Form):
    """The part that every such form has; ``sla_form`` adds targets and special rows."""

    base_definition: dict[str, Any] = {}
    override_rows = 0
    valid_from = fields.DateField("reference.field.valid_from", required=True, help_key="reference.help.valid_from")
    reason = fields.text("reference.field.reason", LONGEST_REASON, required=True, help_key="reference.help.sla_reason")

    def table(self) -> list[TableRow]:
        """The targets, row by row."""
        return [
            TableRow(
                clock,
                phase,
                tuple(
                    Cell(self[target_field(clock, severity, phase)], self[unit_field(clock, severity, phase)])
                    for severity in Severity
                ),
            )
            for clock, phase in places(self.base_definition)
        ]

    def rows(self) -> list[dict[str, Field]]:
        """The special rows, each field by its name."""
        return [
            {name: self[override_field(row, name)] for name in (*ROW_FIELDS, "dropped")}
            for row in range(self.override_rows)
        ]

    def kept_rows(self) -> list[int]:
        """The numbers of the special rows that were filled in and not dropped, in the order of the facts."""
        return [
            number
            for number, row in enumerate(self.rows())
            if not row["dropped"].data and any(row[name].data for name in ROW_FIELDS if name != "unit")
        ]

    def facts(self) -> SlaFacts:
        """What was said, for the service."""
        targets = [
            Target(row.clock, severity.value, cell.amount.data, cell.unit.data or "", row.phase)
            for row in self.table()
            for severity, cell in zip(Severity, row.cells, strict=True)
            if cell.amount.data is not None
        ]
        rows = self.rows()
        overrides = [_override({name: rows[number][name].data for name in ROW_FIELDS}) for number in self.kept_rows()]
        return SlaFacts(self.valid_from.data, tuple(targets), tuple(overrides), self.reason.data)

    def place_of(self, field: str) -> str:
        """The form's name of a field that the rules refused: they count only the special rows that were kept."""
        prefix, _, rest = field.partition("-")
        number, _, name = rest.partition("-")
        if prefix != "override" or not number.isdigit():
            return field
        return override_field(self.kept_rows()[int(number)], name)


def sla_form(definition: dict[str, Any], rows: int | None = None) -> type[SlaForm]:
    """The form for a version that is drawn up from a definition, with so many special rows."""
    count = len(overrides_of(definition)) + BLANK_ROWS if rows is None else rows
    made: dict[str, Any] = {"base_definition": definition, "override_rows": min(count, MOST_OVERRIDES)}
    for clock, phase in places(definition):
        for severity in Severity:
            made[target_field(clock, severity, phase)] = fields.WholeField(_cell_label(clock, phase, severity))
            made[unit_field(clock, severity, phase)] = _unit()
    for row in range(made["override_rows"]):
        made |= _row_fields(row)
    return type("SlaFormOfVersion", (SlaForm,), made)


def filled(definition: dict[str, Any]) -> dict[str, Any]:
    """What a new version starts with: everything as the definition says it."""
    data: dict[str, Any] = {}
    for clock, phase in places(definition):
        for severity in Severity:
            data[unit_field(clock, severity, phase)] = Unit.WORKING_DAY.value
    for target in targets_of(definition):
        data[target_field(*target.place)] = target.amount
        data[unit_field(*target.place)] = target.unit
    for number, row in enumerate(overrides_of(definition)):
        data |= {override_field(number, name): getattr(row, name) for name in ROW_FIELDS}
    return data


def unit_field(clock: str, severity: str, phase: str | None = None) -> str:
    """The name of the unit beside a target's amount."""
    return target_field(clock, severity, phase).replace("target-", "unit-", 1)


def override_field(row: int, name: str) -> str:
    """The name of a field of a special row, counted from 0."""
    return f"override-{row}-{name}"


def _override(said: dict[str, Any]) -> Override:
    return Override(
        code=said["code"],
        name_zh=said["name_zh"],
        name_en=said["name_en"],
        clock=said["clock"] or "",
        amount=said["amount"],
        unit=said["unit"] or "",
        category=said["category"],
        channel=said["channel"],
        severity=said["severity"],
        reason_zh=said["reason_zh"],
        reason_en=said["reason_en"],
    )


def _cell_label(clock: str, phase: str | None, severity: Severity) -> Message:
    said: Sequence[Message] = (Message(label_key(ClockCode(clock))), Message(label_key(severity)))
    if phase is None:
        return Message("reference.sla.cell", {"clock": said[0], "severity": said[1]})
    named = Message(f"reference.sla.phase.{phase}")
    return Message("reference.sla.phased_cell", {"clock": said[0], "phase": named, "severity": said[1]})


def _unit() -> fields.ChoiceField:
    return fields.ChoiceField("reference.field.unit")


def _row_fields(row: int) -> dict[str, Any]:
    made = {
        "code": fields.line("reference.field.code", LONGEST_CODE),
        "name_zh": fields.line("reference.field.name_zh", LONGEST_NAME),
        "name_en": fields.line("reference.field.name_en", LONGEST_NAME),
        "category": fields.ChoiceField("reference.field.category"),
        "channel": fields.ChoiceField("reference.field.channel"),
        "severity": fields.ChoiceField("reference.field.severity"),
        "clock": fields.ChoiceField("reference.field.clock"),
        "amount": fields.WholeField("reference.field.amount"),
        "unit": _unit(),
        "reason_zh": fields.line("reference.field.reason_zh", LONGEST_NOTE),
        "reason_en": fields.line("reference.field.reason_en", LONGEST_NOTE),
        "dropped": fields.tick("reference.field.dropped"),
    }
    return {override_field(row, name): made[name] for name in made}
