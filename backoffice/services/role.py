"""Roles as data (R39): a named bundle of grants that the office edits, within what keeps duties apart.

Refused: widening a role that one holds oneself; a role by which somebody would manage users and see customer data in
clear; leaving the office without an administrator; retiring a role that a process names or somebody holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion
from backoffice.models.office import Role, RoleGrant, Staff, StaffRole
from backoffice.queries.actor import administrators, read_grants
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies import duties
from policies.access import Actor, Grants, Permission, Scope
from policies.message import Name, Refusal
from policies.reference import LONGEST_NOTE, check_code, check_names, check_text, refused

SUBJECT = "role"


@dataclass(frozen=True)
class RoleFacts:
    """What an administrator says of a role besides its grants."""

    name_zh: str
    name_en: str
    duties_zh: str = ""
    duties_en: str = ""


def create(
    session: Session, actor: Actor, at: datetime, code: str, facts: RoleFacts, grants: Mapping[str, str]
) -> Role:
    """A new role that nobody holds yet; ``grants``: permission → scope."""
    _begin(session, actor)
    wanted = _read(grants)
    upkeep.ensure(check_code(code, upkeep.codes_of(session, Role)), _check(facts), _too_much(wanted))
    role = Role(code=code, **_columns(facts), grants=_rows(wanted))
    upkeep.add(session, actor, at, SUBJECT, role, {"code": code, **_columns(facts), "grants": _plain(wanted)})
    return role


def rename(session: Session, actor: Actor, at: datetime, role_id: int, facts: RoleFacts) -> Role:
    """Another name or description; the code stays, since processes name the role by it."""
    _begin(session, actor)
    role = upkeep.row_of(session, Role, role_id)
    upkeep.ensure(_check(facts))
    upkeep.change(session, actor, at, SUBJECT, role, _columns(facts))
    return role


def grant(session: Session, actor: Actor, at: datetime, role_id: int, grants: Mapping[str, str]) -> Role:
    """Give a role exactly these grants; it holds for everybody who has the role from their next request on."""
    _begin(session, actor)
    role = upkeep.row_of(session, Role, role_id)
    wanted = _read(grants)
    had = read_grants((row.permission, row.scope) for row in role.grants)
    if had == wanted:
        return role
    before = administrators(session)
    upkeep.ensure(_too_much(wanted))
    old = {row.permission: row for row in role.grants}
    role.grants = [_row(old, permission, scope) for permission, scope in wanted.items()]
    session.flush()
    upkeep.ensure(_of_holders(session, actor, role), _nobody_left(session, before))
    log_change(session, actor, at, SUBJECT, role.id, "grant", {"grants": (_plain(had), _plain(wanted))})
    upkeep.count_change(session)
    return role


def retire(session: Session, actor: Actor, at: datetime, role_id: int, reason: str) -> Role:
    """Out of use; refused while somebody in service holds it or a process in use names it."""
    _begin(session, actor)
    role = upkeep.row_of(session, Role, role_id)
    if role.retired_at is None:
        upkeep.ensure(why_not_retire(session, role))
    upkeep.retire(session, actor, at, SUBJECT, role, reason)
    return role


def restore(session: Session, actor: Actor, at: datetime, role_id: int, reason: str) -> Role:
    """Back into use, with the grants that it had."""
    _begin(session, actor)
    role = upkeep.row_of(session, Role, role_id)
    upkeep.ensure(_held(session, role) if role.retired_at is not None else ())
    upkeep.restore(session, actor, at, SUBJECT, role, reason)
    return role


def why_not_retire(session: Session, role: Role) -> list[Refusal]:
    """Who still holds a role, and which processes name it."""
    return [*_held(session, role), *_named_by_a_process(session, role)]


def _begin(session: Session, actor: Actor) -> None:
    """Roles hold for the whole office: who manages the users of one department does not edit them."""
    upkeep.begin(session, actor, Permission.USER_MANAGE)
    if actor.scope(Permission.USER_MANAGE) is not Scope.ALL:
        raise DomainError(Refusal("access.refused.permission", {"permission": Permission.USER_MANAGE}, status=403))


def _read(grants: Mapping[str, str]) -> Grants:
    """Grants as they came in. Raises for a permission or scope that is not in the catalogue."""
    unknown = [code for code, scope in grants.items() if code not in tuple(Permission) or scope not in tuple(Scope)]
    upkeep.ensure([refused("unknown", "grants")] if unknown else ())
    return read_grants(grants.items())


def _rows(grants: Grants) -> list[RoleGrant]:
    return [RoleGrant(permission=permission.value, scope=scope.value) for permission, scope in grants.items()]


def _row(old: Mapping[str, RoleGrant], permission: Permission, scope: Scope) -> RoleGrant:
    """The row of a permission that the role has already, with its new scope, or a new one."""
    row = old.get(permission.value) or RoleGrant(permission=permission.value)
    row.scope = scope.value
    return row


def _plain(grants: Grants) -> dict[str, str]:
    return {permission.value: grants[permission].value for permission in sorted(grants)}


def _columns(facts: RoleFacts) -> dict[str, str]:
    return {
        "name_zh": facts.name_zh.strip(),
        "name_en": facts.name_en.strip(),
        "duties_zh": facts.duties_zh.strip(),
        "duties_en": facts.duties_en.strip(),
    }


def _check(facts: RoleFacts) -> list[Refusal]:
    return [
        *check_names(facts.name_zh, facts.name_en),
        *check_text("duties_zh", facts.duties_zh, longest=LONGEST_NOTE),
        *check_text("duties_en", facts.duties_en, longest=LONGEST_NOTE),
    ]


def _too_much(grants: Grants) -> list[Refusal]:
    refusal = duties.administrator_sees_masked(grants)
    return [] if refusal is None else [refusal]


def _of_holders(session: Session, actor: Actor, role: Role) -> list[Refusal]:
    """What speaks against a role's new grants in the hands of those who hold it, together with their other roles."""
    problems = []
    holders = session.scalars(
        sa.select(Staff).join(StaffRole, StaffRole.staff_id == Staff.id).where(StaffRole.role_id == role.id)
    )
    for staff in holders:
        if staff.retired_at is not None:
            continue
        has = read_grants(
            (g.permission, g.scope) for held in staff.roles if held.retired_at is None for g in held.grants
        )
        found = duties.administrator_sees_masked(has)
        if staff.id == actor.staff_id:
            found = duties.no_widening_of_own_grants(actor.grants, has) or found
        if found is not None:
            problems.append(found)
    return problems[:1]


