"""Staff and what they may (R39): accounts are created, given roles, reset and retired, never deleted.

The caller owns the transaction. A password that is made here is returned once, to be handed over, and is stored as a
hash alone; it never goes into a log.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Department, Role, Staff
from backoffice.queries import usage
from backoffice.queries.actor import administrators, read_grants
from backoffice.services.core import credentials, upkeep
from backoffice.services.core.reference import log_change
from backoffice.services.core.staff_posts import following
from policies import duties
from policies.access import Actor, Grants, Permission, Scope, Subject, refuse_unless
from policies.gateways import check_contact
from policies.message import Name, Refusal
from policies.password import check_password
from policies.reference import check_names, check_reason, refused
from policies.vocabulary import Language

SUBJECT = "staff"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", re.ASCII)
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}", re.ASCII)


@dataclass(frozen=True)
class StaffFacts:
    """What an administrator says of a person. ``fit_for_post``: earlier entry training is recognised (R34)."""

    login: str
    name_zh: str
    name_en: str
    department_id: int | None = None
    joined: date | None = None
    fit_for_post: bool = False
    language: str | None = None
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Credentials:
    """A login with the password that opens it once; ``password`` is None where it stayed as it was."""

    staff_id: int
    login: str
    password: str | None


def create(
    session: Session,
    actor: Actor,
    at: datetime,
    code: str,
    facts: StaffFacts,
    role_codes: Collection[str] = (),
    *,
    password: str | None = None,
    must_change_password: bool = True,
) -> Credentials:
    """A new account. Without a ``password`` one is made up, to be changed at the first sign-in."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    _refuse_out_of_reach(actor, facts.department_id)
    facts = _tidy(facts)
    codes_taken = frozenset(session.scalars(sa.select(sa.func.lower(Staff.code))))
    given = password if password is not None else credentials.temporary_password()
    upkeep.ensure(
        _check_code(code, codes_taken),
        _check(session, None, facts),
        _check_given(session, facts, password),
    )
    staff = Staff(
        code=code,
        **_columns(facts),
        password_hash=credentials.hash_password(given),
        must_change_password=must_change_password,
    )
    with following(session, staff, at, new=True):
        upkeep.add(session, actor, at, SUBJECT, staff, {"code": code, **_columns(facts)})
        if role_codes:
            _set_roles(session, actor, at, staff, role_codes)
    return Credentials(staff.id, staff.login, given)


def change(session: Session, actor: Actor, at: datetime, staff_id: int, facts: StaffFacts) -> Staff:
    """Another name, login or department. The code stays; nobody moves to where an own permission reaches further."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    facts = _tidy(facts)
    moves = staff.department_id != facts.department_id
    if moves and staff.id == actor.staff_id and Scope.DEPARTMENT in actor.grants.values():
        raise DomainError(Refusal("staff.refused.own_department", field="department_id", status=403))
    _refuse_out_of_reach(actor, facts.department_id)
    upkeep.ensure(_check(session, staff, facts), _heads_another(session, staff) if moves else ())
    with following(session, staff, at):
        upkeep.change(session, actor, at, SUBJECT, staff, _columns(facts))
    return staff


def assign_roles(session: Session, actor: Actor, at: datetime, staff_id: int, role_codes: Collection[str]) -> Staff:
    """Give somebody exactly these roles. Nobody widens an own permission; the last administrator stays one (R39)."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    with following(session, staff, at):
        _set_roles(session, actor, at, staff, role_codes)
    return staff


