"""The form of an action: one control for each field that the rules ask for, by the field's kind (R14).

The rules decide what must be there; the form only reads what was typed and says what cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Field, Form, HiddenField, MultipleFileField, RadioField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from forms import rows
from forms.fields import DayField, DaysField, LineField, MomentField, MoneyField, Required, WordsField, clean
from policies.fields import FIELD_KINDS, ROW_KINDS, FieldKind
from policies.message import Message
from policies.vocabulary import CheckDecision, ContactWay, Fault, Level, MeasureKind, Severity, label_key
from policies.vocabulary_teamwork import PlanVote, StatementKind

MEASURE_ROWS = 4
HELPED = frozenset({
    "alternatives", "approval_opinion_text", "at", "co_handlers", "compensation_amount", "customer_opinion", "deadline",
    "evidence_type", "expected_completion", "extension_ground", "extension_until", "fault", "file",
    "handover_reason", "improvements", "lesson", "merged_into", "new_demand", "no_corrective_reason", "promised_time",
    "referred_to", "regrade_reason", "requirements", "responsible_party", "result_told_at", "root_cause",
    "satisfaction", "title", "reviewers", "coordination_decisions", "communication_reason", "corrects", "reached",
    "publication_way",
})  # fmt: skip
"""Fields that carry a line of help, ``form.help.<code>``."""
FROM_CHOICES = frozenset({
    FieldKind.STAFF, FieldKind.STAFF_LIST, FieldKind.CAUSE, FieldKind.EVIDENCE_TYPE, FieldKind.CATEGORY,
    FieldKind.STATEMENT,
})  # fmt: skip
"""Kinds whose value must be one that was offered; a department is left to the rules, which say why not (R11)."""
TYPED_AS: Mapping[FieldKind, type[Field]] = {
    FieldKind.MONEY: MoneyField, FieldKind.DAYS: DaysField, FieldKind.DAY: DayField,
}  # fmt: skip
PAIRS = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: pairs of value and name, by kind of field.

    ``categories`` by the name of their branch; ``measures`` those that are open, where one of them is meant; ``own``
    what a single field chooses from, by the field.
    """

    departments: PAIRS = ()
    staff: PAIRS = ()
    causes: PAIRS = ()
    evidence_types: PAIRS = ()
    extension_reasons: PAIRS = ()
    categories: Mapping[str, PAIRS] = field(default_factory=dict)
    measures: PAIRS | None = None
    own: Mapping[str, PAIRS] = field(default_factory=dict)


