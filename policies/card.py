"""What a scorecard holds (R28): its sections and items, the marks that are given, and the office's rules of scoring.

Read from the form of ``office/scorecards.yaml``; what marks come to stands in ``policies/scorecard.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from policies.message import Name
from policies.vocabulary_inspection import ItemKind, UnitKind

WHOLE = Decimal(100)
NONE = Decimal(0)


@dataclass(frozen=True)
class Group:
    """A section of a card with the weight that its items come to together."""

    code: str
    name: Name
    weight: int


@dataclass(frozen=True)
class Item:
    """One thing that is judged.

    ``levels``: the percentages that may be given, best first (levels and yes or no). ``max_points``: of an item marked
    by points. ``percent_per_fault``: what each fault takes off, down to 0. ``attributed_to``: the function whose
    indicator it counts for. ``rules``: ids of the rules that it tests. ``remark_below``: a remark must be given below
    this percentage; None: as the office has it for all. ``evidence``: topics of what the system shows beside it; None:
    what it usually does (``policies/inspection_evidence.py``).
    """

    code: str
    group: str
    weight: int
    name: Name
    judge: Name
    kind: ItemKind = ItemKind.LEVELS
    levels: tuple[Decimal, ...] = (WHOLE, NONE)
    fatal: bool = False
    not_applicable_allowed: bool = False
    attributed_to: str = ""
    rules: tuple[str, ...] = ()
    max_points: Decimal | None = None
    percent_per_fault: Decimal | None = None
    remark_below: Decimal | None = None
    evidence: tuple[str, ...] | None = None

    @property
    def by_level(self) -> bool:
        """Whether it is marked by choosing a level, not by entering a number."""
        return self.kind in (ItemKind.LEVELS, ItemKind.YES_NO)


@dataclass(frozen=True)
class Card:
    """One version of a scorecard: its sections and items in order."""

    code: str
    version: int
    name: Name
    applies_to: UnitKind
    groups: tuple[Group, ...]
    items: tuple[Item, ...]

    @cached_property
    def _by_code(self) -> dict[str, Item]:
        return {item.code: item for item in self.items}

    def item(self, code: str) -> Item:
        """Raises ``KeyError`` for an item that the card does not have."""
        return self._by_code[code]

    def find(self, code: str) -> Item | None:
        return self._by_code.get(code)

    def group(self, code: str) -> Group:
        """Raises ``StopIteration`` for a group that the card does not have."""
        return next(group for group in self.groups if group.code == code)

    def of_group(self, code: str) -> tuple[Item, ...]:
        """The weighed items of a group, without the fatal ones."""
        return tuple(item for item in self.items if item.group == code and not item.fatal)

    @property
    def weighed(self) -> tuple[Item, ...]:
        """The items that carry weight."""
        return tuple(item for item in self.items if not item.fatal)

    @property
    def fatal(self) -> tuple[Item, ...]:
        """The items of which one hit makes the whole score 0."""
        return tuple(item for item in self.items if item.fatal)


@dataclass(frozen=True)
class Mark:
    """What an item was given: ``percent`` of a level, or ``value`` (points given, number of faults).

    Neither: it does not apply. An item that is not marked yet has no ``Mark`` at all. Of a fatal item 0 percent is a
    hit and 100 none.
    """

    percent: Decimal | None = None
    value: Decimal | None = None
    remark: str = ""

    @property
    def applies(self) -> bool:
        return self.percent is not None or self.value is not None


Marks = Mapping[str, Mark]
"""Code of the item → its mark."""


@dataclass(frozen=True)
class Level:
    """What a percentage is called."""

    percent: Decimal
    name: Name


@dataclass(frozen=True)
class Band:
    """A result, and the score from which on it is given."""

    code: str
    name: Name
    from_score: Decimal


@dataclass(frozen=True)
class Scoring:
    """The office's rules of scoring: what levels and results are called, below what a remark is required, and below
    what score a corrective action follows. ``bands``: best first.
    """

    levels: tuple[Level, ...]
    bands: tuple[Band, ...]
    remark_below: Decimal = WHOLE
    corrective_action_below: Decimal = Decimal(75)

    def result_of(self, score: Decimal) -> Band:
        """The result of a score; the lowest one where none reaches down to it."""
        return next((band for band in self.bands if score >= band.from_score), self.bands[-1])

    def band(self, code: str | None) -> Band | None:
        return next((band for band in self.bands if band.code == code), None)

    def level_name(self, percent: Decimal) -> Name | None:
        return next((level.name for level in self.levels if level.percent == percent), None)


def parse_card(definition: Mapping[str, Any]) -> Card:
    """Read a card in the form of ``cards`` in ``office/scorecards.yaml``; raises where it cannot be read at all."""
    groups = tuple(Group(row["code"], _name(row["name"]), int(row["weight"])) for row in definition["groups"])
    return Card(
        definition["code"],
        int(definition["version"]),
        _name(definition["name"]),
        UnitKind(definition["applies_to"]),
        groups,
        tuple(parse_item(row) for row in definition["items"]),
    )


def parse_item(row: Mapping[str, Any]) -> Item:
    """One row of ``items``; without a ``kind`` it is marked by levels."""
    return Item(
        code=row["code"],
        group=row["group"],
        weight=int(row["weight"]),
        name=_name(row["name"]),
        judge=_name(row["judge"]),
        kind=ItemKind(row.get("kind") or ItemKind.LEVELS),
        levels=tuple(Decimal(str(percent)) for percent in row.get("levels_percent") or (100, 0)),
        fatal=bool(row.get("fatal")),
        not_applicable_allowed=bool(row.get("not_applicable_allowed")),
        attributed_to=row.get("attributed_to") or "",
        rules=tuple(row.get("rules") or ()),
        max_points=_decimal(row.get("max_points")),
        percent_per_fault=_decimal(row.get("percent_per_fault")),
        remark_below=_decimal(row.get("comment_required_below_percent")),
        evidence=None if row.get("evidence") is None else tuple(row["evidence"]),
    )


def parse_scoring(document: Mapping[str, Any], figures: Mapping[str, int] = MappingProxyType({})) -> Scoring:
    """Read ``scoring`` of the office's document of scorecards.

    ``figures``: the office's figures of the day by their codes (``policies/figures.py``), which stand over the
    document: ``comment_below_percent``, ``corrective_action_below``, ``<result>_from_score``.
    """
    scoring = document["scoring"]
    bands = [
        Band(row["code"], _name(row["name"]), Decimal(figures.get(f"{row['code']}_from_score", row["from_score"])))
        for row in scoring["results"]
    ]
    return Scoring(
        tuple(Level(Decimal(str(row["percent"])), _name(row["name"])) for row in scoring["levels"]),
        tuple(sorted(bands, key=lambda band: -band.from_score)),
        Decimal(figures.get("comment_below_percent", scoring["comment_required_below_percent"])),
        Decimal(figures.get("corrective_action_below", scoring["corrective_action_below"])),
    )


def marks_of(card: Card, levels: Mapping[str, object], fatal_hits: Collection[str] = ()) -> dict[str, Mark]:
    """Marks from plain percentages by item (None: does not apply), as told cases give them; a fatal item that is not
    among the hits counts as looked at and not hit.
    """
    marks = {code: Mark(_decimal(percent)) for code, percent in levels.items()}
    fatal = {item.code: Mark(NONE if item.code in fatal_hits else WHOLE) for item in card.fatal}
    return {**fatal, **marks}


def _name(names: Mapping[str, str]) -> Name:
    return Name(names["zh"], names["en"])


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
