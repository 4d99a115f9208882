"""What a newer program brings to an office that was set up before it: texts and permissions that were not there yet.

What the office has changed, retired or taken away stays so: each default is brought once and remembered as known.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import ConfigurationDocument, MessageTemplate, Setting
from backoffice.models.office import Role, RoleGrant
from backoffice.office import document
from backoffice.services.core import upkeep
from backoffice.services.core.appraisal_defaults import load_appraisal
from backoffice.services.core.inspection_defaults import load_sampling_plans, load_scorecards
from backoffice.services.core.script_defaults import load_scripts
from backoffice.services.core.templates import template_of
from backoffice.services.core.training_defaults import load_training

KNOWN = "known_defaults"


def take_new_defaults(session: Session) -> tuple[str, ...]:
    """Bring what is new since the office was set up, or last brought up to date; gives the codes of what came."""
    row = session.get(Setting, KNOWN)
    known = dict(row.value) if row is not None else {}
    came = (*_templates(session, known), *_permissions(session, known))
    if session.scalar(sa.select(sa.exists().where(ConfigurationDocument.code == "scorecards"))):  # an office set up
        load_scorecards(session)
        load_sampling_plans(session)
        load_appraisal(session)
        load_training(session)
        load_scripts(session)
    if row is None:
        session.add(Setting(key=KNOWN, value=known))
    elif dict(row.value) != known:
        row.value = known
    if came:
        upkeep.count_change(session)
    return came


def _templates(session: Session, known: dict[str, list[str]]) -> list[str]:
    there = set(session.scalars(sa.select(MessageTemplate.code)))
    rows = {row["code"]: row for row in document("messages")["templates"]}
    if not there:  # no configuration yet: it will come whole
        return []
    new = sorted(set(rows) - there - set(known.get("templates", ())))
    session.add_all(template_of(rows[code]) for code in new)
    known["templates"] = sorted(set(rows) | set(known.get("templates", ())))
    return new


def _permissions(session: Session, known: dict[str, list[str]]) -> list[str]:
    """A permission that nobody could hold yet goes to the roles that hold it by default."""
    granted = set(session.scalars(sa.select(RoleGrant.permission).distinct()))
    if not granted:
        return []
    roles = {role.code: role for role in session.scalars(sa.select(Role).where(Role.retired_at.is_(None)))}
    wanted = [
        (row["code"], grant["permission"], grant["scope"])
        for row in document("organisation")["roles"]
        for grant in row["grants"]
    ]
    fresh = {permission for _, permission, _ in wanted} - granted - set(known.get("permissions", ()))
    for role, permission, scope in wanted:
        if permission in fresh and role in roles:
            session.add(RoleGrant(role_id=roles[role].id, permission=permission, scope=scope))
    known["permissions"] = sorted({permission for _, permission, _ in wanted} | set(known.get("permissions", ())))
    return sorted(fresh)
