"""Versions of the clocks (R23): a new one is drawn up from another, holds from its date, and is never changed.

Complaints keep the version under which they were received (``Complaint.sla_id``); one still to come can be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Category, Channel, SlaPolicy
from backoffice.services.core import upkeep
from backoffice.services.core.sla_definition import (
    LONGEST_REASON,
    SUBJECT,
    known_codes,
    override_row,
    overrides_of,
    plain_version,
    plain_versions,
    row_name,
    shown,
    target_row,
    targets_of,
)
from policies.access import Actor
from policies.reference import check_text
from policies.sla_version import (
    Override,
    Target,
    check_overrides,
    check_targets,
    check_valid_from,
    differences,
    refuse_retiring,
)
from policies.vocabulary import VersionState


@dataclass(frozen=True)
class SlaFacts:
    """What a new version says: from when it holds, its targets, its special rows, and why it is made."""

    valid_from: date | None
    targets: tuple[Target, ...]
    overrides: tuple[Override, ...]
    reason: str = ""


def create_version(session: Session, actor: Actor, at: datetime, base_id: int, facts: SlaFacts) -> SlaPolicy:
    """The next version, with everything of ``base_id`` that is not said anew (events, warnings, extensions …)."""
    upkeep.begin(session, actor)
    base = upkeep.row_of(session, SlaPolicy, base_id)
    versions = all_versions(session)
    today = upkeep.local_today(session, at)
    before = (targets_of(base.definition), overrides_of(base.definition))
    categories = known_codes(session, Category, [row.category for row in before[1]])
    channels = known_codes(session, Channel, [row.channel for row in before[1]])
    upkeep.ensure(
        check_valid_from(facts.valid_from, plain_versions(versions), today),
        check_targets(facts.targets),
        check_overrides(facts.overrides, categories, channels),
        check_text("reason", facts.reason, longest=LONGEST_REASON, required=True),
    )
    if facts.valid_from is None:
        raise ValueError("a version without its date was let through")
    kept = tuple(target for target in facts.targets if target.amount is not None)
    policy = SlaPolicy(
        code=base.code,
        version=max(version.version for version in versions) + 1,
        name_zh=base.name_zh,
        name_en=base.name_en,
        valid_from=facts.valid_from,
        definition=_definition(base.definition, kept, facts.overrides),
    )
    said = {"version": policy.version, "base": base.version, "valid_from": policy.valid_from}
    against = {}
    for difference in differences(before, (kept, facts.overrides)):
        against[row_name(difference.subject)] = (shown(difference.before), shown(difference.after))
    upkeep.add(session, actor, at, SUBJECT, policy, said, against=against, reason=facts.reason.strip())
    return policy


def retire_version(session: Session, actor: Actor, at: datetime, policy_id: int, reason: str) -> SlaPolicy:
    """Take back a version that is still to come; what holds or held stays as it is."""
    upkeep.begin(session, actor)
    policy = upkeep.row_of(session, SlaPolicy, policy_id)
    if refusal := refuse_retiring(plain_version(policy), upkeep.local_today(session, at)):
        raise DomainError(refusal)
    upkeep.retire(session, actor, at, SUBJECT, policy, reason)
    policy.state = VersionState.RETIRED
    return policy


def all_versions(session: Session) -> list[SlaPolicy]:
    """Every version, the newest first."""
    return list(session.scalars(sa.select(SlaPolicy).order_by(SlaPolicy.version.desc(), SlaPolicy.id.desc())))


def _definition(base: dict[str, Any], targets: Sequence[Target], overrides: Sequence[Override]) -> dict[str, Any]:
    definition = deepcopy(base)
    definition["targets"] = [target_row(row) for row in targets]
    definition["overrides"] = [override_row(row) for row in overrides]
    return definition
