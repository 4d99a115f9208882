"""Scores of a card (R28): what its marks come to, and which marks are refused.

score = Σ(weight × percent) ÷ Σ(weights that apply), rounded half up to two decimals; what does not apply is left out,
so that the rest keeps its proportions. One fatal hit makes the whole score 0. A percentage that follows from points is
itself rounded half up to two decimals first: whoever reckons a printed sheet again comes to the same score.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from policies.card import (
    NONE,
    WHOLE,
    Band,
    Card,
    Group,
    Item,
    Level,
    Mark,
    Marks,
    Scoring,
    marks_of,
    parse_card,
    parse_item,
    parse_scoring,
)
from policies.message import Message, Refusal
from policies.vocabulary_inspection import ItemKind

__all__ = [
    "Band", "Card", "Group", "Item", "Level", "Mark", "Marks", "Points", "Score", "Scoring",
    "group_points", "is_hit", "mark_field", "marks_of", "parse_card", "parse_item", "parse_scoring", "percent_of",
    "refuse_marks", "remark_field", "score_card", "settled", "value_field",
]  # fmt: skip

HUNDREDTH = Decimal("0.01")
LONGEST_REMARK = 1000
MOST_FAULTS = 999


@dataclass(frozen=True)
class Score:
    """What marks come to. ``weighted_points``: Σ(weight × percent); ``score`` and ``result`` are None as long as
    nothing that applies has been marked.
    """

    applied_weight: int
    weighted_points: Decimal
    score: Decimal | None
    result: str | None
    fatal_hits: tuple[str, ...] = ()
    needs_corrective_action: bool = False


@dataclass(frozen=True)
class Points:
    """Weight points that a part of a card obtained, of how much weight applied (R31: record accuracy)."""

    points: Decimal
    applied_weight: int


def percent_of(item: Item, mark: Mark) -> Decimal | None:
    """The percentage of a mark, two decimals where it follows from a number; None: does not apply."""
    if mark.value is None or item.by_level:
        return mark.percent
    if item.kind is ItemKind.DEDUCTION:
        return max(NONE, WHOLE - mark.value * (item.percent_per_fault or WHOLE))
    return (mark.value * WHOLE / (item.max_points or WHOLE)).quantize(HUNDREDTH, ROUND_HALF_UP)


def settled(item: Item, mark: Mark) -> Mark:
    """The mark with its percentage reckoned, as it is kept."""
    return replace(mark, percent=percent_of(item, mark))


def is_hit(item: Item, mark: Mark) -> bool:
    """Whether a fatal item was hit."""
    return item.fatal and mark.percent == NONE


def score_card(card: Card, marks: Marks, scoring: Scoring) -> Score:
    """What the marks come to; items without a mark are left out, so that a draft has the score so far (R28)."""
    hits = tuple(item.code for item in card.fatal if item.code in marks and is_hit(item, marks[item.code]))
    sums = _sum(card.weighed, marks)
    score = _rounded(sums)
    if hits:
        score = NONE.quantize(HUNDREDTH)
    if score is None:
        return Score(0, sums.points, None, None)
    low = bool(hits) or score < scoring.corrective_action_below
    return Score(sums.applied_weight, sums.points, score, scoring.result_of(score).code, hits, low)


def group_points(card: Card, marks: Marks, group: str, attributed_to: str | None = None) -> Points:
    """Weight points obtained in a group, of how much applied; only of the items of one function if it is given (R31).

    Weight × percent ÷ 100: a record of 20 with one half of 6 and one half of 4 has 15 of 20.
    """
    items = [item for item in card.of_group(group) if attributed_to in (None, item.attributed_to)]
    sums = _sum(items, marks)
    return Points(sums.points / WHOLE, sums.applied_weight)


def mark_field(code: str) -> str:
    """The form field in which an item's level is chosen, or "does not apply"."""
    return f"mark-{code}"


def value_field(code: str) -> str:
    """The form field of points given or faults counted."""
    return f"value-{code}"


def remark_field(code: str) -> str:
    return f"remark-{code}"


