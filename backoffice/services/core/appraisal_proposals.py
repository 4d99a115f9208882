"""Lines that the rules themselves propose (R13, R30, R33): what the records show, for somebody to approve.

``corrective_overdue`` for each corrective action that was reported overdue; ``overdue_after_urge`` where an order was
urged twice without a word of progress; ``drill_excellent`` for whoever was written up as excellent in a drill. Each is
proposed once, however often the month is computed. The records know nothing of letters of praise or of cases that were
adopted: these are proposed by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod
from backoffice.models.complaint import Complaint
from backoffice.models.history import Event
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent
from backoffice.models.training import Attendance, TrainingCourse, TrainingSession
from backoffice.queries import appraisal_rules
from backoffice.queries.indicators import Window
from backoffice.services.core.appraisal_notes import sealed
from backoffice.services.core.appraisal_open import first_open_month
from backoffice.services.core.appraisal_periods import locked_months
from backoffice.services.core.work import Work
from policies.appraisal_posts import days_of
from policies.appraisal_rules import months_before
from policies.appraisal_urging import Happened, unanswered
from policies.vocabulary_appraisal import LineKind, LineState
from policies.vocabulary_training import CourseKind

OVERDUE, URGED, DRILLED = "corrective_overdue", "overdue_after_urge", "drill_excellent"
TOLD_OVERDUE = "told_overdue"
URGE = "urge"
AT_ONCE = 1000
MONTHS_BACK = 3
"""How many locked months before are looked at again for what was written up late."""


@dataclass(frozen=True)
class Found:
    """What the records show of somebody."""

    rule: str
    key: str
    staff_id: int
    reference: Mapping[str, Any]
    complaint_id: int | None = None


def propose(work: Work, month: str, window: Window) -> list[AppraisalManualLine]:
    """Write down what is new of a month; gives the new lines. Whose sheet is published gets them in the next one."""
    period = work.session.scalars(sa.select(AppraisalPeriod).where(AppraisalPeriod.month == month)).one()
    codes = appraisal_rules.book(work.session, period.rules_id or 0).lines
    every = (*_overdue(work, window), *_urged(work, window), *_drilled(work, month))
    found = [one for one in every if (LineKind.ADJUSTMENT, one.rule) in codes]
    there = {key for keys in _pieces(found) for key in _known(work, keys)}
    rows = [
        AppraisalManualLine(
            month=first_open_month(work.session, month, one.staff_id, None),
            staff_id=one.staff_id,
            kind=LineKind.ADJUSTMENT,
            code=one.rule,
            points=codes[LineKind.ADJUSTMENT, one.rule].points,
            complaint_id=one.complaint_id,
            rule=one.rule,
            key=one.key,
            state=LineState.PROPOSED,
            proposed_at=work.at,
            sealed=sealed(work.keys, {"reference": dict(one.reference)}),
        )
        for one in found
        if one.key not in there
    ]
    work.session.add_all(rows)
    work.session.flush()
    return rows


def _pieces(found: Sequence[Found]) -> Iterator[list[str]]:
    """Their keys, as many as a statement may be given."""
    for start in range(0, len(found), AT_ONCE):
        yield [one.key for one in found[start : start + AT_ONCE]]


def _known(work: Work, keys: Sequence[str]) -> Iterable[str | None]:
    return work.session.scalars(sa.select(AppraisalManualLine.key).where(AppraisalManualLine.key.in_(keys)))


def _overdue(work: Work, window: Window) -> Iterator[Found]:
    """Reported overdue in the month: five working days after its date, once for each date."""
    rows = work.session.execute(
        sa.select(CorrectiveEvent, CorrectiveAction)
        .join(CorrectiveAction, CorrectiveAction.id == CorrectiveEvent.action_id)
        .where(
            CorrectiveEvent.kind == TOLD_OVERDUE,
            CorrectiveEvent.at >= window.since,
            CorrectiveEvent.at < window.until,
        )
        .order_by(CorrectiveEvent.id)
    )
    for event, action in rows:
        due = str(event.facts.get("due_on") or action.due_on.isoformat())
        reference = {"corrective_action": action.number, "due_on": due}
        yield Found(OVERDUE, f"{OVERDUE}:{action.id}:{due}", action.owner_id, reference, action.complaint_id)


def _drilled(work: Work, month: str) -> Iterator[Found]:
    """Excellent in a drill that was held in the month; or in a locked one shortly before and written up too late."""
    locked = set(locked_months(work.session))
    months = [month, *(past for back in range(1, MONTHS_BACK + 1) if (past := months_before(month, back)) in locked)]
    spans = [days for one in months if (days := days_of(one)) is not None]
    rows = work.session.execute(
        sa.select(Attendance.id, Attendance.staff_id, TrainingSession.id, TrainingSession.held_on)
        .join(TrainingSession, TrainingSession.id == Attendance.session_id)
        .join(TrainingCourse, TrainingCourse.id == TrainingSession.course_id)
        .where(
            TrainingCourse.kind == CourseKind.DRILL,
            Attendance.excellent.is_(True),
            TrainingSession.cancelled_at.is_(None),
            sa.or_(*(TrainingSession.held_on.between(*days) for days in spans)),
        )
        .order_by(Attendance.id)
    )
    for attendance_id, staff_id, session_id, held_on in rows:
        reference = {"drill": session_id, "held_on": held_on.isoformat()}
        yield Found(DRILLED, f"{DRILLED}:{attendance_id}", staff_id, reference)


def _urged(work: Work, window: Window) -> Iterator[Found]:
    """Urged twice, the second time in the month, and no word of the owner between the two."""
    urged = (
        sa.select(Event.complaint_id)
        .where(Event.action == URGE, Event.at >= window.since, Event.at < window.until)
        .group_by(Event.complaint_id)
    )
    rows = work.session.execute(
        sa.select(Event.complaint_id, Event.id, Event.at, Event.action, Event.actor_id, Complaint.owner_id)
        .join(Complaint, Complaint.id == Event.complaint_id)
        .where(Event.complaint_id.in_(urged), Event.at < window.until, Complaint.owner_id.is_not(None))
        .order_by(Event.complaint_id, Event.sequence)
        .execution_options(yield_per=AT_ONCE)
    )
    for complaint_id, group in groupby(rows, key=itemgetter(0)):
        events = list(group)
        happened = [Happened(row.id, row.at, is_urging=row.action == URGE, is_update=_is_update(row)) for row in events]
        for second in unanswered(happened):
            if second.at >= window.since:
                key = f"{URGED}:{second.id}"
                yield Found(URGED, key, events[0].owner_id, {"event": second.id}, complaint_id)


def _is_update(row: Any) -> bool:
    """Something that the owner did, or a word of progress by whomever."""
    return bool(row.action == "note_progress" or (row.action != URGE and row.actor_id == row.owner_id))
