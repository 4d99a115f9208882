"""Scores, grades and what they bring (R32, R33): a sheet from a scheme, the shared rules and the figures of a month.

Exact throughout. Rounded half up to two decimals are each item's score and the base score, nothing else
(``calculation`` of ``office/appraisal.yaml``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from policies.appraisal_rules import (
    NOTHING,
    WHOLE,
    AdjustmentRule,
    ConsecutiveRule,
    Effect,
    EffectRule,
    Grade,
    Rules,
    VetoRule,
    bonus_of,
    consecutive,
    effects_of,
    exact,
    grade_effects,
    parse_rules,
    points_of,
    reduction_of,
)
from policies.indicator import Figure, Indicator, is_rated, value_of
from policies.vocabulary_appraisal import Better, ScoringKind, SubjectKind

__all__ = [
    "NO_FIGURE", "SAMPLE", "AdjustmentRule", "Band", "ConsecutiveRule", "Effect", "EffectRule", "Grade", "Item", "Row",
    "Rules", "Scheme", "Sheet", "VetoRule", "adjusted", "bonus_of", "consecutive", "effects_of", "exact",
    "grade_effects", "half_up", "parse_item", "parse_rules", "parse_scheme", "points_of", "reduction_of", "score_of",
    "sheet_of",
]  # fmt: skip

SAMPLE = "sample"
"""Why a row is not rated: fewer than the indicator's minimum."""
NO_FIGURE = Figure(Fraction(0), Fraction(0), 0)
FULL = Fraction(100)


@dataclass(frozen=True)
class Band:
    """One step of scoring by bands; ``edge`` is "from" or "up to", both included; None: any value."""

    edge: Decimal | None
    score: Decimal


@dataclass(frozen=True)
class Item:
    """One indicator in a scheme: its weight of 100, its target, and how a value becomes a score."""

    indicator: str
    weight: Decimal
    target: Decimal | None
    kind: ScoringKind
    per_point: Decimal | None = None
    floor: Decimal | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """A version of a scheme; ``roles`` of a person's, ``departments`` of a department's."""

    code: str
    version: int
    name: Mapping[str, str]
    subject: SubjectKind
    roles: tuple[str, ...]
    departments: tuple[str, ...]
    items: tuple[Item, ...]
    maximum_score: Decimal


@dataclass(frozen=True)
class Row:
    """One line of a sheet. ``contribution``: weight × score ÷ 100; ``why_not``: why there is no score."""

    indicator: str
    weight: Decimal
    target: Decimal | None
    figure: Figure
    value: Fraction | None
    rated: bool
    score: Decimal | None
    contribution: Decimal | None
    why_not: str | None


@dataclass(frozen=True)
class Sheet:
    """What a month comes to. ``weighted_sum``: Σ(weight × score); scores are None where nothing was rated, grades where
    too little was. ``adjustment``: the points more or less that counted.
    """

    rows: tuple[Row, ...]
    rated_weight: Decimal
    weighted_sum: Decimal
    base_score: Decimal | None
    adjustment: Decimal
    final_score: Decimal | None
    grade_by_score: str | None
    vetoes: tuple[str, ...]
    grade: str | None
    effects: tuple[Effect, ...]

    @property
    def bonus(self) -> Decimal:
        """What it brings in money, in yuan."""
        return bonus_of(self.effects)

    @property
    def bonus_reduction(self) -> Decimal:
        """By how many per cent the performance bonus is reduced; its base is payroll's."""
        return reduction_of(self.effects)


def parse_scheme(definition: Mapping[str, Any]) -> Scheme:
    """A row of ``schemes`` in ``office/appraisal.yaml``."""
    return Scheme(
        code=definition["code"],
        version=int(definition["version"]),
        name=definition["name"],
        subject=SubjectKind(definition["subject"]),
        roles=tuple(definition.get("roles") or ()),
        departments=tuple(definition.get("departments") or ()),
        items=tuple(parse_item(row) for row in definition["items"]),
        maximum_score=exact(definition.get("maximum_score", WHOLE)),
    )


def parse_item(row: Mapping[str, Any]) -> Item:
    """One of a scheme's ``items``."""
    scoring = row["scoring"]
    return Item(
        indicator=row["indicator"],
        weight=exact(row["weight"]),
        target=_maybe(row.get("target")),
        kind=ScoringKind(scoring["kind"]),
        per_point=_maybe(scoring.get("per_point")),
        floor=_maybe(scoring.get("floor")),
        bands=tuple(
            Band(_maybe(band.get("from", band.get("up_to"))), exact(band["score"]))
            for band in scoring.get("bands") or ()
        ),
    )


def _maybe(value: object) -> Decimal | None:
    return None if value is None or value == "" else exact(value)


def half_up(value: Fraction) -> Decimal:
    """To two decimals, halves away from nought."""
    hundredths = abs(value) * 100
    whole = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)


