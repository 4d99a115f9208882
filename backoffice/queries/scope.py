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


def visible(
    actor: Actor, permission: Permission = Permission.COMPLAINT_VIEW, *, current: bool = False
) -> sa.ColumnElement[bool]:
    """A condition on ``Complaint`` for a ``where``: the complaints on which this person holds the permission.

    ``current``: of these those that are not archived, for lists that hold no other ones; what a person ever had to do
    with grows for ever, what they have at hand does not.
    """
    scope = actor.scope(permission)
    if scope is Scope.NONE:
        return sa.false()
    taking = actor.scope(Permission.COMPLAINT_TAKE)
    reached = _reached if current else _among
    if permission is Permission.COMPLAINT_VIEW and taking.width > scope.width:
        if current:
            return sa.or_(_reached(actor, scope), sa.and_(untaken(), _reached(actor, taking)))
        # one set of ids, and no OR: so that a database may begin with it
        return Complaint.id.in_(sa.union_all(_within(actor, scope), _to_take(actor)))
    within = sa.true() if scope is Scope.ALL else reached(actor, scope)
    if permission in CLEAR_DATA:
        return sa.and_(within, sa.or_(Complaint.confidential.is_(False), Complaint.id.in_(_own(actor))))
    return within


def visible_each(actor: Actor) -> sa.ColumnElement[bool]:
    """``visible(actor)`` asked of each row by itself, for a query that comes with few rows of its own: what else this
    person ever had to do with is not read, however much that is.
    """
    scope, taking = actor.scope(Permission.COMPLAINT_VIEW), actor.scope(Permission.COMPLAINT_TAKE)
    if scope is Scope.NONE:
        return sa.false()
    seen = _ever_reached(actor, scope)
    if taking.width > scope.width:
        return sa.or_(seen, sa.and_(untaken(), _reached(actor, taking)))
    return seen


def untaken() -> sa.ColumnElement[bool]:
    """Open complaints that came in by themselves and that no intake person took over yet."""
    return sa.and_(Complaint.registered_by_id.is_(None), Complaint.open.is_(True))


def _to_take(actor: Actor) -> sa.Select[Any]:
    """Ids of what waits to be taken over by this person."""
    mine = visible(actor, Permission.COMPLAINT_TAKE, current=True)
    return sa.select(Complaint.id).where(untaken(), mine).correlate(None)


def _own(actor: Actor) -> sa.Select[Any]:
    return sa.select(ComplaintPerson.complaint_id).where(ComplaintPerson.staff_id == actor.staff_id)


def _among(actor: Actor, scope: Scope) -> sa.ColumnElement[bool]:
    return Complaint.id.in_(_within(actor, scope))


def _within(actor: Actor, scope: Scope) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Ids of the complaints within a scope; both halves are read from an index alone."""
    if scope is Scope.OWN:
        return _own(actor)
    departments = sa.select(ComplaintDepartment.complaint_id).where(
        ComplaintDepartment.department_id.in_(sorted(actor.departments))
    )
    return sa.union_all(_own(actor), departments)


def _reached(actor: Actor, scope: Scope) -> sa.ColumnElement[bool]:
    """Within a scope and at hand, asked of each row by itself: so a list reads what it shows, however much else a
    person has at hand.
    """
    if scope is Scope.ALL:
        return sa.true()
    of_person = (
        sa.select(sa.literal(1))
        .where(ComplaintPerson.complaint_id == Complaint.id, ComplaintPerson.staff_id == actor.staff_id)
        .where(ComplaintPerson.current.is_(True))
    )
    if scope is Scope.OWN:
        return of_person.correlate(Complaint).exists()
    of_department = (
        sa.select(sa.literal(1))
        .where(ComplaintDepartment.complaint_id == Complaint.id)
        .where(ComplaintDepartment.department_id.in_(sorted(actor.departments)))
        .where(ComplaintDepartment.current.is_(True))
    )
    return sa.or_(of_person.correlate(Complaint).exists(), of_department.correlate(Complaint).exists())


def _ever_reached(actor: Actor, scope: Scope) -> sa.ColumnElement[bool]:
    """Within a scope, at hand or not. Asked by values and not by ``EXISTS``, of which PostgreSQL makes a join that
    begins with all that a person has to do with.
    """
    if scope in (Scope.NONE, Scope.ALL):
        return sa.true() if scope is Scope.ALL else sa.false()
    of_person = sa.select(ComplaintPerson.complaint_id).where(
        ComplaintPerson.complaint_id == Complaint.id, ComplaintPerson.staff_id == actor.staff_id
    )
    mine = of_person.limit(1).correlate(Complaint).scalar_subquery().is_not(None)
    if scope is Scope.OWN:
        return mine
    of_department = sa.select(ComplaintDepartment.complaint_id).where(
        ComplaintDepartment.complaint_id == Complaint.id,
        ComplaintDepartment.department_id.in_(sorted(actor.departments)),
    )
    return sa.or_(mine, of_department.limit(1).correlate(Complaint).scalar_subquery().is_not(None))


def reaches(session: Session, actor: Actor, permission: Permission, complaint_id: int) -> bool:
    """Whether this person holds the permission on this complaint."""
    found = sa.select(Complaint.id).where(Complaint.id == complaint_id, visible(actor, permission))
    return session.scalar(found) is not None
