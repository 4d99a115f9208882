"""Agreement of inspectors (R28): two independent scorings of one record side by side, and when a calibration follows.

Agreement = items with the same level ÷ items that both applied (``scorecards.yaml``, agreement). An item that does not
apply to one of the two counts for neither; how often they differ in that is told apart (``one_sided``). Fatal items are
items with two levels like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum, unique
from fractions import Fraction

from policies.interval import Interval, wilson
from policies.kappa import Kappa, Weighting, cohen, fleiss

Percents = Mapping[str, Decimal | None]
"""Code of an item → its percentage; None: it does not apply; an item that was never marked is left out."""

WHOLE, HUNDREDTH = Decimal(100), Decimal("0.01")


@unique
class Concern(StrEnum):
    """Why a calibration session should follow: too few items alike, or the scores too far apart."""

    AGREEMENT = "agreement"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class AgreementRules:
    """The office's bounds (figures of the day): percent of items alike, and points that two scores may lie apart."""

    target_percent: Decimal = Decimal(85)
    max_difference: Decimal = Decimal(10)


@dataclass(frozen=True)
class Alike:
    """So many of ``both`` marks that two inspectors gave are the same; ``one_sided`` applied to one of them alone."""

    same: int = 0
    both: int = 0
    one_sided: int = 0

    @property
    def percent(self) -> Decimal | None:
        """Half up to two decimals; None where no item applied to both."""
        if not self.both:
            return None
        return (WHOLE * self.same / self.both).quantize(HUNDREDTH, ROUND_HALF_UP)

    @property
    def interval(self) -> Interval | None:
        """The Wilson interval of the share, 0 to 1."""
        return wilson(self.same, self.both)

    def reaches(self, percent: Decimal) -> bool:
        """Whether the share, not rounded, is at least so many percent; nothing compared is nothing amiss."""
        return not self.both or Fraction(self.same, self.both) >= Fraction(percent) / 100

    def plus(self, other: Alike) -> Alike:
        return Alike(self.same + other.same, self.both + other.both, self.one_sided + other.one_sided)


@dataclass(frozen=True)
class Scored:
    """One inspector's scoring of a record: the marks as first given, and the score that they came to."""

    percents: Percents
    score: Decimal | None = None


@dataclass(frozen=True)
class Compared:
    """Two scorings of one record. ``difference``: the second's score less the first's; ``kappa``: linear weights."""

    alike: Alike
    kappa: Kappa
    difference: Decimal | None

    def concerns(self, rules: AgreementRules) -> tuple[Concern, ...]:
        """What calls for a calibration session: below the bound, or further apart than the other."""
        found = [] if self.alike.reaches(rules.target_percent) else [Concern.AGREEMENT]
        if self.difference is not None and abs(self.difference) > rules.max_difference:
            found.append(Concern.DIFFERENCE)
        return tuple(found)


@dataclass(frozen=True)
class OfItem:
    """One item over many records: how often both marked it alike, and the kappa with linear weights."""

    item: str
    alike: Alike
    kappa: Kappa


def shared(first: Percents, second: Percents) -> dict[str, tuple[Decimal, Decimal]]:
    """Item → both marks, where it applied to both."""
    found = {}
    for item, one in first.items():
        other = second.get(item)
        if one is not None and other is not None:
            found[item] = (one, other)
    return found


def alike(first: Percents, second: Percents, items: Iterable[str] | None = None) -> Alike:
    """How far two inspectors' marks are the same; of these items alone where some are named."""
    both = shared(first, second)
    wanted = set(first) & set(second) if items is None else set(items) & set(first) & set(second)
    marks = [both[item] for item in wanted if item in both]
    one_sided = sum((first[item] is None) != (second[item] is None) for item in wanted)
    return Alike(sum(one == other for one, other in marks), len(marks), one_sided)


def compare(first: Scored, second: Scored, levels: Mapping[str, Sequence[Decimal]]) -> Compared:
    """Two scorings of one record. ``levels``: item → percentages that could have been given."""
    difference = None if first.score is None or second.score is None else second.score - first.score
    return Compared(
        alike(first.percents, second.percents),
        cohen(shared(first.percents, second.percents).values(), Weighting.LINEAR, levels=_scale(levels, levels)),
        difference,
    )


def by_item(pairs: Sequence[tuple[Percents, Percents]], levels: Mapping[str, Sequence[Decimal]]) -> tuple[OfItem, ...]:
    """Each item of a card over many records, in the card's order."""
    return tuple(
        OfItem(
            item,
            _sum(alike(first, second, [item]) for first, second in pairs),
            cohen(_of(pairs, [item]), Weighting.LINEAR, levels=_scale(levels, [item])),
        )
        for item in levels
    )


def overall(
    pairs: Sequence[tuple[Percents, Percents]],
    levels: Mapping[str, Sequence[Decimal]],
    weighting: Weighting = Weighting.LINEAR,
) -> OfItem:
    """The whole card over many records: every item of every record is one comparison."""
    return OfItem(
        "",
        _sum(alike(first, second, levels) for first, second in pairs),
        cohen(_of(pairs, levels), weighting, levels=_scale(levels, levels)),
    )


def among(scorings: Sequence[Percents], items: Iterable[str]) -> dict[str, Alike]:
    """Several inspectors on one record: item → pairs of them that gave the same, of the pairs to whom it applied."""
    found = {}
    for item in items:
        marks = [one[item] for one in scorings if item in one]
        given = [mark for mark in marks if mark is not None]
        pairs, all_pairs = _pairs(len(given)), _pairs(len(marks))
        same = sum(_pairs(given.count(level)) for level in set(given))
        neither = _pairs(len(marks) - len(given))
        found[item] = Alike(same, pairs, all_pairs - pairs - neither)
    return found


def kappa_among(scorings: Sequence[Percents], items: Iterable[str]) -> Kappa:
    """Fleiss' kappa of several inspectors on one record: each item is judged by those to whom it applied."""
    return fleiss([mark for one in scorings if (mark := one.get(item)) is not None] for item in items)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _of(pairs: Iterable[tuple[Percents, Percents]], items: Iterable[str]) -> list[tuple[Decimal, Decimal]]:
    wanted = list(items)
    return [both[item] for both in (shared(*pair) for pair in pairs) for item in wanted if item in both]


def _scale(levels: Mapping[str, Sequence[Decimal]], items: Iterable[str]) -> set[Decimal]:
    return {level for item in items for level in levels[item]}


def _sum(parts: Iterable[Alike]) -> Alike:
    found = Alike()
    for part in parts:
        found = found.plus(part)
    return found
