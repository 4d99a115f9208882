"""Lots of a lot plan (R27): their sizes by the tables, their decision when all is final, how the next is inspected.

Whoever draws asks ``plans_for`` how many of each department are drawn, and keeps the lots with ``open_lots`` in the
same transaction, so that size and numbers are fixed before anybody knows what is drawn. Whoever makes an inspection
final calls ``decide_lots``; it does nothing that was done before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection
from backoffice.models.office import Department
from backoffice.models.sampling import Draw, InspectionLot, LotImprovement, SamplingPlan
from policies.lot_switching import START, Course, Event, Improvement, Lot, course_after, step
from policies.lot_tables import LotPlan, lot_plan
from policies.lot_terms import LotTerms, lot_terms
from policies.vocabulary_inspection import DrawState, InspectionStatus, LotSeverity


@dataclass(frozen=True)
class DepartmentLot:
    """What is drawn of one department: how strictly, and the plan of its lot; none where sampling has stopped."""

    severity: LotSeverity
    lot_size: int
    plan: LotPlan | None

    @property
    def size(self) -> int:
        """How many of its records are drawn."""
        return 0 if self.plan is None else self.plan.size


@dataclass(frozen=True)
class Past:
    """A decided lot as it happened: the course before it, the lot, the course after it."""

    row: InspectionLot
    before: Course
    after: Course


def plans_for(session: Session, plan: SamplingPlan, sizes: Mapping[str, int]) -> dict[str, DepartmentLot]:
    """How many records of each department (by its code) are drawn; ``sizes``: how many it has in the period."""
    terms = lot_terms(plan.definition)
    ids = _departments(session, sizes)
    courses = courses_of(session, plan.code, ids.values())
    return {
        code: _department_lot(terms, courses.get(ids[code], START), size)
        for code, size in sizes.items()
        if size > 0 and code in ids
    }


def open_lots(session: Session, draw: Draw, lots: Mapping[str, DepartmentLot]) -> list[InspectionLot]:
    """Keep the lots of a draw; a department whose sampling has stopped has none."""
    terms = lot_terms(draw.plan.definition)
    ids = _departments(session, lots)
    rows = [
        InspectionLot(
            draw_id=draw.id,
            plan_code=draw.plan_code,
            department_id=ids[code],
            lot_size=lot.lot_size,
            quality_limit=terms.quality_limit,
            severity=lot.severity,
            code_letter=lot.plan.letter,
            sample_size=lot.plan.size,
            acceptance_number=lot.plan.accept,
            rejection_number=lot.plan.reject,
        )
        for code, lot in sorted(lots.items())
        if lot.plan is not None
    ]
    session.add_all(rows)
    session.flush()
    return rows


def decide_lots(session: Session, draw_id: int, at: datetime) -> list[InspectionLot]:
    """Decide the lots of a draw of which no inspection is open any more; gives those that were decided now.

    Second scorings and records that are inspected in any case do not count. A lot of whose sample some was cancelled is
    left open, as its acceptance number belongs to the whole sample; unless what was found reaches the rejection number.
    """
    waiting = sa.select(InspectionLot).where(InspectionLot.draw_id == draw_id, InspectionLot.decided_at.is_(None))
    if session.scalar(sa.select(waiting.exists())) is not True:
        return []
    draw = session.get_one(Draw, draw_id)
    if draw.state is not DrawState.DRAWN:
        return []
    lots = list(session.scalars(waiting.order_by(InspectionLot.id).with_for_update()))
    terms = lot_terms(draw.plan.definition)
    found = _findings(session, draw_id, terms)
    decided = []
    for lot in lots:
        finding = found.get(lot.department_id)
        if finding is None or finding.waiting or not finding.decides(lot):
            continue
        lot.nonconforming = finding.nonconforming
        lot.accepted = finding.nonconforming < lot.rejection_number
        lot.decided_at = at
        session.flush()
        course = next(one.after for one in past_of(session, lot.plan_code, [lot.department_id]) if one.row is lot)
        lot.switching_score, lot.next_severity = course.score, course.severity
        decided.append(lot)
    session.flush()
    return decided


def courses_of(session: Session, plan_code: str, department_ids: Collection[int]) -> dict[int, Course]:
    """How each of these departments is inspected next; one without a decided lot begins normally."""
    history = _events(session, plan_code, department_ids)
    return {one: course_after([event for event, _row in history.get(one, [])]) for one in department_ids}


def past_of(session: Session, plan_code: str, department_ids: Collection[int]) -> list[Past]:
    """The decided lots of these departments with what each of them changed, oldest first."""
    told = []
    for events in _events(session, plan_code, department_ids).values():
        course = START
        for event, row in events:
            after = step(course, event)
            if isinstance(event, Lot):
                told.append(Past(row, course, after))
            course = after
    return sorted(told, key=lambda one: one.row.id)


def _events(
    session: Session, plan_code: str, department_ids: Collection[int]
) -> dict[int, list[tuple[Event, InspectionLot]]]:
    """Decided lots in the order of their draws, each followed by the improvement after it."""
    chosen = (
        InspectionLot.plan_code == plan_code,
        InspectionLot.department_id.in_(department_ids),
        InspectionLot.decided_at.is_not(None),
    )
    rows = session.execute(
        sa.select(InspectionLot, SamplingPlan.definition, LotImprovement.id)
        .join(Draw, Draw.id == InspectionLot.draw_id)
        .join(SamplingPlan, SamplingPlan.id == Draw.plan_id)
        .outerjoin(LotImprovement, LotImprovement.lot_id == InspectionLot.id)
        .where(*chosen)
        .order_by(InspectionLot.id)
    )
    history: dict[int, list[tuple[Event, InspectionLot]]] = {}
    for row, definition, improvement in rows:
        mine = history.setdefault(row.department_id, [])
        mine.append((_plain(row, lot_terms(definition)), row))
        if improvement is not None:
            mine.append((Improvement(), row))
    return history


def _plain(row: InspectionLot, terms: LotTerms) -> Lot:
    plan = LotPlan(row.code_letter, row.sample_size, row.acceptance_number, row.rejection_number)
    return Lot(row.severity, row.quality_limit, plan, row.nonconforming or 0, terms.reduced)


def _department_lot(terms: LotTerms, course: Course, size: int) -> DepartmentLot:
    if course.severity is LotSeverity.DISCONTINUED:
        return DepartmentLot(course.severity, size, None)
    return DepartmentLot(course.severity, size, lot_plan(size, terms.quality_limit, course.severity))


def _departments(session: Session, codes: Collection[str]) -> dict[str, int]:
    found = session.execute(sa.select(Department.code, Department.id).where(Department.code.in_(codes)))
    return {row.code: row.id for row in found}


@dataclass
class _Finding:
    inspected: int = 0
    nonconforming: int = 0
    waiting: int = 0

    def decides(self, lot: InspectionLot) -> bool:
        """Whether a lot is accepted or not by this, whatever the records that were left out had shown."""
        return self.inspected >= lot.sample_size or self.nonconforming >= lot.rejection_number


def _findings(session: Session, draw_id: int, terms: LotTerms) -> dict[int | None, _Finding]:
    """Department → what came of the inspections of its lot."""
    rows = session.execute(
        sa.select(Inspection.department_id, Inspection.status, Inspection.score, Inspection.fatal).where(
            Inspection.draw_id == draw_id, Inspection.pair_of_id.is_(None), Inspection.compulsory.is_(False)
        )
    )
    found: dict[int | None, _Finding] = {}
    for department_id, status, score, fatal in rows:
        mine = found.setdefault(department_id, _Finding())
        if status is InspectionStatus.CANCELLED:
            continue
        if status is not InspectionStatus.FINAL:
            mine.waiting += 1
            continue
        mine.inspected += 1
        mine.nonconforming += terms.is_nonconforming(Decimal(score) if score is not None else None, fatal=fatal)
    return found
