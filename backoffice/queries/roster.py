"""Turns of duty and absences as pages read them (R13): a week of the roster, who is away, who may be named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.duty import Absence, Duty
from backoffice.models.office import Staff
from policies.message import Name
from policies.roster import Entered, Span
from policies.vocabulary import DutyKind

MOST = 500  # rows that a page shows


def turns(session: Session, begins: datetime, ends: datetime) -> Sequence[Duty]:
    """The turns of duty that touch a span, in order."""
    touching = sa.select(Duty).where(Duty.ends_at > begins, Duty.begins_at < ends, Duty.withdrawn_at.is_(None))
    return session.scalars(
        touching.options(joinedload(Duty.staff)).order_by(Duty.begins_at, Duty.kind, Duty.id).limit(MOST)
    ).all()


def now_on_duty(session: Session, at: datetime) -> Sequence[Duty]:
    """Who is on duty at a moment, by the roster."""
    holding = sa.select(Duty).where(Duty.begins_at <= at, Duty.ends_at > at, Duty.withdrawn_at.is_(None))
    return session.scalars(holding.options(joinedload(Duty.staff)).order_by(Duty.kind, Duty.id).limit(MOST)).all()


def absences(session: Session, since: datetime, staff_ids: Iterable[int] | None = None) -> Sequence[Absence]:
    """Absences that are not over at a moment, of these people (None: of everybody), in order."""
    coming = sa.select(Absence).where(Absence.ends_at > since, Absence.withdrawn_at.is_(None))
    if staff_ids is not None:
        coming = coming.where(Absence.staff_id.in_(sorted(set(staff_ids))))
    people = (joinedload(Absence.staff), joinedload(Absence.stand_in))
    return session.scalars(coming.options(*people).order_by(Absence.begins_at, Absence.id).limit(MOST)).all()


def standing_in(session: Session, staff_id: int, since: datetime) -> Sequence[Absence]:
    """For whom somebody stands in, now or later."""
    named = sa.select(Absence).where(
        Absence.stand_in_id == staff_id, Absence.ends_at > since, Absence.withdrawn_at.is_(None)
    )
    return session.scalars(named.options(joinedload(Absence.staff)).order_by(Absence.begins_at).limit(MOST)).all()


def entered_turns(session: Session, kind: DutyKind, since: datetime) -> list[Entered]:
    """Turns of a kind that are not over, as the rules ask for them."""
    rows = sa.select(Duty).where(Duty.kind == kind, Duty.ends_at > since, Duty.withdrawn_at.is_(None))
    return [_entered(row) for row in session.scalars(rows.options(joinedload(Duty.staff)).order_by(Duty.begins_at))]


def entered_absences(session: Session, since: datetime, staff_ids: Iterable[int]) -> list[Entered]:
    """Absences of these people that are not over, as the rules ask for them."""
    return [_entered(row) for row in absences(session, since, staff_ids)]


def colleagues(session: Session, departments: Iterable[int] | None = None) -> Sequence[Staff]:
    """Everybody in service, or those of these departments, by code."""
    people = sa.select(Staff).where(Staff.retired_at.is_(None))
    if departments is not None:
        people = people.where(Staff.department_id.in_(sorted(set(departments))))
    return session.scalars(people.order_by(Staff.code)).all()


def _entered(row: Duty | Absence) -> Entered:
    return Entered(row.staff_id, Name(row.staff.name_zh, row.staff.name_en), Span(row.begins_at, row.ends_at))
