"""Who asks and about what, as access needs it (R34, R39): a member of staff in two queries, a complaint in three."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint, ComplaintDepartment, ComplaintPerson
from backoffice.models.office import Department, EndedSession, Role, RoleGrant, Staff, StaffRole
from backoffice.queries import fitness
from policies.access import Actor, Grants, Permission, Scope, Subject, melt
from policies.fitness import read_rules, withheld
from policies.message import Name

_PERMISSIONS = {permission.value: permission for permission in Permission}
_SCOPES = {scope.value: scope for scope in Scope}
_NOTHING: frozenset[Permission] = frozenset()
KEPT = 1024  # people as the rules know them


@dataclass(frozen=True)
class Person:
    """A member of staff who asks: who they are, how they read the desk, and what their session is held to."""

    id: int
    code: str
    login: str
    name_zh: str
    name_en: str
    email: str
    phone: str
    must_change_password: bool
    session_epoch: int
    language: str | None
    theme: str | None
    shortcuts: bool
    department_id: int | None
    department: Name | None


def load_person(
    session: Session, staff_id: int, on: date | None = None, *, ended: str = ""
) -> tuple[Person, Actor] | None:
    """A member of staff, department included, and what they may; None when there is none or they are retired.

    ``on`` is the local day by which it is asked whether they are fit for their posts (R34); None where the training
    does not come into it, as for what is past. ``ended``: the digest of the session that asks; None when it was ended.
    """
    session.flush()
    asked = {"staff_id": staff_id, "on": on, "ended": ended}
    reading = session.connection()
    rows = reading.execute(_person(trained=on is not None, ending=bool(ended)), asked).all()
    if not rows:
        return None
    *own, department_zh, department_en = rows[0][:-4]
    person = Person(*own, None if department_zh is None else Name(department_zh, department_en))
    departments = frozenset(reading.execute(_tree(), {"top": person.department_id}).scalars())
    held = [row[-4:] for row in rows if row.role is not None]
    roles = frozenset(one[0] for one in held)
    granted = tuple(sorted(one[1] or "" for one in held))
    without = _withheld(held) if held else _NOTHING
    return person, _actor(person.id, person.code, person.department_id, departments, roles, granted, without)


@cache
def _person(*, trained: bool, ending: bool) -> sa.Select[Any]:
    """A row for each role that the person holds, or one without a role: the columns in the order of ``Person``, the
    role's code, all that it grants as one text, whether they are fit for it, the office's demands. Every request asks
    it, hence it is made once.
    """
    on: Any = sa.bindparam("on", type_=sa.Date)
    training = (fitness.is_fit(on), fitness.setting()) if trained else (sa.null(), sa.null())
    goes_on = (~sa.exists().where(EndedSession.digest == sa.bindparam("ended")),) if ending else ()
    own = [getattr(Staff, field.name) for field in fields(Person)[:-1]]
    granted = sa.select(sa.func.aggregate_strings(RoleGrant.permission + " " + RoleGrant.scope, ","))
    granted = granted.where(RoleGrant.role_id == Role.id)
    return (
        sa.select(
            *own, Department.name_zh, Department.name_en,
            Role.code.label("role"), granted.scalar_subquery().label("granted"), *training,
        )
        .select_from(Staff)
        .outerjoin(Department, Department.id == Staff.department_id)
        .outerjoin(StaffRole, StaffRole.staff_id == Staff.id)
        .outerjoin(Role, (Role.id == StaffRole.role_id) & Role.retired_at.is_(None))
        .where(Staff.id == sa.bindparam("staff_id"), Staff.retired_at.is_(None), *goes_on)
    )  # fmt: skip


@lru_cache(maxsize=KEPT)
def _actor(
    staff_id: int,
    code: str,
    department_id: int | None,
    departments: frozenset[int],
    roles: frozenset[str],
    granted: tuple[str, ...],
    without: frozenset[Permission],
) -> Actor:
    """What was read of a person as the rules know them; the same object as long as the same is read."""
    pairs = (pair.split(" ") for text in granted for pair in text.split(",") if pair)
    all_grants = read_grants((permission, scope) for permission, scope in pairs)
    grants = MappingProxyType({one: scope for one, scope in all_grants.items() if one not in without})
    return Actor(staff_id, code, department_id, departments, roles, grants, without)


def load_actor(session: Session, staff_id: int, on: date | None = None) -> Actor | None:
    """What a member of staff may, on a day; None when there is none or they are retired."""
    found = load_person(session, staff_id, on)
    return None if found is None else found[1]


def _withheld(held: Sequence[Sequence[Any]]) -> frozenset[Permission]:
    """What is not granted before the training: a row is a role, what it grants, fit for it, the setting."""
    rules = read_rules(held[0][3])
    unfit = {row[0] for row in held if row[2] is not None and not row[2] and row[0] in rules.roles}
    if not (rules.required and unfit):
        return _NOTHING
    return withheld(((row[0], permission) for row in held for permission in _permissions(row[1] or "")), unfit)


def _permissions(granted: str) -> Iterator[Permission]:
    codes = (pair.partition(" ")[0] for pair in granted.split(","))
    return (_PERMISSIONS[code] for code in codes if code in _PERMISSIONS)


def read_grants(pairs: Iterable[tuple[str | None, str | None]]) -> Grants:
    """Stored permissions and scopes melted into grants; a code that this version does not know grants nothing."""
    return melt(
        {_PERMISSIONS[permission]: _SCOPES[scope]}
        for permission, scope in pairs
        if permission in _PERMISSIONS and scope in _SCOPES
    )


def departments_under(session: Session, department_id: int | None) -> frozenset[int]:
    """A department and all those under it."""
    if department_id is None:
        return frozenset()
    return frozenset(session.scalars(_tree(), {"top": department_id}))


@cache
def _tree() -> sa.Select[tuple[int]]:
    tree = sa.select(Department.id).where(Department.id == sa.bindparam("top")).cte("tree", recursive=True)
    tree = tree.union(sa.select(Department.id).join(tree, Department.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def subjects_of(session: Session, complaint_ids: Iterable[int]) -> dict[int, Subject]:
    """What access asks of these complaints, in three queries; what is not there is left out."""
    ids = sorted(set(complaint_ids))
    columns = (Complaint.id, Complaint.confidential, Complaint.open, Complaint.registered_by_id)
    rows = session.execute(sa.select(*columns).where(Complaint.id.in_(ids))).all()
    people: dict[int, set[int]] = defaultdict(set)
    on_the_case = sa.select(ComplaintPerson.complaint_id, ComplaintPerson.staff_id)
    for complaint_id, staff_id in session.execute(on_the_case.where(ComplaintPerson.complaint_id.in_(ids))):
        people[complaint_id].add(staff_id)
    departments: dict[int, set[int]] = defaultdict(set)
    with_order = sa.select(ComplaintDepartment.complaint_id, ComplaintDepartment.department_id)
    for complaint_id, department_id in session.execute(with_order.where(ComplaintDepartment.complaint_id.in_(ids))):
        departments[complaint_id].add(department_id)
    return {
        row.id: Subject(
            frozenset(people[row.id]),
            frozenset(departments[row.id]),
            row.confidential,
            untaken=row.open and row.registered_by_id is None,
        )
        for row in rows
    }


def subject_of(session: Session, complaint_id: int) -> Subject | None:
    """What access asks of one complaint; None when there is no such complaint."""
    return subjects_of(session, [complaint_id]).get(complaint_id)


def administrators(session: Session) -> frozenset[int]:
    """Ids of the staff in service who manage the users of the whole office."""
    statement = (
        sa.select(Staff.id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .join(Role, (Role.id == StaffRole.role_id) & Role.retired_at.is_(None))
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(
            Staff.retired_at.is_(None),
            RoleGrant.permission == Permission.USER_MANAGE.value,
            RoleGrant.scope == Scope.ALL.value,
        )
    )
    return frozenset(session.scalars(statement))
