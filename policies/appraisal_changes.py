"""Why a sheet that was computed again says something else (R33): by which versions, rows and figures it differs.

Compared are two texts of one sheet, as they are hashed; everything is text and lists, fit to be kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.indicator import shown_text

Text = Mapping[str, Any]
WHOLE = ("scheme", "rules", "role", "days", "until")
"""What holds for the sheet as a whole: version of scheme and rules as [code, version], the post, its days."""
MEASURES = ("weight", "target", "score")


def differences(before: Text, after: Text) -> dict[str, Any]:
    """What differs: ``score``, ``grade`` and the whole sheet's as [old, new], the rest only where it does.

    ``lines``: indicator → ``old`` and ``new`` figures (numerator, denominator, sample; None where the sheet does not
    have it), and of ``weight``, ``target`` and ``score`` those that moved. ``effects``: codes of what it brings.
    """
    found: dict[str, Any] = {
        "score": [before.get("final_score"), after.get("final_score")],
        "grade": [before.get("grade"), after.get("grade")],
        "lines": _lines(before, after),
    }
    found.update({name: [before.get(name), after.get(name)] for name in WHOLE if before.get(name) != after.get(name)})
    brought = [[one["code"] for one in text.get("effects", ())] for text in (before, after)]
    if brought[0] != brought[1]:
        found["effects"] = brought
    return found


def _lines(before: Text, after: Text) -> dict[str, Any]:
    old = {row["indicator"]: row for row in before.get("rows", ())}
    new = {row["indicator"]: row for row in after.get("rows", ())}
    compared = {code: _line(old.get(code), new.get(code)) for code in {**new, **old}}
    return {code: one for code, one in compared.items() if one}


def _line(old: Text | None, new: Text | None) -> dict[str, Any]:
    """Nothing where a row says the same."""
    if old is None or new is None:
        weight = {"weight": [None if row is None else row["weight"] for row in (old, new)]}
        return {"old": _figures(old), "new": _figures(new), **weight}
    moved = {name: [old[name], new[name]] for name in MEASURES if old[name] != new[name]}
    if _figures(old) == _figures(new) and old["inputs"] == new["inputs"] and not moved:
        return {}
    return {"old": _figures(old), "new": _figures(new), **moved}


def _figures(row: Text | None) -> list[Any] | None:
    return None if row is None else [shown_text(row["numerator"]), shown_text(row["denominator"]), row["sample"]]


def is_counted_otherwise(before: Text, after: Text, indicator: str) -> bool:
    """Whether another list of records stands behind a row that both texts have."""
    hashes = [
        next((row["inputs"] for row in text.get("rows", ()) if row["indicator"] == indicator), None)
        for text in (before, after)
    ]
    return None not in hashes and hashes[0] != hashes[1]
