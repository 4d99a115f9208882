"""What can be done to many complaints at once (R12, R13): acts that need no words of each complaint's own.

A form for many shows the fields that all of them share. Each complaint then goes through the rules by itself: nothing
that one of them demands is waived because there are others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from policies.access import Actor, may_any
from policies.actions import ACTIONS
from policies.dispatch_values import ELEMENT_MISSING
from policies.message import Message, Refusal

MOST = 200
AT_ONCE = 20
"""So many are done while the person waits; more in the background."""
PRINT = "print_dossier"

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "take": (),
    "acknowledge": ("way", "text"),
    "start_check": (),
    "send_order": ("department", "requirements", "deadline", "handover_reason", "promised_time"),
    "appoint": ("owner", "co_handlers"),
    "change_owner": ("owner", "reason", "co_handlers"),
    "add_co_handlers": ("co_handlers",),
    "urge": ("text",),
    "note_progress": ("text",),
    "tell_progress": ("way", "text"),
    "assign_callback": ("caller_back",),
    PRINT: (),
})  # fmt: skip
"""The acts, and the fields that a form for many has of each."""

NEXT: Mapping[str, str] = MappingProxyType({
    "to_take": "take", "to_acknowledge": "acknowledge", "to_check": "start_check", "to_dispatch": "send_order",
    "to_appoint": "appoint", "watch": "urge", "to_call_back": "assign_callback", "mine": "note_progress",
})  # fmt: skip
"""What most likely is to be done in a list."""


def open_to(actor: Actor, code: str = "") -> tuple[str, ...]:
    """The acts that somebody may do at all; what is likely in the list of this code comes first."""
    found = [action for action in FIELDS if may_any(actor, ACTIONS[action].permissions)]
    return tuple(sorted(found, key=lambda action: action != NEXT.get(code)))


def refuse(actor: Actor, action: str, count: int) -> Refusal | None:
    """Why an act cannot be begun on so many."""
    if action not in FIELDS:
        return Refusal("many.refused.action", field="action", status=422)
    if not may_any(actor, ACTIONS[action].permissions):
        return Refusal("many.refused.permission", {"action": ACTIONS[action].title}, "action", 403)
    if not count:
        return Refusal("many.refused.none", field="item", status=422)
    if count > MOST:
        return Refusal("many.refused.too_many", {"count": count, "most": MOST}, "item", 422)
    return None


def to_fill_in(refusals: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """What is to be filled in so that an act can be done; nothing where anything else stands against it as well."""
    fillable = all(one.status == 422 and one.field for one in refusals)
    return tuple(refusals) if fillable else ()


def in_short(refusals: Sequence[Refusal]) -> tuple[Message, ...]:
    """The same said for a line of a list: of several elements that are missing one sentence names all of them."""
    missing = [one for one in refusals if one.key == ELEMENT_MISSING]
    if len(missing) < 2:
        return tuple(refusals)
    names = tuple(one.params["element"] for one in missing)
    others = [one for one in refusals if one.key != ELEMENT_MISSING]
    return (*others, Message("workflow.refused.elements_missing", {"missing": names}))


def read_items(texts: Sequence[str]) -> dict[str, int]:
    """Numbers of complaints with the revision that was seen, from ``number:revision``; each once, in their order.

    What names no revision counts as seen in none that there is, and is refused like a complaint that was changed.
    """
    found: dict[str, int] = {}
    for text in texts:
        number, _, revision = text.strip()[:80].partition(":")
        plain = revision.isascii() and revision.isdecimal() and len(revision) < 10
        if number and number.isprintable():
            found.setdefault(number.strip().upper()[:64], int(revision) if plain else -1)
    return found
