"""Versions of the processes (R14): drawn up from another or from a file, edited, checked, put into force, retired.

What is in force is never changed and runs on for the complaints that began with it. Every step is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import ProcessVersion
from backoffice.services.core import upkeep
from backoffice.services.core.process_saving import known, read_or_refuse
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.message import Refusal
from policies.process import ProcessFormError
from policies.process_check import check_process, remarks
from policies.process_difference import differences
from policies.process_form import Definition, form_faults, moved_step, tidy, with_new_step, with_step, without_step
from policies.process_version import (
    ProcessVersionFacts,
    refuse_changing,
    refuse_force,
    refuse_outdated,
    refuse_retiring,
)
from policies.reference import check_text
from policies.vocabulary import VersionState

SUBJECT = "process_version"
LONGEST_REASON = 400


def draw_up(session: Session, actor: Actor, at: datetime, base_id: int, reason: str) -> ProcessVersion:
    """A draft that says all that another version says."""
    upkeep.begin(session, actor)
    base = upkeep.row_of(session, ProcessVersion, base_id)
    return _new_draft(session, actor, at, base.definition, base.severity, reason, base)


def draw_up_from(
    session: Session, actor: Actor, at: datetime, definition: Mapping[str, Any], reason: str
) -> ProcessVersion:
    """A draft from a process in the console's own form; its code and number are the office's, whatever it says."""
    upkeep.begin(session, actor)
    given = {"version": 1, **definition}
    process = read_or_refuse(given)
    return _new_draft(session, actor, at, given, process.severity.value, reason, None)


def _new_draft(
    session: Session,
    actor: Actor,
    at: datetime,
    definition: Mapping[str, Any],
    severity: str,
    reason: str,
    base: ProcessVersion | None,
) -> ProcessVersion:
    read_or_refuse(definition)
    upkeep.ensure(check_text("reason", reason, longest=LONGEST_REASON, required=True), form_faults(definition))
    versions = versions_of(session, severity)
    code = versions[0].code if versions else f"process_{severity}"
    day = upkeep.local_today(session, at)
    made = tidy(definition) | {
        "code": code,
        "version": max((one.version for one in versions), default=0) + 1,
        "valid_from": day.isoformat(),
        "severity": severity,
    }
    row = ProcessVersion(severity=severity, code=code, state=VersionState.DRAFT, valid_from=day)
    _say(row, made)
    row.version = made["version"]
    said = {"version": row.version, "base": base.version if base else None, "state": row.state}
    upkeep.add(session, actor, at, SUBJECT, row, said, reason=reason.strip())
    return row


# Editing a draft


def change_head(
    session: Session, actor: Actor, at: datetime, version_id: int, revision: int | None, said: Mapping[str, Any]
) -> ProcessVersion:
    """Name and note of the process."""
    return _edit(session, actor, at, version_id, revision, lambda definition: {**definition, **said})


def change_step(
    session: Session,
    actor: Actor,
    at: datetime,
    version_id: int,
    revision: int | None,
    code: str,
    said: Mapping[str, Any],
) -> ProcessVersion:
    """What is said of one step."""
    return _edit(session, actor, at, version_id, revision, lambda definition: with_step(definition, code, said), code)


def add_step(
    session: Session,
    actor: Actor,
    at: datetime,
    version_id: int,
    revision: int | None,
    said: Mapping[str, Any],
    after: str | None,
) -> tuple[ProcessVersion, str]:
    """One step more, after another one or at the end; also its code."""
    given: list[str] = []

    def edit(definition: Definition) -> Definition:
        changed, code = with_new_step(definition, said, after)
        given.append(code)
        return changed

    row = _edit(session, actor, at, version_id, revision, edit)
    return row, given[0]


def drop_step(
    session: Session, actor: Actor, at: datetime, version_id: int, revision: int | None, code: str
) -> tuple[ProcessVersion, int]:
    """One step less, and how many ways that led to it went with it. The last one stays."""
    dropped: list[int] = []

    def edit(definition: Definition) -> Definition:
        if len(definition["steps"]) == 1:
            raise DomainError(Refusal("process.refused.last_step"))
        changed, ways = without_step(definition, code)
        dropped.append(ways)
        return changed

    row = _edit(session, actor, at, version_id, revision, edit, code)
    return row, dropped[0]


def move_step(
    session: Session, actor: Actor, at: datetime, version_id: int, revision: int | None, code: str, by: int
) -> ProcessVersion:
    """A step one place further up (-1) or down (1)."""
    return _edit(session, actor, at, version_id, revision, lambda definition: moved_step(definition, code, by), code)


def _edit(
    session: Session,
    actor: Actor,
    at: datetime,
    version_id: int,
    revision: int | None,
    edit: Callable[[Definition], Definition],
    step: str | None = None,
) -> ProcessVersion:
    """Change a draft; what was checked is a draft again. ``revision`` is the one that the person saw."""
    row = _seen(session, actor, version_id, revision)
    if refusal := refuse_changing(facts_of(row)):
        raise DomainError(refusal)
    if step is not None and all(one["code"] != step for one in row.definition["steps"]):
        raise DomainError(Refusal("access.refused.unknown", status=404))
    before = tidy(row.definition)
    try:
        after = tidy(edit(before))
    except ProcessFormError as error:
        raise DomainError(Refusal("process.refused.form", {"where": error.where, "what": error.what})) from error
    upkeep.ensure(form_faults(after))
    found = differences(before, after)
    if not found:
        return row
    changes: dict[str, tuple[object, object]] = {one.key: (one.before, one.after) for one in found}
    _to(row, VersionState.DRAFT, changes)
    _say(row, after)
    log_change(session, actor, at, SUBJECT, row.id, "change", changes)
    return row


# The way into force


def check(session: Session, actor: Actor, at: datetime, version_id: int, revision: int | None) -> tuple[Refusal, ...]:
    """Everything that is wrong with a draft, step by step; without a fault it becomes checked."""
    row = _seen(session, actor, version_id, revision)
    if refusal := refuse_changing(facts_of(row)):
        raise DomainError(refusal)
    found = faults(session, row, upkeep.local_today(session, at))
    if not found and row.state is not VersionState.CHECKED:
        changes: dict[str, tuple[object, object]] = {}
        _to(row, VersionState.CHECKED, changes)
        row.revision += 1
        log_change(session, actor, at, SUBJECT, row.id, "check", changes)
    return found


def put_into_force(
    session: Session,
    actor: Actor,
    at: datetime,
    version_id: int,
    revision: int | None,
    valid_from: date | None,
    reason: str,
) -> ProcessVersion:
    """A checked version holds for complaints registered from a day on; it is checked once more, by that day."""
    row = _seen(session, actor, version_id, revision)
    today = upkeep.local_today(session, at)
    others = [facts_of(one) for one in versions_of(session, row.severity) if one.id != row.id]
    upkeep.ensure(
        refuse_force(facts_of(row), others, valid_from, today),
        check_text("reason", reason, longest=LONGEST_REASON, required=True),
    )
    if valid_from is None:
        raise ValueError("a version without its date was let through")
    upkeep.ensure(faults(session, row, valid_from))
    changes: dict[str, tuple[object, object]] = {"valid_from": (None, valid_from)}
    _to(row, VersionState.EFFECTIVE, changes)
    row.valid_from = valid_from
    _say(row, {**row.definition, "valid_from": valid_from.isoformat()})
    log_change(session, actor, at, SUBJECT, row.id, "put_into_force", changes, reason.strip())
    upkeep.count_change(session)
    return row


def retire(session: Session, actor: Actor, at: datetime, version_id: int, reason: str) -> ProcessVersion:
    """Throw a draft away, take back what is to come, retire what was replaced and by which no complaint runs."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, ProcessVersion, version_id)
    versions = [facts_of(one) for one in versions_of(session, row.severity)]
    if refusal := refuse_retiring(facts_of(row, running(session, row.id)), versions, upkeep.local_today(session, at)):
        raise DomainError(refusal)
    upkeep.retire(session, actor, at, SUBJECT, row, reason)
    row.state = VersionState.RETIRED
    row.revision += 1
    return row


