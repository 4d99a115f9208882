"""The forms of scorecards (R28): a new card, its head with its groups, one item, and trial marks of a preview."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import FileField, Form
from wtforms.fields import Field

from backoffice.integrations.process_file import MOST_SIGNS
from backoffice.services.scorecard import LONGEST_REASON
from forms.reference import fields
from forms.reference.process import FigureField
from forms.reference.versions import DrawUpForm
from policies.card import parse_item
from policies.card_check import MOST_GROUPS, MOST_POINTS
from policies.inspection_evidence import topics_of
from policies.message import Message
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE, refused
from policies.vocabulary_inspection import ItemKind

BLANK_GROUPS = 2
HUNDRED = Decimal(100)
SEPARATORS = re.compile(r"[\s,，、;；/]+")
GROUP_FIELDS = ("code", "name_zh", "name_en", "weight", "dropped")


class NewCardForm(Form):
    """What a new card is: everything else is said in its draft."""

    applies_to = fields.ChoiceField(
        "card_editor.field.applies_to", required=True, help_key="card_editor.help.applies_to"
    )
    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="card_editor.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )


class CardFileForm(DrawUpForm):
    """A card as a file, or pasted."""

    file = FileField(Message("process_editor.field.file"), description=Message("card_editor.help.file"))
    text = fields.text("process_editor.field.text", MOST_SIGNS, help_key="card_editor.help.text", rows=14)


class HeadForm(Form):
    """What a card is called; ``head_form`` adds the rows of its groups."""

    rows = 0
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)

    def groups(self) -> list[dict[str, Field]]:
        """The rows of the groups, each field by its name."""
        return [{name: self[f"group-{n}-{name}"] for name in GROUP_FIELDS} for n in range(self.rows)]

    def name(self) -> dict[str, str]:
        return {"zh": self.name_zh.data or "", "en": self.name_en.data or ""}

    def said(self) -> list[dict[str, Any]]:
        """The groups as they were entered; a row in which nothing stands, or that is dropped, is none."""
        found = []
        for row in self.groups():
            name = {"zh": row["name_zh"].data or "", "en": row["name_en"].data or ""}
            if not row["dropped"].data and (row["code"].data or name["zh"] or name["en"] or row["weight"].data):
                found.append({"code": row["code"].data or "", "name": name, "weight": row["weight"].data or 0})
        return found


def head_form(groups: int) -> type[HeadForm]:
    """The form of a card's head with so many rows of groups."""
    rows = min(groups, MOST_GROUPS + BLANK_GROUPS)
    made: dict[str, Any] = {"rows": rows}
    for n in range(rows):
        made |= {
            f"group-{n}-code": fields.line("reference.field.code", LONGEST_CODE),
            f"group-{n}-name_zh": fields.line("reference.field.name_zh", LONGEST_NAME),
            f"group-{n}-name_en": fields.line("reference.field.name_en", LONGEST_NAME),
            f"group-{n}-weight": fields.WholeField("card_editor.field.weight"),
            f"group-{n}-dropped": fields.tick("card_editor.field.dropped"),
        }
    return type("HeadFormOfCard", (HeadForm,), made)


