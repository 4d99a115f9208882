"""Indicators over call-backs: how satisfied customers are, called back in time, and reached (R21, R31)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from backoffice.models.complaint import ClockRow, Complaint, ComplaintPerson
from backoffice.models.handling import CallBack
from backoffice.queries.indicators.posts import at_intake
from backoffice.queries.indicators.shape import (
    NOT_ESTABLISHED,
    ONE,
    STILL_OPEN,
    Exclusion,
    contribution,
    counted,
    department_of,
    excluded,
    owner,
    responsible,
    within,
)
from backoffice.queries.indicators.window import Window
from policies.vocabulary import CaseFunction, ClockCode, ClockEvent
from policies.vocabulary_appraisal import LeftOut, SubjectKind

SATISFIED_FROM = 4
"""``satisfaction_rate`` counts scores of 4 and 5."""
UNRATED = (LeftOut.CUSTOMER_FAULT, LeftOut.UNREASONABLE, LeftOut.UNREACHABLE, LeftOut.NO_SCORE)

Rows = sa.Select[Any] | sa.CompoundSelect[Any]


def satisfaction_score(window: Window, level: SubjectKind) -> Rows:
    """Complaints last called back in the period; the last score that the customer gave."""
    return _scored(window, level, sa.func.coalesce(Complaint.satisfaction, 0) * ONE)


def satisfaction_rate(window: Window, level: SubjectKind) -> Rows:
    """The same; the score is 4 or 5."""
    return _scored(window, level, counted(Complaint.satisfaction >= SATISFIED_FROM))


def _scored(window: Window, level: SubjectKind, numerator: Any) -> Rows:
    """For the responsible department; of persons for the owner, but of intake staff for whoever registered (note)."""
    if level is SubjectKind.DEPARTMENT:
        return _called_back(window, level, owner(), numerator)
    owned = _called_back(window, level, owner(), numerator).subquery("owned")
    registered = _called_back(window, level, Complaint.registered_by_id, numerator).subquery("registered")
    return sa.union_all(
        sa.select(*owned.c).where(sa.not_(at_intake(owned.c.subject_id, owned.c.at, window))),
        sa.select(*registered.c).where(at_intake(registered.c.subject_id, registered.c.at, window)),
    )


def _called_back(window: Window, level: SubjectKind, staff: Any, numerator: Any) -> sa.Select[Any]:
    """One row for each complaint whose last talk at a call-back was in the period."""
    columns = contribution(
        level,
        staff=staff,
        department=responsible(),
        unit=("complaint", Complaint.id),
        complaint=Complaint.id,
        at=CallBack.at,
        numerator=numerator,
        left_out=[STILL_OPEN, *excluded(*NOT_ESTABLISHED, *UNRATED)],
    )
    return (
        sa.select(*columns)
        .select_from(CallBack)
        .join(Complaint, Complaint.id == CallBack.complaint_id)
        .where(within(CallBack.at, window), CallBack.reached.is_(True), _is_last(reached=True))
    )


def _is_last(*, reached: bool) -> sa.ColumnElement[bool]:
    """Whether no later call-back of the complaint (of its round, where any attempt counts) follows this one."""
    later = aliased(CallBack)
    same = later.reached.is_(True) if reached else later.round == CallBack.round
    after = sa.or_(later.at > CallBack.at, sa.and_(later.at == CallBack.at, later.id > CallBack.id))
    return sa.not_(sa.exists().where(later.complaint_id == CallBack.complaint_id, same, after))


def callback_on_time_rate(window: Window, level: SubjectKind) -> Rows:
    """Call-back clocks by their end or their deadline, whichever is earlier; for whoever called, else was to."""
    clock = _clocks(window)
    unstaffed = sa.and_(clock.c.stopped_at.is_not(None), clock.c.staff_id.is_(None))
    left_out: list[Exclusion] = [
        *excluded(*NOT_ESTABLISHED),
        (LeftOut.ANSWERED_BY_SURVEY, sa.and_(unstaffed, clock.c.answered)),
        (LeftOut.SURVEY_UNANSWERED, sa.and_(unstaffed, clock.c.stopped_by == ClockEvent.CALLED_BACK.value)),
        (LeftOut.FELL_AWAY, sa.and_(clock.c.met.is_(None), clock.c.stopped_at.is_not(None))),
        (LeftOut.NOT_YET, sa.and_(clock.c.stopped_at.is_(None), clock.c.due_at >= window.computed_at)),
    ]
    in_time = sa.and_(clock.c.stopped_at.is_not(None), clock.c.stopped_at <= clock.c.due_at)
    columns = contribution(
        level,
        staff=clock.c.staff_id,
        department=department_of(clock.c.staff_id),
        unit=("clock", clock.c.id),
        complaint=clock.c.complaint_id,
        at=sa.case((in_time, clock.c.stopped_at), else_=clock.c.due_at),
        numerator=counted(clock.c.met.is_(True)),
        left_out=left_out,
    )
    return sa.select(*columns).select_from(clock).join(Complaint, Complaint.id == clock.c.complaint_id)


def _clocks(window: Window) -> sa.Subquery:
    """The call-back clocks of the period, each with the member of staff who called last while it ran; while nobody
    has, whoever it was given to."""
    call, survey = aliased(CallBack), aliased(CallBack)
    while_it_ran = sa.and_(
        call.complaint_id == ClockRow.complaint_id,
        call.at >= ClockRow.started_at,
        sa.or_(ClockRow.stopped_at.is_(None), call.at <= ClockRow.stopped_at),
    )
    last = (
        sa.select(call.by_id)
        .where(while_it_ran, call.by_id.is_not(None))
        .order_by(call.at.desc(), call.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    assigned = (
        sa.select(ComplaintPerson.staff_id)
        .where(
            ComplaintPerson.complaint_id == ClockRow.complaint_id,
            ComplaintPerson.function == CaseFunction.CALLER_BACK,
            ComplaintPerson.since >= ClockRow.started_at,
            ClockRow.stopped_at.is_(None),
        )
        .order_by(ComplaintPerson.since.desc(), ComplaintPerson.staff_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    answered = sa.exists().where(
        survey.complaint_id == ClockRow.complaint_id,
        survey.at == ClockRow.stopped_at,
        survey.by_id.is_(None),
        survey.reached.is_(True),
    )
    mine = ClockRow.code == sa.literal_column(f"'{ClockCode.CALL_BACK.value}'")  # as its indexes have it
    columns = (ClockRow.id, ClockRow.complaint_id, ClockRow.stopped_at, ClockRow.stopped_by, ClockRow.due_at)
    named = (sa.func.coalesce(last, assigned).label("staff_id"), answered.label("answered"))
    clocks = sa.select(*columns, ClockRow.met, *named).where(mine)
    ended = clocks.where(within(ClockRow.stopped_at, window), ClockRow.stopped_at <= ClockRow.due_at)
    late = sa.or_(ClockRow.stopped_at.is_(None), ClockRow.stopped_at > ClockRow.due_at)
    fell_due = clocks.where(within(ClockRow.due_at, window), late)
    return sa.union_all(ended, fell_due).subquery("call_back_clocks")  # each half by an index of its own


def callback_reach_rate(window: Window, level: SubjectKind) -> Rows:
    """Call-backs by staff, one for each round: the last attempt; the customer was reached and gave an opinion."""
    over = sa.or_(CallBack.reached.is_(True), Complaint.open.is_(False), Complaint.round > CallBack.round)
    left_out: list[Exclusion] = [
        *excluded(*NOT_ESTABLISHED),
        (LeftOut.ANSWERED_BY_SURVEY, sa.and_(CallBack.by_id.is_(None), CallBack.reached.is_(True))),
        (LeftOut.SURVEY_UNANSWERED, CallBack.by_id.is_(None)),
        (LeftOut.NOT_YET, sa.not_(over)),
    ]
    columns = contribution(
        level,
        staff=CallBack.by_id,
        department=department_of(CallBack.by_id),
        unit=("call_back", CallBack.id),
        complaint=CallBack.complaint_id,
        at=CallBack.at,
        numerator=counted(sa.and_(CallBack.reached.is_(True), CallBack.solved.is_not(None))),
        left_out=left_out,
    )
    return (
        sa.select(*columns)
        .select_from(CallBack)
        .join(Complaint, Complaint.id == CallBack.complaint_id)
        .where(within(CallBack.at, window), _is_last(reached=False))
    )