def reset_password(session: Session, actor: Actor, at: datetime, staff_id: int) -> Credentials:
    """A new password to be handed over and changed at the next sign-in; all sessions of the account end."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    if staff.id == actor.staff_id:
        raise DomainError(Refusal("staff.refused.own_reset", status=403))
    if staff.retired_at is not None:
        raise DomainError(Refusal("reference.refused.already_retired"))
    return _new_password(session, actor, at, staff)


def set_password(session: Session, actor: Actor, at: datetime, staff_id: int, password: str) -> None:
    """Set a password that need not be changed: for the demonstration's sample staff, and by the command line."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    facts = StaffFacts(staff.login, staff.name_zh, staff.name_en)
    upkeep.ensure(_check_given(session, facts, password))
    staff.password_hash = credentials.hash_password(password)
    staff.must_change_password = False
    staff.session_epoch += 1
    log_change(session, actor, at, SUBJECT, staff.id, "set_password", {})


def retire(session: Session, actor: Actor, at: datetime, staff_id: int, reason: str) -> Staff:
    """End somebody's access: no sign-in, all sessions gone at their next request; what they did stays theirs."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    if staff.id == actor.staff_id:
        raise DomainError(Refusal("staff.refused.own_account", status=403))
    if staff.retired_at is None:
        upkeep.ensure(
            check_reason(reason),
            why_not_retire(session, staff),
            _is_last_administrator(session, staff, {}),
        )
    with following(session, staff, at):
        upkeep.retire(session, actor, at, SUBJECT, staff, reason)
    staff.session_epoch += 1
    return staff


def restore(session: Session, actor: Actor, at: datetime, staff_id: int, reason: str) -> Credentials:
    """Take somebody back, with a new password."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    with following(session, staff, at):
        upkeep.restore(session, actor, at, SUBJECT, staff, reason)
    return _new_password(session, actor, at, staff)


def end_sessions(session: Session, actor: Actor, at: datetime, staff_id: int) -> None:
    """End all sessions of an account, for instance when a computer was lost."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    staff = _staff(session, actor, staff_id)
    staff.session_epoch += 1
    log_change(session, actor, at, SUBJECT, staff.id, "end_sessions", {})


def why_not_retire(session: Session, staff: Staff) -> list[Refusal]:
    """What somebody hands over first: open orders, departments that they head."""
    return [*_owns_orders(session, staff), *_heads_another(session, staff)]


def _staff(session: Session, actor: Actor, staff_id: int) -> Staff:
    """The row, if it is there and within the actor's reach; otherwise 404."""
    staff = upkeep.row_of(session, Staff, staff_id)
    subject = Subject(frozenset({staff.id}), frozenset({staff.department_id} - {None}))  # type: ignore[arg-type]
    if refuse_unless(actor, Permission.USER_MANAGE, subject):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    return staff


def _refuse_out_of_reach(actor: Actor, department_id: int | None) -> None:
    """Who manages the users of a department brings nobody into another one."""
    departments = frozenset() if department_id is None else frozenset({department_id})
    if refuse_unless(actor, Permission.USER_MANAGE, Subject(departments=departments)):
        raise DomainError(Refusal("staff.refused.other_department", field="department_id", status=403))


def _tidy(facts: StaffFacts) -> StaffFacts:
    return StaffFacts(
        credentials.one_spelling(facts.login),
        facts.name_zh.strip(),
        facts.name_en.strip(),
        facts.department_id,
        facts.joined,
        facts.fit_for_post,
        facts.language or None,
        facts.email.strip(),
        facts.phone.strip(),
    )


def _columns(facts: StaffFacts) -> dict[str, object]:
    return {
        "login": facts.login,
        "name_zh": facts.name_zh,
        "name_en": facts.name_en,
        "department_id": facts.department_id,
        "joined": facts.joined,
        "fit_for_post": facts.fit_for_post,
        "language": facts.language,
        "email": facts.email,
        "phone": facts.phone,
    }


def _check_code(code: str, taken: Collection[str]) -> list[Refusal]:
    if not CODE.fullmatch(code):
        return [Refusal("staff.refused.code", field="code", status=422)]
    return [refused("code_taken", "code", code=code)] if code.casefold() in taken else []


