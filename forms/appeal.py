"""An appeal against an inspection, and its decision (R29): what may come in, read without losing anything typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import Form, MultipleFileField, RadioField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from forms.fields import LineField, Required, WordsField
from policies.appeal import MOST_FILES
from policies.card import Item, Mark, Scoring
from policies.message import Message
from policies.scorecard import mark_field, remark_field, value_field
from policies.vocabulary import label_key
from policies.vocabulary_inspection import AppealResult

NOT_APPLICABLE = "na"
Text = Message | str
Choices = Sequence[tuple[str, Text]]


def appeal_form(items: Choices) -> type[Form]:
    """The class of the form with which somebody objects to these items."""
    members = {
        "items": SelectMultipleField(
            Message("appeals.field.items"), [Required()], choices=list(items), validate_choice=False,
            option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
            description=Message("appeals.help.items"),
        ),
        "reasons": WordsField(
            Message("appeals.field.reasons"), [Required()], description=Message("appeals.help.reasons")
        ),
        "file": MultipleFileField(
            Message("appeals.field.file"), description=Message("appeals.help.file", {"limit": MOST_FILES})
        ),
    }  # fmt: skip
    return type("AppealForm", (Form,), members)


def decision_form(items: Iterable[Item], scoring: Scoring) -> type[Form]:
    """The class of the form that decides an appeal: each contested item marked anew, the outcome and its ground."""
    members: dict[str, Any] = {}
    for item in items:
        members |= _of_item(item, scoring)
    members["result"] = RadioField(
        Message("appeals.field.result"), [Required()], validate_choice=False,
        choices=[(result.value, Message(label_key(result))) for result in AppealResult],
        description=Message("appeals.help.result"),
    )  # fmt: skip
    members["ground"] = WordsField(
        Message("appeals.field.ground"), [Required()], description=Message("appeals.help.ground")
    )
    return type("DecisionForm", (Form,), members)


def _of_item(item: Item, scoring: Scoring) -> dict[str, Any]:
    found: dict[str, Any] = {}
    label = Message("appeals.field.mark")
    if item.by_level:
        choices = [(_code(level), level_words(item, level, scoring)) for level in item.levels]
        if item.not_applicable_allowed and not item.fatal:
            choices.append((NOT_APPLICABLE, Message("appeals.level.not_applicable")))
        found[mark_field(item.code)] = SelectField(label, choices=choices, validate_choice=False)
    else:
        found[value_field(item.code)] = LineField(label, description=Message(f"appeals.help.{item.kind}"))
    found[remark_field(item.code)] = WordsField(
        Message("appeals.field.remark"), description=Message("appeals.help.remark")
    )
    return found


def level_words(item: Item, percent: Decimal | None, scoring: Scoring) -> Message:
    """What a mark is called: the level's name with its percentage, a fatal item hit or not, or not applicable."""
    if percent is None:
        return Message("appeals.level.not_applicable")
    if item.fatal:
        return Message("appeals.level.hit" if percent == 0 else "appeals.level.not_hit")
    name = scoring.level_name(percent)
    shown = _code(percent)
    return (
        Message("appeals.level.named", {"name": name, "percent": shown})
        if name is not None
        else Message("appeals.level.percent", {"percent": shown})
    )


def present_values(items: Iterable[Item], marks: Mapping[str, Mark]) -> dict[str, str]:
    """The marks as they stand, for the fields of a fresh form."""
    found = {}
    for item in items:
        mark = marks[item.code]
        if item.by_level:
            found[mark_field(item.code)] = NOT_APPLICABLE if mark.percent is None else _code(mark.percent)
        else:
            found[value_field(item.code)] = NOT_APPLICABLE if mark.value is None else _code(mark.value)
    return found


def marks_from(form: Form, items: Iterable[Item]) -> dict[str, Mark]:
    """The marks that were chosen; what cannot be read is a mark that no card has, so that the rules refuse it."""
    return {item.code: _mark(form, item) for item in items}


def _mark(form: Form, item: Item) -> Mark:
    remark = form[remark_field(item.code)].data or ""
    field = mark_field(item.code) if item.by_level else value_field(item.code)
    text = str(form[field].data or "").strip()
    if text == NOT_APPLICABLE:
        return Mark(remark=remark)
    number = _number(text)
    return Mark(percent=number, remark=remark) if item.by_level else Mark(value=number, remark=remark)


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return Decimal(-1)
    return found if found.is_finite() and abs(found) < 10**6 else Decimal(-1)


def result_from(form: Form) -> AppealResult | None:
    chosen = str(form["result"].data or "")
    return AppealResult(chosen) if chosen in list(AppealResult) else None


def _code(number: Decimal) -> str:
    """A number without needless zeros: ``50``, ``37.5``."""
    return f"{number.normalize():f}"
