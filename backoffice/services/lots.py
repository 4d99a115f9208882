"""Acts on lots (R27): decide what is ripe, and let the sampling of a department go on after an improvement."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.inspection import Inspection
from backoffice.models.sampling import InspectionLot, LotImprovement
from backoffice.models.teamwork import CorrectiveAction
from backoffice.services.core import lots, upkeep
from backoffice.services.core.draw_notices import tell_lots
from backoffice.services.core.reference import log_change
from backoffice.services.core.work import Work
from policies.access import Actor, Permission
from policies.lot_improvement import ActionFacts, refuse_improvement
from policies.message import Refusal
from policies.reference import check_reason
from policies.vocabulary_inspection import InspectionStatus

SUBJECT = "inspection_lot"
OPEN = tuple(
    status for status in InspectionStatus if status not in (InspectionStatus.FINAL, InspectionStatus.CANCELLED)
)


def decide_and_tell(work: Work) -> int:
    """Decide what is ripe, and tell heads and leaders what came of it; how many lots were decided."""
    decided = _decide_ripe(work.session, work.at)
    tell_lots(work, decided)
    return len(decided)


def decide_ripe(session: Session, at: datetime) -> int:
    """Decide every lot whose inspections are all final; how many were decided. Done again, it changes nothing."""
    return len(_decide_ripe(session, at))


def _decide_ripe(session: Session, at: datetime) -> list[InspectionLot]:
    still_open = sa.exists().where(
        Inspection.draw_id == InspectionLot.draw_id,
        Inspection.department_id == InspectionLot.department_id,
        Inspection.status.in_(OPEN),
        Inspection.pair_of_id.is_(None),
        Inspection.compulsory.is_(False),
    )
    ripe = sa.select(InspectionLot.draw_id).where(InspectionLot.decided_at.is_(None), ~still_open).distinct()
    draws = sorted(session.scalars(ripe))
    return [lot for draw_id in draws for lot in lots.decide_lots(session, draw_id, at)]


def record_improvement(
    session: Session, actor: Actor, at: datetime, lot_id: int, action_number: str, reason: str
) -> LotImprovement:
    """Let a department whose sampling had stopped be inspected again, tightened: with the verified corrective action.

    Raises ``DomainError``: sampling has not stopped with this lot, or no such action has been verified since.
    """
    upkeep.begin(session, actor, Permission.CORRECTIVE_VERIFY)
    lot = upkeep.row_of(session, InspectionLot, lot_id)
    course = lots.courses_of(session, lot.plan_code, [lot.department_id])[lot.department_id]
    newest = session.scalar(
        sa.select(sa.func.max(InspectionLot.id)).where(
            InspectionLot.plan_code == lot.plan_code,
            InspectionLot.department_id == lot.department_id,
            InspectionLot.decided_at.is_not(None),
        )
    )
    wanted = action_number.strip().upper()
    action = session.scalars(sa.select(CorrectiveAction).where(CorrectiveAction.number == wanted)).one_or_none()
    facts = None if action is None else ActionFacts(action.number, action.status, action.department_id)
    upkeep.ensure(
        refuse_improvement(course.severity, lot.department_id, facts, is_newest=newest == lot.id),
        check_reason(reason),
    )
    if action is None:
        raise DomainError(Refusal("access.refused.unknown", status=404))
    row = LotImprovement(lot_id=lot.id, action_id=action.id, reason=reason.strip(), by_id=actor.staff_id, at=at)
    session.add(row)
    name = f"{lot.plan_code}/{lot.department.code}"
    log_change(session, actor, at, SUBJECT, name, "change", {"improvement": (None, action.number)}, reason.strip())
    session.flush()
    return row
