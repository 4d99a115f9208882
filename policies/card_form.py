"""A scorecard in the plain form in which it is kept and edited (R28): put in order, items changed, moved and dropped.

Everything here takes a definition in the form of ``office/scorecards.yaml`` and gives a new one; none is changed in
place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Definition = dict[str, Any]
HEAD = ("code", "version", "valid_from", "name", "applies_to", "rule", "total", "groups", "items")
GROUP = ("code", "name", "weight")
ITEM = (
    "code", "group", "weight", "name", "judge", "kind", "levels_percent", "max_points", "percent_per_fault", "fatal",
    "not_applicable_allowed", "comment_required_below_percent", "attributed_to", "rules", "evidence",
)  # fmt: skip


@dataclass(frozen=True)
class GroupWeight:
    """What a group says its weight is, and what its items come to."""

    code: str
    said: int
    items: int


def tidy(definition: Mapping[str, Any]) -> Definition:
    """The known parts in their order and nothing else."""
    head = {key: deepcopy(definition[key]) for key in HEAD if key in definition}
    head["name"] = _both(head["name"])
    head["groups"] = [
        {**{key: row[key] for key in GROUP if key in row}, "name": _both(row["name"])} for row in head["groups"]
    ]
    head["items"] = [
        {
            **{key: row[key] for key in ITEM if row.get(key) is not None},
            "name": _both(row["name"]),
            "judge": _both(row["judge"]),
        }
        for row in head["items"]
    ]
    return head


def weights(definition: Mapping[str, Any]) -> list[GroupWeight]:
    """The weights group by group; fatal items carry none."""
    return [
        GroupWeight(
            group["code"],
            group["weight"],
            sum(
                item["weight"]
                for item in definition["items"]
                if item["group"] == group["code"] and not item.get("fatal")
            ),
        )
        for group in definition["groups"]
    ]


def with_groups(definition: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> Definition:
    """Other groups; new ones are given a code of their own. Items of a dropped group stay, and their check says so."""
    taken = {row["code"] for row in groups if row.get("code")}
    rows = []
    for row in groups:
        code = row.get("code") or _fresh("group", taken)
        taken.add(code)
        rows.append({**row, "code": code})
    return {**deepcopy(dict(definition)), "groups": rows}


def with_item(definition: Mapping[str, Any], code: str, said: Mapping[str, Any]) -> Definition:
    """One item says something else; in another group it comes last there."""
    items = deepcopy(list(definition["items"]))
    place = next(n for n, row in enumerate(items) if row["code"] == code)
    changed = {**items[place], **said, "code": code}
    if changed["group"] == items[place]["group"]:
        items[place] = changed
    else:
        items = [row for row in items if row["code"] != code]
        items.insert(_end_of(items, changed["group"]), changed)
    return {**deepcopy(dict(definition)), "items": items}


def with_new_item(definition: Mapping[str, Any], said: Mapping[str, Any]) -> Definition:
    """One item more, at the end of its group; without a code it is given one."""
    items = deepcopy(list(definition["items"]))
    code = said.get("code") or _fresh(f"{said['group'] or 'item'}", {row["code"] for row in items})
    items.insert(_end_of(items, said["group"]), {**said, "code": code})
    return {**deepcopy(dict(definition)), "items": items}


def without_item(definition: Mapping[str, Any], code: str) -> Definition:
    """One item less."""
    return {
        **deepcopy(dict(definition)),
        "items": [deepcopy(row) for row in definition["items"] if row["code"] != code],
    }


def moved_item(definition: Mapping[str, Any], code: str, by: int) -> Definition:
    """An item one place up (-1) or down (1) within its group."""
    items = deepcopy(list(definition["items"]))
    place = next(n for n, row in enumerate(items) if row["code"] == code)
    group = items[place]["group"]
    same = [n for n, row in enumerate(items) if row["group"] == group]
    to = same.index(place) + by
    if 0 <= to < len(same):
        other = same[to]
        items[place], items[other] = items[other], items[place]
    return {**deepcopy(dict(definition)), "items": items}


@dataclass(frozen=True)
class Difference:
    """What a card says otherwise: of which part (None: the card, else ("group" or "item", code)), which property."""

    part: tuple[str, str] | None
    key: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """What changed from one version to another: head, groups, items; a part that came or went as a whole once."""
    for key in ("name", "applies_to"):
        if before.get(key) != after.get(key):
            yield Difference(None, key, before.get(key), after.get(key))
    for kind, keys in (("group", GROUP), ("item", ITEM)):
        old = {row["code"]: row for row in before[f"{kind}s"]}
        new = {row["code"]: row for row in after[f"{kind}s"]}
        for code in dict.fromkeys((*new, *old)):
            if code not in old or code not in new:
                yield Difference((kind, code), "", old.get(code, {}).get("name"), new.get(code, {}).get("name"))
                continue
            for key in keys:
                if old[code].get(key) != new[code].get(key):
                    yield Difference((kind, code), key, old[code].get(key), new[code].get(key))
        stayed = [code for code in new if code in old]
        if stayed != [code for code in old if code in new]:
            yield Difference(
                None, f"{kind}_order", [old[code]["name"] for code in old], [new[code]["name"] for code in new]
            )


def _both(names: Mapping[str, Any]) -> dict[str, str]:
    return {language: str(names.get(language) or "").strip() for language in ("zh", "en")}


def _end_of(items: Sequence[Mapping[str, Any]], group: str) -> int:
    places = [n for n, row in enumerate(items) if row["group"] == group]
    return places[-1] + 1 if places else len(items)


def _fresh(stem: str, taken: set[str]) -> str:
    return next(code for number in range(1, 10_000) if (code := f"{stem}_{number}") not in taken)
