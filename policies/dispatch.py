"""What a work order must carry and where it may go (R10–R12): complete, never backwards, and never in circles.

An order goes from the desk to a department. The department may pass it on at most as often as the office allows, and
never to one that had it; beyond that a manager decides a dispute, and the decision binds. Nothing leads back to the
desk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from policies.completeness import holds_something
from policies.dispatch_values import ElementDefinition, ElementValue, refuse_value
from policies.message import Refusal

REPEAT_ELEMENT = "previous_number"


class Leg(StrEnum):
    """How an order came to a department."""

    DISPATCH = "dispatch"
    TRANSFER = "transfer"
    DECISION = "decision"


@dataclass(frozen=True)
class Course:
    """The way of an order since the desk sent it out: departments (ids) in their order, transfers, the open dispute.

    ``bound`` is the department that a decision named. ``grounds`` are the departments between which disputes were
    decided, the one that raised it and the one that it named: the same ground is not heard twice.
    """

    departments: tuple[int, ...]
    transfers: int = 0
    dispute_ground: int | None = None
    disputed: bool = False
    bound: int | None = None
    grounds: frozenset[int | None] = field(default_factory=frozenset)

    @property
    def current(self) -> int:
        return self.departments[-1]


@dataclass(frozen=True)
class Department:
    """What dispatch must know of a department."""

    id: int
    receives_orders: bool = True
    retired: bool = False


def required_elements(
    leaf: Iterable[str], base: Iterable[str], *, repeat: bool = False, known: Collection[str] | None = None
) -> tuple[str, ...]:
    """Codes of the elements that an order of a leaf must carry (R10): the base first, each once.

    A repeat must name the complaint before it; an element that the office does not (any more) ``know`` is left out.
    """
    codes = [*base, *leaf, *([REPEAT_ELEMENT] if repeat else [])]
    return tuple(dict.fromkeys(code for code in codes if known is None or code in known))


def refuse_elements(
    required: Iterable[str], definitions: Mapping[str, ElementDefinition], values: Mapping[str, ElementValue]
) -> tuple[Refusal, ...]:
    """The list of what is missing or unreadable among the elements, each with its name and beside its field (R10)."""
    checks = (
        (definitions[code], values.get(code)) if code in definitions else (ElementDefinition(code), values.get(code))
        for code in required
    )
    return tuple(refusal for refusal in (refuse_value(one, value) for one, value in checks) if refusal is not None)


def refuse_deadline(deadline: datetime, at: datetime) -> Refusal | None:
    """R12: the deadline given to a department lies ahead."""
    return _refused("deadline.past", "deadline", 422, at=at) if deadline <= at else None


def refuse_department(department: Department) -> Refusal | None:
    """Orders go to departments that receive them (R10)."""
    if department.retired:
        return _refused("department.retired", "department", 422)
    if not department.receives_orders:
        return _refused("department.takes_no_orders", "department", 422)
    return None


def send(department: int) -> Course:
    """The course of an order that the desk has just sent out."""
    return Course((department,))


def refuse_transfer(course: Course, target: Department, *, desk: int | None, cap: int, reason: str) -> Refusal | None:
    """Passing an order on (R11): with a reason, within the cap, never to the desk and never to one that had it."""
    if course.disputed:
        return _refused("transfer.disputed", None, 409)
    if course.bound is not None:
        return _refused("transfer.bound", None, 409)
    if not holds_something(reason):
        return _refused("transfer.reason_missing", "handover_reason", 422)
    if target.id == desk:
        return _refused("transfer.to_desk", "department", 409)
    if target.id in course.departments:
        return _refused("transfer.backwards", "department", 409)
    if course.transfers >= cap:
        return _refused("transfer.cap_reached", None, 409, cap=cap)
    return refuse_department(target)


def transfer(course: Course, target: int) -> Course:
    """The course after a transfer that was not refused."""
    return Course((*course.departments, target), course.transfers + 1, bound=course.bound, grounds=course.grounds)


def refuse_dispute(course: Course, *, ground: int | None, reason: str) -> Refusal | None:
    """Putting an order to a manager (R11): once at a time, with a reason, and not on a ground that was decided.

    ``ground`` is the department to which the order is said to belong (None: it is said to belong to nobody named).
    """
    if course.disputed:
        return _refused("dispute.open", None, 409)
    if ground in course.grounds or (course.bound is not None and ground is None):
        return _refused("dispute.decided_before", "department", 409)
    if not holds_something(reason):
        return _refused("dispute.reason_missing", "handover_reason", 422)
    if ground is not None and ground == course.current:
        return _refused("dispute.own_department", "department", 422)
    return None


def raise_dispute(course: Course, ground: int | None) -> Course:
    """The course with its dispute open; the order stays where it is until it is decided."""
    return Course(
        course.departments,
        course.transfers,
        dispute_ground=ground,
        disputed=True,
        bound=course.bound,
        grounds=course.grounds,
    )


def refuse_decision(course: Course, target: Department, *, desk: int | None, reason: str) -> Refusal | None:
    """Deciding a dispute (R11): the department named is final, be it one that had the order, never the desk."""
    if not course.disputed:
        return _refused("decision.no_dispute", None, 409)
    if not holds_something(reason):
        return _refused("decision.reason_missing", "decision_reason", 422)
    if target.id == desk:
        return _refused("transfer.to_desk", "department", 409)
    return refuse_department(target)


def decide(course: Course, target: int) -> Course:
    """The course after a decision: a new order for the department named, which is bound by it."""
    return Course(
        (*course.departments, target),
        course.transfers,
        bound=target,
        grounds=course.grounds | {course.dispute_ground, course.current},
    )


def _refused(key: str, field_name: str | None, status: int, **params: object) -> Refusal:
    return Refusal(f"dispatch_rules.{key}", params, field=field_name, status=status)
