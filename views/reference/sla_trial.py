"""Trying a version of the clocks on one complaint: when it is due by this version and by the one before (R23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import request

from backoffice.models.configuration import SlaPolicy
from backoffice.queries.rulebook import Rulebook
from policies.message import Refusal
from policies.targets import Case, Due, candidates, due, parse_targets
from policies.vocabulary import ClockCode, Severity
from views import context
from views.filters import field_time, moment
from views.language import _, label, say
from views.reference.base import reading

LONGEST = 16  # characters of a moment, 2026-11-23 17:20
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class TrialRow:
    """A severity with the deadline of its resolve clock by the version before, and by this one."""

    severity: str
    before: str
    now: str
    differs: bool


@dataclass(frozen=True)
class Trial:
    """What was tried: the start as it was typed, a fault if it cannot be read, and what came of it."""

    typed: str
    fault: str
    rows: tuple[TrialRow, ...]


def trial(policy: SlaPolicy, before: SlaPolicy | None) -> Trial:
    """The deadlines of a complaint received at ``?start=`` (office time); now, when nothing is asked."""
    asked = request.args.get("start")
    typed = field_time(context.now()) if asked is None else asked.strip()[:40]
    start = _read(typed)
    if start is None:
        return Trial(typed, _("reference.sla.trial.unreadable"), ())
    rows = []
    for severity in Severity:
        now = _due(policy, severity, start)
        earlier = _due(before, severity, start) if before is not None else ""
        rows.append(TrialRow(label(severity), earlier, now, before is not None and earlier != now))
    return Trial(typed, "", tuple(rows))


def _read(typed: str) -> datetime | None:
    """A moment as a person types it, in the office's time."""
    if len(typed) > LONGEST:
        return None
    try:
        local = datetime.strptime(typed, "%Y-%m-%d %H:%M").replace(tzinfo=context.zone())
    except ValueError:
        return None
    return local.astimezone(UTC) if FIRST_YEAR <= local.year <= LAST_YEAR else None


def _due(policy: SlaPolicy, severity: Severity, start: datetime) -> str:
    """The deadline in words, or why there is none."""
    table = parse_targets(policy.definition)
    targets = candidates(table, ClockCode.RESOLVE, Case(severity))
    found: Due | Refusal = due(Rulebook(reading()).calendar(), targets, start)
    if isinstance(found, Refusal):
        return say(found)
    text = moment(found.deadline.due)
    return _("reference.sla.trial.provisional", due=text) if found.deadline.provisional else text