def head_data(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A card's head as its form shows it."""
    data: dict[str, Any] = {"name_zh": definition["name"]["zh"], "name_en": definition["name"]["en"]}
    for n, row in enumerate(definition["groups"]):
        name = {"name_zh": row["name"]["zh"], "name_en": row["name"]["en"]}
        data |= {
            f"group-{n}-{key}": value for key, value in {"code": row["code"], "weight": row["weight"], **name}.items()
        }
    return data


class ItemForm(Form):
    """One item of a card."""

    group = fields.ChoiceField("card_editor.field.group", required=True)
    weight = fields.WholeField("card_editor.field.weight", required=True, help_key="card_editor.help.weight")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    judge_zh = fields.text("card_editor.field.judge_zh", LONGEST_NOTE, required=True, rows=2)
    judge_en = fields.text("card_editor.field.judge_en", LONGEST_NOTE, required=True, rows=2)
    kind = fields.ChoiceField("card_editor.field.kind", required=True, help_key="card_editor.help.kind")
    levels = fields.line("card_editor.field.levels", 60, help_key="card_editor.help.levels")
    max_points = FigureField(
        "card_editor.field.max_points", Decimal(MOST_POINTS), help_key="card_editor.help.max_points"
    )
    percent_per_fault = FigureField("card_editor.field.per_fault", HUNDRED, help_key="card_editor.help.per_fault")
    fatal = fields.tick("card_editor.field.fatal", help_key="card_editor.help.fatal")
    not_applicable_allowed = fields.tick("card_editor.field.not_applicable", help_key="card_editor.help.not_applicable")
    remark_below = FigureField("card_editor.field.remark_below", HUNDRED, help_key="card_editor.help.remark_below")
    attributed_to = fields.ChoiceField(
        "card_editor.field.attributed_to", required=True, help_key="card_editor.help.attributed_to"
    )
    rules = fields.line("card_editor.field.rules", 200, required=True, help_key="card_editor.help.rules")
    evidence = fields.ChoicesField("card_editor.field.evidence", help_key="card_editor.help.evidence")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A weight is always said, be it 0; what else is missing is told by the card's check."""
        fine = super().validate(*args, **kwargs)
        if self.weight.data is None and not self.weight.errors:
            self.weight.errors = [refused("missing")]
        return fine and not self.weight.errors

    def said(self, code: str) -> dict[str, Any]:
        """The item as it was entered, in the form of ``office/scorecards.yaml``, without what its kind does not ask."""
        kind = self.kind.data or ItemKind.LEVELS.value
        row: dict[str, Any] = {
            "code": code,
            "group": self.group.data or "",
            "weight": self.weight.data or 0,
            "name": {"zh": self.name_zh.data or "", "en": self.name_en.data or ""},
            "judge": {"zh": self.judge_zh.data or "", "en": self.judge_en.data or ""},
            "kind": None if kind == ItemKind.LEVELS else kind,
            "levels_percent": [100, 0] if kind == ItemKind.YES_NO else _levels(self.levels.data or ""),
            "max_points": _plain(self.max_points.data) if kind == ItemKind.POINTS else None,
            "percent_per_fault": _plain(self.percent_per_fault.data) if kind == ItemKind.DEDUCTION else None,
            "fatal": bool(self.fatal.data),
            "not_applicable_allowed": bool(self.not_applicable_allowed.data),
            "comment_required_below_percent": _plain(self.remark_below.data),
            "attributed_to": self.attributed_to.data or "",
            "rules": [part.upper() for part in SEPARATORS.split(self.rules.data or "") if part],
        }
        if kind not in (ItemKind.LEVELS, ItemKind.YES_NO):
            row["levels_percent"] = None
        usual = [topic.value for topic in topics_of(parse_item({**row, "levels_percent": [100, 0]}))]
        chosen = list(self.evidence.data or ())
        row["evidence"] = None if sorted(chosen) == sorted(usual) else chosen
        return row


def item_data(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item as its form shows it."""
    return {
        **{key: row.get(key) for key in ("group", "weight", "max_points", "percent_per_fault", "attributed_to")},
        "fatal": bool(row.get("fatal")),
        "not_applicable_allowed": bool(row.get("not_applicable_allowed")),
        "name_zh": row["name"]["zh"],
        "name_en": row["name"]["en"],
        "judge_zh": row["judge"]["zh"],
        "judge_en": row["judge"]["en"],
        "kind": row.get("kind") or ItemKind.LEVELS.value,
        "levels": ", ".join(str(level) for level in row.get("levels_percent") or ()),
        "remark_below": row.get("comment_required_below_percent"),
        "rules": ", ".join(row.get("rules") or ()),
        "evidence": [topic.value for topic in topics_of(parse_item({**row, "levels_percent": [100, 0]}))],
    }


def _levels(typed: str) -> list[Any]:
    """The levels as numbers, what is none as it was typed: the check names it."""
    return [_plain(_number(part)) if _number(part) is not None else part for part in SEPARATORS.split(typed) if part]


def _plain(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text) if len(text) <= 12 and text.isascii() else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
