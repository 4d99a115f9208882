"""A dispute over whose order it is (R11): who decides it, by when, and who is told that it waits too long.

Where the order may go is for ``policies/dispatch.py``. Pure: plain values in, refusals and moments out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from policies.access import Actor
from policies.calendar import WorkingCalendar
from policies.message import Refusal
from policies.targets import Due, Target, due
from policies.vocabulary import Unit


@dataclass(frozen=True)
class OpenDispute:
    """A dispute that waits for its decision: who raised it, for which department, and to whom the order should belong.

    ``ground_id`` is the department claimed; None where the request names none.
    """

    raised_by_id: int | None
    department_id: int
    ground_id: int | None = None

    @property
    def parties(self) -> frozenset[int]:
        """The departments between which it is."""
        return frozenset({self.department_id} if self.ground_id is None else {self.department_id, self.ground_id})


@dataclass(frozen=True)
class DisputeMoments:
    """When a dispute must be decided, and when senior management hears that it was not (aware UTC)."""

    due_at: datetime
    escalates_at: datetime


def refuse_adjudicator(dispute: OpenDispute | None, actor: Actor) -> Refusal | None:
    """R11: nobody decides a dispute that they raised, nor one that is between their own department and another."""
    if dispute is None or actor.is_system:
        return None
    if actor.staff_id == dispute.raised_by_id:
        return Refusal("disputes.refused.raised_it", status=403)
    if actor.department_id in dispute.parties:
        return Refusal("disputes.refused.is_party", status=403)
    return None


def dispute_moments(calendar: WorkingCalendar, raised_at: datetime, hours: Decimal) -> DisputeMoments | Refusal:
    """The deadline, ``hours`` working hours after it was raised, and as long again until it is escalated.

    Refuses what the calendar cannot reckon.
    """
    target = (Target(hours, Unit.WORKING_HOUR),)
    first = due(calendar, target, raised_at)
    if not isinstance(first, Due):
        return first
    second = due(calendar, target, first.deadline.due)
    if not isinstance(second, Due):
        return second
    return DisputeMoments(first.deadline.due, second.deadline.due)
