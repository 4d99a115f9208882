"""Save a version of a process (R14): only one that can be used, and in which every step has a role that may do it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import ListEntry, ProcessVersion
from backoffice.models.office import Role, RoleGrant
from backoffice.queries.actor import read_grants
from policies.message import Refusal
from policies.process import ProcessFormError, parse_process
from policies.process_check import Known, check_process


def save_process(session: Session, definition: Mapping[str, Any]) -> ProcessVersion:
    """Keep a version in the form of ``office/processes.yaml``; raises with everything that is wrong, step by step."""
    try:
        process = parse_process(definition)
    except ProcessFormError as error:
        raise DomainError(Refusal("process.refused.form", {"where": error.where, "what": error.what})) from error
    refusals = check_process(process, known(session))
    if refusals:
        raise DomainError(refusals)
    row = ProcessVersion(
        code=process.code,
        version=process.version,
        severity=process.severity.value,
        name_zh=process.name["zh"],
        name_en=process.name["en"],
        valid_from=date.fromisoformat(str(definition["valid_from"])),
        definition=dict(definition),
    )
    session.add(row)
    session.flush()
    return row


def known(session: Session) -> Known:
    """The office's roles with their grants, and its list of evidence types."""
    grants: dict[str, list[tuple[str, str]]] = {}
    rows = session.execute(
        sa.select(Role.code, RoleGrant.permission, RoleGrant.scope)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(Role.retired_at.is_(None))
    )
    for code, permission, scope in rows:
        grants.setdefault(code, []).append((permission, scope))
    evidence = session.scalars(sa.select(ListEntry.code).where(ListEntry.list == "evidence_types"))
    return Known({code: read_grants(pairs) for code, pairs in grants.items()}, set(evidence))
