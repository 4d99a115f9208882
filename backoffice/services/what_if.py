"""Trials on past complaints (R14, R23, R24): asked here, done page by page by a job, stopped here.

A trial keeps what it tries as that stood when it was asked. It writes nothing but its own rows: how far it came, what
it found, and which complaints would have been judged otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import ProcessVersion, SlaPolicy
from backoffice.models.what_if import WhatIfChange, WhatIfRun
from backoffice.models.work import Job
from backoffice.queries import past, trial
from backoffice.queries.trial_rules import trial_calendar
from backoffice.services.core import upkeep
from policies.access import Actor
from policies.calendar_days import check_week
from policies.calendar_trial import TypedDays, read_changes
from policies.message import Refusal
from policies.process import ProcessFormError, parse_process
from policies.reference import refused
from policies.targets import parse_targets
from policies.vocabulary import WhatIfKind
from policies.what_if_question import MOST_WAITING, check_period, refuse_asking
from policies.what_if_tally import Tally

JOB = "what_if"
MOST_LISTED = 20_000
"""Changes that a trial lists; all of them are counted."""
KEPT = 50
"""Finished trials that are kept; older ones are thrown away when a new one is asked."""


@dataclass(frozen=True)
class Question:
    """What is asked: a version (by its id), or days and weekly hours that would be otherwise; and the period."""

    kind: WhatIfKind
    first_day: date | None
    last_day: date | None
    version_id: int | None = None
    days: tuple[TypedDays, ...] = ()
    weekly_hours: Mapping[str, list[list[str]]] | None = None


def ask(session: Session, actor: Actor, at: datetime, question: Question) -> WhatIfRun:
    """Keep the question and put in the job that answers it; refuses what cannot be tried, each beside its field."""
    if refusal := refuse_asking(actor):
        raise DomainError(refusal)
    today = upkeep.local_today(session, at)
    tried, problems = _tried(session, question)
    upkeep.ensure(check_period(question.first_day, question.last_day, today), problems, _waiting(session))
    if question.first_day is None or question.last_day is None:
        raise ValueError("a period without its days was let through")
    _throw_away(session)
    run = WhatIfRun(
        kind=question.kind,
        sla_id=question.version_id if question.kind is WhatIfKind.POLICY else None,
        process_id=question.version_id if question.kind is WhatIfKind.PROCESS else None,
        first_day=question.first_day,
        last_day=question.last_day,
        parameters=tried,
        asked_by_id=actor.staff_id,
        asked_at=at,
        result={},
    )
    run.total = past.count(session, trial.conditions(session, run))
    session.add(run)
    session.flush()
    session.add(Job(kind=JOB, slot=str(run.id), due_at=at, payload={}))
    session.flush()
    return run


def stop(session: Session, actor: Actor, at: datetime, run_id: int) -> WhatIfRun:
    """End a trial that is still running; what it found so far stays to be seen."""
    if refusal := refuse_asking(actor):
        raise DomainError(refusal)
    run = upkeep.row_of(session, WhatIfRun, run_id)
    if run.finished_at is not None or run.stopped_at is not None:
        raise DomainError(Refusal("what_if.refused.ended"))
    run.stopped_at = at
    session.flush()
    return run


def keep(session: Session, run_id: int, page: trial.Page, at: datetime) -> bool:
    """Add a page to what was found. False when the trial has ended: stopped, or by its last page, the empty one."""
    run = session.get_one(WhatIfRun, run_id, with_for_update=True)
    if run.stopped_at is not None or run.finished_at is not None:
        return False
    tally = Tally.of(run.result)
    tally.merge(page.tally)
    run.result = tally.plain()
    run.done += page.complaints
    listed = page.changes[: max(MOST_LISTED - run.listed, 0)]
    if listed:
        session.execute(sa.insert(WhatIfChange), listed)
        run.listed += len(listed)
    if page.place is None:
        run.finished_at = at
    session.flush()
    return run.finished_at is None


def _tried(session: Session, question: Question) -> tuple[dict[str, Any], Sequence[Refusal]]:
    """What is tried, as it is kept; or why it cannot be."""
    if question.kind is WhatIfKind.CALENDAR:
        return _tried_days(session, question)
    row = _version(session, question)
    if row is None:
        return {}, [refused("missing", "version")]
    try:
        parse_targets(row.definition) if question.kind is WhatIfKind.POLICY else parse_process(row.definition)
    except (ProcessFormError, KeyError, TypeError, ValueError):
        return {}, [Refusal("what_if.refused.unreadable", {"version": row.version}, "version", 422)]
    return {"definition": row.definition, "version": row.version, "revision": row.revision}, []


def _version(session: Session, question: Question) -> SlaPolicy | ProcessVersion | None:
    if question.version_id is None:
        return None
    if question.kind is WhatIfKind.POLICY:
        return session.get(SlaPolicy, question.version_id)
    return session.get(ProcessVersion, question.version_id)


def _tried_days(session: Session, question: Question) -> tuple[dict[str, Any], Sequence[Refusal]]:
    changes, problems = read_changes(question.days)
    weekly = None if question.weekly_hours is None else dict(question.weekly_hours)
    if weekly is not None:
        problems += check_week(weekly, [])
    if not changes and weekly is None and not problems:
        problems = [Refusal("what_if.refused.nothing", {}, "day-0-first", 422)]
    if not problems:
        counted = trial_calendar(session, changes, weekly)
        problems = [Refusal(counted.key, counted.params, "day-0-first", 422)] if isinstance(counted, Refusal) else []
    return {"days": [change.plain() for change in changes], "weekly_hours": weekly}, problems


def _waiting(session: Session) -> list[Refusal]:
    running = sa.select(sa.func.count()).where(WhatIfRun.finished_at.is_(None), WhatIfRun.stopped_at.is_(None))
    if (session.scalar(running) or 0) < MOST_WAITING:
        return []
    return [Refusal("what_if.refused.too_many", {"most": MOST_WAITING})]


def _throw_away(session: Session) -> None:
    """Old trials go, with what they listed."""
    ended = sa.or_(WhatIfRun.finished_at.is_not(None), WhatIfRun.stopped_at.is_not(None))
    old = list(session.scalars(sa.select(WhatIfRun.id).where(ended).order_by(WhatIfRun.id.desc()).offset(KEPT - 1)))
    if old:
        session.execute(sa.delete(WhatIfChange).where(WhatIfChange.run_id.in_(old)))
        session.execute(sa.delete(Job).where(Job.kind == JOB, Job.slot.in_([str(run_id) for run_id in old])))
        session.execute(sa.delete(WhatIfRun).where(WhatIfRun.id.in_(old)))
