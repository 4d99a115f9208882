"""What a scorecard says, in words (R28): its log and the differences of two versions, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backoffice.models.history import ReferenceChange
from policies.card_form import Difference, differences
from views.filters import named
from views.language import _
from views.reference.naming import field_name
from views.reference.words import value_words, words

PLAIN = ("version", "base", "valid_from", "retired_at", "rule", "total")
CODED = {
    "applies_to": "label.unit_kind", "kind": "label.item_kind", "attributed_to": "label.attributed_to",
    "evidence": "label.evidence_topic",
}  # fmt: skip


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Part, property, old and new of what a version says otherwise than another."""
    names = _names(before, after)
    return [_row(one, names) for one in differences(before, after)]


def card_values(row: ReferenceChange) -> Iterator[tuple[str, str, str]]:
    """Each line of a change as what, from what, to what."""
    sides: list[dict[str, Any]] = [{"name": None, "groups": [], "items": []} for _side in range(2)]
    for key, (old, new) in row.changes.items():
        if key == "state":
            yield field_name(key), *(words("label.version_state", side) if side else "" for side in (old, new))
        elif key in ("name", "applies_to", "groups", "items"):
            sides[0][key], sides[1][key] = old or [], new or []
        else:
            yield field_name(key), value_words(old), value_words(new)
    for section, what, before, after in compared(*sides):
        yield f"{section} · {what}" if what else section, before, after


def _names(*definitions: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (kind, row["code"]): named(dict(row["name"])) or row["code"]
        for definition in definitions
        for kind in ("group", "item")
        for row in definition[f"{kind}s"]
    }


def _row(one: Difference, names: Mapping[tuple[str, str], str]) -> tuple[str, str, str, str]:
    section = _("card_editor.card") if one.part is None else names.get(one.part, one.part[1])
    if one.part is not None and not one.key:
        kind = f"card_editor.part.{one.part[0]}"
        return section, _(kind), *(_("layout.yes") if side else _("layout.no") for side in (one.before, one.after))
    said = [_said(one.key, side, names) for side in (one.before, one.after)]
    return section, words("card_editor.property", one.key), said[0], said[1]


def _said(key: str, value: Any, names: Mapping[tuple[str, str], str]) -> str:
    if value in (None, "", []):
        return _("layout.none")
    if key in ("name", "judge"):
        return " / ".join(text for text in (value.get("zh"), value.get("en")) if text)
    if key in ("group_order", "item_order"):
        return _("layout.list.separator").join(named(dict(one)) for one in value)
    if key == "group":
        return names.get(("group", value), value)
    if key in CODED:
        listed: Sequence[str] = value if isinstance(value, list) else [value]
        return _("layout.list.separator").join(words(CODED[key], one) for one in listed)
    return value_words(value)
