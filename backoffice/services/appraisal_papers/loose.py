"""What lines bring to whoever has no sheet in the month (R33), for papers and exports: HR pays it like the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod
from backoffice.queries.appraisal_loose import for_departments, loose_lines
from backoffice.services.appraisal_papers.record import Brings, ItemRecord
from backoffice.services.appraisal_papers.records import items_of
from backoffice.services.core.work import Work
from policies.message import Name
from policies.vocabulary_appraisal import EffectKind, LineState, SubjectKind


@dataclass(frozen=True)
class Loose(Brings):
    """What one person or department gets beside all sheets; ``department`` as it is now."""

    subject: SubjectKind
    code: str
    name: Name
    department: str
    department_name: Name
    items: tuple[ItemRecord, ...]
    amount: Decimal

    @property
    def merit(self) -> Decimal:
        """Points of merit, not of the score."""
        return self.quantity(EffectKind.POINTS)


def read_loose(work: Work, period_id: int, reach: frozenset[int] | None) -> list[Loose]:
    """By person and department, in the order of their first line; none where the month was never computed."""
    session, keys = work.session, work.keys
    rules_id = session.scalar(sa.select(AppraisalPeriod.rules_id).where(AppraisalPeriod.id == period_id))
    if rules_id is None:
        return []
    by_subject: dict[tuple[int | None, int | None], list[AppraisalManualLine]] = defaultdict(list)
    for row in session.scalars(loose_lines(period_id, LineState.APPROVED).where(for_departments(work.actor, reach))):
        by_subject[row.staff_id, None if row.staff_id is not None else row.department_id].append(row)
    return [_loose(session, keys, rules_id, rows) for rows in by_subject.values()]


def _loose(session: Session, keys: Keys, rules_id: int, rows: list[AppraisalManualLine]) -> Loose:
    staff, place = rows[0].staff, rows[0].department
    department = place if staff is None else staff.department
    whose = staff if staff is not None else place
    items, amount = items_of(session, keys, rules_id, rows)
    return Loose(
        subject=SubjectKind.DEPARTMENT if staff is None else SubjectKind.PERSON,
        code="" if whose is None else whose.code,
        name=Name("", "") if whose is None else Name(whose.name_zh, whose.name_en),
        department="" if department is None else department.code,
        department_name=Name("", "") if department is None else Name(department.name_zh, department.name_en),
        items=items,
        amount=amount,
    )
