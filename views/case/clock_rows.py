"""The clocks of a complaint for its page: what is left in words, how far it has run, and why it is due when it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow
from backoffice.models.configuration import SlaPolicy
from backoffice.queries.clocks import explain
from policies.deadline_steps import Step, by_version
from policies.message import Message, Name
from policies.vocabulary import ClockCode
from views import context
from views.case.looking import Looked
from views.filters import Badge, due_badge

WHOLE = 100
WARNED = 80


@dataclass(frozen=True)
class ClockShown:
    """One clock as the page shows it; ``percent`` of its time is gone."""

    code: ClockCode
    occurrence: int
    due_at: datetime
    stopped_at: datetime | None
    badge: Badge
    percent: int
    provisional: bool
    extended_days: int = 0

    @property
    def bar(self) -> str:
        """The colour of its bar."""
        if self.badge.kind == "late":
            return "late"
        if self.stopped_at is not None:
            return "ok"
        return "soon" if self.badge.kind == "soon" else ""


@dataclass(frozen=True)
class StepShown:
    """One line of an explanation."""

    message: Message
    at: datetime | None


@dataclass(frozen=True)
class Explained:
    """A deadline with its steps."""

    code: ClockCode
    due_at: datetime
    provisional: bool
    steps: tuple[StepShown, ...]


def clocks_of(looked: Looked) -> list[ClockShown]:
    """The newest occurrence of each clock: running ones first, by their deadline, then those that ended."""
    newest = {row.code: row for row in looked.source.holdings.clocks}
    rows = sorted(newest.values(), key=lambda row: (row.stopped_at is not None, row.due_at))
    return [_shown(row) for row in rows]


def explained(looked: Looked) -> list[Explained]:
    """Why the running clocks are due when they are; of a complaint that has none, its resolve clock."""
    rows: Sequence[ClockRow] = looked.source.holdings.clocks
    wanted = [row for row in rows if row.stopped_at is None] or [
        row for row in rows if row.code == ClockCode.RESOLVE.value
    ]
    found = []
    for row in sorted(wanted, key=lambda row: row.due_at):
        try:
            deadline = explain(looked.source.rules, looked.complaint, row, rows)
        except DomainError:
            continue
        steps = tuple(StepShown(step.message, step.at) for step in (_by_version(looked, row), *deadline.steps))
        found.append(Explained(ClockCode(row.code), row.due_at, row.provisional, steps))
    return found


def _by_version(looked: Looked, row: ClockRow) -> Step:
    """Which row of which version of the clocks gave the amount."""
    policy = looked.source.rules.told(SlaPolicy, looked.complaint.sla_id)
    rows = looked.source.rules.sla(looked.complaint.sla_id).get("overrides", ())
    named = next((one["name"] for one in rows if one["code"] == row.override), None)
    special = Name(named["zh"], named["en"]) if named else Name(row.override, row.override) if row.override else None
    return by_version(Name(policy.name_zh, policy.name_en), policy.version, row.amount, row.unit, special)


def _shown(row: ClockRow) -> ClockShown:
    dropped = row.stopped_at is not None and row.met is None
    badge = due_badge(row.due_at, stopped_at=row.stopped_at, dropped=dropped)
    return ClockShown(
        code=ClockCode(row.code),
        occurrence=row.occurrence,
        due_at=row.due_at,
        stopped_at=row.stopped_at,
        badge=badge,
        percent=_percent(row),
        provisional=row.provisional and row.stopped_at is None,
        extended_days=row.extended_days,
    )


def _percent(row: ClockRow) -> int:
    whole = (row.due_at - row.started_at).total_seconds()
    gone = ((row.stopped_at or context.now()) - row.started_at).total_seconds()
    return WHOLE if whole <= 0 or row.stopped_at else max(0, min(WHOLE, int(gone * WHOLE / whole)))
