"""Who holds the present step of a complaint and is warned as its ``owner`` (R26): the intake person, the dispatchers,
the head who has to appoint, the handler, whoever approves, whoever calls back, the archivist.

A step names a role (R14); a table says where a role's holder is looked for on the complaint itself, and in which order.
The first place that names somebody holds; a role of the office's own, and a complaint that names nobody, goes to all
who hold the role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from types import MappingProxyType

from policies.process import ApprovalLimit, StepDef
from policies.vocabulary import ComplaintStatus

OWNER, DEPARTMENT_HEAD = "owner", "department_head"
"""Recipients of a ladder that are looked for on the complaint; all others are roles (``sla.yaml`` ``owner_note``)."""


@unique
class Place(StrEnum):
    """Where somebody is looked for."""

    INTAKE_PERSON = "intake_person"
    """Who registered the complaint or took it over."""
    INTAKE_HEAD = "intake_head"
    """The head of the department in which it was registered."""
    HANDLER = "handler"
    """The owner of its work order."""
    HEAD = "head"
    """The head of the department that has the order; before one is sent, of the one that registered it."""
    CALLER_BACK = "caller_back"
    """Who is to call back."""
    ROLE = "role"
    """Everybody who holds the role."""


PLACES: Mapping[str, tuple[Place, ...]] = MappingProxyType({
    "intake_clerk": (Place.INTAKE_PERSON, Place.INTAKE_HEAD, Place.ROLE),
    "handler": (Place.HANDLER, Place.HEAD, Place.ROLE),
    "department_head": (Place.HEAD, Place.ROLE),
    "callback_clerk": (Place.CALLER_BACK, Place.ROLE),
})  # fmt: skip
"""Where the holder of a role is looked for, in turn; of a role that is not named here, among its holders."""


@dataclass(frozen=True)
class OnTheCase:
    """What a complaint names: ids of staff. ``heads``: of the department with the order, else of the intake."""

    intake_person: int | None = None
    intake_heads: tuple[int, ...] = ()
    handler: int | None = None
    heads: tuple[int, ...] = ()
    caller_back: int | None = None

    def at(self, place: Place) -> tuple[int, ...]:
        """Whom the complaint names at a place; nobody at ``ROLE``, which is not on it."""
        people: dict[Place, tuple[int | None, ...]] = {
            Place.INTAKE_PERSON: (self.intake_person,),
            Place.INTAKE_HEAD: self.intake_heads,
            Place.HANDLER: (self.handler,),
            Place.HEAD: self.heads,
            Place.CALLER_BACK: (self.caller_back,),
        }
        return tuple(person for person in people.get(place, ()) if person is not None)


@dataclass(frozen=True)
class Holder:
    """Whoever holds a step: these people, or, where nobody is named, all holders of a role."""

    people: tuple[int, ...] = ()
    role: str | None = None


def holder(step: StepDef, case: OnTheCase, *, amount: Decimal | None = None, writer: int | None = None) -> Holder:
    """Who holds a step of this complaint. ``amount`` (yuan): what its plan asks for; ``writer``: who wrote the plan.

    Where a plan waits for its approval that is the lowest role that may approve the amount, never the writer (R19).
    """
    if step.status is not ComplaintStatus.AWAITING_APPROVAL or not step.approvals:
        return _held(step.role, case, None)
    for role in _approvers(step.approvals, amount or Decimal(0)):
        found = _held(role, case, writer)
        if found != Holder():
            return found
    return Holder(role=step.role)


def _held(role: str, case: OnTheCase, never: int | None) -> Holder:
    """Who holds a role on the case, whoever may ``never`` be it left out; nobody where only that one is named."""
    named = False
    for place in PLACES.get(role, (Place.ROLE,)):
        if place is Place.ROLE:
            return Holder() if named else Holder(role=role)
        people = case.at(place)
        named = named or bool(people)
        allowed = tuple(person for person in people if person != never)
        if allowed:
            return Holder(people=allowed)
    return Holder()


def _approvers(limits: Sequence[ApprovalLimit], amount: Decimal) -> list[str]:
    """Roles that may approve the amount, the lowest limit first."""
    reaching = [limit for limit in limits if limit.up_to_cny is None or amount <= limit.up_to_cny]
    return [limit.role for limit in sorted(reaching, key=lambda one: (one.up_to_cny is None, one.up_to_cny or 0))]
