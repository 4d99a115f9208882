"""A calibration session side by side (R28): each item with everybody's mark, how far they agree, and the standard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backoffice.services.core.calibrations import Sitting, read
from policies.agreement import Alike, Percents, among, kappa_among
from policies.agreement_words import said_kappa, signed, spread
from policies.calibration import sees_all_marks
from policies.card import Item, Scoring
from policies.interval import Rate, said_rate
from policies.message import Message, Name


@dataclass(frozen=True)
class Given:
    """What one member gave: in words, with the remark; ``differs``: not what most gave, or not the standard."""

    text: Message | Name
    remark: str
    differs: bool


@dataclass(frozen=True)
class Line:
    """One item. ``agreed``: the value of the form where all gave the same, empty otherwise."""

    item: Item
    given: Sequence[Given]
    standard: Message | Name | None
    alike: Alike
    agreed: str

    @property
    def is_split(self) -> bool:
        """Whether there is something to talk about."""
        return self.alike.same < self.alike.both or self.alike.one_sided > 0


@dataclass(frozen=True)
class Column:
    """One member: name, score, and how far it lies from the standard."""

    name: Name
    score: Decimal | None
    apart: str


@dataclass(frozen=True)
class Side:
    """All of it: members, items, and how far all agree over the whole card."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    rate: Message
    kappa: Message
    spread: Decimal | None


def side_by_side(sitting: Sitting, veiled: Callable[[str], str] = str) -> Side | None:
    """None as long as the marks are not laid open. ``veiled``: what is taken out of remarks besides customer data."""
    if not sees_all_marks(sitting.facts):
        return None
    scored = [one for one in sitting.scores if one.scored_at is not None]
    marks = [read(one.marks) for one in scored]
    remarks = [{item: veiled(text) for item, text in sitting.remarks(one).items()} for one in scored]
    standard = read(sitting.calibration.standard or {})
    items = [item.code for item in sitting.card.items]
    alike = among(marks, items)
    lines = [
        _line(sitting, item, [one.get(item.code) for one in marks], [one.get(item.code, "") for one in remarks],
              standard, alike[item.code])
        for item in sitting.card.items
    ]  # fmt: skip
    total = _sum(alike.values())
    agreed = sitting.calibration.standard_score
    return Side(
        [
            Column(
                Name(one.staff.name_zh, one.staff.name_en),
                one.score,
                "" if agreed is None or one.score is None else signed(one.score - agreed),
            )
            for one in scored
        ],
        lines,
        said_rate(Rate(total.same, total.both)),
        said_kappa(kappa_among(marks, items)),
        spread([one.score for one in scored if one.score is not None]),
    )


def _line(
    sitting: Sitting,
    item: Item,
    given: Sequence[Decimal | None],
    remarks: Sequence[str],
    standard: Percents,
    alike: Alike,
) -> Line:
    expected = standard[item.code] if item.code in standard else max(set(given), key=given.count) if given else None
    return Line(
        item,
        [
            Given(words(item, sitting.scoring, percent), remark, percent != expected)
            for percent, remark in zip(given, remarks, strict=True)
        ],
        words(item, sitting.scoring, standard[item.code]) if item.code in standard else None,
        alike,
        _value(given[0]) if given and item.by_level and len(set(given)) == 1 else "",
    )


def words(item: Item, scoring: Scoring, percent: Decimal | None) -> Message | Name:
    """A mark in words, as the scorecard names it."""
    if percent is None:
        return Message("scorecard.not_applicable")
    if item.fatal:
        return Message("scorecard.hit" if percent == 0 else "scorecard.no_hit")
    return scoring.level_name(percent) or Message("scorecard.percent", {"percent": percent})


def _value(percent: Decimal | None) -> str:
    return "na" if percent is None else f"{percent.normalize():f}"


def _sum(parts: Iterable[Alike]) -> Alike:
    found = Alike()
    for part in parts:
        found = found.plus(part)
    return found
