"""What a version of the clocks says (R23, R25, R26), row by row: read, written, shown in the log.

For the services that make versions: at once, or as drafts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import SlaPolicy
from policies.extension_settings import ApprovalRow
from policies.sla_version import Override, Target, Version, target_field
from policies.vocabulary import ClockCode, Severity

SUBJECT = "sla_policy"
LONGEST_REASON = 400
PHASED = ClockCode.REPORT  # the one clock that may run faster until an emergency is contained (R17)


def plain_version(policy: SlaPolicy) -> Version:
    """A version as the rules ask for it."""
    return Version(policy.version, policy.valid_from, policy.retired_at is not None, policy.state)


def plain_versions(policies: Sequence[SlaPolicy]) -> list[Version]:
    """Several of them."""
    return [plain_version(policy) for policy in policies]


def places(definition: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """The rows of the table of targets: each clock, and where it has phases each of them."""
    found: list[tuple[str, str | None]] = []
    for clock in (row["code"] for row in definition.get("clocks", ())):
        found.append((clock, None))
        if clock == PHASED:
            found += [(clock, "until_contained"), (clock, "after_contained")]
    return found


def targets_of(definition: Mapping[str, Any]) -> tuple[Target, ...]:
    """The targets of a definition in the order of its table."""
    rows = {
        (row["clock"], row.get("phase"), row["severity"]): Target(
            row["clock"], row["severity"], row["amount"], row["unit"], row.get("phase")
        )
        for row in definition.get("targets", ())
    }
    ordered = [(*place, severity.value) for place in places(definition) for severity in Severity]
    return tuple(rows[place] for place in ordered if place in rows)


def overrides_of(definition: Mapping[str, Any]) -> tuple[Override, ...]:
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


def target_row(row: Target) -> dict[str, Any]:
    """A target as a definition keeps it."""
    said = {"clock": row.clock, "severity": row.severity, "amount": row.amount, "unit": row.unit}
    return said | ({"phase": row.phase} if row.phase else {})


def override_row(row: Override) -> dict[str, Any]:
    """A special row as a definition keeps it."""
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


def ladders_of(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The warning ladders of a definition."""
    return list((definition.get("warnings") or {}).get("ladders") or [])


def known_codes(session: Session, model: Any, held: Iterable[str | None]) -> frozenset[str]:
    """Codes that a special row may name: those in use, and those named already."""
    in_use = session.scalars(sa.select(model.code).where(model.retired_at.is_(None)))
    return frozenset(in_use) | frozenset(code for code in held if code)


def row_name(row: Target | Override) -> str:
    """By what the log names a target or a special row."""
    return target_field(*row.place) if isinstance(row, Target) else f"override-{row.code}"


def shown(row: Target | Override | None) -> str | None:
    """A row as the log of changes keeps it, in codes."""
    if row is None:
        return None
    if isinstance(row, Target):
        return f"{row.amount} {row.unit}"
    when = " ".join(part for part in (row.category, row.channel, row.severity) if part)
    return f"{row.clock} {row.amount} {row.unit} ({when})"


def ladder_line(ladder: Mapping[str, Any] | None) -> str | None:
    """A ladder as the log keeps it, in codes."""
    if ladder is None:
        return None
    steps = "; ".join(f"{step['at']} {step['value']}: {', '.join(step['to'])}" for step in ladder.get("steps", ()))
    return f"{', '.join(ladder.get('applies_to', ()))} ({steps})"


def extension_line(part: object) -> str | None:
    """Extension settings as the log keeps them, in codes."""
    if isinstance(part, ApprovalRow):
        return None if part.is_blank else f"{part.role} {part.max_working_days} × {part.max_times}"
    return ", ".join(str(code) for code in part) if isinstance(part, Iterable) else None
