"""A month of the appraisal (R33): found, its state kept in step with its sheets, its ranking, its dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalPeriod, AppraisalScheme, AppraisalSheet
from backoffice.models.work import Job
from backoffice.queries import appraisal_rules
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.work import Work
from policies.appraisal_course import period_state
from policies.appraisal_posts import days_of
from policies.calendar import WorkingCalendar, moment
from policies.deadline import DAY, reckon
from policies.message import Refusal
from policies.vocabulary_appraisal import PeriodState

WORKING_DAY = "working_day_"
JOB = "appraisal"


def find(session: Session, month: str, *, locked: bool = False) -> AppraisalPeriod | None:
    """A month by its name; ``locked``: whoever else acts on it waits."""
    statement = sa.select(AppraisalPeriod).where(AppraisalPeriod.month == month)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def refresh(work: Work, period: AppraisalPeriod) -> None:
    """Bring the state of a month in step with its sheets: it stands where the last of them stands."""
    work.session.flush()
    statuses = set(
        work.session.scalars(sa.select(AppraisalSheet.status).where(AppraisalSheet.period_id == period.id).distinct())
    )
    period.state = period_state(statuses, period.computed_at is not None)
    checked = period.state in (PeriodState.CHECKED, PeriodState.PUBLISHED)
    period.checked_at = (period.checked_at or work.at) if checked else None
    period.published_at = (period.published_at or work.at) if period.state is PeriodState.PUBLISHED else None


def rerank(session: Session, period: AppraisalPeriod) -> None:
    """Rank the sheets of each scheme by their score, among those that have a grade; equal scores share a rank."""
    rows = session.execute(
        sa.select(AppraisalSheet.id, AppraisalScheme.code, AppraisalSheet.final_score, AppraisalSheet.grade)
        .join(AppraisalScheme, AppraisalScheme.id == AppraisalSheet.scheme_id)
        .where(AppraisalSheet.period_id == period.id)
    ).all()
    by_id, scores = {row.id: row for row in rows}, defaultdict(list)
    for row in rows:
        if row.grade is not None:
            scores[row.code].append(row.final_score)
    for sheet in session.scalars(sa.select(AppraisalSheet).where(AppraisalSheet.period_id == period.id)):
        mine = by_id.get(sheet.id)
        ranked = mine is not None and mine.grade is not None
        others: Sequence[object] = scores[mine.code] if mine is not None else ()
        sheet.rank = 1 + sum(1 for one in scores[mine.code] if one > mine.final_score) if mine and ranked else None
        sheet.rank_of = len(others) if ranked else None
    session.flush()


def locked_months(session: Session) -> list[str]:
    """The months that are locked."""
    return list(session.scalars(sa.select(AppraisalPeriod.month).where(AppraisalPeriod.state == PeriodState.LOCKED)))


def sign_off_dates(calendar: WorkingCalendar, month: str, sign_off: Mapping[str, str]) -> dict[str, datetime]:
    """Until when each step is to be done: the closing of the so-manieth working day after the month."""
    found = days_of(month)
    if found is None:
        return {}
    dates = {}
    for step, by in sign_off.items():
        number = by.removeprefix(WORKING_DAY)
        if by.startswith(WORKING_DAY) and number.isdecimal() and int(number) > 0:
            point, _year = calendar.closing_after_date(found[1], int(number))
            dates[step] = moment(point)
    return dates


def in_month(month: str, back: int) -> str:
    """The month so many months before."""
    found = days_of(month)
    if found is None:
        raise ValueError(month)
    day = found[0]
    for _ in range(back):
        day = (day - timedelta(days=1)).replace(day=1)
    return f"{day:%Y-%m}"


# Being computed


def slot_of(period: AppraisalPeriod) -> str:
    """What tells a computation from the others: the month and how many there were."""
    return f"{period.month}:{period.runs}"


def is_running(session: Session, period: AppraisalPeriod) -> bool:
    """Whether a computation of the month is under way."""
    return progress(session, period) is not None


@dataclass(frozen=True)
class Progress:
    """How far a computation has come; ``failed``: it waits to be tried again."""

    done: int
    total: int
    failed: bool


def progress(session: Session, period: AppraisalPeriod) -> Progress | None:
    """Of the one that is under way; None where none is."""
    job = session.scalars(
        sa.select(Job).where(Job.kind == JOB, Job.slot == slot_of(period), Job.done_at.is_(None))
    ).one_or_none()
    if job is None:
        return None
    payload = job.payload or {}
    return Progress(int(payload.get("done", 0)), max(1, int(payload.get("total", 1))), bool(job.error))


# Days


def days_after(work: Work, period: AppraisalPeriod, what: str) -> datetime:
    """The end of the working days that the rules give from now: to ``submit`` an appeal or to ``decide`` it."""
    rules = appraisal_rules.book(work.session, period.rules_id or 0).rules
    days = {"submit": rules.submit_working_days, "decide": rules.decide_working_days}[what]
    return working_days_on(work, days)


def working_days_on(work: Work, days: int) -> datetime:
    """The closing time of the so-manieth working day from now."""
    deadline = reckon(Rulebook(work.session).calendar(), work.at, days, DAY)
    if isinstance(deadline, Refusal):
        raise DomainError(deadline)
    return deadline.due
