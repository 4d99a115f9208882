"""Figures that are kept (R35, R38): asked for here, counted by a job, thrown away when nobody asks for them any more.

Of one key one counting is awaited at a time; the job's slot carries the moment it was asked for, so that a second
worker, or the same job once more, finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.models.kept import KeptFigures
from backoffice.models.work import Job
from policies.kept_figures import KEPT, is_lost, is_old, refuse_anew, refuse_more
from policies.message import Refusal

JOB = "count_figures"


def slot_of(key: str, wanted_at: datetime) -> str:
    """The slot of the job that counts a key as it was asked for at a moment."""
    return f"{key}:{wanted_at.isoformat()}"


def want(
    session: Session, key: str, view: str, question: Mapping[str, Any], staff_id: int | None, at: datetime,
    *, anew: bool = False,
) -> Refusal | None:  # fmt: skip
    """Have figures counted, once: a counting that is awaited, or figures that are as good as new, stay as they are.

    ``anew``: count also what is as good as new. Why not is the answer: too many wait for this person, or too soon.
    """
    row = _locked(session, key)
    if row is not None and row.wanted_at is not None and not is_lost(row.wanted_at, at):
        return None
    if row is not None and row.counted_at is not None:
        if anew and (refusal := refuse_anew(row.counted_at, row.took, at)):
            return refusal
        if not anew and not is_old(row.counted_at, row.took, at):
            return None
    if staff_id is not None and (refusal := refuse_more(_waiting(session, staff_id))):
        return refusal
    if row is None:
        row = KeptFigures(key=key, view=view, question=dict(question), asked_at=at, asked_by_id=staff_id)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # somebody else asked for the same at the same moment
            return None
    row.asked_at, row.asked_by_id, row.wanted_at, row.done = at, staff_id, at, 0
    session.add(Job(kind=JOB, slot=slot_of(key, at), due_at=at, payload={}))
    session.flush()
    return None


def note(session: Session, key: str, wanted_at: datetime, done: int) -> None:
    """So many parts are counted."""
    mine = KeptFigures.key == key, KeptFigures.wanted_at == wanted_at
    session.execute(sa.update(KeptFigures).where(*mine).values(done=done))


def keep(
    session: Session, key: str, wanted_at: datetime, figures: Mapping[str, Any], at: datetime, took: timedelta
) -> bool:
    """Keep what was counted, as of ``at``; False where it was not awaited any more."""
    row = _locked(session, key)
    if row is None or row.wanted_at != wanted_at:
        return False
    _put(row, figures, at, took)
    return True


def keep_at_once(
    session: Session, key: str, view: str, question: Mapping[str, Any], figures: Mapping[str, Any], at: datetime,
    took: timedelta, staff_id: int | None,
) -> None:  # fmt: skip
    """Keep what was counted while somebody waited for the page; a job that was asked for finds nothing left to do."""
    row = _locked(session, key)
    if row is None:
        row = KeptFigures(key=key, view=view, question=dict(question), asked_at=at, asked_by_id=staff_id)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            return
    row.asked_at, row.asked_by_id = at, staff_id
    _put(row, figures, at, took)


def forget(session: Session, key: str) -> None:
    """Throw away what was asked for under rules that hold no longer."""
    session.execute(sa.delete(KeptFigures).where(KeptFigures.key == key))


def throw_away(session: Session, at: datetime) -> None:
    """Throw away what nobody asked for lately, and the jobs that counted it."""
    old = at - KEPT
    session.execute(sa.delete(KeptFigures).where(KeptFigures.asked_at < old))
    session.execute(sa.delete(Job).where(Job.kind == JOB, Job.done_at < old))


def _put(row: KeptFigures, figures: Mapping[str, Any], at: datetime, took: timedelta) -> None:
    row.figures, row.counted_at, row.took_ms = dict(figures), at, round(took / timedelta(milliseconds=1))
    row.wanted_at = None


def _locked(session: Session, key: str) -> KeptFigures | None:
    return session.scalars(sa.select(KeptFigures).where(KeptFigures.key == key).with_for_update()).one_or_none()


def _waiting(session: Session, staff_id: int) -> int:
    mine = sa.select(sa.func.count()).select_from(KeptFigures)
    return session.scalar(mine.where(KeptFigures.wanted_at.is_not(None), KeptFigures.asked_by_id == staff_id)) or 0
