"""The warnings of a complaint's clocks for its page (R26): which went out when and to whom, and which comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow
from backoffice.models.office import Staff
from backoffice.queries import clocks as clock_queries
from backoffice.queries import warnings_due
from backoffice.services.core import ladder
from policies.message import Message
from policies.vocabulary import ClockCode
from policies.warning_ladder import LadderStep, WarnAt, WarningMoment
from views.case.looking import Looked


@dataclass(frozen=True)
class WarningShown:
    """A warning that went out: of which clock, which step, when, to whom."""

    clock: ClockCode
    occurrence: int
    step: Message
    sent_at: datetime
    people: tuple[Staff, ...]


@dataclass(frozen=True)
class NextShown:
    """The warning of a running clock that comes next."""

    clock: ClockCode
    occurrence: int
    step: Message
    at: datetime


@dataclass(frozen=True)
class WarningsShown:
    """What went out, the newest first, and what comes next, the earliest first."""

    sent: tuple[WarningShown, ...]
    coming: tuple[NextShown, ...]


def warnings_of(looked: Looked) -> WarningsShown:
    """The warnings of this complaint, in two queries at most."""
    case, rows = looked.case, looked.source.holdings.clocks
    steps = clock_queries.book(looked.source.rules, case.complaint.sla_id).ladders
    sent = tuple(
        WarningShown(one.clock, one.occurrence, _words(steps.get(one.clock, ()), one.step), one.sent_at, one.people)
        for one in warnings_due.of_complaint(case.work.session, case.complaint.id)
    )
    coming = []
    for row in rows:
        found = _next(looked, row, rows)
        if found is not None:
            code = ClockCode(row.code)
            coming.append(NextShown(code, row.occurrence, _words(steps.get(code, ()), found.code), found.at))
    return WarningsShown(sent, tuple(sorted(coming, key=lambda one: one.at)))


def _next(looked: Looked, row: ClockRow, rows: Sequence[ClockRow]) -> WarningMoment | None:
    since = row.warn_at
    if row.stopped_at is not None or since is None:
        return None
    try:
        moments = ladder.moments(looked.case, row, rows)
    except DomainError:
        return None
    return next((one for one in moments if one.code not in row.warned and one.at >= since), None)


def _words(steps: Sequence[LadderStep], code: str) -> Message:
    """What a step is called: when in the life of its clock it comes; its code where no ladder knows it any more."""
    step = next((one for one in steps if one.code == code), None)
    if step is None:
        return Message("ladder.step.other", {"code": code})
    if step.at is WarnAt.DEADLINE:
        return Message("ladder.step.deadline")
    return Message(f"ladder.step.{step.at}", {"value": step.value})
