"""What a sampling plan says, in words (R27): its fields by name, codes as the reader calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from backoffice.models.configuration import Category, Channel
from backoffice.models.history import ReferenceChange
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Department
from forms.reference.sampling_plan import TICKS
from policies.sampling_period import MONTH_END, WEEKDAYS, WORKING_DAY
from policies.sampling_plan import FILTERS
from policies.sampling_plan_check import source_of
from policies.vocabulary_inspection import PlanKind
from views.filters import named
from views.language import _
from views.reference.base import in_use, once, reading
from views.reference.naming import field_name
from views.reference.words import value_words, words

Definition = Mapping[str, Any]
Pair = tuple[str, str]


def card_names() -> dict[str, str]:
    """Scorecards by code, each by the name of its newest version."""

    def load() -> dict[str, str]:
        rows = reading().scalars(in_use(Scorecard).order_by(None).order_by(Scorecard.version))
        return {row.code: named(row) for row in rows}

    return once("card names", load)


def coded_names(model: Any) -> dict[str, str]:
    """The office's channels or categories by code."""
    return once(model.__tablename__, lambda: {row.code: named(row) for row in reading().scalars(in_use(model))})


def draw_day(code: str | None) -> str:
    """On which day a plan draws."""
    if code is None:
        return _("layout.none")
    if found := WORKING_DAY.fullmatch(code):
        return _("plans.draw_on.working_day", day=found[1])
    return words("plans.draw_on", code)


def compulsory(field: str, value: str) -> str:
    """A field with the value of which all are inspected: ``severity: major``."""
    if field in ("channel", "category"):
        called = coded_names(Channel if field == "channel" else Category).get(value, value)
    else:
        called = words(f"label.{field}", value)
    return f"{words('plans.compulsory', field)}{_('layout.colon')}{called}"


def both(texts: Mapping[str, str] | None) -> str:
    """A text of the office in both languages, the reader's first."""
    if not texts:
        return ""
    own = named(dict(texts))
    other = next((text for text in (texts.get("zh"), texts.get("en")) if text and text != own), "")
    return f"{own} / {other}" if other else own


def _joined(room: str) -> Callable[[Any], str]:
    return lambda codes: _("layout.list.separator").join(words(room, code) for code in codes or ()) or _("layout.none")


def _percent(value: Any) -> str:
    return _("layout.none") if value is None else f"{value} %"


def _nonconforming(said: Mapping[str, Any] | None) -> str:
    key = "plans.nonconforming.fatal" if (said or {}).get("fatal", True) else "plans.nonconforming.score"
    return _(key, score=(said or {}).get("score_below"))


def _compulsory_list(rows: Sequence[Mapping[str, str]] | None) -> str:
    found = [compulsory(row["field"], row["value"]) for row in rows or ()]
    return _("layout.list.separator").join(found) or _("layout.none")


def _filters(said: Mapping[str, Sequence[str]] | None) -> str:
    """What a plan is narrowed down to, filter by filter."""
    found = [
        f"{words('plans.filter', name)}{_('layout.colon')}"
        + _("layout.list.separator").join(_filter_value(name, code) for code in (said or {})[name])
        for name in FILTERS
        if (said or {}).get(name)
    ]
    return _("draws.and").join(found) or _("plans.filter.none")


def _filter_value(name: str, code: str) -> str:
    if name == "severities":
        return words("label.severity", code)
    model: Any = {"departments": Department, "channels": Channel, "categories": Category}[name]
    return coded_names(model).get(code, code)


WORDED: Mapping[str, Callable[[Any], str]] = {
    "name": both,
    "population": both,
    "note": both,
    "kind": lambda code: words("plans.kind", code),
    "source": lambda code: words("plans.source", code),
    "exclude_outcomes": _joined("label.outcome"),
    "stratify_by": _joined("plans.stratum"),
    "share_percent": _percent,
    "double_share_percent": lambda value: _percent(value or 0),
    "filters": _filters,
    "all_of": _compulsory_list,
    "quality_limit": _percent,
    "nonconforming_when": _nonconforming,
    "period": lambda code: words("plans.period", code),
    "draw_on": draw_day,
    "scorecard": lambda code: card_names().get(code, value_words(code)),
}
# The fields in the order of a plan's page; those of a group stand together.
REGULAR = ("filters",)
SIZES = ("stratify_by", "share_percent", "number", "minimum_per_stratum", "all_of")
LOTS = ("inspection_level", "quality_limit", "nonconforming_when", "reduced_inspection")
REST = (
    "period", "draw_on", "scorecard", "due_working_days", "double_share_percent", "blind",
    "other_department_only", "confidential",
)  # fmt: skip


def label_of(field: str) -> str:
    """What a field of a plan is called."""
    return words("plans.said", field)


def text_of(field: str, value: Any) -> str:
    """What a plan says in a field."""
    worded = WORDED.get(field)
    return worded(value) if worded is not None else value_words(value)


def shown(definition: Definition) -> list[Pair]:
    """A plan as its page shows it."""
    lot = definition.get("kind") == PlanKind.LOT
    said = {**TICKS, **definition, "source": source_of(definition)}
    filters = REGULAR if definition.get("kind") == PlanKind.REGULAR else ()
    fields = ("kind", "population", "source", "exclude_outcomes", *filters, *(LOTS if lot else SIZES), *REST, "note")
    rows = [(label_of(field), text_of(field, said.get(field))) for field in fields]
    return [(term, text) for term, text in rows if text]


def differences(before: Definition, after: Definition) -> list[tuple[str, str, str]]:
    """Field, old and new of what a version says otherwise than another."""
    return [
        (label_of(field), text_of(field, before.get(field)), text_of(field, after.get(field)))
        for field in dict.fromkeys((*after, *before))
        if field not in ("version", "valid_from") and before.get(field) != after.get(field)
    ]


def plan_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    """Each line of a change as what, from what, to what."""
    for field, (old, new) in row.changes.items():
        if field == "state":
            yield field_name(field), *(words("label.version_state", side) if side else "" for side in (old, new))
        elif field in ("version", "base", "valid_from", "retired_at", "stopped_from"):
            yield field_name(field), value_words(old), value_words(new)
        else:
            yield label_of(field), text_of(field, old), text_of(field, new)


def draw_days(kind: PlanKind) -> list[Pair]:
    """The days on which a plan of a kind may draw, as choices."""
    if kind is PlanKind.AD_HOC:
        codes = ["any_time", "on_alert"]
    else:
        codes = [*(f"working_day_{n}" for n in range(1, 11)), *WEEKDAYS, MONTH_END, "any_time"]
    return [(code, draw_day(code)) for code in codes]