@dataclass(frozen=True)
class ElementAsked:
    """An element of a work order to be filled in: its code, name, hint, kind and what is known already."""

    code: str
    name: Any
    hint: Any
    kind: str
    value: str = ""
    unknown: bool = False
    reason: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """Which fields, which of them must be there, what they are filled with before anything is typed.

    ``labels`` are keys of texts by fields whose own name would not say what is meant here.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def _labels(values: Any, without: tuple[Any, ...] = ()) -> list[tuple[str, Message]]:
    return [(value.value, Message(label_key(value))) for value in values if value not in without]


def _empty() -> tuple[str, Message]:
    return ("", Message("form.choose"))


def action_form(wanted: Wanted, choices: Choices, zone: ZoneInfo) -> type[Form]:
    """The class of the form for these fields, in their order."""
    members: dict[str, Any] = {"revision": HiddenField(), "submission": HiddenField()}
    for code in (*wanted.required, *wanted.optional):
        kind = FIELD_KINDS.get(code, FieldKind.TEXT)
        if kind is FieldKind.MEASURES:
            members |= _measures(zone)
        elif kind in ROW_KINDS:
            members |= rows.controls(code, kind, choices.own)
        else:
            label = Message(wanted.labels.get(code, f"workflow.field.{code}"))
            members[code] = _control(code, kind, label, choices, zone, code in wanted.required)
    return type("ActionForm", (Form,), members)


def _control(code: str, kind: FieldKind, label: Message, choices: Choices, zone: ZoneInfo, required: bool) -> Any:
    flags: dict[str, Any] = {"validators": [Required()]} if required else {}
    if code in HELPED:
        flags["description"] = Message(f"form.help.{code}")
    pairs = choices.measures if code == "measure" else choices.own.get(code) or _pairs(kind, choices)
    if kind is FieldKind.STAFF_LIST:
        return SelectMultipleField(
            label, choices=list(choices.staff if pairs is None else pairs), validate_choice=False,
            option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), **flags,
        )  # fmt: skip
    if kind in (FieldKind.YES_NO, FieldKind.SCORE, FieldKind.FAULT, FieldKind.PLAN_VOTE):
        return RadioField(label, choices=pairs, validate_choice=False, **flags)
    if pairs is not None:
        several = {"": [_empty()], **pairs} if isinstance(pairs, Mapping) else [_empty(), *pairs]
        return SelectField(label, choices=several, validate_choice=False, **flags)
    if kind is FieldKind.MOMENT:
        return MomentField(label, zone=zone, **flags)
    if kind in TYPED_AS:
        return TYPED_AS[kind](label, **flags)
    if kind is FieldKind.FILE:
        return MultipleFileField(label, **flags)
    if kind in (FieldKind.LINE, FieldKind.COMPLAINT_NUMBER, FieldKind.ATTEMPTS):
        return LineField(label, **flags)
    return WordsField(label, **flags)


def _pairs(kind: FieldKind, choices: Choices) -> PAIRS | Mapping[str, PAIRS] | None:
    """What a field of this kind chooses from; None where it is typed."""
    fixed: dict[FieldKind, PAIRS | Mapping[str, PAIRS]] = {
        FieldKind.CONTACT_WAY: list(_labels(ContactWay)),
        FieldKind.FAULT: list(_labels(Fault)),
        FieldKind.SEVERITY: list(_labels(Severity)),
        FieldKind.LEVEL: list(_labels(Level)),
        FieldKind.CHECK_DECISION: list(_labels(CheckDecision)),
        FieldKind.YES_NO: [("yes", Message("form.yes")), ("no", Message("form.no"))],
        FieldKind.SCORE: [(str(score), Message(f"form.score.{score}")) for score in range(5, 0, -1)],
        FieldKind.DEPARTMENT: list(choices.departments),
        FieldKind.STAFF: list(choices.staff),
        FieldKind.CAUSE: list(choices.causes),
        FieldKind.EVIDENCE_TYPE: list(choices.evidence_types),
        FieldKind.CATEGORY: choices.categories,
        FieldKind.EXTENSION_REASON: list(choices.extension_reasons),
        FieldKind.PLAN_VOTE: list(_labels(PlanVote)),
        FieldKind.STATEMENT_KIND: list(_labels(StatementKind)),
        FieldKind.STATEMENT: list(choices.own.get("statement", ())),
    }
    return fixed.get(kind)


MEASURE_FIELDS = frozenset(
    f"measure_{row}_{part}" for row in range(MEASURE_ROWS) for part in ("text", "kind", "amount", "expected_at")
)
"""The controls of the rows of measures, which a form sets apart from its other fields."""


@dataclass(frozen=True)
class RowGroup:
    """A field with rows as its form shows it: the names of the controls, row by row; whether it must be there."""

    code: str
    row_text: str
    rows: tuple[tuple[str, ...], ...]
    required: bool


def row_groups(wanted: Wanted) -> list[RowGroup]:
    """The fields with rows of a form, in order."""
    found = []
    for code in (*wanted.required, *wanted.optional):
        group = rows.GROUPS.get(FIELD_KINDS.get(code, FieldKind.TEXT))
        if group is not None:
            names = tuple(
                tuple(name for row, _part, name in group.control_names(code) if row == n) for n in range(group.rows)
            )
            found.append(RowGroup(code, group.row_text, names, code in wanted.required))
    return found


def _measures(zone: ZoneInfo) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for row in range(MEASURE_ROWS):
        rows[f"measure_{row}_text"] = LineField(Message("form.measure.text", {"n": row + 1}))
        rows[f"measure_{row}_kind"] = SelectField(
            Message("form.measure.kind", {"n": row + 1}), choices=_labels(MeasureKind), validate_choice=False,
            default=MeasureKind.OTHER.value,
        )  # fmt: skip
        rows[f"measure_{row}_amount"] = MoneyField(Message("form.measure.amount", {"n": row + 1}))
        rows[f"measure_{row}_expected_at"] = MomentField(Message("form.measure.expected_at", {"n": row + 1}), zone=zone)
    return rows


def values_of(form: Form, wanted: Wanted) -> dict[str, Any]:
    """What was entered, typed as the rules expect it; what was left empty is not there."""
    found: dict[str, Any] = {}
    for code in (*wanted.required, *wanted.optional):
        kind = FIELD_KINDS.get(code, FieldKind.TEXT)
        if kind is FieldKind.MEASURES:
            found[code] = _entered_measures(form)
        elif kind in ROW_KINDS:
            found |= {code: several} if (several := rows.entered(form, code, kind)) else {}
        elif kind is not FieldKind.FILE:
            value = _typed(kind, _offered(form[code], kind))
            if value not in (None, "", []):
                found[code] = value
    return found


def _offered(control: Any, kind: FieldKind) -> Any:
    """What was chosen, if it was there to be chosen; what was typed as it is."""
    if kind not in FROM_CHOICES:
        return control.data
    choices = control.choices
    pairs = [pair for group in choices.values() for pair in group] if isinstance(choices, dict) else choices
    there = {value for value, _text in pairs}
    if kind is FieldKind.STAFF_LIST:
        return [one for one in control.data or () if one in there]
    return control.data if control.data in there else None


def _typed(kind: FieldKind, data: Any) -> Any:
    if kind in (FieldKind.DEPARTMENT, FieldKind.STAFF):
        return _key(data)
    if kind is FieldKind.STAFF_LIST:
        return [key for key in map(_key, data or ()) if key is not None]
    if kind is FieldKind.YES_NO:
        return {"yes": True, "no": False}.get(data or "")
    if kind is FieldKind.SCORE:
        return int(data) if data in ("1", "2", "3", "4", "5") else None
    closed: dict[FieldKind, Any] = {
        FieldKind.CONTACT_WAY: ContactWay, FieldKind.FAULT: Fault, FieldKind.SEVERITY: Severity, FieldKind.LEVEL: Level,
        FieldKind.PLAN_VOTE: PlanVote, FieldKind.STATEMENT_KIND: StatementKind,
    }  # fmt: skip
    if kind in closed:
        return closed[kind](data) if data in list(closed[kind]) else None
    return data


def _key(data: Any) -> int | None:
    text = str(data or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _entered_measures(form: Form) -> list[dict[str, Any]]:
    rows = []
    for row in range(MEASURE_ROWS):
        text, kind = form[f"measure_{row}_text"].data, form[f"measure_{row}_kind"].data
        if text:
            rows.append(
                {
                    "text": text,
                    "kind": kind if kind in list(MeasureKind) else MeasureKind.OTHER.value,
                    "amount": form[f"measure_{row}_amount"].data,
                    "expected_at": form[f"measure_{row}_expected_at"].data,
                }
            )
    return rows


def read_elements(data: Mapping[str, str], codes: Sequence[str]) -> dict[str, Any]:
    """The elements of a work order from a posted form: a text, or that the customer does not know and why."""
    found: dict[str, Any] = {}
    for code in codes:
        if data.get(f"element-{code}-unknown"):
            found[code] = {"unknown": True, "reason": clean(data.get(f"element-{code}-reason", "")[:1000])}
        elif typed := clean(data.get(f"element-{code}", "")[:2000]):
            found[code] = typed
    return found
