"""The list of inspections (R28, R39): page by page, newest first, and what of a row its reader may know.

An inspector finds no name of handler or department beside a record that he or she is to score blind, and no score of
another beside a record that he or she is still to score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.inspection import Inspection
from backoffice.models.office import Department
from backoffice.queries.inspection_filters import PUBLISHED, TO_SCORE, Condition, InspectionFilters, seen
from backoffice.queries.inspection_filters import conditions as narrowed
from backoffice.queries.inspections import blind_complaints
from policies.access import Actor
from policies.inspection_reach import sees_persons
from policies.message import Name
from policies.vocabulary_inspection import InspectionStatus

PAGE = 50
BATCH = 500
BOUND = 1000


@dataclass(frozen=True)
class Veil:
    """What is kept from one reader as long as own scores are open: ``open`` are complaints still to score, of which
    ``blind`` ones without names; ``persons``: whether names of the inspected may be shown at all.
    """

    staff_id: int | None
    open: frozenset[int]
    blind: frozenset[int]
    persons: bool

    def hides_names(self, row: Inspection) -> bool:
        """Whether handler and department of a record stay unnamed."""
        return row.complaint_id in self.blind or (row.blind and self._is_mine(row) and not row.status.is_published)

    def hides_score(self, row: Inspection) -> bool:
        """Whether what somebody gave a record stays unknown."""
        if self._is_mine(row):
            return False
        return row.complaint_id in self.open or not row.status.is_published

    def waits(self, row: Inspection) -> bool:
        """Whether a record is still to be scored by this reader in another inspection of it."""
        return row.complaint_id in self.open and not self._is_mine(row)

    def _is_mine(self, row: Inspection) -> bool:
        return self.staff_id is not None and row.inspector_id == self.staff_id


@dataclass(frozen=True)
class InspectionLine:
    """One inspection as a list shows it to its reader; what they may not know is None, and ``veiled`` says so."""

    id: int
    number: str
    complaint: str
    plan: str
    card: str
    card_version: int
    status: InspectionStatus
    second: bool
    blind: bool
    subject: Name | None
    subject_code: str
    department: Name | None
    inspector: Name | None
    assigned_at: datetime
    due_at: datetime
    scored_at: datetime | None
    published_at: datetime | None
    final_at: datetime | None
    score: Decimal | None
    result: str | None
    fatal: bool
    veiled: bool
    late: bool
    opens: bool
    """Whether its page is open to this reader: not while he or she scores the same record unseen by others."""


@dataclass(frozen=True)
class InspectionPage:
    """One page; ``older`` is where the next one starts; ``more``: the count stopped at its bound."""

    rows: list[InspectionLine]
    count: int
    more: bool
    older: int | None


def veil_of(session: Session, actor: Actor) -> Veil:
    """What is kept from this reader now."""
    columns = sa.select(Inspection.complaint_id, Inspection.blind)
    mine = columns.where(Inspection.inspector_id == actor.staff_id, Inspection.status.in_(TO_SCORE))
    rows = session.execute(mine).all() if actor.staff_id is not None else []
    blind = frozenset(session.scalars(blind_complaints(actor))) if actor.staff_id is not None else frozenset()
    return Veil(actor.staff_id, frozenset(row.complaint_id for row in rows), blind, sees_persons(actor))


def own_blind_draws(staff_id: int | None) -> sa.Select[int]:
    """Ids of the draws from which this person has blind inspections that are not published yet."""
    return sa.select(Inspection.draw_id).where(
        Inspection.inspector_id == staff_id, Inspection.blind, Inspection.status.not_in(PUBLISHED)
    )


def chosen(actor: Actor, filters: InspectionFilters, veil: Veil, zone: ZoneInfo, at: datetime) -> list[Condition]:
    """What a list of these filters holds for this reader. Narrowing by what is hidden finds nothing that is hidden:
    else the filter itself would tell.
    """
    where = [*narrowed(filters, zone, at), *seen(actor)]
    mine = Inspection.inspector_id == veil.staff_id
    if filters.department_id or filters.subject_id:
        where.append(Inspection.complaint_id.not_in(sorted(veil.blind)))
        where.append(sa.not_(sa.and_(mine, Inspection.blind.is_(True), Inspection.status.not_in(PUBLISHED))))
    if filters.result or filters.fatal or filters.mark or filters.appeal:
        where.append(
            sa.or_(mine, sa.and_(Inspection.status.in_(PUBLISHED), Inspection.complaint_id.not_in(sorted(veil.open))))
        )
    if filters.subject_id and not veil.persons:
        where.append(sa.false())
    return where


def page(
    session: Session, where: Sequence[Condition], veil: Veil, at: datetime, before: int | None = None
) -> InspectionPage:
    """The newest rows, before an id where one is given; in three statements."""
    narrower = [*where, Inspection.id < before] if before is not None else list(where)
    rows = list(session.scalars(_statement(narrower).limit(PAGE + 1)))
    shown = rows[:PAGE]
    count = (
        session.scalar(
            sa.select(sa.func.count()).select_from(sa.select(Inspection.id).where(*where).limit(BOUND + 1).subquery())
        )
        or 0
    )
    return InspectionPage(
        rows=list(_lines(session, shown, veil, at)),
        count=min(count, BOUND),
        more=count > BOUND,
        older=shown[-1].id if len(rows) > PAGE else None,
    )


def all_lines(session: Session, where: Sequence[Condition], veil: Veil, at: datetime) -> Iterator[InspectionLine]:
    """Every row for an export, the newest first; memory stays flat."""
    before: int | None = None
    while True:
        narrower = [*where, Inspection.id < before] if before is not None else list(where)
        rows = list(session.scalars(_statement(narrower).limit(BATCH)))
        yield from _lines(session, rows, veil, at)
        if len(rows) < BATCH:
            return
        before = rows[-1].id
        session.expunge_all()


def _statement(where: Sequence[Condition]) -> sa.Select[tuple[Inspection]]:
    loaded = (
        joinedload(Inspection.complaint), joinedload(Inspection.card), joinedload(Inspection.subject),
        joinedload(Inspection.inspector), joinedload(Inspection.draw),
    )  # fmt: skip
    return sa.select(Inspection).where(*where).options(*loaded).order_by(Inspection.id.desc())


def _lines(session: Session, rows: Sequence[Inspection], veil: Veil, at: datetime) -> Iterator[InspectionLine]:
    ids = {row.department_id for row in rows}
    named = sa.select(Department.id, Department.name_zh, Department.name_en).where(
        Department.id.in_(sorted(one for one in ids if one))
    )
    departments = {row.id: Name(row.name_zh, row.name_en) for row in session.execute(named)}
    for row in rows:
        nameless, scoreless = veil.hides_names(row), veil.hides_score(row)
        person = row.subject if veil.persons and not nameless else None
        yield InspectionLine(
            id=row.id,
            number=row.number,
            complaint="" if nameless else row.complaint.number,
            plan=row.draw.plan_code,
            card=row.card.code,
            card_version=row.card.version,
            status=row.status,
            second=row.pair_of_id is not None,
            blind=row.blind,
            subject=Name(person.name_zh, person.name_en) if person is not None else None,
            subject_code=person.code if person is not None else "",
            department=None if nameless else departments.get(row.department_id or 0),
            inspector=Name(row.inspector.name_zh, row.inspector.name_en) if row.inspector and veil.persons else None,
            assigned_at=row.assigned_at,
            due_at=row.due_at,
            scored_at=row.scored_at,
            published_at=row.published_at,
            final_at=row.final_at,
            score=None if scoreless else row.score,
            result=None if scoreless else row.result,
            fatal=row.fatal and not scoreless,
            veiled=nameless,
            late=row.published_at is None and row.status is not InspectionStatus.CANCELLED and row.due_at < at,
            opens=not veil.waits(row),
        )
