"""What must be true of an appraisal scheme before it may hold (R32): each fault beside its field, and what to do.

A draft may say anything that its form can read; this is asked when it is checked, and again when it is put into force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from policies.indicator import Indicator
from policies.message import Name, Refusal
from policies.reference import LONGEST_NOTE, check_names, check_text
from policies.vocabulary_appraisal import Better, IndicatorUnit, ScoringKind, SubjectKind

WHOLE = Decimal(100)
NOTHING = Decimal(0)
MOST_ITEMS = 20
MOST_BANDS = 12
HIGHEST_TARGET = Decimal(1_000_000)
HIGHEST_PER_POINT = Decimal(100)
OUT_OF = {IndicatorUnit.PERCENT: WHOLE, IndicatorUnit.POINTS: WHOLE, IndicatorUnit.SCORE_5: Decimal(5)}
"""Units with a highest value; a target above it cannot be reached."""

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class KnownToSchemes:
    """What a scheme may name; ``taken``: role or department → the other scheme in force that has it already."""

    indicators: Mapping[str, Indicator]
    roles: Collection[str]
    departments: Collection[str]
    taken: Mapping[str, Name] = field(default_factory=dict)
    called: Mapping[str, Name] = field(default_factory=dict)


def check_scheme(definition: Definition, known: KnownToSchemes) -> list[Refusal]:
    """Everything that is wrong with a scheme, in the order of its form."""
    subject = definition.get("subject")
    if subject not in list(SubjectKind):
        return [_refused("subject", "subject")]
    return [
        *check_texts(definition),
        *_check_subjects(definition, SubjectKind(subject), known),
        *_check_maximum(definition),
        *_check_items(definition, SubjectKind(subject), known),
    ]


def _refused(key: str, at: str, **params: object) -> Refusal:
    return Refusal(f"appraisal_check.{key}", params, at, 422)


def check_texts(definition: Definition) -> list[Refusal]:
    """Names in both languages, and texts that are not too long: without these not even a draft is kept."""
    name = definition.get("name") or {}
    found = check_names(name.get("zh") or "", name.get("en") or "")
    for language, text in (definition.get("note") or {}).items():
        found += check_text(f"note_{language}", text or "", longest=LONGEST_NOTE, lines=True)
    if len(definition.get("items") or ()) > MOST_ITEMS:
        found.append(_refused("too_many", "name_zh", most=MOST_ITEMS))
    return found


def _check_subjects(definition: Definition, subject: SubjectKind, known: KnownToSchemes) -> Iterator[Refusal]:
    person = subject is SubjectKind.PERSON
    at, there = ("roles", known.roles) if person else ("departments", known.departments)
    chosen = list(definition.get(at) or ())
    if not chosen:
        yield _refused(f"no_{at}", at)
    for code in chosen:
        name = known.called.get(code, Name(code, code))
        if code not in there:
            yield _refused(f"unknown_{at}", at, name=name)
        elif code in known.taken:
            yield _refused("taken", at, name=name, scheme=known.taken[code])


def _check_maximum(definition: Definition) -> Iterator[Refusal]:
    highest = number_of(definition.get("maximum_score"))
    if highest is None or not NOTHING < highest <= WHOLE:
        yield _refused("maximum", "maximum_score")


def _check_items(definition: Definition, subject: SubjectKind, known: KnownToSchemes) -> Iterator[Refusal]:
    rows: Sequence[Definition] = definition.get("items") or ()
    if not rows:
        yield _refused("no_items", "items-0-indicator")
        return
    total = sum((number_of(row.get("weight")) or NOTHING for row in rows), NOTHING)
    if total != WHOLE:
        yield _refused("sum", f"items-{len(rows) - 1}-weight", total=total)
    times = Counter(row.get("indicator") for row in rows)
    for n, row in enumerate(rows):
        code = row.get("indicator")
        indicator = known.indicators.get(str(code))
        if indicator is None:
            yield _refused("unknown_indicator", f"items-{n}-indicator")
            continue
        name = Name(indicator.name["zh"], indicator.name["en"])
        if times[code] > 1:
            yield _refused("twice", f"items-{n}-indicator", item=name)
        if subject not in indicator.levels:
            yield _refused(f"not_of_{subject}", f"items-{n}-indicator", item=name)
        weight = number_of(row.get("weight"))
        if weight is None or not 1 <= weight <= WHOLE or weight != weight.to_integral_value():
            yield _refused("weight", f"items-{n}-weight", item=name)
        yield from check_item(row, indicator, n)


def check_item(row: Definition, indicator: Indicator, n: int = 0) -> Iterator[Refusal]:
    """What is wrong with how one indicator is scored; ``n``: its place in the scheme."""
    name = Name(indicator.name["zh"], indicator.name["en"])
    said = row.get("scoring") or {}
    kind, target = said.get("kind"), number_of(row.get("target"))
    if kind not in list(ScoringKind):
        yield _refused("kind", f"items-{n}-kind", item=name)
        return
    highest = OUT_OF.get(indicator.unit, HIGHEST_TARGET)
    if row.get("target") is not None and (target is None or not NOTHING <= target <= highest):
        yield _refused("target_range", f"items-{n}-target", item=name, highest=highest)
        return
    yield from _BY_KIND[ScoringKind(kind)](row, indicator, name, n)


def _as_is(indicator: Indicator, name: Name, n: int) -> Iterator[Refusal]:
    if indicator.unit not in (IndicatorUnit.PERCENT, IndicatorUnit.POINTS) or indicator.better is Better.LOWER:
        yield _refused("as_is", f"items-{n}-kind", item=name)


def _ratio(row: Definition, indicator: Indicator, name: Name, n: int) -> Iterator[Refusal]:
    if indicator.better is Better.LOWER:
        yield _refused("ratio_lower", f"items-{n}-kind", item=name)
    if not number_of(row.get("target")):
        yield _refused("ratio_target", f"items-{n}-target", item=name)


def _per_point(row: Definition, name: Name, n: int) -> Iterator[Refusal]:
    if number_of(row.get("target")) is None:
        yield _refused("target", f"items-{n}-target", item=name)
    points = number_of((row.get("scoring") or {}).get("per_point"))
    if points is None or not NOTHING < points <= HIGHEST_PER_POINT:
        yield _refused("per_point", f"items-{n}-per_point", item=name)


def _linear(row: Definition, indicator: Indicator, name: Name, n: int) -> Iterator[Refusal]:
    target, floor = number_of(row.get("target")), number_of((row.get("scoring") or {}).get("floor"))
    if target is None:
        yield _refused("target", f"items-{n}-target", item=name)
    if floor is None:
        yield _refused("floor", f"items-{n}-floor", item=name)
    elif target is not None and (floor >= target if indicator.better is Better.HIGHER else floor <= target):
        key = "floor_below" if indicator.better is Better.HIGHER else "floor_above"
        yield _refused(key, f"items-{n}-floor", item=name)


def _bands(row: Definition, indicator: Indicator, name: Name, n: int) -> Iterator[Refusal]:
    at, bands = f"items-{n}-bands", list((row.get("scoring") or {}).get("bands") or ())
    key = "from" if indicator.better is Better.HIGHER else "up_to"
    edges = [number_of(band.get(key)) for band in bands]
    scores = [number_of(band.get("score")) for band in bands]
    if not 2 <= len(bands) <= MOST_BANDS:
        yield _refused("bands_number", at, item=name, most=MOST_BANDS)
        return
    if any(score is None or not NOTHING <= score <= WHOLE for score in scores):
        yield _refused("bands_score", at, item=name)
        return
    if any(edge is None for edge in edges[:-1]) or not _is_end(edges[-1], indicator.better):
        yield _refused("bands_end", at, item=name)
        return
    better = edges if edges[-1] is not None else edges[:-1]
    if not (_goes_down(better) if indicator.better is Better.HIGHER else _goes_down(better[::-1])):
        yield _refused(f"bands_order_{indicator.better}", at, item=name)
    if not _goes_down(scores):
        yield _refused("bands_falling", at, item=name)


def _is_end(edge: Decimal | None, better: Better) -> bool:
    return edge is None or (better is Better.HIGHER and edge <= NOTHING)


def _goes_down(numbers: Sequence[Decimal | None]) -> bool:
    known = [one for one in numbers if one is not None]
    return all(before > after for before, after in pairwise(known))


_BY_KIND: Mapping[ScoringKind, Callable[[Definition, Indicator, Name, int], Iterator[Refusal]]] = {
    ScoringKind.AS_IS: lambda row, indicator, name, n: _as_is(indicator, name, n),
    ScoringKind.RATIO_TO_TARGET: _ratio,
    ScoringKind.MINUS_PER_POINT: lambda row, indicator, name, n: _per_point(row, name, n),
    ScoringKind.LINEAR: _linear,
    ScoringKind.BANDS: _bands,
}


def number_of(value: object) -> Decimal | None:
    """A number of a definition; None where there is none or what stands there is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
