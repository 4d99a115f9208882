"""Reminders of corrective actions (R30): the owner the working day before, the head at the date, then the managers.

Each goes out once for each date and is noted with the corrective action, so that what was late stays known after it
was done: the appraisal counts it (``corrective_overdue``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries import recipients
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.case import Case
from backoffice.services.core.corrective import case_of, nearest_head, note, tell
from backoffice.services.core.work import Work
from policies.calendar import WorkingCalendar, moment
from policies.corrective_course import NOT_DONE
from policies.corrective_reminders import REPORT_AFTER_WORKING_DAYS, Moments, Reminder, Step, due_now
from policies.vocabulary_teamwork import CorrectiveStatus

AHEAD = timedelta(days=20)
"""No office is closed for longer between a date and the working day before it."""
TEMPLATES = {
    Step.BEFORE: "corrective_before",
    Step.DUE: "corrective_due",
    Step.OVERDUE: "corrective_overdue",
    Step.EFFECT: "corrective_effect",
}


def waiting(session: Session, at: datetime, after: int, most: int) -> list[int]:
    """Ids of the next ones of which somebody may have to be reminded, by id."""
    late = sa.and_(CorrectiveAction.status.in_(sorted(NOT_DONE)), CorrectiveAction.due_at <= at + AHEAD)
    effect = sa.and_(
        CorrectiveAction.status == CorrectiveStatus.VERIFIED,
        CorrectiveAction.effect_checked_at.is_(None),
        CorrectiveAction.effect_due_at <= at,
    )
    ids = sa.select(CorrectiveAction.id).where(sa.or_(late, effect), CorrectiveAction.id > after)
    return list(session.scalars(ids.order_by(CorrectiveAction.id).limit(most)))


def remind(work: Work, action_id: int) -> tuple[Step, ...]:
    """Send what is due of one; says what went out. Nothing where somebody has finished it meanwhile."""
    complaint_id = work.session.scalar(sa.select(CorrectiveAction.complaint_id).where(CorrectiveAction.id == action_id))
    case = case_of(work, complaint_id)
    statement = sa.select(CorrectiveAction).where(CorrectiveAction.id == action_id).with_for_update()
    one = work.session.scalars(statement).one()
    found = tuple(due_now(one.status, one.effect_checked_at is not None, moments_of(work, one), work.at, one.told))
    for reminder in found:
        _send(work, one, reminder, case)
    return tuple(reminder.step for reminder in found)


def moments_of(work: Work, one: CorrectiveAction) -> Moments:
    """When each step of the ladder is due, by the office's calendar."""
    rules = Rulebook(work.session)
    calendar = rules.calendar()
    day = calendar.date_of_closing(one.due_at)
    point, _year = calendar.closing_after_date(day, REPORT_AFTER_WORKING_DAYS)
    return Moments(_opening_before(calendar, day, one.due_at), one.due_at, moment(point), one.effect_due_at)


def _opening_before(calendar: WorkingCalendar, day: date, due_at: datetime) -> datetime:
    """The opening of the last working day before a day."""
    for back in range(1, AHEAD.days):
        earlier = day - timedelta(days=back)
        if calendar.closing_of(earlier) is not None:
            return calendar.next_working_moment(datetime.combine(earlier, time.min, calendar.zone))
    return due_at


def _send(work: Work, one: CorrectiveAction, reminder: Reminder, case: Case | None) -> None:
    people = list(_people(work, one, reminder.step))
    if people:
        tell(work, one, TEMPLATES[reminder.step], people, case=case, key=reminder.key)
    one.told = [*one.told, reminder.key]
    note(work, one, f"told_{reminder.step}", {"due_on": one.due_on.isoformat(), "people": people})


def _people(work: Work, one: CorrectiveAction, step: Step) -> Iterable[int]:
    if step is Step.BEFORE:
        return (one.owner_id,)
    managers = recipients.of_roles(work.session, [recipients.MANAGER])
    if step is Step.OVERDUE:
        return managers
    if step is Step.EFFECT:
        return (one.verified_by_id,) if one.verified_by_id is not None else managers
    head = nearest_head(work.session, one.department_id, one.owner_id)
    return managers if head is None else (head,)
