"""The forms of the rules that all schemes share (R32, R33), a part each: grades, what they bring, vetoes, days …

A part is a key of ``office/appraisal.yaml``; ``days`` are the figures that stand alone there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forms.reference import fields
from forms.reference.appraisal_rows import NumberField, Parts, RowsForm, kept_rows, names, plain, row_data, rows_form
from policies.appraisal_rules import said_of
from policies.appraisal_rules_check import BY_DAY, MOST_ROWS, UNITS, sign_off_days, with_sign_off
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.vocabulary_appraisal import EffectKind

DAYS = "days"
INDICATORS = "indicators"
"""Of these the office sets below which sample they are not scored; what they count is the program's."""
BLANK_ROWS = 1
MILLION = 1_000_000
Row = Mapping[str, Any]


def _code() -> Any:
    return fields.line("reference.field.code", LONGEST_CODE)


def _named(key: str = "name", longest: int = LONGEST_NAME) -> Parts:
    return {
        f"{key}_zh": lambda: fields.line(f"appraisal_form.field.{key}_zh", longest),
        f"{key}_en": lambda: fields.line(f"appraisal_form.field.{key}_en", longest),
    }


def _dropped() -> Any:
    return fields.tick("appraisal_form.field.dropped")


_EFFECT: Parts = {
    **_named(),
    "kind": lambda: fields.ChoiceField("appraisal_form.field.effect_kind"),
    "amount": lambda: NumberField("appraisal_form.field.amount", -MILLION, MILLION, 2),
    "amount_floor": lambda: NumberField("appraisal_form.field.amount_floor", -MILLION, MILLION, 2),
    "amount_ceiling": lambda: NumberField("appraisal_form.field.amount_ceiling", -MILLION, MILLION, 2),
    "code": _code,
    "enabled": lambda: fields.tick("appraisal_form.field.enabled"),
    "dropped": _dropped,
}
PARTS: Mapping[str, Parts] = {
    "grades": {
        "code": lambda: fields.line("appraisal_form.field.grade", 16),
        **_named(),
        "from_score": lambda: NumberField("appraisal_form.field.from_score", 0, 100, 2),
        "effects": lambda: fields.ChoicesField("appraisal_form.field.effects"),
        "dropped": _dropped,
    },
    "rewards": _EFFECT,
    "penalties": {
        **_EFFECT,
        "legal_confirmed": lambda: fields.tick(
            "appraisal_form.field.legal_confirmed", help_key="appraisal_form.help.legal_confirmed"
        ),
    },
    "vetoes": {
        **_named(),
        "grade_cap": lambda: fields.ChoiceField("appraisal_form.field.grade_cap"),
        "code": _code,
        "dropped": _dropped,
    },
    "adjustments": {
        **_named(),
        "points": lambda: NumberField("appraisal_form.field.points", -100, 100, 2),
        "limit_per_month": lambda: NumberField("appraisal_form.field.limit", -100, 100, 2),
        "code": _code,
        "dropped": _dropped,
    },
    "consecutive_rules": {
        **_named("when", LONGEST_NOTE),
        "grades": lambda: fields.ChoicesField("appraisal_form.field.run_grades"),
        "count": lambda: fields.WholeField("appraisal_form.field.count"),
        "within": lambda: fields.ChoiceField("appraisal_form.field.within"),
        "subject": lambda: fields.ChoiceField("appraisal_form.field.run_subject"),
        "effects": lambda: fields.ChoicesField("appraisal_form.field.effects"),
        "code": _code,
        "dropped": _dropped,
    },
    INDICATORS: {"minimum_sample": lambda: fields.WholeField("indicators.term.minimum", required=True)},
}
ALL_PARTS = (DAYS, *PARTS)
NEW_CODE = {"grades": "", "rewards": "reward", "penalties": "penalty", "vetoes": "veto", "adjustments": "adjustment",
            "consecutive_rules": "months"}  # fmt: skip


class DaysForm(RowsForm):
    """What the rules are called, and the figures that stand alone."""

    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    minimum_rated_weight = NumberField(
        "appraisal_form.field.minimum_rated", 1, 100, 0, required=True, help_key="appraisal_form.help.minimum_rated"
    )
    submit_working_days = fields.WholeField(
        "appraisal_form.field.submit_days", required=True, help_key="appraisal_form.help.submit_days"
    )
    decide_working_days = fields.WholeField("appraisal_form.field.decide_days", required=True)
    day_computed = fields.WholeField(
        "appraisal_form.field.day_computed", required=True, help_key="appraisal_form.help.day"
    )
    day_checked = fields.WholeField("appraisal_form.field.day_checked", required=True)
    day_published = fields.WholeField("appraisal_form.field.day_published", required=True)
    day_acknowledged = fields.WholeField(
        "appraisal_form.field.day_acknowledged", required=True, help_key="appraisal_form.help.day_acknowledged"
    )
    day_approved = fields.WholeField("appraisal_form.field.day_approved", required=True)
    day_locked = fields.WholeField("appraisal_form.field.day_locked", required=True)


