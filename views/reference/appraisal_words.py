"""What a scheme and the shared rules say, in words (R32): indicators by name, scoring as a sentence, rows as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from backoffice.models.history import ReferenceChange
from backoffice.models.office import Department, Role
from backoffice.queries.appraisal_rules import find_rules
from forms.reference.appraisal_rules import PARTS
from forms.reference.appraisal_scheme import whom_of
from policies.appraisal_rules import said_of
from policies.appraisal_rules_check import BY_DAY, sign_off_days
from policies.vocabulary_appraisal import EffectKind, ScoringKind, SubjectKind
from views import context
from views.filters import named
from views.language import _
from views.reference.base import in_use, once, reading
from views.reference.naming import field_name
from views.reference.words import value_words, words

Definition = Mapping[str, Any]
Difference = tuple[str, str, str, str]
HEAD = ("name", "subject", "roles", "departments", "maximum_score", "note")
SINGLE = ("name", "minimum_rated_weight")


def rules_now() -> Definition:
    """The shared rules that hold today."""

    def load() -> Definition:
        row = find_rules(reading(), context.today())
        return {} if row is None else row.definition

    return once("appraisal rules", load)


def indicator_rows() -> Mapping[str, Definition]:
    """The office's indicators by code, in their order."""
    return once("indicators", lambda: {row["code"]: row for row in rules_now().get("indicators", ())})


def indicator_name(code: object) -> str:
    """What an indicator is called."""
    row = indicator_rows().get(str(code))
    return named(dict(row["name"])) if row else str(code or _("layout.none"))


def with_unit(code: object, value: Any) -> str:
    """A value of an indicator with what it is counted in."""
    if value is None:
        return _("layout.none")
    unit = (indicator_rows().get(str(code)) or {}).get("unit", "points")
    if unit in ("points", "score_5"):
        return str(value)
    if unit == "percent":
        return f"{value} %"
    name = next((row["name"] for row in rules_now().get("units", ()) if row["code"] == unit), None)
    return f"{value} {named(dict(name)) if name else unit}"


def scoring_text(item: Definition) -> str:
    """How a value becomes a score."""
    said, code = item.get("scoring") or {}, item.get("indicator")
    kind = said.get("kind")
    if kind == ScoringKind.MINUS_PER_POINT:
        return _("appraisal_form.says.minus_per_point", points=value_words(said.get("per_point")))
    if kind == ScoringKind.LINEAR:
        return _("appraisal_form.says.linear", floor=with_unit(code, said.get("floor")))
    if kind == ScoringKind.BANDS:
        return _("appraisal_form.says.bands", steps=_("layout.list.separator").join(_steps(said, code)))
    return words("appraisal_form.kind", str(kind))


def _steps(said: Definition, code: object) -> Iterator[str]:
    for band in said.get("bands") or ():
        edge = band.get("from", band.get("up_to"))
        if edge is None:
            yield _("appraisal_form.step.rest", score=band.get("score"))
        else:
            key = "appraisal_form.step.from" if "from" in band else "appraisal_form.step.up_to"
            yield _(key, edge=with_unit(code, edge), score=band.get("score"))


def item_text(item: Definition) -> str:
    """An item of a scheme in one line."""
    return _(
        "appraisal_form.item",
        weight=item.get("weight"),
        target=with_unit(item.get("indicator"), item.get("target")),
        scoring=scoring_text(item),
    )


def people(model: type[Role] | type[Department]) -> dict[str, str]:
    """Roles or departments by code, with their names."""
    return once(
        f"all {model.__tablename__}", lambda: {row.code: named(row) for row in reading().scalars(in_use(model))}
    )


def subject_text(code: object) -> str:
    """Whom a scheme is for."""
    return words("appraisal_form.subject", str(code))


def _joined(texts: Sequence[str]) -> str:
    return _("layout.list.separator").join(texts) or _("layout.none")


def both(names: Mapping[str, str] | None) -> str:
    """A text of the office in both languages, the reader's first."""
    own = named(dict(names or {}))
    other = next((text for text in (names or {}).values() if text and text != own), "")
    return f"{own} / {other}" if other else own


def _whom(model: type[Role] | type[Department]) -> Callable[[Any], str]:
    return lambda codes: _joined([people(model).get(code, code) for code in codes or ()])