# What is asked


def faults(session: Session, row: ProcessVersion, on: date) -> tuple[Refusal, ...]:
    """Everything that is wrong with a version, against the office as it is on a day."""
    return check_process(read_or_refuse(row.definition), known(session, row.definition, on=on))


def notes(session: Session, row: ProcessVersion, on: date) -> tuple[Refusal, ...]:
    """What is of no use in it, without being wrong."""
    return remarks(read_or_refuse(row.definition), known(session, row.definition, on=on))


def versions_of(session: Session, severity: str) -> list[ProcessVersion]:
    """Every version of a severity's process, the newest first."""
    found = sa.select(ProcessVersion).where(ProcessVersion.severity == severity)
    return list(session.scalars(found.order_by(ProcessVersion.version.desc(), ProcessVersion.id.desc())))


def facts_of(row: ProcessVersion, running: int = 0) -> ProcessVersionFacts:
    """A version as the rules ask for it."""
    return ProcessVersionFacts(row.version, row.state, row.valid_from, running)


def all_facts(rows: Sequence[ProcessVersion]) -> list[ProcessVersionFacts]:
    """Several of them."""
    return [facts_of(row) for row in rows]


def running(session: Session, version_id: int) -> int:
    """How many open complaints run by a version."""
    count = sa.select(sa.func.count()).select_from(Complaint)
    return session.scalar(count.where(Complaint.process_id == version_id, Complaint.open)) or 0


def _seen(session: Session, actor: Actor, version_id: int, revision: int | None) -> ProcessVersion:
    """The version as it stands after everybody who came first; refused when that is not what the person saw."""
    upkeep.begin(session, actor)
    row = upkeep.row_of(session, ProcessVersion, version_id)
    session.refresh(row)
    if refusal := refuse_outdated(row.revision, revision):
        raise DomainError(refusal)
    return row


def _say(row: ProcessVersion, definition: Mapping[str, Any]) -> None:
    row.definition = dict(definition)
    row.name_zh, row.name_en = definition["name"]["zh"], definition["name"]["en"]
    row.revision = (row.revision or 0) + 1


def _to(row: ProcessVersion, state: VersionState, changes: dict[str, tuple[object, object]]) -> None:
    if row.state is not state:
        changes["state"] = (row.state.value, state.value)
        row.state = state
