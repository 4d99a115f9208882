"""Who may be named (R12, R21, R28): people in service who hold a permission, in a department or anywhere."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.office import Role, RoleGrant, Staff, StaffRole
from backoffice.queries import fitness
from backoffice.queries.actor import departments_under
from policies.access import Permission


def in_service() -> sa.Select[int]:
    """Ids of everybody in service."""
    return sa.select(Staff.id).where(Staff.retired_at.is_(None))


def owners(session: Session, department_id: int | None, on: date | None = None) -> sa.Select[int]:
    """Ids of those to whom an order of this department may be given: it and the departments under it.

    ``on``: the local day on which they must be fit for their posts (R34); None: trained or not. So with the others.
    """
    under = sorted(departments_under(session, department_id))
    return _holders(Permission.INVESTIGATION_RECORD, session, on).where(Staff.department_id.in_(under))


def callers(session: Session, on: date | None = None) -> sa.Select[int]:
    """Ids of those who may call a customer back."""
    return _holders(Permission.CALLBACK_RECORD, session, on)


def inspectors(session: Session, on: date | None = None) -> sa.Select[int]:
    """Ids of those who may score inspections (R28)."""
    return _holders(Permission.INSPECTION_SCORE, session, on)


def readers() -> sa.Select[int]:
    """Ids of those who may open complaints at all, so that naming them on one lets them see it."""
    return _holders(Permission.COMPLAINT_VIEW)


def appeal_deciders() -> sa.Select[int]:
    """Ids of those who decide appeals against inspections."""
    return _holders(Permission.APPEAL_DECIDE)


def sheet_checkers() -> sa.Select[int]:
    """Ids of those who check appraisal sheets (R33)."""
    return _holders(Permission.SHEET_CHECK)


def _holders(permission: Permission, session: Session | None = None, on: date | None = None) -> sa.Select[int]:
    """Whoever is in service and has a role in use that grants the permission, whatever its scope, and is fit for it."""
    granted = (
        sa.select(StaffRole.staff_id)
        .join(Role, Role.id == StaffRole.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(Role.retired_at.is_(None), RoleGrant.permission == permission.value)
    )
    if session is not None and on is not None:
        rules = fitness.rules_of(session)
        if rules.required:
            fit = sa.or_(Role.code.not_in(rules.roles), fitness.is_fit(on))
            granted = granted.join(Staff, Staff.id == StaffRole.staff_id).where(fit)
    return in_service().where(Staff.id.in_(granted))