def rules_form(part: str, definition: Row, rows: int | None = None) -> type[RowsForm]:
    """The form of one part; ``rows``: as many as the posted page had."""
    if part == DAYS:
        return DaysForm
    there = len(definition.get(part) or ())
    wanted = there if part == INDICATORS else rows or there + BLANK_ROWS
    made: type[RowsForm] = rows_form(RowsForm, {part: min(wanted, MOST_ROWS + BLANK_ROWS)}, {part: PARTS[part]})
    return made


def rules_data(part: str, definition: Row) -> dict[str, Any]:
    """What the form of a part starts with."""
    if part != DAYS:
        return row_data(part, [_shown(part, row) for row in definition.get(part) or ()])
    name, appeal = definition.get("name") or {}, definition.get("appeal") or {}
    return {
        "name_zh": name.get("zh", ""),
        "name_en": name.get("en", ""),
        "minimum_rated_weight": definition.get("minimum_rated_weight"),
        "submit_working_days": appeal.get("submit_working_days"),
        "decide_working_days": appeal.get("decide_working_days"),
        **{f"day_{step}": days for step, days in sign_off_days(definition).items()},
    }


def _shown(part: str, row: Row) -> dict[str, Any]:
    said = said_of(row) if part == "consecutive_rules" else dict(row)
    texts = said.get("when" if part == "consecutive_rules" else "name") or {}
    key = "when" if part == "consecutive_rules" else "name"
    return {
        **{name: said.get(name) for name in PARTS[part] if name in said},
        f"{key}_zh": texts.get("zh", ""),
        f"{key}_en": texts.get("en", ""),
    }


def rules_facts(part: str, form: Any, base: Row) -> dict[str, Any]:
    """What was said of a part, in the form of ``office/appraisal.yaml``; what its form does not ask stays."""
    if part == DAYS:
        return _days(form, base)
    if part == INDICATORS:
        return {part: [{**row, "minimum_sample": said["minimum_sample"].data}
                       for row, said in zip(base.get(part) or (), form.rows(part), strict=True)]}  # fmt: skip
    rows = form.rows(part)
    before = {row.get("code"): row for row in base.get(part) or ()}
    taken = {row["code"].data for row in rows if row["code"].data}
    found = []
    for n in kept_rows(rows, *_said_by(part)):
        code = rows[n]["code"].data or _fresh(NEW_CODE[part], taken)
        taken.add(code)
        own = before.get(code)
        said = _MAKE[part](rows[n])
        for key in ("grades", "effects"):
            if key in said:
                said[key] = fields.in_order(said_of(own or {}).get(key), said[key])
        found.append(_merged(own, {"code": code, **said}))
    return {part: found}


def _days(form: Any, base: Row) -> dict[str, Any]:
    appeal = {
        "submit_working_days": form.submit_working_days.data,
        "decide_working_days": form.decide_working_days.data,
    }
    days = {step: form[f"day_{step}"].data for step in (*BY_DAY, "acknowledged")}
    return {
        "name": {"zh": form.name_zh.data, "en": form.name_en.data},
        "minimum_rated_weight": plain(form.minimum_rated_weight.data),
        "appeal": {**(base.get("appeal") or {}), **appeal},
        "sign_off": with_sign_off(base, days),
    }


def _said_by(part: str) -> Sequence[str]:
    if part == "consecutive_rules":
        return ("when_zh", "when_en", "code")
    return ("name_zh", "name_en", "code")


def _fresh(stem: str, taken: set[Any]) -> str:
    return next((code for n in range(1, 1000) if stem and (code := f"{stem}_{n}") not in taken), "")


def _merged(before: Row | None, said: dict[str, Any]) -> dict[str, Any]:
    """A row with what it says now; what it did not say before and still does not say is left out."""
    if before is None:
        return {key: value for key, value in said.items() if value is not None}
    whole = {**said_of(before), **said}
    return {key: value for key, value in {**before, **whole}.items() if key in before or _adds(before, key, value)}


def _adds(before: Row, key: str, value: Any) -> bool:
    return value not in (None, False) and said_of(before).get(key) != value


def _grade(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": names(row),
        "from_score": plain(row["from_score"].data),
        "effects": list(row["effects"].data or ()),
    }


def _effect(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row["kind"].data or ""
    said = {
        "name": names(row),
        "kind": kind,
        "amount": plain(row["amount"].data),
        "unit": UNITS.get(EffectKind(kind)) if kind in list(EffectKind) else None,
        "enabled": bool(row["enabled"].data),
        "amount_floor": plain(row["amount_floor"].data),
        "amount_ceiling": plain(row["amount_ceiling"].data),
    }
    if "legal_confirmed" in row:
        said["legal_confirmed"] = bool(row["legal_confirmed"].data) and kind == EffectKind.WAGE_DEDUCTION
    return said


def _veto(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": names(row), "grade_cap": row["grade_cap"].data or ""}


def _adjustment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": names(row),
        "points": plain(row["points"].data),
        "limit_per_month": plain(row["limit_per_month"].data),
    }


def _months(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "when": names(row, "when"),
        "grades": list(row["grades"].data or ()),
        "count": row["count"].data,
        "within": row["within"].data or "running",
        "subject": row["subject"].data,
        "effects": list(row["effects"].data or ()),
    }


_MAKE = {
    "grades": _grade,
    "rewards": _effect,
    "penalties": _effect,
    "vetoes": _veto,
    "adjustments": _adjustment,
    "consecutive_rules": _months,
}