def refuse_marks(
    card: Card, marks: Marks, scoring: Scoring, *, final: bool = True, unread: Sequence[Refusal] = ()
) -> tuple[Refusal, ...]:
    """What is wrong with marks, each beside its field; a draft (not ``final``) may be incomplete, not contradictory.

    ``unread``: what was typed and is no mark at all; it comes first, and its fields are not called empty besides.
    """
    beside = {one.field for one in unread}
    return (*unread, *(one for one in _problems(card, marks, scoring, final=final) if one.field not in beside))


def _problems(card: Card, marks: Marks, scoring: Scoring, *, final: bool) -> tuple[Refusal, ...]:
    problems = [_refused("unknown_item", "marks", item=code) for code in marks if card.find(code) is None]
    for item in card.items:
        mark = marks.get(item.code)
        if mark is None:
            problems += [_refused("not_marked", _field(item), item=item.name)] if final else []
        else:
            problems += _refuse_mark(item, mark)
            problems += _refuse_remark(item, mark, scoring) if final else []
    if final and not problems and not any(marks[item.code].applies for item in card.weighed):
        problems.append(_refused("nothing_applies", "marks"))
    return tuple(problems)


@dataclass
class _Sums:
    points: Decimal = field(default=NONE)
    applied_weight: int = 0


def _sum(items: Collection[Item], marks: Marks) -> _Sums:
    sums = _Sums()
    for item in items:
        percent = percent_of(item, marks[item.code]) if item.code in marks else None
        if percent is not None:
            sums.points += item.weight * percent
            sums.applied_weight += item.weight
    return sums


def _rounded(sums: _Sums) -> Decimal | None:
    """The quotient rounded half up to hundredths, in whole numbers: a quotient of decimals would be rounded twice."""
    if not sums.applied_weight:
        return None
    above, below = sums.points.as_integer_ratio()
    hundredths = (above * 200 + below * sums.applied_weight) // (2 * below * sums.applied_weight)
    return Decimal(hundredths) * HUNDREDTH


def _refuse_mark(item: Item, mark: Mark) -> list[Refusal]:
    if not mark.applies:
        allowed = item.not_applicable_allowed and not item.fatal
        return [] if allowed else [_refused("must_apply", _field(item), item=item.name)]
    if mark.value is not None and not item.by_level:
        return _refuse_value(item, mark.value)
    percent = mark.percent
    known = percent in item.levels if item.by_level else percent is not None and NONE <= percent <= WHOLE
    if known:
        return []
    levels = tuple(Message("scorecard.percent", {"percent": level}) for level in item.levels)
    return [_refused("unknown_level", _field(item), item=item.name, levels=levels)]


def _refuse_value(item: Item, value: Decimal) -> list[Refusal]:
    if item.kind is ItemKind.DEDUCTION:
        if value.is_finite() and 0 <= value <= MOST_FAULTS and value == value.to_integral_value():
            return []
        return [_refused("faults", value_field(item.code), item=item.name, most=MOST_FAULTS)]
    most = item.max_points or WHOLE
    if value.is_finite() and 0 <= value <= most and value == value.quantize(HUNDREDTH):
        return []
    return [_refused("points", value_field(item.code), item=item.name, most=most)]


def _refuse_remark(item: Item, mark: Mark, scoring: Scoring) -> list[Refusal]:
    if len(mark.remark) > LONGEST_REMARK:
        return [
            _refused(
                "remark_too_long",
                remark_field(item.code),
                item=item.name,
                longest=LONGEST_REMARK,
                length=len(mark.remark),
            )
        ]
    if mark.remark.strip():
        return []
    if is_hit(item, mark):
        return [_refused("fatal_without_remark", remark_field(item.code), item=item.name)]
    percent = percent_of(item, mark)
    below = scoring.remark_below if item.remark_below is None else item.remark_below
    if percent is None or percent >= below:
        return []
    return [_refused("remark_missing", remark_field(item.code), item=item.name, below=below)]


def _field(item: Item) -> str:
    return mark_field(item.code) if item.by_level else value_field(item.code)


def _refused(key: str, beside: str, **params: object) -> Refusal:
    return Refusal(f"scorecard.refused.{key}", params, field=beside, status=422)
