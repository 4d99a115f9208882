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
from policies.access import Actor
from policies.reference import check_text
from policies.sla_version import (
    Override,
    Target,
    Version,
    check_overrides,
    check_targets,
    check_valid_from,
    differences,
    refuse_retiring,
    target_field,
)
from policies.vocabulary import ClockCode, Severity, VersionState

SUBJECT = "sla_policy"
LONGEST_REASON = 400
PHASED = ClockCode.REPORT  # the one clock that may run faster until an emergency is contained (R17)


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
    known = _known_codes(session, before[1])
    upkeep.ensure(
        check_valid_from(facts.valid_from, plain_versions(versions), today),
        check_targets(facts.targets),
        check_overrides(facts.overrides, *known),
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
        row = difference.subject
        name = target_field(*row.place) if isinstance(row, Target) else f"override-{row.code}"
        against[name] = (_shown(difference.before), _shown(difference.after))
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


def plain_version(policy: SlaPolicy) -> Version:
    """A version as the rules ask for it."""
    return Version(policy.version, policy.valid_from, policy.retired_at is not None)


def plain_versions(policies: Sequence[SlaPolicy]) -> list[Version]:
    """Several of them."""
    return [plain_version(policy) for policy in policies]


def places(definition: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The rows of the table of targets: each clock, and where it has phases each of them."""
    found: list[tuple[str, str | None]] = []
    for clock in (row["code"] for row in definition.get("clocks", ())):
        found.append((clock, None))
        if clock == PHASED:
            found += [(clock, "until_contained"), (clock, "after_contained")]
    return found


def targets_of(definition: dict[str, Any]) -> tuple[Target, ...]:
    """The targets of a definition in the order of its table."""
    rows = {
        (row["clock"], row.get("phase"), row["severity"]): Target(
            row["clock"], row["severity"], row["amount"], row["unit"], row.get("phase")
        )
        for row in definition.get("targets", ())
    }
    ordered = [(*place, severity.value) for place in places(definition) for severity in Severity]
    return tuple(rows[place] for place in ordered if place in rows)


def overrides_of(definition: dict[str, Any]) -> tuple[Override, ...]:
    """The special rows of a definition."""
    return tuple(
        Override(
            code=row["code"],
            name_zh=row["name"]["zh"],
            name_en=row["name"]["en"],
            clock=row["clock"],
            amount=row["amount"],
            unit=row["unit"],
            category=row["when"].get("category"),
            channel=row["when"].get("channel"),
            severity=row["when"].get("severity"),
            reason_zh=row.get("reason", {}).get("zh", ""),
            reason_en=row.get("reason", {}).get("en", ""),
        )
        for row in definition.get("overrides", ())
    )


def _definition(base: dict[str, Any], targets: Sequence[Target], overrides: Sequence[Override]) -> dict[str, Any]:
    definition = deepcopy(base)
    definition["targets"] = [
        {"clock": row.clock, "severity": row.severity, "amount": row.amount, "unit": row.unit}
        | ({"phase": row.phase} if row.phase else {})
        for row in targets
    ]
    definition["overrides"] = [_override(row) for row in overrides]
    return definition


def _override(row: Override) -> dict[str, Any]:
    when = {"category": row.category, "channel": row.channel, "severity": row.severity}
    return {
        "code": row.code,
        "name": {"zh": row.name_zh.strip(), "en": row.name_en.strip()},
        "when": {key: value for key, value in when.items() if value},
        "clock": row.clock,
        "amount": row.amount,
        "unit": row.unit,
        "reason": {"zh": row.reason_zh.strip(), "en": row.reason_en.strip()},
    }


def _known_codes(session: Session, held: Sequence[Override]) -> tuple[frozenset[str], frozenset[str]]:
    """Categories and channels that a special row may name: those in use, and those named already."""
    categories = session.scalars(sa.select(Category.code).where(Category.retired_at.is_(None)))
    channels = session.scalars(sa.select(Channel.code).where(Channel.retired_at.is_(None)))
    return (
        frozenset(categories) | frozenset(row.category for row in held if row.category),
        frozenset(channels) | frozenset(row.channel for row in held if row.channel),
    )


def _shown(row: Target | Override | None) -> str | None:
    """A row as the log of changes keeps it, in codes."""
    if row is None:
        return None
    if isinstance(row, Target):
        return f"{row.amount} {row.unit}"
    when = " ".join(part for part in (row.category, row.channel, row.severity) if part)
    return f"{row.clock} {row.amount} {row.unit} ({when})"
