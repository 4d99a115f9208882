"""What must be true of a sampling plan before it may hold (R27): each fault beside its field, with what to do about it.

A draft may say anything that its form can read; this is asked when it is checked, and again when it is put into force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.lot_terms import limit_of
from policies.message import Refusal
from policies.reference import LONGEST_NOTE, check_names, check_text
from policies.sampling_period import ANY_TIME, ON_ALERT, PeriodRule, is_draw_day
from policies.sampling_plan import COMPULSORY, FILTERS, SOURCES, Source, strata_of
from policies.vocabulary import Outcome, Priority, Severity
from policies.vocabulary_inspection import PlanKind, UnitKind

LONGEST_DUE = 60
HIGHEST_MINIMUM = 1_000
HIGHEST_NUMBER = 10_000
LOT_STRATA = ["department"]
LOT_PERIODS = (PeriodRule.PREVIOUS_MONTH, PeriodRule.PREVIOUS_WEEK)
LOT_SOURCES = (Source.CLOSED, Source.STANDING, Source.NOT_ESTABLISHED)
BY_HAND = (ANY_TIME, ON_ALERT)

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class KnownToPlans:
    """What a plan may name: the scorecards in force with what they are for, and values by field of ``all_of``."""

    cards: Mapping[str, UnitKind]
    values: Mapping[str, Collection[str]]


def source_of(definition: Definition) -> Source | None:
    """What the population is made of; None when the plan says none that there is."""
    said = definition.get("source") or SOURCES.get(str(definition.get("code")), Source.CLOSED)
    return Source(said) if said in list(Source) else None


def check_plan(definition: Definition, known: KnownToPlans) -> list[Refusal]:
    """Everything that is wrong with a plan, in the order of its form."""
    kind = definition.get("kind")
    if kind not in list(PlanKind):
        return [_refused("kind", "kind")]
    source = source_of(definition)
    if source is None:
        return [_refused("source", "source")]
    lot = kind == PlanKind.LOT
    return [
        *check_texts(definition),
        *_check_population_said(definition),
        *_check_population(definition, source, known, lot=lot),
        *_check_filters(definition, PlanKind(kind), known),
        *_check_strata(definition, source, lot=lot),
        *(_check_lot(definition) if lot else _check_size(definition)),
        *_check_time(definition, PlanKind(kind)),
        *_check_inspection(definition, source, known),
        *_check_double(definition, source),
    ]


def _refused(key: str, field: str, **params: object) -> Refusal:
    return Refusal(f"plans.refused.{key}", params, field, 422)


def check_texts(definition: Definition) -> list[Refusal]:
    """Names in both languages, and texts that are not too long: without these not even a draft is kept."""
    name = definition.get("name") or {}
    found = check_names(name.get("zh") or "", name.get("en") or "")
    for field in ("population", "note"):
        for language, text in (definition.get(field) or {}).items():
            found += check_text(f"{field}_{language}", text or "", longest=LONGEST_NOTE, lines=True)
    return found


def _check_population_said(definition: Definition) -> list[Refusal]:
    said = definition.get("population") or {}
    missing = [language for language in ("zh", "en") if not (said.get(language) or "").strip()]
    return [_refused("population", f"population_{language}") for language in missing]


def _check_population(definition: Definition, source: Source, known: KnownToPlans, *, lot: bool) -> list[Refusal]:
    found = []
    if lot and source not in LOT_SOURCES:
        found.append(_refused("lot_source", "source"))
    outcomes = set(definition.get("exclude_outcomes") or ())
    if outcomes - set(Outcome):
        found.append(_refused("outcome", "exclude_outcomes"))
    elif outcomes >= set(Outcome):
        found.append(_refused("every_outcome", "exclude_outcomes"))
    compulsory = definition.get("all_of") or ()
    if lot and compulsory:
        found.append(_refused("lot_all_of", "all_of"))
    for one in compulsory:
        field, value = one.get("field"), one.get("value")
        if field not in COMPULSORY or value not in known.values.get(field, ()):
            found.append(_refused("all_of", "all_of", value=str(value)))
    return found


def _check_filters(definition: Definition, kind: PlanKind, known: KnownToPlans) -> list[Refusal]:
    """What a plan is narrowed down to for good: only where no person narrows it down, and only to what there is."""
    said = {name: codes for name, codes in (definition.get("filters") or {}).items() if codes}
    if said and kind is not PlanKind.REGULAR:
        return [_refused("filters_of_kind", "source")]
    return [
        _refused("filter", f"filter_{name}", value=str(code))
        for name, codes in said.items()
        for code in codes
        if name not in FILTERS or code not in known.values.get(_VALUES[name], ())
    ]


_VALUES: Mapping[str, str] = {
    "departments": "department", "channels": "channel", "categories": "category", "severities": "severity",
}  # fmt: skip


def _check_strata(definition: Definition, source: Source, *, lot: bool) -> list[Refusal]:
    strata = list(definition.get("stratify_by") or ())
    if lot:
        return [] if strata == LOT_STRATA else [_refused("lot_strata", "stratify_by")]
    if not strata:
        return [_refused("no_stratum", "stratify_by")]
    if len(set(strata)) < len(strata) or set(strata) - set(strata_of(source)):
        return [_refused("stratum", "stratify_by")]
    return []


def _check_size(definition: Definition) -> list[Refusal]:
    share, number = definition.get("share_percent"), definition.get("number")
    found = []
    if share is None and number is None:
        found.append(_refused("no_size", "share_percent"))
    elif share is not None and number is not None:
        found.append(_refused("two_sizes", "number"))
    elif share is not None and not _within(share, Decimal(0), Decimal(100), above=True):
        found.append(_refused("share", "share_percent"))
    elif number is not None and not _is_whole(number, 1, HIGHEST_NUMBER):
        found.append(_refused("number", "number", highest=HIGHEST_NUMBER))
    minimum = definition.get("minimum_per_stratum") or 0
    if not _is_whole(minimum, 0, HIGHEST_MINIMUM):
        found.append(_refused("minimum", "minimum_per_stratum", highest=HIGHEST_MINIMUM))
    return found


def _check_lot(definition: Definition) -> list[Refusal]:
    found = []
    if limit_of(definition.get("quality_limit")) is None:
        found.append(_refused("quality_limit", "quality_limit"))
    said = definition.get("nonconforming_when") or {}
    if not _within(said.get("score_below"), Decimal(0), Decimal(100)):
        found.append(_refused("score_below", "score_below"))
    return found


def _check_time(definition: Definition, kind: PlanKind) -> list[Refusal]:
    period, draw_on = definition.get("period"), str(definition.get("draw_on") or "")
    found = []
    if period not in list(PeriodRule):
        found.append(_refused("period", "period"))
    elif period == PeriodRule.CHOSEN and kind is not PlanKind.AD_HOC:
        found.append(_refused("chosen_period", "period"))
    elif kind is PlanKind.LOT and period not in LOT_PERIODS:
        found.append(_refused("lot_period", "period"))
    if not is_draw_day(draw_on):
        found.append(_refused("draw_on", "draw_on"))
    elif kind is PlanKind.AD_HOC and draw_on not in BY_HAND:
        found.append(_refused("by_hand", "draw_on"))
    elif kind is PlanKind.REGULAR and draw_on == ON_ALERT:
        found.append(_refused("by_calendar", "draw_on"))
    return found


def _check_inspection(definition: Definition, source: Source, known: KnownToPlans) -> list[Refusal]:
    card, found = known.cards.get(str(definition.get("scorecard") or "")), []
    wanted = UnitKind.CALL_OR_CHAT if source.is_of_calls else UnitKind.CLOSED_COMPLAINT
    if card is None:
        found.append(_refused("scorecard", "scorecard"))
    elif card is not wanted and not source.is_second_scoring:
        found.append(_refused(f"card_for_{wanted}", "scorecard"))
    if not _is_whole(definition.get("due_working_days"), 1, LONGEST_DUE):
        found.append(_refused("due", "due_working_days", highest=LONGEST_DUE))
    return found


def _check_double(definition: Definition, source: Source) -> list[Refusal]:
    share = definition.get("double_share_percent")
    if share is None:
        return []
    if not _within(share, Decimal(0), Decimal(100)):
        return [_refused("double_share", "double_share")]
    if source.is_second_scoring and Decimal(str(share)) > 0:
        return [_refused("double_of_second", "double_share")]
    return []


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _within(value: object, lowest: Decimal, highest: Decimal, *, above: bool = False) -> bool:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return number.is_finite() and lowest <= number <= highest and not (above and number == lowest)


def known_values(
    channels: Collection[str], categories: Collection[str], departments: Collection[str] = ()
) -> dict[str, Collection[str]]:
    """What the fields of ``all_of`` and of the filters may be: closed sets, and the office's own channels, categories
    and departments.
    """
    return {
        "department": frozenset(departments),
        "severity": frozenset(Severity),
        "outcome": frozenset(Outcome),
        "channel": frozenset(channels),
        "category": frozenset(categories),
        "priority": frozenset(Priority),
    }
