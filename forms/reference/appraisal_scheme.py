"""The forms of appraisal schemes (R32): a new scheme, what a draft says of its indicators, values to try it on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wtforms import Form

from backoffice.services.appraisal_scheme import LONGEST_REASON
from forms.reference import fields
from forms.reference.appraisal_rows import (
    BandsField,
    NumberField,
    Parts,
    RowsForm,
    kept_rows,
    plain,
    row_data,
    rows_form,
)
from policies.appraisal_check import MOST_ITEMS, number_of
from policies.indicator import Indicator
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.vocabulary_appraisal import Better, ScoringKind, SubjectKind

BLANK_ITEMS = 2
ITEMS = "items"
MILLION = 1_000_000
PARTS: Mapping[str, Parts] = {
    ITEMS: {
        "indicator": lambda: fields.ChoiceField("appraisal_form.field.indicator"),
        "weight": lambda: fields.WholeField("appraisal_form.field.weight"),
        "target": lambda: NumberField("appraisal_form.field.target", 0, MILLION, 4),
        "kind": lambda: fields.ChoiceField("appraisal_form.field.kind"),
        "per_point": lambda: NumberField("appraisal_form.field.per_point", 0, 100, 2),
        "floor": lambda: NumberField("appraisal_form.field.floor", 0, MILLION, 4),
        "bands": lambda: BandsField("appraisal_form.field.bands", 400, help_key="appraisal_form.help.bands"),
        "value": lambda: NumberField("appraisal_form.field.value", 0, MILLION, 4),
        "position": lambda: fields.WholeField("appraisal_form.field.position"),
        "dropped": lambda: fields.tick("appraisal_form.field.dropped"),
    }
}


class NewSchemeForm(Form):
    """Whom a new scheme is for: everything else is said in its draft."""

    subject = fields.ChoiceField("appraisal_form.field.subject", required=True, help_key="appraisal_form.help.subject")
    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="appraisal_form.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    reason = fields.text(
        "reference.field.reason", LONGEST_REASON, required=True, help_key="versions.help.reason", rows=2
    )


class SchemeForm(RowsForm):
    """What a scheme says."""

    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    note_zh = fields.text("reference.field.note_zh", LONGEST_NOTE, rows=2)
    note_en = fields.text("reference.field.note_en", LONGEST_NOTE, rows=2)
    roles = fields.ChoicesField("appraisal_form.field.roles", required=True, help_key="appraisal_form.help.roles")
    departments = fields.ChoicesField("appraisal_form.field.departments", required=True)
    maximum_score = NumberField(
        "appraisal_form.field.maximum", 1, 100, 2, required=True, help_key="appraisal_form.help.maximum"
    )

    def facts(self, base: Mapping[str, Any], indicators: Mapping[str, Indicator]) -> dict[str, Any]:
        """What was said, in the form of ``office/appraisal.yaml``."""
        whom = whom_of(base)
        said: dict[str, Any] = {
            "name": {"zh": self.name_zh.data, "en": self.name_en.data},
            whom: fields.in_order(base.get(whom), self[whom].data),
            "items": self._items(indicators),
            "maximum_score": plain(self.maximum_score.data),
        }
        note = {"zh": self.note_zh.data, "en": self.note_en.data}
        if "note" in base or any(note.values()):
            said["note"] = note
        return said

    def _items(self, indicators: Mapping[str, Indicator]) -> list[dict[str, Any]]:
        rows = self.rows(ITEMS)
        return [item_of(rows[n], indicators) for n in kept_rows(rows, "indicator", "weight")]

    def values(self) -> dict[str, Decimal | None]:
        """The values to try it on, by indicator."""
        rows = [row for row in self.rows(ITEMS) if row["indicator"].data]
        return {row["indicator"].data: number_of(row["value"].data) for row in rows}


def item_of(row: Mapping[str, Any], indicators: Mapping[str, Indicator]) -> dict[str, Any]:
    """One row as an item; it keeps only the parameters that its scoring asks for."""
    indicator = indicators.get(row["indicator"].data or "")
    kind = row["kind"].data or ScoringKind.AS_IS.value
    scoring: dict[str, Any] = {"kind": kind}
    if kind == ScoringKind.MINUS_PER_POINT:
        scoring["per_point"] = plain(row["per_point"].data)
    elif kind == ScoringKind.LINEAR:
        scoring["floor"] = plain(row["floor"].data)
    elif kind == ScoringKind.BANDS:
        edge = "up_to" if indicator is not None and indicator.better is Better.LOWER else "from"
        scoring["bands"] = [{edge: plain(at), "score": plain(score)} for at, score in row["bands"].data or ()]
    return {
        "indicator": row["indicator"].data or "",
        "weight": row["weight"].data or 0,
        "target": plain(row["target"].data),
        "scoring": scoring,
    }


def whom_of(definition: Mapping[str, Any]) -> str:
    """Which key says whom a scheme is for."""
    return "departments" if definition.get("subject") == SubjectKind.DEPARTMENT else "roles"


def scheme_form(definition: Mapping[str, Any], rows: int | None = None) -> type[SchemeForm]:
    """The form of a scheme with its items and some more; ``rows``: as many as the posted page had."""
    wanted = rows or len(definition.get(ITEMS) or ()) + BLANK_ITEMS
    made: type[SchemeForm] = rows_form(SchemeForm, {ITEMS: min(wanted, MOST_ITEMS + BLANK_ITEMS)}, PARTS)
    setattr(made, "roles" if whom_of(definition) == "departments" else "departments", None)  # not of this one
    return made


def scheme_data(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What the form starts with; an example starts with every target just reached."""
    data: dict[str, Any] = {
        f"{key}_{language}": (definition.get(key) or {}).get(language, "")
        for key in ("name", "note")
        for language in ("zh", "en")
    }
    whom = whom_of(definition)
    rows = [
        {
            "indicator": row.get("indicator"),
            "weight": row.get("weight"),
            "target": row.get("target"),
            "kind": (row.get("scoring") or {}).get("kind"),
            "per_point": (row.get("scoring") or {}).get("per_point"),
            "floor": (row.get("scoring") or {}).get("floor"),
            "bands": [
                (band.get("from", band.get("up_to")), band.get("score"))
                for band in (row.get("scoring") or {}).get("bands") or ()
            ],
            "value": row.get("target"),
            "position": n + 1,
        }
        for n, row in enumerate(definition.get(ITEMS) or ())
    ]
    return (
        data
        | {whom: list(definition.get(whom) or ()), "maximum_score": definition.get("maximum_score")}
        | row_data(ITEMS, rows)
    )
