"""Forms of corrective actions (R30): made from the fields that an act asks for, and the one that assigns a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wtforms import Field, Form, HiddenField, MultipleFileField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from forms.fields import DayField, LineField, Required, WordsField
from policies.message import Message
from policies.vocabulary import label_key
from policies.vocabulary_teamwork import CorrectiveLevel

Pairs = Sequence[tuple[str, Any]]
LINES = frozenset({"title", "reference", "complaint", "inspection"})
CHOSEN = frozenset({"owner", "source", "type"})
NEW = (
    "source", "type", "title", "level", "owner", "due_on", "complaint", "inspection", "reference", "root_cause",
    "expected_effect", "helpers",
)  # fmt: skip
NEEDED = frozenset({"source", "type", "title", "owner", "root_cause", "expected_effect"})
EMPTY = ("", Message("form.choose"))


@dataclass(frozen=True)
class Asked:
    """What a form asks for: required and optional fields, what can be chosen, which fields have a help line here."""

    required: Sequence[str]
    optional: Sequence[str] = ()
    choices: Mapping[str, Pairs] = field(default_factory=dict)
    helps: Mapping[str, Message] = field(default_factory=dict)


def form_of(asked: Asked) -> type[Form]:
    """The form of these fields, with the revision that the reader saw."""
    names = (*asked.required, *asked.optional)
    controls: dict[str, Any] = {name: _control(name, asked) for name in names}
    return type("CorrectiveForm", (Form,), {**controls, "revision": HiddenField()})


def _control(name: str, asked: Asked) -> Field:
    label = Message(f"corrective.field.{name}")
    needed = [Required()] if name in asked.required else []
    more: dict[str, Any] = {"description": asked.helps.get(name, "")}
    pairs = list(asked.choices.get(name, ()))
    if name == "level":
        levels = [(level.value, Message(label_key(level))) for level in CorrectiveLevel]
        return SelectField(label, needed, choices=levels, validate_choice=False, **more)
    if name in CHOSEN:
        return SelectField(label, needed, choices=[EMPTY, *pairs], validate_choice=False, **more)
    if name == "helpers":
        return SelectMultipleField(
            label, needed, choices=pairs, validate_choice=False, widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(), **more,
        )  # fmt: skip
    if name == "file":
        return MultipleFileField(label, needed, **more)
    if name == "due_on":
        return DayField(label, needed, **more)
    return (LineField if name in LINES else WordsField)(label, needed, **more)


def entered(form: Form) -> dict[str, Any]:
    """What was typed, typed as the rules expect it; what was left empty is not there, nor what was not on offer."""
    found = {control.name: _typed(control) for control in form if control.name not in ("file", "revision")}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _typed(control: Field) -> Any:
    if isinstance(control, SelectMultipleField):
        there = {value for value, _text in control.choices}
        return [int(value) for value in control.data or () if value in there]
    if isinstance(control, SelectField):
        value = control.data if control.data in {one for one, _text in control.choices} else None
        return int(value) if control.name == "owner" and value else value
    return control.data
