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
from backoffice.queries.rulebook import Rulebook
from policies.message import Name, Refusal
from policies.process import Process, ProcessFormError, parse_process
from policies.process_check import Known, check_process


def save_process(session: Session, definition: Mapping[str, Any]) -> ProcessVersion:
    """Keep a version in the form of ``office/processes.yaml``; raises with everything that is wrong, step by step."""
    process = read_or_refuse(definition)
    refusals = check_process(process, known(session, definition))
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


def read_or_refuse(definition: Mapping[str, Any]) -> Process:
    """A definition as a process; raises ``DomainError`` with the place that cannot be read."""
    try:
        return parse_process(definition)
    except ProcessFormError as error:
        raise DomainError(Refusal("process.refused.form", {"where": error.where, "what": error.what})) from error


def known(session: Session, definition: Mapping[str, Any], *, on: date | None = None) -> Known:
    """What a process is checked against: the roles with their grants, the evidence types in use, its own acts, and the
    processes of the other severities that hold on a day (without a day these are not asked).
    """
    grants: dict[str, list[tuple[str, str]]] = {}
    names: dict[str, Name] = {}
    rows = session.execute(
        sa.select(Role.code, Role.name_zh, Role.name_en, RoleGrant.permission, RoleGrant.scope)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(Role.retired_at.is_(None))
    )
    for code, name_zh, name_en, permission, scope in rows:
        grants.setdefault(code, []).append((permission, scope))
        names[code] = Name(name_zh, name_en)
    evidence = session.scalars(
        sa.select(ListEntry.code).where(ListEntry.list == "evidence_types", ListEntry.retired_at.is_(None))
    )
    return Known(
        {code: read_grants(pairs) for code, pairs in grants.items()},
        set(evidence),
        {str(act.get("code")) for act in definition.get("acts") or () if isinstance(act, Mapping)},
        names,
        _others(session, str(definition.get("severity")), on) if on is not None else {},
    )


def _others(session: Session, severity: str, on: date) -> dict[str, Process]:
    rules = Rulebook(session)
    found = rules.processes_on(on)
    return {other: rules.process(row_id) for other, row_id in found.items() if other != severity}
