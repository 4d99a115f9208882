"""Departments (R10, R12): a tree, each with its head; taken out of use, never deleted, once nothing hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Department, Staff
from backoffice.queries import usage
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.message import Refusal
from policies.reference import LONGEST_NOTE, check_choice, check_code, check_names, check_parent, check_text, refused

SUBJECT = "department"
KINDS = ("management", "service", "business", "technical", "control")


@dataclass(frozen=True)
class DepartmentFacts:
    """What an administrator says of a department."""

    name_zh: str
    name_en: str
    kind: str = "service"
    duty_zh: str = ""
    duty_en: str = ""
    parent_id: int | None = None
    head_id: int | None = None
    receives_orders: bool = False


def create(session: Session, actor: Actor, at: datetime, code: str, facts: DepartmentFacts) -> Department:
    """A new department; its code stays for good."""
    upkeep.begin(session, actor)
    upkeep.ensure(check_code(code, upkeep.codes_of(session, Department)), _check(session, None, facts))
    department = Department(code=code, **_columns(facts))
    upkeep.add(session, actor, at, SUBJECT, department)
    return department


def change(session: Session, actor: Actor, at: datetime, department_id: int, facts: DepartmentFacts) -> Department:
    """Another name, head, place in the tree, or whether it receives orders. The code never changes."""
    upkeep.begin(session, actor)
    department = upkeep.row_of(session, Department, department_id)
    upkeep.ensure(_check(session, department, facts))
    upkeep.change(session, actor, at, SUBJECT, department, _columns(facts))
    return department


def retire(session: Session, actor: Actor, at: datetime, department_id: int, reason: str) -> Department:
    """Out of use; refused, with names, while people, orders, channels, categories or departments hang on it."""
    upkeep.begin(session, actor)
    department = upkeep.row_of(session, Department, department_id)
    if department.retired_at is None:
        upkeep.ensure(why_not_retire(session, department))
    upkeep.retire(session, actor, at, SUBJECT, department, reason)
    return department


def restore(session: Session, actor: Actor, at: datetime, department_id: int, reason: str) -> Department:
    """Back into use, under a department that is in use."""
    upkeep.begin(session, actor)
    department = upkeep.row_of(session, Department, department_id)
    parent = department.parent
    if parent is not None and parent.retired_at is not None:
        raise DomainError(refused("parent_retired", name=upkeep.name_of(parent)))
    upkeep.restore(session, actor, at, SUBJECT, department, reason)
    return department


def why_not_retire(session: Session, department: Department) -> list[Refusal]:
    """What still hangs on a department, each kind with its number and its first names."""
    hanging = {
        "open_orders": usage.open_orders(session, department.id),
        "staff": usage.staff_of(session, department.id),
        "departments": usage.departments_under(session, department.id),
        "channels": usage.channels_of(session, department.id),
        "categories": usage.categories_of(session, department.id),
    }
    return [
        Refusal(f"reference.refused.department_has_{what}", {"count": users.count, "names": users.names})
        for what, users in hanging.items()
        if users
    ]


def _check(session: Session, department: Department | None, facts: DepartmentFacts) -> list[Refusal]:
    parents = {row[0]: row[1] for row in session.execute(sa.select(Department.id, Department.parent_id))}
    own = department.id if department else None
    return [
        *check_names(facts.name_zh, facts.name_en),
        *check_choice("kind", facts.kind, KINDS),
        *check_text("duty_zh", facts.duty_zh, longest=LONGEST_NOTE),
        *check_text("duty_en", facts.duty_en, longest=LONGEST_NOTE),
        *check_parent(own, facts.parent_id, parents),
        *_check_parent_in_use(session, department, facts),
        *_check_head(session, department, facts),
        *_check_receiving(session, department, facts),
    ]


def _check_parent_in_use(session: Session, department: Department | None, facts: DepartmentFacts) -> list[Refusal]:
    if facts.parent_id is None or (department and facts.parent_id == department.parent_id):
        return []
    parent = session.get(Department, facts.parent_id)
    if parent is None or parent.retired_at is None:
        return []
    return [refused("parent_retired", "parent_id", name=upkeep.name_of(parent))]


def _check_head(session: Session, department: Department | None, facts: DepartmentFacts) -> list[Refusal]:
    """A head in service; one who left since stays named until another is."""
    if facts.head_id is None or (department and facts.head_id == department.head_id):
        return []
    head = session.get(Staff, facts.head_id)
    return [] if head is not None and head.retired_at is None else [refused("unknown", "head_id")]


def _check_receiving(session: Session, department: Department | None, facts: DepartmentFacts) -> list[Refusal]:
    """R10: where categories or orders come to, orders must be received."""
    if department is None or facts.receives_orders or not department.receives_orders:
        return []
    problems = []
    orders = usage.open_orders(session, department.id)
    if orders:
        problems.append(refused("receives_open_orders", "receives_orders", count=orders.count, names=orders.names))
    categories = usage.categories_of(session, department.id)
    if categories:
        problems.append(
            refused("receives_categories", "receives_orders", count=categories.count, names=categories.names)
        )
    return problems


def _columns(facts: DepartmentFacts) -> dict[str, Any]:
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "kind": facts.kind,
        "duty_zh": facts.duty_zh.strip(),
        "duty_en": facts.duty_en.strip(),
        "parent_id": facts.parent_id,
        "head_id": facts.head_id,
        "receives_orders": facts.receives_orders,
    }
