"""Lists that people make their own (R13): the columns there are, and saved filters with whom they are shared.

A saved filter is only a way to ask. Who follows a shared one is shown what they may see themselves (R39).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum, unique

from policies.access import Actor, Permission, may
from policies.message import Refusal

ALWAYS = "due_at", "customer", "category", "department", "severity", "status"
"""What a list shows to whoever chose nothing, beside number and summary, which are always there."""
COLUMNS = (*ALWAYS, "received_at", "channel", "owner", "priority", "step", "outcome")
"""The columns that can be chosen, in the order in which a list shows them."""
LONGEST_NAME = 40
MOST = 30
"""So many one person may keep."""
SHOWN = 60


@unique
class Reach(StrEnum):
    """Who finds a saved filter: its maker, their department, everybody who has the list that it narrows."""

    OWN = "own"
    DEPARTMENT = "department"
    EVERYBODY = "everybody"


def reaches(actor: Actor) -> tuple[Reach, ...]:
    """With whom somebody may share: the own department whoever is in one, everybody who looks after the whole work."""
    department = (Reach.DEPARTMENT,) if actor.department_id is not None else ()
    whole = may(actor, Permission.COMPLAINT_CLOSE_UNSATISFIED) or may(actor, Permission.CONFIGURATION_EDIT)
    return (Reach.OWN, *department, *((Reach.EVERYBODY,) if whole else ()))


def may_drop(actor: Actor, maker_id: int, reach: Reach) -> bool:
    """Whether somebody may throw a filter away: whoever made it; a shared one also who may share with everybody."""
    return maker_id == actor.staff_id or (reach is not Reach.OWN and Reach.EVERYBODY in reaches(actor))


def refuse(actor: Actor, name: str, reach: Reach | None, kept: int) -> tuple[Refusal, ...]:
    """Why a filter cannot be saved; ``kept``: how many others this person keeps."""
    found = []
    if not name:
        found.append(Refusal("saved_lists.refused.name", field="name", status=422))
    if len(name) > LONGEST_NAME:
        found.append(Refusal("saved_lists.refused.long", {"limit": LONGEST_NAME}, "name", 422))
    if reach is None:
        found.append(Refusal("saved_lists.refused.reach", field="reach", status=422))
    elif reach not in reaches(actor):
        found.append(Refusal("saved_lists.refused.share", field="reach", status=403))
    if kept >= MOST:
        found.append(Refusal("saved_lists.refused.many", {"most": MOST}, status=422))
    return tuple(found)


def columns_of(wanted: Iterable[str]) -> tuple[str, ...]:
    """These columns in their order; those of always where none of them is any."""
    chosen = set(wanted)
    return tuple(one for one in COLUMNS if one in chosen) or ALWAYS
