"""Indicators over complaints closed in the period: in time, responded, solved, reworked, repeated (R21, R31)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.handling import CallBack
from backoffice.queries.indicators.shape import (
    NOT_ESTABLISHED,
    ONE,
    STILL_OPEN,
    TAKEN_OVER,
    Exclusion,
    clock_joined,
    clock_of,
    contribution,
    counted,
    department_of,
    excluded,
    judged,
    owner,
    responsible,
    seconds_between,
    within,
)
from backoffice.queries.indicators.window import Window
from policies.vocabulary import ClockCode, Outcome
from policies.vocabulary_appraisal import LeftOut, SubjectKind

REPEAT_SECONDS = 30 * 86400
"""A repeat comes within 30 days of the receipt of the one before (``repeat_rate``)."""
NOT_MEASURED: Exclusion = (LeftOut.NOT_MEASURED, TAKEN_OVER)

Rows = sa.Select[Any]


def on_time_rate(window: Window, level: SubjectKind) -> Rows:
    """Established complaints closed; the resolve clock was met, by its extended deadline where it has one."""
    return _by_clock(window, level, ClockCode.RESOLVE, excluded(*NOT_ESTABLISHED, LeftOut.KNOWN_FAULT_LINKED))


def first_response_rate(window: Window, level: SubjectKind) -> Rows:
    """Established complaints closed; the first-response clock was met."""
    left_out = [*excluded(*NOT_ESTABLISHED, LeftOut.KNOWN_FAULT_LINKED), NOT_MEASURED]
    return _by_clock(window, level, ClockCode.FIRST_RESPONSE, left_out)


def first_response_hours(window: Window, level: SubjectKind) -> Rows:
    """The working time from receipt to first response, as the clock kept it when it stopped; in seconds."""
    clock = clock_of(ClockCode.FIRST_RESPONSE)
    unknown: Exclusion = (LeftOut.NOT_MEASURED, clock.worked_seconds.is_(None))
    columns = _closed(level, clock.worked_seconds * ONE, [*excluded(*NOT_ESTABLISHED), NOT_MEASURED, unknown])
    return _in_window(window, columns).outerjoin(clock, clock_joined(clock, ClockCode.FIRST_RESPONSE))


def resolution_rate(window: Window, level: SubjectKind) -> Rows:
    """Confirmed as solved in the last call-back; solved at first contact with the survey unanswered counts too."""
    last = (
        sa.select(CallBack.solved)
        .where(CallBack.complaint_id == Complaint.id, CallBack.reached.is_(True))
        .order_by(CallBack.at.desc(), CallBack.id.desc())
        .limit(1)
        .correlate(Complaint)
        .scalar_subquery()
    )
    unasked = Complaint.outcome == Outcome.FIRST_CONTACT_RESOLVED
    solved = sa.func.coalesce(last, unasked, type_=sa.Boolean())
    left_out = [*excluded(*NOT_ESTABLISHED, LeftOut.UNREACHABLE), NOT_MEASURED]
    return _in_window(window, _closed(level, counted(solved.is_(True)), left_out))


def rework_rate(window: Window, level: SubjectKind) -> Rows:
    """Sent back to be done again at least once: each rework opens another round."""
    left_out = [*excluded(*NOT_ESTABLISHED, LeftOut.UNREACHABLE), NOT_MEASURED]
    return _in_window(window, _closed(level, counted(Complaint.round > 1), left_out))


def repeat_rate(window: Window, level: SubjectKind) -> sa.CompoundSelect[Any]:
    """Denominator: complaints closed, for their owner. Numerator: complaints received that repeat a closed one, for the
    owner of that one; they add nothing to the denominator, nor to the sample.
    """
    reasons = excluded(*NOT_ESTABLISHED, LeftOut.CUSTOMER_FAULT, LeftOut.UNREASONABLE)
    closed = _in_window(window, _closed(level, 0, reasons))
    return sa.union_all(closed, _repeats(window, level, reasons))


def _repeats(window: Window, level: SubjectKind, reasons: list[Exclusion]) -> Rows:
    """Complaints received that follow another one of the same customer and leaf, as intake found it (R2)."""
    earlier = aliased(Complaint, name="earlier")
    urging = sa.or_(earlier.closed_at.is_(None), earlier.closed_at > Complaint.received_at)
    columns = contribution(
        level,
        staff=owner(earlier),
        department=responsible(earlier),
        unit=("repeat", Complaint.id),
        complaint=Complaint.id,
        at=Complaint.received_at,
        numerator=ONE,
        denominator=0,
        sample=0,
        left_out=[STILL_OPEN, *reasons, (LeftOut.EARLIER_OPEN, urging)],
    )
    return (
        sa.select(*columns)
        .select_from(Complaint)
        .join(earlier, earlier.id == Complaint.previous_id)
        .where(
            within(Complaint.received_at, window),
            earlier.category_id == Complaint.category_id,
            seconds_between(earlier.received_at, Complaint.received_at) <= REPEAT_SECONDS,
        )
    )


def answer_rate(window: Window, level: SubjectKind) -> Rows:
    """Dispatched established complaints closed; the answer clock was met; for the responsible department."""
    clock = clock_of(ClockCode.ANSWER)
    undispatched: Exclusion = (LeftOut.NOT_DISPATCHED, Complaint.department_id.is_(None))
    left_out = [*excluded(*NOT_ESTABLISHED), undispatched, *judged(clock, window)]
    columns = _closed(level, counted(clock.met.is_(True)), left_out)
    return _in_window(window, columns).outerjoin(clock, clock_joined(clock, ClockCode.ANSWER))


def avoidable_dispatch_rate(window: Window, level: SubjectKind) -> Rows:
    """Dispatched established complaints closed that the front or the desk could have solved; for who sent the order."""
    other = aliased(WorkOrder)
    earliest = sa.select(sa.func.min(other.id)).where(other.complaint_id == Complaint.id).scalar_subquery()
    columns = contribution(
        level,
        staff=WorkOrder.sent_by_id,
        department=department_of(WorkOrder.sent_by_id),
        unit=("complaint", Complaint.id),
        complaint=Complaint.id,
        at=Complaint.closed_at,
        numerator=counted(Complaint.avoidable_dispatch.is_(True)),
        left_out=[*excluded(*NOT_ESTABLISHED), (LeftOut.NOT_DISPATCHED, WorkOrder.id.is_(None))],
    )
    return _in_window(window, columns).outerjoin(WorkOrder, WorkOrder.id == earliest)


def _by_clock(window: Window, level: SubjectKind, code: ClockCode, left_out: list[Exclusion]) -> Rows:
    clock = clock_of(code)
    columns = _closed(level, counted(clock.met.is_(True)), [*left_out, *judged(clock, window)])
    return _in_window(window, columns).outerjoin(clock, clock_joined(clock, code))


def _closed(level: SubjectKind, numerator: Any, left_out: list[Exclusion]) -> list[sa.Label[Any]]:
    """One row for a closed complaint, for its owner and the responsible department."""
    return contribution(
        level,
        staff=owner(),
        department=responsible(),
        unit=("complaint", Complaint.id),
        complaint=Complaint.id,
        at=Complaint.closed_at,
        numerator=numerator,
        denominator=ONE,
        left_out=left_out,
    )


def _in_window(window: Window, columns: list[sa.Label[Any]]) -> Rows:
    return sa.select(*columns).select_from(Complaint).where(within(Complaint.closed_at, window))
