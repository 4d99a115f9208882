"""What a scorecard must be before it may be used (R28): every fault with the item that has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from policies.message import Name, Refusal
from policies.reference import CODE, LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE, check_text
from policies.vocabulary_inspection import AttributedTo, EvidenceTopic, ItemKind, UnitKind

WHOLE = 100
MOST_GROUPS = 12
MOST_ITEMS = 60
MOST_LEVELS = 6
MOST_POINTS = 1000
MOST_PARTS = 40
LONGEST_PART = 32
RULES = tuple(f"R{number}" for number in range(1, 41))
"""The rules of the office (requirements R1 to R40) that an item may test."""
YES_NO = [Decimal(100), Decimal(0)]
Definition = Mapping[str, Any]


class CardFormError(ValueError):
    """A definition that cannot be read at all; says what is missing or has not the right form."""


def check_form(definition: Definition) -> None:
    """Raise ``CardFormError`` unless it has the form of a row of ``cards`` in ``office/scorecards.yaml``."""
    for key in ("code", "name", "applies_to", "groups", "items"):
        if key not in definition:
            raise CardFormError(key)
    if definition["applies_to"] not in list(UnitKind):
        raise CardFormError("applies_to")
    _named(definition, "name", "name")
    for part, needed in (
        ("groups", ("code", "name", "weight")),
        ("items", ("code", "group", "weight", "name", "judge")),
    ):
        if not isinstance(definition[part], list):
            raise CardFormError(part)
        for number, row in enumerate(definition[part], 1):
            _row(row, needed, f"{part} {number}")


def _row(row: object, needed: Sequence[str], where: str) -> None:
    if not isinstance(row, Mapping):
        raise CardFormError(where)
    for key in needed:
        if key not in row:
            raise CardFormError(f"{where}: {key}")
    wrong = [key for key in ("code", "group", "attributed_to", "kind") if not isinstance(row.get(key) or "", str)]
    if isinstance(row["weight"], bool) or not isinstance(row["weight"], int):
        wrong.append("weight")
    wrong += [key for key in ("rules", "evidence", "levels_percent") if not _is_list_of_plain(row.get(key) or [])]
    if wrong:
        raise CardFormError(f"{where}: {wrong[0]}")
    for key in ("name", "judge"):
        if key in row:
            _named(row, key, where)


def _is_list_of_plain(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str | int | float) for one in value)


def _named(row: Mapping[str, Any], key: str, where: str) -> None:
    names = row[key]
    if not isinstance(names, Mapping) or any(not isinstance(names.get(language, ""), str) for language in ("zh", "en")):
        raise CardFormError(f"{where}: {key}")


def check_texts(definition: Definition) -> list[Refusal]:
    """What could not even be kept in a draft: texts too long, too many parts, a code that is none."""
    problems: list[Refusal] = []
    if len(definition["groups"]) > MOST_GROUPS:
        problems.append(_refused("too_many_groups", most=MOST_GROUPS))
    if len(definition["items"]) > MOST_ITEMS:
        problems.append(_refused("too_many_items", most=MOST_ITEMS))
    problems += _texts(definition["name"], "name", LONGEST_NAME)
    for row in (*definition["groups"], *definition["items"]):
        if len(row["code"]) > LONGEST_CODE or not CODE.fullmatch(row["code"]):
            problems.append(_refused("code", code=row["code"][:LONGEST_CODE]))
        problems += _texts(row["name"], "name", LONGEST_NAME)
        problems += _texts(row.get("judge") or {}, "judge", LONGEST_NOTE)
    for row in definition["items"]:
        for key, field in (("levels_percent", "levels"), ("rules", "rules"), ("evidence", "evidence")):
            parts = row.get(key) or ()
            if len(parts) > MOST_PARTS or any(len(str(part)) > LONGEST_PART for part in parts):
                problems.append(Refusal("card.refused.parts", {"item": _name(row)}, field, 422))
    return problems


def _texts(names: Mapping[str, str], field: str, longest: int) -> Iterator[Refusal]:
    for language in ("zh", "en"):
        yield from check_text(f"{field}_{language}", names.get(language) or "", longest=longest)


def check_card(definition: Definition) -> list[Refusal]:
    """Everything that is wrong with a card; empty: it can be used. A fault of an item names the item."""
    groups, items = definition["groups"], definition["items"]
    problems = [*check_texts(definition), *_both(definition["name"], _refused("card_name"))]
    problems += _groups(groups, items)
    codes = {row["code"] for row in groups}
    for code, times in Counter(row["code"] for row in items).items():
        if times > 1:
            problems.append(_refused("item_twice", code=code))
    for row in items:
        problems += _item(row, codes, definition["applies_to"])
    return problems


def _groups(groups: Sequence[Definition], items: Sequence[Definition]) -> Iterator[Refusal]:
    if not groups:
        yield _refused("no_groups")
    for code, times in Counter(row["code"] for row in groups).items():
        if times > 1:
            yield _refused("group_twice", code=code)
    total = sum(row["weight"] for row in groups)
    if groups and total != WHOLE:
        yield _refused("sum", total=total)
    for row in groups:
        yield from _both(row["name"], _refused("group_name", code=row["code"]))
        own = [item for item in items if item["group"] == row["code"] and not item.get("fatal")]
        weights = sum(item["weight"] for item in own)
        if not own:
            yield _refused("group_empty", group=_name(row))
        elif weights != row["weight"]:
            yield _refused("group_sum", group=_name(row), weight=row["weight"], total=weights)


def _item(row: Definition, groups: set[str], applies_to: str) -> Iterator[Refusal]:
    item = _name(row)
    yield from _both(row["name"], _refused("item_name", code=row["code"]))
    yield from _both(row["judge"], _refused("judge", item=item))
    if row["group"] not in groups:
        yield _refused("unknown_group", item=item)
    if row.get("fatal"):
        yield from _fatal(row, item)
    elif not 1 <= row["weight"] <= WHOLE:
        yield _refused("weight", item=item)
    yield from _kind(row, item)
    known = [
        one.value for one in AttributedTo if one is not AttributedTo.SPEAKER or applies_to == UnitKind.CALL_OR_CHAT
    ]
    if row.get("attributed_to") not in known:
        yield _refused("attributed_to", item=item)
    unknown = [rule for rule in row.get("rules") or () if rule not in RULES]
    if unknown or not row.get("rules"):
        yield (
            _refused("rules", item=item, unknown=tuple(str(one) for one in unknown))
            if unknown
            else _refused("no_rules", item=item)
        )
    if any(topic not in list(EvidenceTopic) for topic in row.get("evidence") or ()):
        yield _refused("evidence", item=item)
    below = row.get("comment_required_below_percent")
    if below is not None and not _within(below, 0, WHOLE):
        yield _refused("remark_below", item=item)


def _fatal(row: Definition, item: Name) -> Iterator[Refusal]:
    if row["weight"] != 0:
        yield _refused("fatal_weight", item=item)
    if row.get("not_applicable_allowed"):
        yield _refused("fatal_applies", item=item)
    if (row.get("kind") or ItemKind.LEVELS) not in (ItemKind.LEVELS, ItemKind.YES_NO) or _levels(row) != YES_NO:
        yield _refused("fatal_levels", item=item)


def _kind(row: Definition, item: Name) -> Iterator[Refusal]:
    kind = row.get("kind") or ItemKind.LEVELS.value
    if kind not in list(ItemKind):
        yield _refused("kind", item=item)
    elif kind == ItemKind.POINTS:
        if not _within(row.get("max_points"), Decimal("0.01"), MOST_POINTS):
            yield _refused("max_points", item=item, most=MOST_POINTS)
    elif kind == ItemKind.DEDUCTION:
        if not _within(row.get("percent_per_fault"), Decimal("0.01"), WHOLE):
            yield _refused("per_fault", item=item)
    elif kind == ItemKind.YES_NO:
        if _levels(row) != YES_NO:
            yield _refused("yes_no_levels", item=item)
    else:
        levels = _levels(row)
        falling = levels is not None and levels == sorted(set(levels), reverse=True)
        if not falling or not levels or levels[0] != WHOLE or levels[-1] != 0 or not 2 <= len(levels) <= MOST_LEVELS:
            yield _refused("levels", item=item, most=MOST_LEVELS)


def _levels(row: Definition) -> list[Decimal] | None:
    try:
        return [Decimal(str(level)) for level in row.get("levels_percent") or (100, 0)]
    except InvalidOperation:
        return None


def _within(value: object, least: Decimal | int, most: int) -> bool:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return number.is_finite() and least <= number <= most and number == round(number, 2)


def _both(names: Mapping[str, str], refusal: Refusal) -> Iterator[Refusal]:
    if not (names.get("zh") or "").strip() or not (names.get("en") or "").strip():
        yield refusal


def _name(row: Definition) -> Name:
    return Name(row["name"].get("zh") or row["code"], row["name"].get("en") or row["code"])


def _refused(key: str, **params: object) -> Refusal:
    return Refusal(f"card.refused.{key}", params, status=422)
