"""Whether the extension settings of a version of the clocks can be used (R25), and where two versions differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.message import Refusal
from policies.reference import check_choice, check_choices, check_whole, refused
from policies.vocabulary import Severity

MOST_DAYS, MOST_TIMES = 60, 10


@dataclass(frozen=True)
class ApprovalRow:
    """Who grants at a severity, how many working days at once, how often; all None: no extension at that severity."""

    severity: str
    role: str | None
    max_working_days: int | None
    max_times: int | None

    @property
    def is_blank(self) -> bool:
        return not self.role and self.max_working_days is None and self.max_times is None


@dataclass(frozen=True)
class ExtensionSettings:
    """The clocks that may be extended, and who grants at each severity."""

    clocks: tuple[str, ...]
    approvals: tuple[ApprovalRow, ...]


def settings_of(definition: Mapping[str, Any]) -> ExtensionSettings:
    """The settings of a definition in the form of ``office/sla.yaml``; a row for each severity."""
    section = definition.get("extension") or {}
    rows = {row["severity"]: row for row in section.get("approvals", ())}
    approvals = []
    for severity in Severity:
        row = rows.get(severity.value, {})
        days, times = row.get("max_working_days"), row.get("max_times")
        approvals.append(ApprovalRow(severity.value, row.get("role"), days, times))
    return ExtensionSettings(tuple(section.get("clocks", ())), tuple(approvals))


def section_of(settings: ExtensionSettings, base: Mapping[str, Any]) -> dict[str, Any]:
    """The section of a definition; what is not edited here (reasons, conditions) stays as ``base`` has it."""
    approvals = [
        {"severity": row.severity, "role": row.role, "max_working_days": row.max_working_days,
         "max_times": row.max_times}
        for row in settings.approvals if not row.is_blank
    ]  # fmt: skip
    return {**base, "clocks": list(settings.clocks), "approvals": approvals}


def approval_field(severity: str, name: str) -> str:
    """The form field of a row, beside which its fault is shown."""
    return f"{name}-{severity}"


def check_settings(settings: ExtensionSettings, clocks: Collection[str], roles: Collection[str]) -> list[Refusal]:
    """Clocks that the version has; at each severity a role in use, days and times, or nothing at all."""
    problems = list(check_choices("clocks", settings.clocks, clocks))
    for row in settings.approvals:
        if row.is_blank:
            continue
        problems += check_choice(approval_field(row.severity, "role"), row.role, roles)
        problems += check_whole(approval_field(row.severity, "days"), row.max_working_days, 1, MOST_DAYS)
        problems += check_whole(approval_field(row.severity, "times"), row.max_times, 1, MOST_TIMES)
    if settings.clocks and all(row.is_blank for row in settings.approvals):
        problems.append(refused("missing", approval_field(Severity.GENERAL, "role")))
    return problems


def differing(before: ExtensionSettings, after: ExtensionSettings) -> list[tuple[str, object, object]]:
    """``clocks`` or a severity, with what each version says of it, where they differ."""
    found: list[tuple[str, object, object]] = []
    if set(before.clocks) != set(after.clocks):
        found.append(("clocks", before.clocks, after.clocks))
    pairs = zip(before.approvals, after.approvals, strict=True)
    return found + [(old.severity, old, new) for old, new in pairs if old != new]


def ladders_differing(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Warning ladders (R26) that two versions have otherwise, by code, in the order of the newer; dropped ones last."""
    old = {str(row.get("code")): row for row in before}
    new = {str(row.get("code")): row for row in after}
    changed: list[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]] = [
        (code, old.get(code), row) for code, row in new.items() if old.get(code) != row
    ]
    return changed + [(code, row, None) for code, row in old.items() if code not in new]
