"""How complete an intake record is (R2), by the weights of the office: one definition for the server and for the page.

A filled item earns its weight; on a live channel a key item that was not read back earns half; items that do not apply
are left out and the rest is scaled to 100, rounded half up to one decimal. Points are counted twice over, so that a
half stays a whole number. ``templates/static/js/completeness.js`` counts in the same way from ``as_data()``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

ALL = "all"


class ItemState(StrEnum):
    """What an item of the record earned."""

    FILLED = "filled"
    NOT_READ_BACK = "not_read_back"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Item:
    """One item of the record: its weight, whether it is to be read back, and on which kinds of channel it applies."""

    code: str
    weight: int
    key: bool
    applies_to: frozenset[str]

    def applies(self, channel_kind: str) -> bool:
        return ALL in self.applies_to or channel_kind in self.applies_to


@dataclass(frozen=True)
class ItemPoints:
    """What one item earned, twice over, of how much."""

    code: str
    state: ItemState
    points_times_two: int
    possible_times_two: int


@dataclass(frozen=True)
class Completeness:
    """The score of a record (0.0 to 100.0) and how it came about."""

    score: Decimal
    items: tuple[ItemPoints, ...]

    def codes(self, state: ItemState) -> tuple[str, ...]:
        return tuple(item.code for item in self.items if item.state is state)

    @property
    def missing(self) -> tuple[str, ...]:
        return self.codes(ItemState.MISSING)

    @property
    def not_read_back(self) -> tuple[str, ...]:
        return self.codes(ItemState.NOT_READ_BACK)

    @property
    def not_applicable(self) -> tuple[str, ...]:
        return self.codes(ItemState.NOT_APPLICABLE)

    @property
    def points_times_two(self) -> int:
        return sum(item.points_times_two for item in self.items)

    @property
    def possible_times_two(self) -> int:
        return sum(item.possible_times_two for item in self.items)


@dataclass(frozen=True)
class CompletenessRule:
    """The office's definition: its items, below which score intake is warned and below which dispatch is refused."""

    items: tuple[Item, ...]
    warn_below: Decimal
    refuse_dispatch_below: Decimal

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> CompletenessRule:
        """From the form of ``office/channels.yaml``; raises ``ValueError`` when it makes no sense."""
        items = tuple(_item(entry) for entry in data["fields"])
        if len({item.code for item in items}) != len(items):
            raise ValueError("an item stands in the definition twice")
        if sum(item.weight for item in items) <= 0:
            raise ValueError("the weights come to nothing")
        return cls(items, Decimal(str(data["warn_below"])), Decimal(str(data["refuse_dispatch_below"])))

    def as_data(self) -> dict[str, Any]:
        """The same as plain JSON values, for the page's script."""
        return {
            "fields": [
                {"code": item.code, "weight": item.weight, "key": item.key, "applies_to": sorted(item.applies_to)}
                for item in self.items
            ],
            "warn_below": str(self.warn_below),
            "refuse_dispatch_below": str(self.refuse_dispatch_below),
        }

    def score(
        self,
        filled: Collection[str],
        read_back: Collection[str] = (),
        *,
        channel_kind: str,
        live: bool,
        not_applicable: Collection[str] = (),
    ) -> Completeness:
        """Score a record by the codes of its filled items, those read back, and those said not to apply."""
        items = tuple(self._points(item, filled, read_back, channel_kind, live, not_applicable) for item in self.items)
        possible = sum(item.possible_times_two for item in items)
        points = sum(item.points_times_two for item in items)
        tenths = (points * 2000 + possible) // (possible * 2) if possible else 1000
        return Completeness(Decimal(tenths) / 10, items)

    def _points(
        self,
        item: Item,
        filled: Collection[str],
        read_back: Collection[str],
        channel_kind: str,
        live: bool,
        not_applicable: Collection[str],
    ) -> ItemPoints:
        possible = item.weight * 2
        if item.code in not_applicable or not item.applies(channel_kind):
            return ItemPoints(item.code, ItemState.NOT_APPLICABLE, 0, 0)
        if item.code not in filled:
            return ItemPoints(item.code, ItemState.MISSING, 0, possible)
        if live and item.key and item.code not in read_back:
            return ItemPoints(item.code, ItemState.NOT_READ_BACK, item.weight, possible)
        return ItemPoints(item.code, ItemState.FILLED, possible, possible)


def filled_items(values: Mapping[str, str | Iterable[str]]) -> frozenset[str]:
    """The codes of the items that hold something; an item made of several values is filled when all of them are."""
    return frozenset(
        code
        for code, value in values.items()
        if (holds_something(value) if isinstance(value, str) else _all_hold_something(value))
    )


def holds_something(text: str) -> bool:
    """Whether a text holds a letter or a digit; blanks, dashes and question marks alone say nothing."""
    return any(character.isalnum() for character in text)


def _all_hold_something(values: Iterable[str]) -> bool:
    texts = list(values)
    return bool(texts) and all(holds_something(text) for text in texts)


def _item(entry: Mapping[str, Any]) -> Item:
    weight = entry["weight"]
    if isinstance(weight, bool) or not isinstance(weight, int) or weight < 0:
        raise ValueError(f"the weight of {entry['code']} is not a whole number")
    applies_to = entry["applies_to"]
    return Item(
        str(entry["code"]),
        weight,
        bool(entry["key"]),
        frozenset([applies_to] if isinstance(applies_to, str) else applies_to),
    )
