"""A version of the clocks in words (R23, R25, R26): table, special rows, ladders, extension settings, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from backoffice.models.configuration import Category, Channel, SlaPolicy
from backoffice.models.office import Role
from backoffice.services.core import sla_definition as parts
from policies.extension_settings import ApprovalRow, differing, ladders_differing, settings_of
from policies.sla_version import Difference, Override, Target, differences
from policies.vocabulary import Severity
from views.filters import named
from views.language import _, label
from views.reference.base import once, reading
from views.reference.naming import amount_words
from views.reference.words import words


@dataclass(frozen=True)
class ShownDifference:
    """One thing that a version says otherwise than the one before."""

    what: str
    before: str
    after: str


def table_of(policy: SlaPolicy, changed: Sequence[Difference]) -> list[dict[str, Any]]:
    """The table of targets: a row a clock, a cell a severity, marked where it changed."""
    targets = {row.place: row for row in parts.targets_of(policy.definition)}
    marked = {one.subject.place for one in changed if isinstance(one.subject, Target)}
    rows = []
    for clock, phase in parts.places(policy.definition):
        cells = [
            {
                "text": target_words(targets.get((clock, severity.value, phase))),
                "is_set": (clock, severity.value, phase) in targets,
                "changed": (clock, severity.value, phase) in marked,
            }
            for severity in Severity
        ]
        if any(cell["is_set"] or cell["changed"] for cell in cells):
            rows.append({"name": clock_words(clock, phase), "cells": cells})
    return rows


def target_words(row: Target | Override | None) -> str:
    if row is None or row.amount is None:
        return _("reference.sla.not_set")
    return amount_words(row.amount, row.unit)


def clock_words(clock: str, phase: str | None = None) -> str:
    name = words("label.clock_code", clock)
    return name if phase is None else f"{name} · {words('reference.sla.phase', phase)}"


def override_name(row: Override) -> str:
    return named({"zh": row.name_zh, "en": row.name_en})


def shown_override(row: Override) -> dict[str, str]:
    return {
        "name": override_name(row),
        "code": row.code,
        "when": _condition_words(row),
        "clock": clock_words(row.clock),
        "amount": target_words(row),
        "reason": named({"zh": row.reason_zh, "en": row.reason_en}),
    }


def _condition_words(row: Override) -> str:
    parts = [
        _name_of(Category, row.category),
        _name_of(Channel, row.channel),
        label(Severity(row.severity)) if row.severity else "",
    ]
    return " · ".join(part for part in parts if part)


def _name_of(model: Any, code: str | None) -> str:
    if not code:
        return ""
    rows = once(model.__name__, lambda: {row.code: row for row in reading().scalars(sa.select(model))})
    return named(rows[code]) if code in rows else code


def shown_difference(one: Difference) -> ShownDifference:
    row = one.subject
    if isinstance(row, Target):
        what = _("reference.sla.cell", clock=clock_words(row.clock, row.phase), severity=label(Severity(row.severity)))
    else:
        what = _("reference.sla.override_named", name=override_name(row))
    special = isinstance(row, Override)
    return ShownDifference(what, _side(one.before, special=special), _side(one.after, special=special))


def _side(row: Target | Override | None, *, special: bool) -> str:
    if special and row is None:
        return _("reference.sla.no_such_row")
    if isinstance(row, Override):
        return f"{clock_words(row.clock)} {target_words(row)} · {_condition_words(row)}"
    return target_words(row)


def shown_ladders(policy: SlaPolicy) -> list[dict[str, Any]]:
    """When whom is warned, from the version itself (R26)."""
    ladders = policy.definition.get("warnings", {}).get("ladders", [])
    return [
        {
            "name": named(ladder["name"]),
            "clocks": _("layout.list.separator").join(clock_words(code) for code in ladder["applies_to"]),
            "steps": [
                (
                    step_words(step),
                    _("layout.list.separator").join(recipient_words(code) for code in step["to"]),
                )
                for step in ladder["steps"]
            ],
        }
        for ladder in ladders
    ]


def step_words(step: dict[str, Any]) -> str:
    if step["at"] == "percent_elapsed":
        return _("reference.sla.ladder.percent_elapsed", value=step["value"])
    if step["at"] == "working_hours_after":
        return _("reference.sla.ladder.working_hours_after", n=step["value"])
    if step["at"] == "hours_after":
        return _("reference.sla.ladder.hours_after", n=step["value"])
    return _("reference.sla.ladder.deadline")


def changed_rows(before: SlaPolicy, after: SlaPolicy) -> list[Difference]:
    """Targets and special rows that differ."""
    rows = [(parts.targets_of(one.definition), parts.overrides_of(one.definition)) for one in (before, after)]
    return differences(rows[0], rows[1])


def all_differences(before: SlaPolicy, after: SlaPolicy) -> list[ShownDifference]:
    """Everything that one version says otherwise than another, side by side."""
    found = [shown_difference(one) for one in changed_rows(before, after)]
    sides = (parts.ladders_of(before.definition), parts.ladders_of(after.definition))
    for _code, old, new in ladders_differing(*sides):
        name = named((new or old or {}).get("name", {"zh": _code, "en": _code}))
        found.append(ShownDifference(_("reference.sla.ladder_named", name=name), _ladder_line(old), _ladder_line(new)))
    for part, was, now in differing(settings_of(before.definition), settings_of(after.definition)):
        if isinstance(was, ApprovalRow) and isinstance(now, ApprovalRow):
            what = _("reference.sla.extension_named", severity=label(Severity(part)))
            found.append(ShownDifference(what, approval_words(was), approval_words(now)))
        else:
            what = _("reference.sla.extension.clocks")
            found.append(ShownDifference(what, _clock_names(was), _clock_names(now)))
    return found


def shown_extension(policy: SlaPolicy) -> list[tuple[str, str]]:
    """The extension settings of a version: the clocks, then who grants at each severity."""
    settings = settings_of(policy.definition)
    rows = [(label(Severity(row.severity)), approval_words(row)) for row in settings.approvals]
    return [(_("reference.sla.extension.clocks"), _clock_names(settings.clocks)), *rows]


def approval_words(row: ApprovalRow) -> str:
    """Who grants, how many days at once, how often."""
    if row.is_blank:
        return _("reference.sla.extension.none")
    role = role_names().get(row.role or "", row.role or "")
    return _("reference.sla.extension.line", role=role, days=row.max_working_days, times=row.max_times)


def role_names() -> dict[str, str]:
    """Roles by code, in the reader's language."""
    return once("role names", lambda: {row.code: named(row) for row in reading().scalars(sa.select(Role))})


def recipient_words(code: str) -> str:
    """Whom a warning reaches: a function, else a role by name."""
    said = words("reference.recipient", code)
    return role_names().get(code, code) if said == code else said


def _ladder_line(ladder: Mapping[str, Any] | None) -> str:
    if ladder is None:
        return _("reference.sla.no_such_row")
    steps = [
        f"{step_words(step)}{_('layout.colon')}{_('layout.list.separator').join(map(recipient_words, step['to']))}"
        for step in ladder["steps"]
    ]
    return f"{_clock_names(ladder['applies_to'])} · " + "; ".join(steps)


def _clock_names(codes: Any) -> str:
    return _("layout.list.separator").join(clock_words(code) for code in codes) or _("layout.none")