def _check(session: Session, staff: Staff | None, facts: StaffFacts) -> list[Refusal]:
    problems = check_names(facts.name_zh, facts.name_en)
    if not LOGIN.fullmatch(facts.login):
        problems.append(Refusal("staff.refused.login", field="login", status=422))
    taken_by = session.scalar(sa.select(Staff.id).where(Staff.login == facts.login))
    if taken_by is not None and (staff is None or taken_by != staff.id):
        problems.append(Refusal("staff.refused.login_taken", {"login": facts.login}, field="login", status=422))
    if facts.department_id is not None:
        department = session.get(Department, facts.department_id)
        moves = staff is None or staff.department_id != facts.department_id
        if department is None or (moves and department.retired_at is not None):
            problems.append(refused("unknown", "department_id"))
    if facts.language is not None and facts.language not in tuple(Language):
        problems.append(refused("unknown", "language"))
    problems.extend(check_contact(facts.email, facts.phone))
    return problems


def _check_given(session: Session, facts: StaffFacts, password: str | None) -> tuple[Refusal, ...]:
    if password is None:
        return ()
    return check_password(
        password,
        login=facts.login,
        names=(facts.name_zh, facts.name_en),
        office=credentials.words_of_the_office(session),
        demonstration=credentials.is_demonstration(session),
    )


def _new_password(session: Session, actor: Actor, at: datetime, staff: Staff) -> Credentials:
    password = credentials.temporary_password()
    staff.password_hash = credentials.hash_password(password)
    staff.must_change_password = True
    staff.session_epoch += 1
    log_change(session, actor, at, SUBJECT, staff.id, "reset_password", {})
    return Credentials(staff.id, staff.login, password)


def _set_roles(session: Session, actor: Actor, at: datetime, staff: Staff, role_codes: Collection[str]) -> None:
    known = {role.code: role for role in session.scalars(sa.select(Role).where(Role.retired_at.is_(None)))}
    before = [role for role in staff.roles if role.retired_at is None]
    wanted = list(dict.fromkeys(role_codes))
    upkeep.ensure([refused("unknown", "roles")] if any(code not in known for code in wanted) else ())
    after = [known[code] for code in wanted]
    had, has = _grants(before), _grants(after)
    own = staff.id == actor.staff_id
    problems = (
        duties.no_widening_of_own_grants(had, has) if own else None,
        duties.administrator_sees_masked(has),
        *_is_last_administrator(session, staff, has),
    )
    upkeep.ensure([problem for problem in problems if problem is not None])
    old, new = sorted(role.code for role in before), sorted(wanted)
    if old == new:
        return
    staff.roles = after
    session.flush()
    log_change(session, actor, at, SUBJECT, staff.id, "assign_roles", {"roles": (old, new)})


def _grants(roles: Iterable[Role]) -> Grants:
    return read_grants((grant.permission, grant.scope) for role in roles for grant in role.grants)


def _heads_another(session: Session, staff: Staff) -> list[Refusal]:
    """Departments that somebody heads need another head first: their orders and warnings go to the head."""
    headed = sa.select(Department.name_zh, Department.name_en).where(Department.head_id == staff.id)
    names = tuple(Name(*row) for row in session.execute(headed.where(Department.retired_at.is_(None))))
    return [Refusal("staff.refused.heads_department", {"departments": names})] if names else []


def _owns_orders(session: Session, staff: Staff) -> list[Refusal]:
    """Open work orders are handed over before their owner leaves (R12)."""
    orders = usage.orders_owned_by(session, staff.id)
    if not orders:
        return []
    return [Refusal("reference.refused.staff_has_orders", {"count": orders.count, "numbers": orders.names})]


def _is_last_administrator(session: Session, staff: Staff, after: Grants) -> list[Refusal]:
    """An office without anybody who manages its users could never again let anybody in."""
    if after.get(Permission.USER_MANAGE, Scope.NONE) is Scope.ALL or staff.id not in administrators(session):
        return []
    if administrators(session) - {staff.id}:
        return []
    return [Refusal("staff.refused.last_administrator", field="roles")]
