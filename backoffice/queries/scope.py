"""The access table as SQL (R39): which complaints a person reaches with a permission.

``visible()`` says in a query what ``policies.access.may()`` says of one subject; a test holds the two together. Every
list, count, search, export and look-up of complaints carries it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint, ComplaintDepartment, ComplaintPerson
from policies.access import CLEAR_DATA, Actor, Permission, Scope


def visible(actor: Actor, permission: Permission = Permission.COMPLAINT_VIEW) -> sa.ColumnElement[bool]:
    """A condition on ``Complaint`` for a ``where``: the complaints on which this person holds the permission."""
    scope = actor.scope(permission)
    if scope is Scope.NONE:
        return sa.false()
    within: sa.ColumnElement[bool] = sa.true() if scope is Scope.ALL else Complaint.id.in_(_within(actor, scope))
    taking = actor.scope(Permission.COMPLAINT_TAKE)
    if permission is Permission.COMPLAINT_VIEW and taking.width > scope.width:
        return sa.or_(within, sa.and_(untaken(), visible(actor, Permission.COMPLAINT_TAKE)))
    if permission in CLEAR_DATA:
        return sa.and_(within, sa.or_(Complaint.confidential.is_(False), Complaint.id.in_(_own(actor))))
    return within


def untaken() -> sa.ColumnElement[bool]:
    """Open complaints that came in by themselves and that no intake person took over yet."""
    return sa.and_(Complaint.registered_by_id.is_(None), Complaint.open.is_(True))


def _own(actor: Actor) -> sa.Select[Any]:
    return sa.select(ComplaintPerson.complaint_id).where(ComplaintPerson.staff_id == actor.staff_id)


def _within(actor: Actor, scope: Scope) -> sa.SelectBase:
    """Ids of the complaints within a scope; both halves are read from an index alone."""
    if scope is Scope.OWN:
        return _own(actor)
    departments = sa.select(ComplaintDepartment.complaint_id).where(
        ComplaintDepartment.department_id.in_(sorted(actor.departments))
    )
    return sa.union_all(_own(actor), departments)


def reaches(session: Session, actor: Actor, permission: Permission, complaint_id: int) -> bool:
    """Whether this person holds the permission on this complaint."""
    found = sa.select(Complaint.id).where(Complaint.id == complaint_id, visible(actor, permission))
    return session.scalar(found) is not None