def effect_names(definition: Definition) -> dict[str, str]:
    """Rewards and penalties by code."""
    rows = [*(definition.get("rewards") or ()), *(definition.get("penalties") or ())]
    return {str(row.get("code")): named(dict(row.get("name") or {})) for row in rows}


def penalty_note(definition: Definition) -> dict[str, str]:
    """The office's note on its penalties, which names one by its code: with the penalty's own name."""
    note = dict(definition.get("penalty_note") or {})
    for row in definition.get("penalties") or ():
        for language, name in (row.get("name") or {}).items():
            if row.get("code") and language in note:
                note[language] = note[language].replace(str(row["code"]), name)
    return note


def effects_text(codes: Sequence[str] | None, definition: Definition) -> str:
    """What codes of rewards and penalties are called."""
    known = effect_names(definition)
    return _joined([known.get(code, code) for code in codes or ()])


def amount_text(row: Definition) -> str:
    """The amount of a reward or penalty with its unit and bounds; a dash where it has none."""
    if row.get("amount") is None:
        return _("layout.none")
    unit = words("appraisal_form.unit", str(row.get("unit")))
    bounds = []
    if row.get("amount_floor") is not None:
        bounds.append(_("appraisal_form.amount_floor", amount=row["amount_floor"]))
    if row.get("amount_ceiling") is not None:
        bounds.append(_("appraisal_form.amount_ceiling", amount=row["amount_ceiling"]))
    return _joined([f"{row['amount']} {unit}", *bounds])


def row_text(part: str, row: Definition, definition: Definition) -> str:
    """A row of the shared rules in one line."""
    return _LINES[part](row, definition)


def _grade_line(row: Definition, definition: Definition) -> str:
    brings = effects_text(row.get("effects"), definition)
    return _("appraisal_form.line.grade", score=value_words(row.get("from_score")), effects=brings)


def _effect_line(row: Definition, _definition: Definition) -> str:
    state = "appraisal_form.enabled" if row.get("enabled") else "appraisal_form.disabled"
    kind = words("appraisal_form.effect", str(row.get("kind")))
    return _joined([kind, *([amount_text(row)] if row.get("amount") is not None else ()), _(state)])


def _months_line(row: Definition, definition: Definition) -> str:
    said = said_of(row)
    subject = said.get("subject")
    return _(
        "appraisal_form.line.months",
        whom=subject_text(subject) if subject else _("appraisal_form.subject.any"),
        within=words("appraisal_form.within", str(said.get("within"))),
        count=value_words(said.get("count")),
        grades=_joined(said.get("grades") or ()),
        effects=effects_text(said.get("effects"), definition),
    )


_LINES: Mapping[str, Callable[[Definition, Definition], str]] = {
    "grades": _grade_line,
    "rewards": _effect_line,
    "penalties": _effect_line,
    "vetoes": lambda row, _rules: _("appraisal_form.line.veto", grade=value_words(row.get("grade_cap"))),
    "adjustments": lambda row, _rules: _(
        "appraisal_form.line.adjustment",
        points=value_words(row.get("points")),
        limit=value_words(row.get("limit_per_month")),
    ),
    "consecutive_rules": _months_line,
    "indicators": lambda row, _rules: (
        _("indicators.minimum", n=row["minimum_sample"]) if row.get("minimum_sample") else _("indicators.no_minimum")
    ),
}


def row_name(part: str, row: Definition) -> str:
    """What a row of the shared rules is called."""
    text = named(dict(row.get("when" if part == "consecutive_rules" else "name") or {}))
    return f"{row.get('code')} {text}" if part == "grades" else text or str(row.get("code"))


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "name": both,
    "note": both,
    "subject": subject_text,
    "roles": _whom(Role),
    "departments": _whom(Department),
}


def text_of(key: str, value: Any) -> str:
    """What a scheme or the rules say of one thing."""
    return _TEXTS.get(key, value_words)(value)


def label_of(key: str) -> str:
    """What a thing that a scheme or the rules say is called."""
    return words("appraisal_form.said", key)


def shown_scheme(definition: Definition) -> list[tuple[str, str]]:
    """A scheme without its items, as its page shows it."""
    keys = ("subject", whom_of(definition), "maximum_score", "note")
    return [(label_of(key), text_of(key, definition.get(key))) for key in keys if definition.get(key)]


