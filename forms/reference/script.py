"""The forms of intake scripts (R7): a new script, its head, and one question with the rows of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Form
from wtforms.fields import Field

from backoffice.services.core.versions import LONGEST_REASON
from forms.reference import fields
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.script_check import ADVICE, MOST_ANSWERS
from policies.vocabulary_script import QuestionKind

BLANK_ANSWERS = 2
QUESTION = "question:"
END = "end:"
SIDES = ("zh", "en")
MOST_RULES = 12


class NewScriptForm(Form):
    """What a new script is: everything else is said in its draft."""

    category = fields.ChoiceField("script_editor.field.category", required=True)
    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="script_editor.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )


class HeadForm(Form):
    """What is said of a script as a whole."""

    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    category = fields.ChoiceField("script_editor.field.category", required=True)
    start = fields.ChoiceField("script_editor.field.start", help_key="script_editor.help.start")
    symptoms = fields.ChoicesField("script_editor.field.symptoms", help_key="script_editor.help.symptoms")
    opening_zh = fields.text("script_editor.field.opening_zh", LONGEST_NOTE, required=True, rows=2)
    opening_en = fields.text("script_editor.field.opening_en", LONGEST_NOTE, required=True, rows=2)
    closing_zh = fields.text(
        "script_editor.field.closing_zh", LONGEST_NOTE, required=True, help_key="script_editor.help.closing"
    )
    closing_en = fields.text(
        "script_editor.field.closing_en", LONGEST_NOTE, required=True, help_key="script_editor.help.closing"
    )
    listening_zh = fields.text(
        "script_editor.field.listening_zh", LONGEST_NOTE * MOST_RULES, help_key="script_editor.help.listening", rows=4
    )
    listening_en = fields.text(
        "script_editor.field.listening_en", LONGEST_NOTE * MOST_RULES, help_key="script_editor.help.listening", rows=4
    )

    def said(self) -> dict[str, Any]:
        """The head as it was entered, in the form of ``office/scripts.yaml``."""
        return {
            "name": _words(self, "name"),
            "category": self.category.data or "",
            "symptoms": list(self.symptoms.data or ()),
            "opening": _words(self, "opening"),
            "closing": _words(self, "closing"),
            "listening_rules": _rules(self.listening_zh.data or "", self.listening_en.data or ""),
            "start": self.start.data or "",
        }


def head_data(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A script's head as its form shows it."""
    data = {key: definition.get(key) for key in ("category", "start")}
    data["symptoms"] = list(definition.get("symptoms") or ())
    for part in ("name", "opening", "closing"):
        data |= _typed(part, definition.get(part))
    for side in SIDES:
        rules = definition.get("listening_rules") or ()
        data[f"listening_{side}"] = "\n".join(str(rule.get(side) or "") for rule in rules)
    return data


class QuestionForm(Form):
    """One question; ``question_form`` adds the rows of its answers."""

    rows = 0
    ask_zh = fields.text("script_editor.field.ask_zh", LONGEST_NOTE, required=True, rows=2)
    ask_en = fields.text("script_editor.field.ask_en", LONGEST_NOTE, required=True, rows=2)
    kind = fields.ChoiceField("script_editor.field.kind", required=True, help_key="script_editor.help.kind")
    stores_in = fields.ChoiceField("script_editor.field.stores_in", help_key="script_editor.help.stores_in")

    def answers(self) -> list[dict[str, Field]]:
        """The rows of the answers, each field by its name."""
        names = ("code", "to", "dropped", *(f"{part}_{side}" for part in ("answer", *ADVICE) for side in SIDES))
        return [{name: self[f"answer-{n}-{name}"] for name in names} for n in range(self.rows)]

    def said(self) -> dict[str, Any]:
        """The question as it was entered; a row in which nothing stands, or that is dropped, is no answer."""
        return {
            "ask": _words(self, "ask"),
            "kind": self.kind.data or QuestionKind.CHOICE.value,
            "stores_in": self.stores_in.data or None,
            "answers": [row for n in range(self.rows) if (row := self._answer(n)) is not None],
        }

    def _answer(self, n: int) -> dict[str, Any] | None:
        place = f"answer-{n}-"
        words = {part: _words(self, part, place) for part in ("answer", *ADVICE)}
        if self[f"{place}dropped"].data or not any(side for name in words.values() for side in name.values()):
            return None
        to = str(self[f"{place}to"].data or "")
        return {
            "code": self[f"{place}code"].data or "",
            **words,
            **({"next": to.removeprefix(QUESTION)} if to.startswith(QUESTION) else {}),
            **({"end": to.removeprefix(END)} if to.startswith(END) else {}),
        }


def question_form(answers: int) -> type[QuestionForm]:
    """The form of a question with so many rows of answers."""
    rows = min(answers, MOST_ANSWERS)
    made: dict[str, Any] = {"rows": rows}
    for n in range(rows):
        place = f"answer-{n}-"
        made[f"{place}code"] = fields.line("reference.field.code", LONGEST_CODE)
        made[f"{place}to"] = fields.ChoiceField("script_editor.field.to")
        made[f"{place}dropped"] = fields.tick("script_editor.field.dropped")
        for part in ("answer", *ADVICE):
            for side in SIDES:
                made[f"{place}{part}_{side}"] = fields.line(f"script_editor.field.{part}_{side}", LONGEST_NOTE)
    return type("QuestionFormOfScript", (QuestionForm,), made)


def question_data(row: Mapping[str, Any]) -> dict[str, Any]:
    """A question as its form shows it."""
    data: dict[str, Any] = {"kind": row["kind"], "stores_in": row.get("stores_in") or "", **_typed("ask", row["ask"])}
    for n, answer in enumerate(row["answers"]):
        place = f"answer-{n}-"
        data |= {f"{place}code": answer["code"], f"{place}to": _to(answer)}
        for part in ("answer", *ADVICE):
            data |= _typed(f"{place}{part}", answer.get(part))
    return data


def _to(answer: Mapping[str, Any]) -> str:
    """Where an answer leads, as it is chosen in the form."""
    if answer.get("next"):
        return f"{QUESTION}{answer['next']}"
    return f"{END}{answer['end']}" if answer.get("end") else ""


def _words(form: Form, part: str, place: str = "") -> dict[str, str]:
    return {side: form[f"{place}{part}_{side}"].data or "" for side in SIDES}


def _typed(part: str, words: Any) -> dict[str, str]:
    return {f"{part}_{side}": str((words or {}).get(side) or "") for side in SIDES}


def _rules(zh: str, en: str) -> list[dict[str, str]]:
    """The rules of listening, line by line: the first Chinese line and the first English one are one rule."""
    sides = [[line.strip() for line in text.splitlines() if line.strip()][:MOST_RULES] for text in (zh, en)]
    padded = [[*lines, *[""] * (max(map(len, sides)) - len(lines))] for lines in sides]
    return [dict(zip(SIDES, rule, strict=True)) for rule in zip(*padded, strict=True)]
