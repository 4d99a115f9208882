"""What was typed into a form, to be read: each field with what the page calls it, without what a form holds unseen."""

from __future__ import annotations

from collections.abc import Sequence

from policies.draft import Typed
from views.language import _, current, texts

UNSEEN = ("revision", "submission", "version", "seen", "next", "draft", "draft_start", "id", "url")
ROOMS = ("workflow.field.", "intake.field.")


def shown(typed: Sequence[Typed]) -> list[Typed]:
    """Every field that holds something, under the name that the page gave it, else under that of the catalogue."""
    labelled = any(label for _name, _value, label in typed)
    return [
        (name, value, label or _known(name))
        for name, value, label in typed
        if value.strip() and name not in UNSEEN and (label or not labelled)
    ]


def _known(name: str) -> str:
    catalogue = texts(current())
    return next((_(room + name) for room in ROOMS if room + name in catalogue), name)
