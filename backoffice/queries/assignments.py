"""What fair assignment asks (R27): who has how much waiting, and who inspected whom two months running."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.duty import Absence
from backoffice.models.inspection import Inspection
from policies.sampling_assignment import months_before
from policies.vocabulary_inspection import InspectionStatus

TO_SCORE = tuple(one for one in InspectionStatus if one.is_to_score)


def waiting_by_inspector(session: Session) -> dict[int, int]:
    """How many inspections each still has to score."""
    rows = session.execute(
        sa.select(Inspection.inspector_id, sa.func.count())
        .where(Inspection.inspector_id.is_not(None), Inspection.status.in_(TO_SCORE))
        .group_by(Inspection.inspector_id)
    )
    return {inspector: count for inspector, count in rows if inspector is not None}


def absences_between(session: Session, begins: datetime, ends: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    """Who is away at some time within a span, by the roster, and from when to when."""
    rows = session.execute(
        sa.select(Absence.staff_id, Absence.begins_at, Absence.ends_at).where(
            Absence.begins_at < ends, Absence.ends_at > begins, Absence.withdrawn_at.is_(None)
        )
    )
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for person, since, until in rows:
        found.setdefault(person, []).append((since, until))
    return found


def third_month(
    session: Session, zone: ZoneInfo, today: date, subjects: Collection[int | None]
) -> frozenset[tuple[int, int]]:
    """(inspector, inspected) of those who met in each of the two months before today's: not a third time now."""
    people = sorted(one for one in subjects if one is not None)
    met: list[set[tuple[int, int]]] = []
    for first, following in months_before(today):
        begin, end = (datetime.combine(day, time.min, zone) for day in (first, following))
        rows = session.execute(
            sa.select(Inspection.inspector_id, Inspection.subject_id)
            .where(
                Inspection.subject_id.in_(people),
                Inspection.inspector_id.is_not(None),
                Inspection.assigned_at >= begin,
                Inspection.assigned_at < end,
                Inspection.status != InspectionStatus.CANCELLED,
            )
            .distinct()
        )
        met.append({(inspector, subject) for inspector, subject in rows})
    return frozenset(set.intersection(*met)) if met else frozenset()
