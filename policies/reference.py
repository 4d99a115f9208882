"""What any piece of the office's own data must be: codes, names in both languages, texts, choices, and trees (R1, R3).

Every check takes plain values and answers with refusals that name the field, so that a page shows them beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

from policies.message import Refusal

CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)
LONGEST_CODE = 64
LONGEST_NAME = 120
LONGEST_NOTE = 400
LINE_BREAKS = "\r\n\t"

H = TypeVar("H", bound=Hashable)


def refused(key: str, field: str | None = None, **params: object) -> Refusal:
    """A refusal of this room that stands beside its field: unreadable or contradictory, 422."""
    return Refusal(f"reference.refused.{key}", params, field=field, status=422)


def check_code(code: str, taken: Collection[str] = (), *, field: str = "code") -> list[Refusal]:
    """A code is lower snake case, at most 64 characters, and its own: rules, files and histories name things by it."""
    if not code:
        return [refused("missing", field)]
    if len(code) > LONGEST_CODE:
        return [refused("too_long", field, longest=LONGEST_CODE, length=len(code))]
    if not CODE.fullmatch(code):
        return [refused("code", field)]
    return [refused("code_taken", field, code=code)] if code in taken else []


def check_names(name_zh: str, name_en: str, *, longest: int = LONGEST_NAME) -> list[Refusal]:
    """A name in each language: what has only one would leave half of the readers without."""
    return [
        *check_text("name_zh", name_zh, longest=longest, required=True),
        *check_text("name_en", name_en, longest=longest, required=True),
    ]


def check_text(field: str, text: str, *, longest: int, required: bool = False, lines: bool = False) -> list[Refusal]:
    """A text of at most ``longest`` characters without control signs; ``lines`` allows line breaks in it."""
    if not text.strip():
        return [refused("missing", field)] if required else []
    if len(text) > longest:
        return [refused("too_long", field, longest=longest, length=len(text))]
    allowed = LINE_BREAKS if lines else ""
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed for sign in text):
        return [refused("control_sign", field)]
    return []


def check_reason(reason: str, *, field: str = "reason") -> list[Refusal]:
    """What is taken out of use, or put back, is so for a reason that can be read later."""
    return check_text(field, reason, longest=LONGEST_NOTE, required=True)


def check_choice(field: str, value: H | None, known: Collection[H], *, required: bool = True) -> list[Refusal]:
    """One of what there is, or nothing where nothing is allowed."""
    if value is None or value == "":
        return [refused("missing", field)] if required else []
    return [] if value in known else [refused("unknown", field)]


def check_choices(field: str, values: Iterable[H], known: Collection[H]) -> list[Refusal]:
    """All of them are among what there is, and none twice."""
    chosen = list(values)
    if any(value not in known for value in chosen):
        return [refused("unknown", field)]
    return [refused("twice", field)] if len(set(chosen)) < len(chosen) else []


def check_whole(field: str, value: int | None, lowest: int, highest: int) -> list[Refusal]:
    """A whole number within its bounds."""
    if value is None:
        return [refused("missing", field)]
    if not lowest <= value <= highest:
        return [refused("out_of_bounds", field, lowest=lowest, highest=highest)]
    return []


def check_parent(
    own: int | None, parent: int | None, parents: Mapping[int, int | None], *, field: str = "parent_id"
) -> list[Refusal]:
    """A parent that is there and does not stand under its own child. ``parents``: every node → its parent."""
    if parent is None:
        return []
    if parent not in parents:
        return [refused("unknown", field)]
    seen: set[int] = set()
    above: int | None = parent
    while above is not None and above not in seen:
        if above == own:
            return [refused("own_child", field)]
        seen.add(above)
        above = parents.get(above)
    return []


def under(top: int, parents: Mapping[int, int | None]) -> frozenset[int]:
    """A node and all that stand under it."""
    found = {top}
    grew = True
    while grew:
        more = {node for node, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return frozenset(found)


def in_tree_order(nodes: Iterable[tuple[int, int | None]]) -> list[tuple[int, int]]:
    """Every node with its depth (0 at the top), each under its parent, siblings in the order in which they came.

    A node whose parent is not among them stands at the top.
    """
    rows = list(nodes)
    known = {node for node, _ in rows}
    children: dict[int | None, list[int]] = {}
    for node, parent in rows:
        children.setdefault(parent if parent in known else None, []).append(node)
    ordered: list[tuple[int, int]] = []
    waiting = [(node, 0) for node in reversed(children.get(None, []))]
    while waiting:
        node, depth = waiting.pop()
        ordered.append((node, depth))
        waiting.extend((child, depth + 1) for child in reversed(children.get(node, [])))
    return ordered
