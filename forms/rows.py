"""Fields of which there may be several, each with parts of its own (experts, corrective actions): a group of rows.

An action's form asks ``controls`` for the controls of such a field and ``entered`` for what was typed; a row in which
nothing was typed is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import Form, SelectField

from forms.fields import DayField, LineField, WordsField
from policies.fields import FieldKind
from policies.message import Message
from policies.vocabulary import label_key
from policies.vocabulary_teamwork import CorrectiveLevel

PAIRS = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Group:
    """A field with rows: how many the form shows, its parts, and the texts of a row and of a part in a row."""

    rows: int
    parts: tuple[str, ...]
    row_text: str
    part_text: str
    names: str
    long: frozenset[str] = frozenset()

    def control_names(self, code: str) -> Iterator[tuple[int, str, str]]:
        """Row, part and name of each control."""
        for row in range(self.rows):
            for part in self.parts:
                yield row, part, f"{code}_{row}_{part}"


_CORRECTIVE = ("title", "type", "level", "owner", "due_on", "root_cause", "expected_effect")
_LONG = frozenset({"root_cause", "expected_effect"})


def _corrective(rows: int) -> Group:
    return Group(rows, _CORRECTIVE, "corrective.row", "corrective.part", "corrective.field", _LONG)


GROUPS: Mapping[FieldKind, Group] = {
    FieldKind.EXPERTS: Group(
        3, ("name", "organisation", "field"), "teamwork.expert.row", "teamwork.expert.part", "teamwork.expert"
    ),
    FieldKind.CORRECTIVE_ACTIONS: _corrective(3),
    FieldKind.CORRECTIVE_ACTION: _corrective(1),
}


def controls(code: str, kind: FieldKind, own: Mapping[str, PAIRS]) -> dict[str, Any]:
    """The controls of a field with rows, by their names."""
    group = GROUPS[kind]
    return {name: _control(group, row, part, own) for row, part, name in group.control_names(code)}


def _control(group: Group, row: int, part: str, own: Mapping[str, PAIRS]) -> Any:
    label = Message(f"{group.names}.{part}")
    if group.rows > 1:
        label = Message(group.part_text, {"n": row + 1, "part": label})
    chosen = _choices(part, own)
    if chosen is not None:
        return SelectField(label, choices=chosen, validate_choice=False)
    if part == "due_on":
        return DayField(label)
    return WordsField(label) if part in group.long else LineField(label)


def _choices(part: str, own: Mapping[str, PAIRS]) -> list[tuple[str, Any]] | None:
    empty = ("", Message("form.choose"))
    if part == "level":
        return [(level.value, Message(label_key(level))) for level in CorrectiveLevel]
    listed = {"type": "corrective_type", "owner": "corrective_owner"}.get(part)
    return None if listed is None else [empty, *own.get(listed, ())]


def entered(form: Form, code: str, kind: FieldKind) -> list[dict[str, Any]]:
    """What was typed, row by row; ids as whole numbers, days as dates, choices only where they were offered."""
    group = GROUPS[kind]
    rows = []
    for row in range(group.rows):
        found = {part: _typed(form[f"{code}_{row}_{part}"], part) for part in group.parts}
        if any(value for part, value in found.items() if part != "level"):
            rows.append({part: value for part, value in found.items() if value not in (None, "")})
    return rows


def _typed(control: Any, part: str) -> Any:
    if not isinstance(control, SelectField):
        return control.data
    value = control.data if control.data in {one for one, _text in control.choices} else None
    return int(value) if part == "owner" and value else value
