"""Drafts of the clocks (R23, R25, R26): drawn up, changed part by part, checked as a whole, put into force, or dropped.

A draft binds nobody: complaints run by what is in force. Every change says which state of the draft it was made from,
so that of two who change it at once the second is told and loses nothing that was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, Channel, MessageTemplate, SlaPolicy
from backoffice.models.office import Role
from backoffice.services.core import sla_definition as parts
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor
from policies.extension_settings import (
    ExtensionSettings,
    check_settings,
    differing,
    ladders_differing,
    section_of,
    settings_of,
)
from policies.ladder_check import check_ladders
from policies.message import Refusal
from policies.reference import check_text
from policies.sla_version import (
    Override,
    Target,
    check_overrides,
    check_targets,
    check_valid_from,
    differences,
    refuse_editing,
    refuse_force,
    refuse_outdated,
)
from policies.vocabulary import VersionState

SUBJECT = parts.SUBJECT
Sides = dict[str, tuple[object, object]]


@dataclass(frozen=True)
class Part:
    """What is changed of a draft; None leaves that part as it is."""

    targets: tuple[Target, ...] | None = None
    overrides: tuple[Override, ...] | None = None
    ladders: Sequence[Mapping[str, Any]] | None = None
    extension: ExtensionSettings | None = None


def draw_up(session: Session, actor: Actor, at: datetime, base_id: int) -> SlaPolicy:
    """A draft with everything that another version says."""
    upkeep.begin(session, actor)
    base = upkeep.row_of(session, SlaPolicy, base_id)
    newest = session.scalar(sa.select(sa.func.max(SlaPolicy.version))) or 0
    draft = SlaPolicy(
        code=base.code,
        version=newest + 1,
        name_zh=base.name_zh,
        name_en=base.name_en,
        valid_from=upkeep.local_today(session, at),
        state=VersionState.DRAFT,
        definition=deepcopy(base.definition),
    )
    said = {"version": draft.version, "base": base.version, "state": VersionState.DRAFT}
    upkeep.add(session, actor, at, SUBJECT, draft, said)
    return draft


def change(session: Session, actor: Actor, at: datetime, draft_id: int, seen: int | None, part: Part) -> SlaPolicy:
    """Change a part of a draft, seen in revision ``seen``; a checked one is a draft again. No change, no line."""
    draft = _open(session, actor, draft_id, seen)
    definition = _with(draft.definition, part)
    upkeep.ensure(_faults(session, definition, part))
    changes = _differences(draft.definition, definition)
    if not changes:
        return draft
    draft.definition, draft.revision = definition, draft.revision + 1
    _to_state(draft, VersionState.DRAFT, changes)
    _log(session, actor, at, draft, "change", changes)
    return draft


def check(session: Session, actor: Actor, at: datetime, draft_id: int, seen: int | None) -> SlaPolicy:
    """Check a draft as a whole; raises everything that is wrong with it."""
    draft = _open(session, actor, draft_id, seen)
    upkeep.ensure(faults(session, draft.definition))
    changes: Sides = {}
    _to_state(draft, VersionState.CHECKED, changes)
    if changes:
        draft.revision += 1
        _log(session, actor, at, draft, "change", changes)
    return draft


def put_in_force(
    session: Session,
    actor: Actor,
    at: datetime,
    draft_id: int,
    seen: int | None,
    valid_from: date | None,
    reason: str,
) -> SlaPolicy:
    """Have a checked draft hold for complaints received from a date on; from then on it is never changed."""
    draft = _open(session, actor, draft_id, seen)
    if refusal := refuse_force(parts.plain_version(draft)):
        raise DomainError(refusal)
    versions = [parts.plain_version(row) for row in session.scalars(sa.select(SlaPolicy))]
    upkeep.ensure(
        check_valid_from(valid_from, versions, upkeep.local_today(session, at)),
        check_text("reason", reason, longest=parts.LONGEST_REASON, required=True),
        faults(session, draft.definition),
    )
    if valid_from is None:
        raise ValueError("a version without its date was let through")
    changes: Sides = {"valid_from": (None, valid_from.isoformat())}
    draft.valid_from, draft.revision = valid_from, draft.revision + 1
    _to_state(draft, VersionState.EFFECTIVE, changes)
    _log(session, actor, at, draft, "change", changes, reason.strip())
    return draft


def faults(session: Session, definition: Mapping[str, Any]) -> list[Refusal]:
    """Everything that is wrong with a definition."""
    targets, overrides = parts.targets_of(definition), parts.overrides_of(definition)
    whole = Part(targets, overrides, parts.ladders_of(definition), settings_of(definition))
    return _faults(session, definition, whole)


def _faults(session: Session, definition: Mapping[str, Any], part: Part) -> list[Refusal]:
    problems: list[Refusal] = []
    if part.targets is not None:
        problems += check_targets(part.targets)
    if part.overrides is not None:
        problems += check_overrides(part.overrides, *_filed_under(session, part.overrides))
    clocks = [row["code"] for row in definition.get("clocks", ())]
    roles = frozenset(session.scalars(sa.select(Role.code).where(Role.retired_at.is_(None))))
    if part.ladders is not None:
        in_use = sa.select(MessageTemplate.code, MessageTemplate.audience).where(MessageTemplate.retired_at.is_(None))
        templates = {row.code: row.audience for row in session.execute(in_use)}
        problems += check_ladders(part.ladders, roles, templates, clocks=clocks)
    if part.extension is not None:
        problems += check_settings(part.extension, clocks, roles)
    return problems


def _filed_under(session: Session, held: Sequence[Override]) -> tuple[frozenset[str], frozenset[str]]:
    return parts.known_codes(session, Category, [row.category for row in held]), parts.known_codes(
        session, Channel, [row.channel for row in held]
    )


def _open(session: Session, actor: Actor, draft_id: int, seen: int | None) -> SlaPolicy:
    upkeep.begin(session, actor)
    draft = upkeep.row_of(session, SlaPolicy, draft_id)
    refusal = refuse_editing(parts.plain_version(draft)) or refuse_outdated(draft.revision, seen)
    if refusal:
        raise DomainError(refusal)
    return draft


def _with(base: Mapping[str, Any], part: Part) -> dict[str, Any]:
    definition = deepcopy(dict(base))
    if part.targets is not None:
        kept = [target for target in part.targets if target.amount is not None]
        definition["targets"] = [parts.target_row(target) for target in kept]
    if part.overrides is not None:
        definition["overrides"] = [parts.override_row(row) for row in part.overrides]
    if part.ladders is not None:
        definition["warnings"] = {**definition.get("warnings", {}), "ladders": [dict(row) for row in part.ladders]}
    if part.extension is not None:
        definition["extension"] = section_of(part.extension, definition.get("extension") or {})
    return definition


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sides:
    """Old and new of what differs, as the log keeps it."""
    sides: Sides = {}
    rows = [(parts.targets_of(one), parts.overrides_of(one)) for one in (before, after)]
    for one in differences(rows[0], rows[1]):
        sides[parts.row_name(one.subject)] = (parts.shown(one.before), parts.shown(one.after))
    for code, old, new in ladders_differing(parts.ladders_of(before), parts.ladders_of(after)):
        sides[f"ladder-{code}"] = (parts.ladder_line(old), parts.ladder_line(new))
    for name, was, now in differing(settings_of(before), settings_of(after)):
        sides[f"extension-{name}"] = (parts.extension_line(was), parts.extension_line(now))
    return sides


def _to_state(draft: SlaPolicy, state: VersionState, changes: Sides) -> None:
    if draft.state is not state:
        changes["state"] = (draft.state.value, state.value)
        draft.state = state


def _log(
    session: Session, actor: Actor, at: datetime, draft: SlaPolicy, act: str, changes: Sides, reason: str = ""
) -> None:
    session.flush()
    log_change(session, actor, at, SUBJECT, str(draft.id), act, changes, reason)
    upkeep.count_change(session)