def score_of(item: Item, indicator: Indicator, value: Fraction) -> Decimal:
    """What a value scores, 0 to 100. Raises ValueError where the scheme leaves out what its function needs."""
    raw = _SCORING[item.kind](item, indicator.better, value)
    return half_up(min(max(raw, Fraction(0)), FULL))


def _minus_per_point(item: Item, better: Better, value: Fraction) -> Fraction:
    target = _said(item, item.target)
    short = target - value if better is Better.HIGHER else value - target
    return FULL - max(Fraction(0), short) * _said(item, item.per_point)


def _ratio(item: Item, value: Fraction) -> Fraction:
    target = _said(item, item.target)
    return value / target * FULL if target else FULL


def _linear(item: Item, better: Better, value: Fraction) -> Fraction:
    """From the floor to the target; where both are the same, there is nothing between reached and not reached."""
    floor, target = _said(item, item.floor), _said(item, item.target)
    if floor == target:
        return FULL if (value >= target if better is Better.HIGHER else value <= target) else Fraction(0)
    return (value - floor) / (target - floor) * FULL


def _bands(item: Item, better: Better, value: Fraction) -> Fraction:
    for band in item.bands:
        if band.edge is None:
            return Fraction(band.score)
        edge = Fraction(band.edge)
        if value >= edge if better is Better.HIGHER else value <= edge:
            return Fraction(band.score)
    return Fraction(0)


def _said(item: Item, parameter: Decimal | None) -> Fraction:
    if parameter is None:
        raise ValueError(f"the scoring of {item.indicator} lacks a parameter")
    return Fraction(parameter)


_SCORING: Mapping[ScoringKind, Callable[[Item, Better, Fraction], Fraction]] = {
    ScoringKind.AS_IS: lambda item, better, value: value,
    ScoringKind.RATIO_TO_TARGET: lambda item, better, value: _ratio(item, value),
    ScoringKind.MINUS_PER_POINT: _minus_per_point,
    ScoringKind.LINEAR: _linear,
    ScoringKind.BANDS: _bands,
}


def sheet_of(
    scheme: Scheme,
    rules: Rules,
    indicators: Mapping[str, Indicator],
    figures: Mapping[str, Figure],
    adjustments: Iterable[tuple[str, Decimal]] = (),
    vetoes: Iterable[str] = (),
) -> Sheet:
    """The sheet of a month.

    An indicator below its minimum sample is not scored, and its weight is spread over the others in proportion; with
    less than the minimum of weight rated there is a score but no grade, and nothing follows from it. Raises KeyError
    for an indicator or a veto that there is not.
    """
    rows = tuple(
        _row(item, indicators[item.indicator], figures.get(item.indicator, NO_FIGURE)) for item in scheme.items
    )
    rated_weight = sum((row.weight for row in rows if row.rated), NOTHING)
    weighted_sum = sum((row.weight * row.score for row in rows if row.score is not None), NOTHING)
    adjustment, proved = adjusted(rules, adjustments), tuple(dict.fromkeys(vetoes))
    if not rated_weight:
        return Sheet(rows, rated_weight, weighted_sum, None, adjustment, None, None, proved, None, ())
    base = half_up(Fraction(weighted_sum) / Fraction(rated_weight))
    final = min(max(base + adjustment, NOTHING), scheme.maximum_score)
    if rated_weight < rules.minimum_rated_weight:
        return Sheet(rows, rated_weight, weighted_sum, base, adjustment, final, None, proved, None, ())
    by_score = rules.grade_of(final)
    grade = rules.capped(by_score, proved)
    return Sheet(
        rows, rated_weight, weighted_sum, base, adjustment, final, by_score.code, proved, grade.code,
        grade_effects(rules, grade.code),
    )  # fmt: skip


def _row(item: Item, indicator: Indicator, figure: Figure) -> Row:
    value = value_of(indicator, figure)
    if value is None or not is_rated(indicator, figure):
        return Row(item.indicator, item.weight, item.target, figure, value, False, None, None, SAMPLE)
    score = score_of(item, indicator, value)
    return Row(item.indicator, item.weight, item.target, figure, value, True, score, item.weight * score / WHOLE, None)


def adjusted(rules: Rules, adjustments: Iterable[tuple[str, Decimal]]) -> Decimal:
    """The points more or less that count: each code within its limit of the month. A code that the rules do not have
    (the correction of a locked month) has no limit.
    """
    sums: dict[str, Decimal] = {}
    for code, points in adjustments:
        sums[code] = sums.get(code, NOTHING) + points
    return sum((_limited(rules.adjustments.get(code), total) for code, total in sums.items()), NOTHING)


def _limited(rule: AdjustmentRule | None, total: Decimal) -> Decimal:
    if rule is None or rule.limit_per_month is None:
        return total
    return min(total, rule.limit_per_month) if rule.limit_per_month >= NOTHING else max(total, rule.limit_per_month)
