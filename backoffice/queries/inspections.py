"""What waits for an inspector (R27, R28): own records to score by date, drafts, results to publish; for who leads, all.

What a blind inspection hides is hidden here too: a line of one names neither the complaint nor whom it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.inspection import Inspection, InspectionAppeal
from backoffice.models.sampling import Draw
from policies.access import Actor, Permission, may
from policies.inspection import Standing, is_blind_for, leads
from policies.vocabulary_inspection import CalibrationState, InspectionStatus, PlanKind

PAGE = 25
MOST_SAMPLES = 500
S = InspectionStatus
TO_SCORE = (S.DRAWN, S.IN_PROGRESS)
GOES_ON = (CalibrationState.SCORING, CalibrationState.DISCUSSING)
Condition = sa.ColumnElement[bool]


@unique
class Which(StrEnum):
    """The lists of an inspector; those after ``SECOND`` are for who leads the inspectors alone."""

    TO_SCORE = "to_score"
    OVERDUE = "overdue"
    DRAFTS = "drafts"
    TO_PUBLISH = "to_publish"
    SECOND = "second"
    UNASSIGNED = "unassigned"
    TEAM = "team"
    TEAM_OVERDUE = "team_overdue"

    @property
    def for_leaders(self) -> bool:
        return self in (Which.UNASSIGNED, Which.TEAM, Which.TEAM_OVERDUE)


def lists_of(actor: Actor) -> tuple[Which, ...]:
    """The lists that this person has any use for."""
    return tuple(which for which in Which if leads(actor) or not which.for_leaders)


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, and from where the next one goes on."""

    rows: list[Inspection]
    following: int | None


def condition(which: Which, actor: Actor, at: datetime) -> Condition:
    """Which inspections a list holds; counts and rows both ask this."""
    mine = Inspection.inspector_id == actor.staff_id
    to_score = Inspection.status.in_(TO_SCORE)
    late = sa.and_(Inspection.status.in_((*TO_SCORE, S.SCORED)), Inspection.due_at < at)
    return {
        Which.TO_SCORE: sa.and_(mine, to_score),
        Which.OVERDUE: sa.and_(mine, late),
        Which.DRAFTS: sa.and_(mine, Inspection.status == S.IN_PROGRESS),
        Which.TO_PUBLISH: sa.and_(Inspection.status == S.SCORED, _to_publish(actor)),
        Which.SECOND: sa.and_(mine, to_score, Inspection.pair_of_id.is_not(None)),
        Which.UNASSIGNED: sa.and_(Inspection.inspector_id.is_(None), to_score),
        Which.TEAM: to_score,
        Which.TEAM_OVERDUE: late,
    }[which]


def _to_publish(actor: Actor) -> Condition:
    """Own scored ones; those of an ad-hoc draw wait for who leads (R28)."""
    if leads(actor):
        ad_hoc = sa.select(Draw.id).where(Draw.plan.has(kind=PlanKind.AD_HOC))
        return sa.or_(Inspection.inspector_id == actor.staff_id, Inspection.draw_id.in_(ad_hoc))
    return Inspection.inspector_id == actor.staff_id


def counts(session: Session, actor: Actor, at: datetime) -> dict[Which, int]:
    """How many stand in each list of this person, in one statement."""
    wanted = lists_of(actor)
    columns = [
        sa.select(sa.func.count())
        .select_from(Inspection)
        .where(condition(which, actor, at))
        .scalar_subquery()
        .label(which.value)
        for which in wanted
    ]
    row = session.execute(sa.select(*columns)).mappings().one()
    return {which: row[which.value] for which in wanted}


def appeals_to_decide(session: Session, actor: Actor) -> int:
    """How many appeals wait for this person's decision (R29)."""
    waiting = sa.select(sa.func.count()).select_from(InspectionAppeal)
    mine = (InspectionAppeal.decided_at.is_(None), InspectionAppeal.decider_id == actor.staff_id)
    return session.scalar(waiting.where(*mine)) or 0


