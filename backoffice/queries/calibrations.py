"""Calibration sessions as lists show them (R28), and which ones were called from a record scored twice."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.office import Staff
from backoffice.queries.eligible import inspectors
from policies.message import Name
from policies.vocabulary_inspection import CalibrationState

PAGE = 50


def listed(session: Session, *, before: int | None = None, most: int = PAGE) -> list[Calibration]:
    """Sessions, those that go on first, then the newest; one more than ``most`` when there are older ones."""
    goes_on = sa.case((Calibration.state.in_((CalibrationState.SCORING, CalibrationState.DISCUSSING)), 0), else_=1)
    statement = (
        sa.select(Calibration)
        .options(joinedload(Calibration.complaint), joinedload(Calibration.card), joinedload(Calibration.called_by))
        .order_by(goes_on, Calibration.id.desc())
        .limit(most + 1)
    )
    if before is not None:
        statement = statement.where(Calibration.id < before)
    return list(session.scalars(statement))


def progress(session: Session, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Session → how many of its members have scored, and how many there are."""
    statement = (
        sa.select(CalibrationScore.calibration_id, sa.func.count(CalibrationScore.scored_at), sa.func.count())
        .where(CalibrationScore.calibration_id.in_(list(ids)))
        .group_by(CalibrationScore.calibration_id)
    )
    return {key: (int(scored), int(members)) for key, scored, members in session.execute(statement)}


def waits_for(session: Session, staff_id: int | None, ids: Iterable[int]) -> set[int]:
    """Of these sessions, those in which this person still has to score."""
    return set(
        session.scalars(
            sa.select(CalibrationScore.calibration_id)
            .join(Calibration, Calibration.id == CalibrationScore.calibration_id)
            .where(
                CalibrationScore.calibration_id.in_(list(ids)),
                CalibrationScore.staff_id == staff_id,
                CalibrationScore.scored_at.is_(None),
                Calibration.state == CalibrationState.SCORING,
            )
        )
    )


def members_of(session: Session, ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Session → ids of its members."""
    statement = sa.select(CalibrationScore.calibration_id, CalibrationScore.staff_id)
    found: dict[int, set[int]] = {}
    for key, staff_id in session.execute(statement.where(CalibrationScore.calibration_id.in_(list(ids)))):
        found.setdefault(key, set()).add(staff_id)
    return {key: frozenset(people) for key, people in found.items()}


def called_from(session: Session, inspection_ids: Iterable[int]) -> dict[int, str]:
    """Inspection → number of the session that was called from it and not cancelled, the newest where several were."""
    ids = list(inspection_ids)
    if not ids:
        return {}
    statement = (
        sa.select(Calibration.source_id, Calibration.number)
        .where(Calibration.source_id.in_(ids), Calibration.state != CalibrationState.CANCELLED)
        .order_by(Calibration.id)
    )
    return {source: number for source, number in session.execute(statement) if source is not None}


def may_be_members(session: Session) -> list[tuple[int, Name]]:
    """Everybody in service who scores inspections: id and name, in order."""
    able = inspectors(session)
    people = sa.select(Staff.id, Staff.name_zh, Staff.name_en).where(Staff.id.in_(able)).order_by(Staff.id)
    return [(key, Name(zh, en)) for key, zh, en in session.execute(people)]
