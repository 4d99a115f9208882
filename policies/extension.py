"""Extensions of clocks (R25): who may ask and who grants, how far and how often, and when one counts.

Clocks never pause; special circumstances move a deadline to the closing time of the N-th working day after its date.
An extension counts when it is granted *and* the customer was told a date not earlier than the new one, in either order,
both before the deadline that it moves; else it lapses. The office's figures are those of the version of the
clocks under which a complaint runs (section ``extension`` of ``sla.yaml``). Pure: values in, values or refusals out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from policies.access import Actor
from policies.calendar import WorkingCalendar
from policies.deadline import Deadline, extend, is_met
from policies.fields import is_blank
from policies.message import Name, Refusal
from policies.vocabulary import ClockCode, ExtensionState, Severity

LEADING = (ClockCode.REWORK, ClockCode.RESOLVE)
"""What is extended: the clock of the rework while it runs, else that of the whole handling."""
FARTHEST = 366  # days; no date that is asked for lies farther off


@dataclass(frozen=True)
class Approval:
    """Who grants at a severity (code of a role), how many working days at once, how often per complaint."""

    role: str
    most_days: int
    most_times: int


@dataclass(frozen=True)
class ExtensionRules:
    """The extension section of one version of the clocks."""

    clocks: frozenset[ClockCode]
    approvals: Mapping[Severity, Approval]


def parse_extension(document: Mapping[str, Any]) -> ExtensionRules:
    """Read ``extension`` of a version in the form of ``office/sla.yaml``; a version without it allows none."""
    section = document.get("extension") or {}
    approvals = {
        Severity(row["severity"]): Approval(str(row["role"]), int(row["max_working_days"]), int(row["max_times"]))
        for row in section.get("approvals", ())
    }
    return ExtensionRules(frozenset(ClockCode(code) for code in section.get("clocks", ())), MappingProxyType(approvals))


@dataclass(frozen=True)
class Telling:
    """A talk in which the customer was told of a delay: when, by which way, and until which day."""

    at: datetime
    way: str
    until: date


@dataclass(frozen=True)
class Pending:
    """What was asked for and is not settled yet: by whom, how many working days, and whether it is granted."""

    state: ExtensionState
    days: int
    asked_by_id: int | None = None


@dataclass(frozen=True)
class ExtensionFacts:
    """What the rules must know. ``clock``: the one that would be extended, with its deadline; None where none runs.

    ``overdue``: that deadline has passed. ``used``: extensions that took effect on this complaint. ``reasons``: codes
    of the reason classes in use. ``approval`` is None where the version allows no extension at this severity.
    """

    approval: Approval | None = None
    clock: ClockCode | None = None
    due: datetime | None = None
    overdue: bool = False
    used: int = 0
    pending: Pending | None = None
    reasons: frozenset[str] = frozenset()
    calendar: WorkingCalendar | None = None


def leading(rules: ExtensionRules, running: Iterable[ClockCode]) -> ClockCode | None:
    """Which of the running clocks an extension is asked for."""
    there = set(running)
    return next((code for code in LEADING if code in there and code in rules.clocks), None)


def moved_with(rules: ExtensionRules, clock: ClockCode, running: Iterable[ClockCode]) -> tuple[ClockCode, ...]:
    """The clocks that an extension moves: its own, and with the whole handling the department's answer still owed."""
    follows = clock is ClockCode.RESOLVE and ClockCode.ANSWER in rules.clocks and ClockCode.ANSWER in set(running)
    return (clock, ClockCode.ANSWER) if follows else (clock,)


def _refused(reason: str, *, status: int = 409, field: str | None = None, **params: object) -> Refusal:
    return Refusal(f"extension.refused.{reason}", params, field=field, status=status)


# Asking


def refuse_asking(facts: ExtensionFacts) -> Refusal | None:
    """Whether more time may be asked for at all: a clock runs and is in time, nothing waits, and it is not used up."""
    if facts.clock is None or facts.due is None:
        return _refused("nothing_runs")
    if facts.approval is None:
        return _refused("not_allowed")
    if facts.overdue:
        return _refused("too_late", clock=facts.clock, due=facts.due)
    if facts.pending is not None:
        granted = facts.pending.state is ExtensionState.GRANTED
        return _refused("tell_first" if granted else "asked_already")
    if facts.used >= facts.approval.most_times:
        return _refused("used_up", n=facts.approval.most_times)
    return None