def listed(session: Session, actor: Actor, at: datetime, which: Which, after: int = 0, size: int = PAGE) -> Page:
    """A page of a list by due date, from ``after`` rows on, in one statement."""
    loaded = (
        joinedload(Inspection.complaint),
        joinedload(Inspection.card),
        joinedload(Inspection.draw).joinedload(Draw.plan),
        joinedload(Inspection.subject),
        joinedload(Inspection.inspector),
        joinedload(Inspection.department),
    )
    wanted = sa.select(Inspection).where(condition(which, actor, at)).options(*loaded)
    rows = list(session.scalars(wanted.order_by(Inspection.due_at, Inspection.id).offset(after).limit(size + 1)))
    return Page(rows[:size], after + size if len(rows) > size else None)


@dataclass(frozen=True)
class Sample:
    """One of an inspector's records of the same draw: its number and whether it waits to be scored."""

    number: str
    status: InspectionStatus


def samples(session: Session, row: Inspection) -> list[Sample]:
    """The records of this draw that the same inspector has, in the order of the draw."""
    mine = sa.select(Inspection.number, Inspection.status).where(
        Inspection.draw_id == row.draw_id,
        Inspection.inspector_id == row.inspector_id,
        Inspection.status != S.CANCELLED,
    )
    ordered = mine.order_by(Inspection.position, Inspection.id).limit(MOST_SAMPLES)
    return [Sample(number, status) for number, status in session.execute(ordered)]


def hidden_from(row: Inspection, actor: Actor) -> bool:
    """Whether this reader inspects it blind and must not learn whom it is about."""
    return is_blind_for(actor, Standing(row.status, row.inspector_id), blind=row.blind)


def blind_complaints(actor: Actor) -> sa.Select[int]:
    """Ids of complaints that this person inspects blind and whose result is not published yet, and of those that wait
    in a blind calibration session of theirs for its standard.
    """
    inspected = sa.select(Inspection.complaint_id).where(
        Inspection.inspector_id == actor.staff_id,
        Inspection.blind,
        Inspection.status.in_((*TO_SCORE, S.SCORED)),
    )
    calibrated = (
        sa.select(Calibration.complaint_id)
        .join(CalibrationScore, CalibrationScore.calibration_id == Calibration.id)
        .where(CalibrationScore.staff_id == actor.staff_id, Calibration.blind, Calibration.state.in_(GOES_ON))
    )
    found = sa.union(inspected, calibrated).subquery()
    return sa.select(found.c.complaint_id)


def blind_among(session: Session, actor: Actor, complaint_ids: Sequence[int]) -> frozenset[int]:
    """Those of these complaints that this person is to judge blind; asked only of who inspects at all."""
    if not complaint_ids or not may(actor, Permission.INSPECTION_SCORE):
        return frozenset()
    mine = blind_complaints(actor).subquery()
    return frozenset(session.scalars(sa.select(mine.c.complaint_id).where(mine.c.complaint_id.in_(complaint_ids))))


def to_score_complaints(actor: Actor) -> sa.Select[tuple[int]]:
    """Ids of the complaints of which this person has an inspection that is not published yet."""
    mine = (Inspection.inspector_id == actor.staff_id, Inspection.status.in_((*TO_SCORE, S.SCORED)))
    return sa.select(Inspection.complaint_id).where(*mine)


# For jobs


def run_out(session: Session, at: datetime, after: int, most: int) -> list[int]:
    """Ids of published ones whose time to appeal has passed, in order of their ids."""
    over = (Inspection.status == S.PUBLISHED, Inspection.appeal_until < at, Inspection.id > after)
    return list(session.scalars(sa.select(Inspection.id).where(*over).order_by(Inspection.id).limit(most)))


def due_before(session: Session, until: datetime, after: int, most: int) -> list[int]:
    """Ids of those not published that are due before a moment, in order of their ids."""
    waits = (Inspection.status.in_((*TO_SCORE, S.SCORED)), Inspection.due_at < until, Inspection.id > after)
    return list(session.scalars(sa.select(Inspection.id).where(*waits).order_by(Inspection.id).limit(most)))
