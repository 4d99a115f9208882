"""Whom a message to staff reaches (R26): holders of a role, the head of a department, whoever stands in for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.duty import Absence, Duty
from backoffice.models.office import Department, Role, Staff, StaffRole
from backoffice.queries.eligible import in_service
from policies import standing_in
from policies.vocabulary import DutyKind

MANAGER, DUTY_MANAGER, ADMINISTRATOR = "complaints_manager", "duty_manager", "administrator"


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


def on_duty(session: Session, kind: DutyKind, at: datetime) -> tuple[int, ...]:
    """Who is on duty at a moment, by the roster; where it names nobody for managers, everybody who holds the role."""
    turn = sa.select(Duty.staff_id).where(
        Duty.kind == kind, Duty.begins_at <= at, Duty.ends_at > at, Duty.withdrawn_at.is_(None)
    )
    found = tuple(session.scalars(in_service().where(Staff.id.in_(turn)).order_by(Staff.id)))
    return found if found or kind is not DutyKind.MANAGER else of_roles(session, [DUTY_MANAGER])


def present(session: Session, staff_ids: Iterable[int], at: datetime) -> tuple[int, ...]:
    """The same people, each who is away at that moment, or has left, replaced by whoever stands in; everybody once.

    Two queries while all are there, five where somebody is not; by ``policies/standing_in.py``.
    """
    wanted = sorted(set(staff_ids))
    if not wanted:
        return ()
    absent = absent_at(session, at)
    serving = set(session.scalars(in_service().where(Staff.id.in_(wanted))))
    if serving.issuperset(wanted) and absent.keys().isdisjoint(wanted):
        return tuple(wanted)
    return standing_in.present(wanted, _standing(session, absent, wanted))


def absent_at(session: Session, at: datetime) -> dict[int, int | None]:
    """Who is away at a moment, and who stands in for them (None: nobody was named)."""
    away = sa.select(Absence.staff_id, Absence.stand_in_id).where(
        Absence.begins_at <= at, Absence.ends_at > at, Absence.withdrawn_at.is_(None)
    )
    return dict(session.execute(away.order_by(Absence.id)).all())


def _standing(session: Session, absent: dict[int, int | None], people: Iterable[int]) -> standing_in.Standing:
    rows = session.execute(sa.select(Staff.id, Staff.department_id, Staff.retired_at)).all()
    tree = session.execute(sa.select(Department.id, Department.parent_id, Department.head_id))
    above = {department_id: (parent_id, head_id) for department_id, parent_id, head_id in tree}
    places = {staff_id: department_id for staff_id, department_id, _ in rows}
    return standing_in.Standing(
        in_service=frozenset(staff_id for staff_id, _, retired_at in rows if retired_at is None),
        absent=absent,
        heads={person: _heads(places.get(person), above) for person in people},
        managers=of_roles(session, [MANAGER]),
        last=of_roles(session, [ADMINISTRATOR]),
    )


def _heads(department_id: int | None, above: Mapping[int, tuple[int | None, int | None]]) -> tuple[int, ...]:
    """Heads of a department and of those above it, the nearest first."""
    found, seen = [], set()
    while department_id is not None and department_id not in seen:
        seen.add(department_id)
        department_id, head = above.get(department_id, (None, None))
        if head is not None:
            found.append(head)
    return tuple(found)
