"""Turns of duty and absences (R13): what may be entered, so that the roster can be relied on when it is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from policies.access import Actor, Permission, Scope
from policies.message import Name, Refusal
from policies.vocabulary import DutyKind

LONGEST_TURN = timedelta(days=31)
LONGEST_ABSENCE = timedelta(days=400)
FURTHEST = timedelta(days=800)
"""How far ahead something can be entered: nobody knows who works here later than that."""
LONGEST_REASON = 200
ONE_AT_A_TIME = frozenset({DutyKind.MANAGER})
"""Kinds of duty that one person has at a time, so that it is clear who decides; others may share a turn."""


@dataclass(frozen=True)
class Span:
    """From a moment up to, but not including, another (aware UTC); None where nothing readable was given."""

    begins_at: datetime | None
    ends_at: datetime | None

    def meets(self, other: Span) -> bool:
        """Whether the two have any time in common."""
        if None in (self.begins_at, self.ends_at, other.begins_at, other.ends_at):
            return False
        return self.begins_at < other.ends_at and other.begins_at < self.ends_at  # type: ignore[operator]


@dataclass(frozen=True)
class Entered:
    """A turn or an absence that is on file, with whose it is."""

    staff_id: int
    name: Name
    span: Span


def check_span(span: Span, now: datetime, longest: timedelta) -> list[Refusal]:
    """Both ends are given, in order, not all over already, and within reason."""
    missing = [_refused("missing", field) for field in ("begins_at", "ends_at") if getattr(span, field) is None]
    if span.begins_at is None or span.ends_at is None:
        return missing
    if span.ends_at <= span.begins_at:
        return [_refused("ends_before_it_begins", "ends_at")]
    if span.ends_at <= now:
        return [_refused("over_already", "ends_at")]
    if span.ends_at - span.begins_at > longest:
        return [_refused("too_long", "ends_at", days=longest.days)]
    return [_refused("too_far", "begins_at", days=FURTHEST.days)] if span.begins_at > now + FURTHEST else []


def check_duty(
    kind: DutyKind,
    staff_id: int,
    span: Span,
    *,
    turns: Iterable[Entered],
    absences: Iterable[Entered],
    managers: Collection[int],
) -> list[Refusal]:
    """Whether somebody may take a turn. ``turns``: those of this kind; ``absences``: those of the person;
    ``managers``: ids of who holds the role of duty manager.
    """
    problems = []
    if kind is DutyKind.MANAGER and staff_id not in managers:
        problems.append(_refused("no_duty_manager", "staff_id"))
    away = next((one for one in absences if one.span.meets(span)), None)
    if away is not None:
        problems.append(_refused("away_then", "staff_id", **_said(away)))
    for turn in turns:
        if turn.span.meets(span) and (kind in ONE_AT_A_TIME or turn.staff_id == staff_id):
            problems.append(_refused("taken", "begins_at", **_said(turn)))
            break
    return problems


def check_absence(
    staff_id: int,
    stand_in_id: int | None,
    span: Span,
    *,
    absences: Iterable[Entered],
    in_service: Collection[int],
) -> list[Refusal]:
    """Whether an absence can be entered. ``absences``: those of the person and of the stand-in.

    A stand-in who is away in that time is refused, so that nobody's messages run in a circle from the start.
    """
    problems = []
    if stand_in_id == staff_id:
        problems.append(_refused("own_stand_in", "stand_in_id"))
    elif stand_in_id is not None and stand_in_id not in in_service:
        problems.append(_refused("stand_in_left", "stand_in_id"))
    meeting = [one for one in absences if one.span.meets(span)]
    own = next((one for one in meeting if one.staff_id == staff_id), None)
    if own is not None:
        problems.append(_refused("away_already", "begins_at", **_said(own)))
    other = next((one for one in meeting if one.staff_id == stand_in_id != staff_id), None)
    if other is not None:
        problems.append(_refused("stand_in_away", "stand_in_id", **_said(other)))
    return problems


def may_keep_roster(actor: Actor) -> bool:
    """Whether somebody sets up the turns of duty: who plans for the whole office."""
    return actor.scope(Permission.DUTY_PLAN) is Scope.ALL


def may_plan_for(actor: Actor, staff_id: int, department_id: int | None) -> bool:
    """Whether somebody enters an absence of this person: everybody their own, a head those of the department."""
    if staff_id == actor.staff_id:
        return True
    scope = actor.scope(Permission.DUTY_PLAN)
    return scope is Scope.ALL or (scope is Scope.DEPARTMENT and department_id in actor.departments)


def refuse_planning() -> Refusal:
    """Why somebody may not enter or withdraw this."""
    return Refusal("roster.refused.not_yours", status=403)


def _said(entered: Entered) -> dict[str, object]:
    return {"name": entered.name, "begins": entered.span.begins_at, "ends": entered.span.ends_at}


def _refused(reason: str, field: str, **params: object) -> Refusal:
    return Refusal(f"roster.refused.{reason}", params, field=field, status=422)
