"""What still uses a piece of the office's own data: asked before it is taken out of use, and shown beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.configuration import Category, Channel
from backoffice.models.office import Department, Staff
from policies.message import Name
from policies.vocabulary import OrderStatus

NAMED = 5  # how many of the users a refusal names
OPEN_ORDERS = (OrderStatus.SENT, OrderStatus.APPOINTED, OrderStatus.DISPUTED, OrderStatus.ANSWERED)


@dataclass(frozen=True)
class Users:
    """How many there are, and the names of the first of them."""

    count: int
    names: tuple[Name, ...]

    def __bool__(self) -> bool:
        return self.count > 0


def open_orders(session: Session, department_id: int) -> Users:
    """Work orders that a department still has to do with, by number."""
    return _users(
        session,
        sa.select(WorkOrder.number, WorkOrder.number.label("again"))
        .where(WorkOrder.department_id == department_id, WorkOrder.status.in_(OPEN_ORDERS))
        .order_by(WorkOrder.id),
    )


def staff_of(session: Session, department_id: int) -> Users:
    """People in service who belong to a department."""
    return _users(
        session,
        sa.select(Staff.name_zh, Staff.name_en)
        .where(Staff.department_id == department_id, Staff.retired_at.is_(None))
        .order_by(Staff.code),
    )


def departments_under(session: Session, department_id: int) -> Users:
    """Departments in use that stand directly under one."""
    return _users(
        session,
        sa.select(Department.name_zh, Department.name_en)
        .where(Department.parent_id == department_id, Department.retired_at.is_(None))
        .order_by(Department.id),
    )


def channels_of(session: Session, department_id: int) -> Users:
    """Channels in use that come to a department."""
    return _users(
        session,
        sa.select(Channel.name_zh, Channel.name_en)
        .where(Channel.default_department_id == department_id, Channel.retired_at.is_(None))
        .order_by(Channel.position),
    )


def categories_of(session: Session, department_id: int) -> Users:
    """Categories in use that name a department."""
    return _users(
        session,
        sa.select(Category.name_zh, Category.name_en)
        .where(Category.default_department_id == department_id, Category.retired_at.is_(None))
        .order_by(Category.path),
    )


def categories_under(session: Session, category_id: int) -> Users:
    """Categories in use directly under one."""
    return _users(
        session,
        sa.select(Category.name_zh, Category.name_en)
        .where(Category.parent_id == category_id, Category.retired_at.is_(None))
        .order_by(Category.position),
    )


def leaves_with(session: Session, *, element: str | None = None, route: str | None = None) -> Users:
    """Leaves in use that ask for a dispatch element, or go by a route."""
    rows = session.execute(
        sa.select(Category.name_zh, Category.name_en, Category.required_elements, Category.route)
        .where(Category.level == 3, Category.retired_at.is_(None))
        .order_by(Category.path)
    )
    found = [
        Name(row.name_zh, row.name_en)
        for row in rows
        if (element is not None and element in row.required_elements) or (route is not None and row.route == route)
    ]
    return Users(len(found), tuple(found[:NAMED]))


def open_complaints_by(session: Session, column: Any, ids: Iterable[int]) -> dict[int, int]:
    """How many open complaints there are for each value of a column of ``Complaint`` (a version, a category)."""
    statement = sa.select(column, sa.func.count()).where(Complaint.open.is_(True), column.in_(list(ids)))
    return {row[0]: row[1] for row in session.execute(statement.group_by(column))}


def staff_by_department(session: Session) -> dict[int, int]:
    """How many people in service each department has."""
    statement = sa.select(Staff.department_id, sa.func.count()).where(Staff.retired_at.is_(None))
    return {row[0]: row[1] for row in session.execute(statement.group_by(Staff.department_id))}


def open_orders_by_department(session: Session) -> dict[int, int]:
    """How many work orders each department still has to do with."""
    statement = sa.select(WorkOrder.department_id, sa.func.count()).where(WorkOrder.status.in_(OPEN_ORDERS))
    return {row[0]: row[1] for row in session.execute(statement.group_by(WorkOrder.department_id))}


def orders_owned_by(session: Session, staff_id: int) -> Users:
    """Open work orders that are a person's, by number; found by the complaint, which repeats its order's owner."""
    return _users(
        session,
        sa.select(WorkOrder.number, WorkOrder.number.label("again"))
        .join(Complaint, Complaint.id == WorkOrder.complaint_id)
        .where(Complaint.owner_id == staff_id, Complaint.open.is_(True))
        .where(WorkOrder.owner_id == staff_id, WorkOrder.status.in_(OPEN_ORDERS))
        .order_by(WorkOrder.id),
    )


def complaints_under(session: Session, category_id: int) -> int:
    """How many complaints were ever filed under a leaf."""
    return session.scalar(sa.select(sa.func.count(Complaint.id)).where(Complaint.category_id == category_id)) or 0


def _users(session: Session, statement: Any) -> Users:
    count = session.scalar(sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())) or 0
    names = tuple(Name(*row) for row in session.execute(statement.limit(NAMED))) if count else ()
    return Users(count, names)