def refuse_request(facts: ExtensionFacts, values: Mapping[str, object]) -> list[Refusal]:
    """What is wrong with a request: its reason class, its ground, the days or the date that it asks for."""
    found = []
    reason = values.get("extension_reason")
    if not is_blank(reason) and str(reason) not in facts.reasons:
        found.append(_refused("reason_unknown", status=422, field="extension_reason"))
    if is_blank(values.get("extension_ground")) and is_blank(values.get("file")):
        found.append(_refused("ground_missing", status=422, field="extension_ground"))
    refusal = asked_days(facts, values)
    return [*found, refusal] if isinstance(refusal, Refusal) else found


def asked_days(facts: ExtensionFacts, values: Mapping[str, object]) -> int | Refusal:
    """The working days that are asked for, as such or as a date; where both are given they must agree."""
    days, until = values.get("extension_days"), values.get("extension_until")
    if is_blank(days) and not isinstance(until, date):
        return _refused("days_missing", status=422, field="extension_days")
    by_date = _days_to(facts, until) if isinstance(until, date) else None
    if isinstance(by_date, Refusal):
        return by_date
    asked = by_date if is_blank(days) else int(str(days))
    if asked is None:  # without a calendar no date can be counted
        return _refused("days_missing", status=422, field="extension_days")
    if by_date is not None and asked != by_date:
        return _refused("days_disagree", status=422, field="extension_until", n=asked, m=by_date)
    return _within(facts, asked) or asked


def _days_to(facts: ExtensionFacts, until: date) -> int | Refusal | None:
    """How many working days lie after the date of the deadline up to a day, that day included."""
    if facts.calendar is None or facts.due is None:
        return None
    old = facts.calendar.date_of_closing(facts.due)
    if not old < until <= old + timedelta(days=FARTHEST):
        return _refused("date_not_later", status=422, field="extension_until", due=facts.due)
    span = range(old.toordinal() + 1, until.toordinal() + 1)
    days = sum(facts.calendar.day(date.fromordinal(day)).is_working for day in span)
    return days or _refused("no_working_day", status=422, field="extension_until", due=facts.due)


def _within(facts: ExtensionFacts, days: int, field: str = "extension_days") -> Refusal | None:
    most = facts.approval.most_days if facts.approval is not None else 0
    if 1 <= days <= most:
        return None
    return _refused("days_range", status=422, field=field, n=most)


# Deciding


def refuse_deciding(facts: ExtensionFacts, actor: Actor, roles: tuple[Name, ...] = ()) -> Refusal | None:
    """Whether this person may decide now: something is asked, in time, not by themselves, and it is their level.

    ``roles``: the name of the role that decides at this severity, for the sentence.
    """
    if facts.pending is None:
        return _refused("nothing_asked")
    if facts.pending.state is not ExtensionState.REQUESTED:
        return _refused("decided_already")
    if facts.overdue or facts.due is None:
        return _refused("lapsed") if facts.due is None else _refused("lapsed_by", due=facts.due)
    if actor.staff_id is not None and actor.staff_id == facts.pending.asked_by_id:
        return _refused("own_request", status=403)
    if facts.approval is None or facts.approval.role not in actor.roles:
        return _refused("other_level", status=403, roles=roles)
    return None


def refuse_grant(facts: ExtensionFacts, values: Mapping[str, object]) -> list[Refusal]:
    """Days may be fewer than asked, never more, and never more than the version allows."""
    days = values.get("extension_days")
    if is_blank(days) or facts.pending is None:
        return []
    granted = int(str(days))
    if granted > facts.pending.days:
        return [_refused("more_than_asked", status=422, field="extension_days", n=facts.pending.days)]
    refusal = _within(facts, granted)
    return [refusal] if refusal is not None else []


# What comes of it


def new_due(calendar: WorkingCalendar, due: datetime, days: int) -> Deadline | Refusal:
    """The deadline after so many working days more."""
    return extend(calendar, Deadline(due), days)


def told_of(tellings: Iterable[Telling], old: datetime, new: date) -> Telling | None:
    """The talk that told the customer in time (by the old deadline) of a date not earlier than the new one's."""
    fitting = [one for one in tellings if is_met(old, one.at) and one.until >= new]
    return min(fitting, key=lambda one: one.at, default=None)


def after_regrading(extended: datetime, anew: datetime) -> datetime:
    """The deadline of an extended clock that is counted anew (R3): what was told to the customer never moves earlier.

    Where the new count reaches as far, the extension is spent in it; else the date that was told stays.
    """
    return max(extended, anew)