def _nobody_left(session: Session, before: frozenset[int]) -> list[Refusal]:
    return (
        [Refusal("staff.refused.last_administrator", field="grants")] if before and not administrators(session) else []
    )


def _held(session: Session, role: Role) -> list[Refusal]:
    """The people in service who hold the role: retiring or restoring it would change what they may unseen."""
    names = session.execute(
        sa.select(Staff.name_zh, Staff.name_en)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role_id == role.id, Staff.retired_at.is_(None))
        .order_by(Staff.code)
        .limit(5)
    )
    found = tuple(Name(*row) for row in names)
    return [Refusal("staff.refused.role_held", {"staff": found})] if found else []


def _named_by_a_process(session: Session, role: Role) -> list[Refusal]:
    """The processes in use whose steps or approvals name the role."""
    versions = session.scalars(sa.select(ProcessVersion).where(ProcessVersion.retired_at.is_(None)))
    naming = {
        version.code: Name(version.name_zh, version.name_en) for version in versions if _names(version, role.code)
    }
    return [Refusal("staff.refused.role_in_process", {"processes": tuple(naming.values())})] if naming else []


def _names(version: ProcessVersion, code: str) -> bool:
    steps = version.definition.get("steps", [])
    approvals = (approval for step in steps for approval in step.get("approvals") or [])
    return any(item.get("role") == code for item in (*steps, *approvals))