def shown_days(definition: Definition) -> list[tuple[str, str]]:
    """The figures of the shared rules that stand alone."""
    appeal, days = definition.get("appeal") or {}, sign_off_days(definition)
    working_days = "appraisal_form.working_days"
    rows = [("minimum_rated_weight", value_words(definition.get("minimum_rated_weight")))]
    rows += [(key, _(working_days, n=appeal[key])) for key in ("submit_working_days", "decide_working_days")
             if key in appeal]  # fmt: skip
    rows += [(f"day_{step}", _("appraisal_form.by_day", day=days[step])) for step in BY_DAY if step in days]
    if "acknowledged" in days:
        rows.insert(6, ("day_acknowledged", _(working_days, n=days["acknowledged"])))
    return [(label_of(key), text) for key, text in rows]


def scheme_differences(before: Definition, after: Definition) -> list[Difference]:
    """What a scheme says otherwise than another version, of which part, and the words of both."""
    found = [
        (_("appraisal_form.scheme"), label_of(key), text_of(key, before.get(key)), text_of(key, after.get(key)))
        for key in HEAD
        if before.get(key) != after.get(key)
    ]
    old, new = ({row.get("indicator"): row for row in side.get("items") or ()} for side in (before, after))
    return found + [
        (_("appraisal_form.items"), indicator_name(code), *_two(old.get(code), new.get(code), item_text))
        for code in dict.fromkeys((*new, *old))
        if old.get(code) != new.get(code)
    ]


def rules_differences(before: Definition, after: Definition) -> list[Difference]:
    """What the shared rules say otherwise than another version."""
    rules = _("appraisal_form.rules")
    found: list[Difference] = []
    if before.get("name") != after.get("name"):
        found.append((rules, label_of("name"), both(before.get("name")), both(after.get("name"))))
    old_days, new_days = dict(shown_days(before)), dict(shown_days(after))
    found += [
        (rules, key, old_days.get(key, ""), new_days.get(key, ""))
        for key in dict.fromkeys((*new_days, *old_days))
        if old_days.get(key) != new_days.get(key)
    ]
    for part in PARTS:
        old, new = ({row.get("code"): row for row in side.get(part) or ()} for side in (before, after))
        for code in dict.fromkeys((*new, *old)):
            if old.get(code) != new.get(code):
                name = row_name(part, new.get(code) or old[code])
                was = row_text(part, old[code], before) if code in old else _("layout.none")
                now = row_text(part, new[code], after) if code in new else _("layout.none")
                found.append((words("appraisal_form.part", part), name, was, now))
    return found


def _two(old: Any, new: Any, text: Callable[[Any], str]) -> tuple[str, str]:
    return (_("layout.none") if old is None else text(old)), (_("layout.none") if new is None else text(new))


def scheme_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    """Each line of a change of a scheme as what, from what, to what."""
    before = {key: old for key, (old, _new) in row.changes.items()}
    after = {key: new for key, (_old, new) in row.changes.items()}
    yield from _plain_values(row)
    for _section, name, old, new in scheme_differences(before, after):
        yield name, old, new


def rules_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    """The same of the shared rules."""
    before = {key: old for key, (old, _new) in row.changes.items()}
    after = {key: new for key, (_old, new) in row.changes.items()}
    yield from _plain_values(row)
    for section, name, old, new in rules_differences({**rules_now(), **before}, {**rules_now(), **after}):
        yield f"{section}{_('layout.colon')}{name}", old, new


def _plain_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    for field, (old, new) in row.changes.items():
        if field == "state":
            yield field_name(field), *(words("label.version_state", side) if side else "" for side in (old, new))
        elif field in ("version", "base", "valid_from", "retired_at", "code"):
            yield field_name(field), value_words(old), value_words(new)


def effect_choices() -> list[tuple[str, str]]:
    """The kinds of rewards and penalties, with their names."""
    return [(kind.value, words("appraisal_form.effect", kind.value)) for kind in EffectKind]


def subject_choices() -> list[tuple[str, str]]:
    """Whom a scheme may be for."""
    return [(kind.value, subject_text(kind.value)) for kind in SubjectKind]
