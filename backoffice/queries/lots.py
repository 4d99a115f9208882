"""Lots for their page (R27): the newest of a plan within one's reach, and how far the inspection of open ones is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.inspection import Inspection
from backoffice.models.sampling import Draw, InspectionLot, SamplingPlan
from policies.vocabulary import VersionState
from policies.vocabulary_inspection import DrawState, InspectionStatus, PlanKind

MOST = 120


@dataclass(frozen=True)
class Progress:
    """How many of a lot's inspections are final, and how many there are; cancelled ones do not count.

    ``missing``: how many of its sample were cancelled, so that it cannot be accepted.
    """

    final: int
    all: int
    missing: int = 0


def lot_plans(session: Session) -> list[SamplingPlan]:
    """The newest version of each lot plan that ever was in force, by code."""
    rows = session.scalars(
        sa.select(SamplingPlan)
        .where(SamplingPlan.kind == PlanKind.LOT, SamplingPlan.state == VersionState.EFFECTIVE)
        .order_by(SamplingPlan.code, SamplingPlan.version)
    )
    return list({row.code: row for row in rows}.values())


def newest(session: Session, plan_code: str, departments: Collection[int] | None) -> Sequence[InspectionLot]:
    """The newest lots of a plan, at most ``MOST``; ``departments``: of these alone, None for all."""
    rows = (
        sa.select(InspectionLot)
        .join(Draw, Draw.id == InspectionLot.draw_id)
        .where(InspectionLot.plan_code == plan_code, Draw.state == DrawState.DRAWN)
        .options(joinedload(InspectionLot.draw), joinedload(InspectionLot.department))
        .order_by(InspectionLot.id.desc())
        .limit(MOST)
    )
    if departments is not None:
        rows = rows.where(InspectionLot.department_id.in_(departments))
    return session.scalars(rows).all()


def progress(session: Session, lots: Collection[InspectionLot]) -> dict[int, Progress]:
    """Lot → how far it is, of those that are not decided."""
    waiting = {(lot.draw_id, lot.department_id): lot for lot in lots if lot.decided_at is None}
    if not waiting:
        return {}
    final = sa.func.sum(sa.case((Inspection.status == InspectionStatus.FINAL, 1), else_=0))
    rows = session.execute(
        sa.select(Inspection.draw_id, Inspection.department_id, final, sa.func.count())
        .where(
            Inspection.draw_id.in_({draw for draw, _department in waiting}),
            Inspection.status != InspectionStatus.CANCELLED,
            Inspection.pair_of_id.is_(None),
            Inspection.compulsory.is_(False),
        )
        .group_by(Inspection.draw_id, Inspection.department_id)
    )
    found = {(draw, department): (int(done), count) for draw, department, done, count in rows}
    return {lot.id: _progress(lot, *found.get(key, (0, 0))) for key, lot in waiting.items()}


def _progress(lot: InspectionLot, final: int, count: int) -> Progress:
    return Progress(final, count, max(0, lot.sample_size - count))
