"""Appeals against inspections (R29): who decides them, how many each has before them, which wait, which are late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark
from backoffice.models.office import Staff
from backoffice.queries.eligible import appeal_deciders
from policies.vocabulary_inspection import AppealResult

MOST = 200
PAGE = 50
WAITING = InspectionAppeal.decided_at.is_(None)


@dataclass(frozen=True)
class Load:
    """How the appeals lie among the deciders: staff id → those that wait, and when the newest was given."""

    waiting: dict[int, int]
    last: dict[int, datetime]


def holders(session: Session) -> dict[int, int | None]:
    """Everybody in service who may decide appeals: staff id → department."""
    columns = sa.select(Staff.id, Staff.department_id).where(Staff.id.in_(appeal_deciders()))
    return {row.id: row.department_id for row in session.execute(columns.order_by(Staff.id))}


def load_of(session: Session, staff_ids: Iterable[int]) -> Load:
    """What lies before each of them already."""
    open_ones = sa.func.sum(sa.case((WAITING, 1), else_=0))
    newest = sa.func.max(InspectionAppeal.submitted_at)
    rows = session.execute(
        sa.select(InspectionAppeal.decider_id, open_ones, newest)
        .where(InspectionAppeal.decider_id.in_(sorted(set(staff_ids))))
        .group_by(InspectionAppeal.decider_id)
    ).all()
    return Load({row[0]: int(row[1]) for row in rows}, {row[0]: row[2] for row in rows})


def listed(session: Session, *, decided: bool, before: int | None = None) -> tuple[list[InspectionAppeal], int | None]:
    """Appeals with their inspections: those that wait, the next one due first; or the decided ones, newest first.

    Gives the id before which an older page begins, for decided ones.
    """
    loaded = (
        joinedload(InspectionAppeal.inspection).joinedload(Inspection.complaint),
        joinedload(InspectionAppeal.inspection).joinedload(Inspection.card),
        joinedload(InspectionAppeal.inspection).joinedload(Inspection.inspector),
        joinedload(InspectionAppeal.inspection).joinedload(Inspection.subject),
        joinedload(InspectionAppeal.by),
        joinedload(InspectionAppeal.decider),
    )
    statement = sa.select(InspectionAppeal).options(*loaded)
    if not decided:
        waiting = statement.where(WAITING).order_by(InspectionAppeal.decide_due_at, InspectionAppeal.id).limit(MOST)
        return list(session.scalars(waiting)), None
    where = [InspectionAppeal.decided_at.is_not(None)]
    if before is not None:
        where.append(InspectionAppeal.id < before)
    rows = list(session.scalars(statement.where(*where).order_by(InspectionAppeal.id.desc()).limit(PAGE + 1)))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def waiting_for(session: Session, staff_id: int | None) -> int:
    """How many appeals wait for this person's decision."""
    mine = sa.select(sa.func.count()).where(WAITING, InspectionAppeal.decider_id == staff_id)
    return session.scalar(mine) or 0


def overturned(session: Session, inspection_id: int | None, item: str | None) -> bool:
    """Whether an appeal took away the finding from which something is put right (R29, R30): its mark became another
    one; without an item, the whole appeal was upheld.
    """
    if inspection_id is None:
        return False
    if item is None:
        result = sa.select(InspectionAppeal.result).where(InspectionAppeal.inspection_id == inspection_id)
        return session.scalar(result) is AppealResult.UPHELD
    mine = (InspectionMark.inspection_id == inspection_id, InspectionMark.item == item)
    marks = dict(session.execute(sa.select(InspectionMark.round, InspectionMark.percent).where(*mine)).all())
    return len(marks) > 1 and marks[max(marks)] != marks[min(marks)]


def overdue(session: Session, at: datetime, after: int = 0, most: int = MOST) -> list[tuple[int, int]]:
    """Ids of appeals above ``after`` not decided by their deadline, with those of their inspections."""
    late = (WAITING, InspectionAppeal.decide_due_at < at, InspectionAppeal.id > after)
    columns = sa.select(InspectionAppeal.id, InspectionAppeal.inspection_id)
    rows = session.execute(columns.where(*late).order_by(InspectionAppeal.id).limit(most))
    return [(row.id, row.inspection_id) for row in rows]
