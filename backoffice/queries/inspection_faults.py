"""Fatal faults (R28, R30): which record, whose, by which item, and the corrective action that followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.inspection import Inspection, InspectionMark
from backoffice.models.office import Department
from backoffice.models.teamwork import CorrectiveAction
from backoffice.queries.inspection_filters import Condition, current_mark
from policies.message import Name
from policies.vocabulary_teamwork import CorrectiveStatus

MOST = 200


@dataclass(frozen=True)
class FatalFault:
    """One record with its fatal items; ``actions``: number and status of the corrective actions that it led to."""

    inspection: str
    complaint: str
    card: str
    items: tuple[str, ...]
    subject: Name | None
    department: Name | None
    published_at: datetime | None
    final_at: datetime | None
    actions: tuple[tuple[str, CorrectiveStatus], ...]


def fatal_faults(session: Session, where: Sequence[Condition], most: int = MOST) -> tuple[list[FatalFault], bool]:
    """The newest records with a fatal fault, and whether there are more than are shown; in four statements."""
    statement = (
        sa.select(Inspection)
        .where(*where)
        .order_by(Inspection.final_at.desc(), Inspection.id.desc())
        .limit(most + 1)
        .options(joinedload(Inspection.complaint), joinedload(Inspection.card), joinedload(Inspection.subject))
    )
    rows = list(session.scalars(statement))
    shown = rows[:most]
    ids = [row.id for row in shown]
    hits = _hits(session, ids)
    actions = _actions(session, ids)
    departments = (
        {row.id: Name(row.name_zh, row.name_en) for row in session.scalars(sa.select(Department))} if ids else {}
    )
    found = [
        FatalFault(
            inspection=row.number,
            complaint=row.complaint.number,
            card=row.card.code,
            items=tuple(hits.get(row.id, ())),
            subject=Name(row.subject.name_zh, row.subject.name_en) if row.subject else None,
            department=departments.get(row.department_id) if row.department_id else None,
            published_at=row.published_at,
            final_at=row.final_at,
            actions=tuple(actions.get(row.id, ())),
        )
        for row in shown
    ]
    return found, len(rows) > most


def _hits(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if ids:
        columns = sa.select(InspectionMark.inspection_id, InspectionMark.item)
        mine = columns.where(InspectionMark.inspection_id.in_(ids), InspectionMark.fatal.is_(True), current_mark())
        for inspection_id, item in session.execute(mine.order_by(InspectionMark.inspection_id, InspectionMark.item)):
            found.setdefault(inspection_id, []).append(item)
    return found


def _actions(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[str, CorrectiveStatus]]]:
    found: dict[int, list[tuple[str, CorrectiveStatus]]] = {}
    if ids:
        columns = sa.select(CorrectiveAction.inspection_id, CorrectiveAction.number, CorrectiveAction.status)
        for inspection_id, number, status in session.execute(
            columns.where(CorrectiveAction.inspection_id.in_(ids)).order_by(CorrectiveAction.id)
        ):
            found.setdefault(inspection_id, []).append((number, status))
    return found
