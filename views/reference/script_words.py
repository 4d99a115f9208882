"""What an intake script says, in words (R7): where an answer leads, and the differences of two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backoffice.models.history import ReferenceChange
from policies.script_form import QUESTION, Difference, differences
from policies.vocabulary_script import ScriptEnd
from views.filters import named
from views.language import _, label
from views.reference.naming import field_name
from views.reference.words import value_words, words

HEAD = ("name", "category", "symptoms", "opening", "closing", "listening_rules", "start", "questions")


def leads_to(definition: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Where an answer leads: the next question, an end, or nowhere."""
    if answer.get("end"):
        end = answer["end"]
        return _("script_editor.to_end", end=label(ScriptEnd(end)) if end in list(ScriptEnd) else end)
    for place, row in enumerate(definition["questions"], 1):
        if answer.get("next") == row["code"]:
            return _("script_editor.to_question", n=place, ask=named(dict(row["ask"])))
    return str(answer.get("next") or _("script_editor.to_nowhere"))


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Question, property, old and new of what a version says otherwise than another."""
    return [_row(one, before, after) for one in differences(before, after)]


def script_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    """Each line of a change as what, from what, to what."""
    sides: list[dict[str, Any]] = [{"questions": []}, {"questions": []}]
    for key, (old, new) in row.changes.items():
        if key == "state":
            yield field_name(key), *(words("label.version_state", side) if side else "" for side in (old, new))
        elif key in HEAD:
            sides[0][key], sides[1][key] = old or sides[0].get(key), new or sides[1].get(key)
        else:
            yield field_name(key), value_words(old), value_words(new)
    for section, what, before, after in compared(*sides):
        yield f"{section} · {what}", before, after


def _row(one: Difference, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str, str, str]:
    section = _("script_editor.script") if one.question is None else _question(one.question, after, before)
    values = [_value(one.key, value, side) for value, side in ((one.before, before), (one.after, after))]
    return section, words("script_editor.part", one.key), *values


def _question(code: str, *definitions: Mapping[str, Any]) -> str:
    for definition in definitions:
        for place, row in enumerate(definition["questions"], 1):
            if row["code"] == code:
                return f"{place}. {named(dict(row['ask']))}"
    return code


def _value(key: str, value: Any, definition: Mapping[str, Any]) -> str:
    if not value:
        return ""
    if key == "answers":
        return _("layout.list.separator").join(
            f"{named(dict(one['answer']))} → {leads_to(definition, one)}" for one in value
        )
    if key == "listening_rules":
        return _("layout.list.separator").join(named(dict(one)) for one in value)
    if key == "symptoms":
        return _("layout.list.separator").join(value)
    if key == "kind":
        return words("label.question_kind", value)
    return named(dict(value)) if isinstance(value, Mapping) else str(value)


__all__ = ["QUESTION", "compared", "leads_to", "script_values"]
