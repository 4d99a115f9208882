"""Draws of a lot plan with inspections on one record, for tests of what is decided about them; nothing is sampled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection, Scorecard
from backoffice.models.office import Department
from backoffice.models.sampling import Draw, InspectionLot, SamplingPlan
from backoffice.services.core import lots
from policies.vocabulary_inspection import DrawState, InspectionStatus

PLAN = "lots_by_department"
AT = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)


def plan_of(session: Session) -> SamplingPlan:
    """The default office's lot plan."""
    return session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == PLAN)).one()


def draw_lots(session: Session, sizes: dict[str, int], *, at: datetime = AT) -> Draw:
    """A draw with a lot of each department (code → size), as a drawing service would keep them."""
    plan = plan_of(session)
    number = session.scalar(sa.select(sa.func.count()).select_from(Draw).where(Draw.plan_code == PLAN)) or 0
    draw = Draw(
        plan_id=plan.id,
        plan_code=plan.code,
        period_label=f"lot-{number + 1}",
        period_from=date(2026, 1, 1),
        period_until=date(2026, 1, 31),
        sequence=1,
        state=DrawState.DRAWN,
        query={},
        method="hand-made",
        population_count=sum(sizes.values()),
        population_sha256="0" * 64,
        frozen_at=at,
        drawn_at=at,
    )
    session.add(draw)
    session.flush()
    lots.open_lots(session, draw, lots.plans_for(session, plan, sizes))
    return draw


def inspect(
    session: Session, draw: Draw, department: str, scores: list[str | None], *, at: datetime = AT, **columns: object
) -> list[Inspection]:
    """Final inspections of a department's records with these scores; None is one that is still to be scored."""
    department_id = session.scalars(sa.select(Department.id).where(Department.code == department)).one()
    complaint_id = session.scalars(sa.select(Complaint.id).limit(1)).one()
    before = (
        session.scalar(sa.select(sa.func.count()).select_from(Inspection).where(Inspection.draw_id == draw.id)) or 0
    )
    rows = []
    for n, score in enumerate(scores, before + 1):
        final = score is not None
        values = {
            "number": f"LOT-{draw.id}-{n}",
            "draw_id": draw.id,
            "complaint_id": complaint_id,
            "unit_key": f"record-{n}",
            "position": n,
            "card_id": session.scalars(sa.select(Scorecard.id).limit(1)).one(),
            "department_id": department_id,
            "status": InspectionStatus.FINAL if final else InspectionStatus.DRAWN,
            "assigned_at": at,
            "due_at": at + timedelta(days=14),
            "final_at": at if final else None,
            "score": Decimal(score) if score is not None else None,
        }
        rows.append(Inspection(**{**values, **columns}))
    session.add_all(rows)
    session.flush()
    return rows


def decided(session: Session, department: str, found: int, size: int = 1_000, *, at: datetime = AT) -> InspectionLot:
    """A lot of a department that is drawn, inspected with ``found`` nonconforming records, and decided."""
    draw = draw_lots(session, {department: size}, at=at)
    sample = session.scalars(sa.select(InspectionLot.sample_size).where(InspectionLot.draw_id == draw.id)).one()
    inspect(session, draw, department, ["50.00"] * found + ["90.00"] * (sample - found))
    (row,) = lots.decide_lots(session, draw.id, at)
    return row
