"""Members of staff as their own pages show them (R39): roles, last sign-ins, and a demonstration's accounts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from backoffice.models.history import AccessEvent
from backoffice.models.office import Role, Staff, StaffRole

OWN_KINDS = ("sign_in", "sign_out", "password_changed", "sessions_ended")


def roles_of(session: Session, staff_id: int) -> Sequence[Role]:
    """The roles in use that somebody holds."""
    held = sa.select(Role).join(StaffRole, StaffRole.role_id == Role.id)
    return session.scalars(
        held.where(StaffRole.staff_id == staff_id, Role.retired_at.is_(None)).order_by(Role.id)
    ).all()


def last_visits(session: Session, staff_id: int, limit: int = 10) -> Sequence[AccessEvent]:
    """The newest entries on record of an account's coming and going."""
    own = sa.select(AccessEvent).where(AccessEvent.actor_id == staff_id, AccessEvent.kind.in_(OWN_KINDS))
    return session.scalars(own.order_by(AccessEvent.id.desc()).limit(limit)).all()


def accounts(session: Session) -> Sequence[Staff]:
    """All staff in service with department and roles, by code: what a demonstration names on its sign-in page."""
    people = sa.select(Staff).where(Staff.retired_at.is_(None)).order_by(Staff.code)
    return session.scalars(people.options(selectinload(Staff.roles), joinedload(Staff.department))).all()
