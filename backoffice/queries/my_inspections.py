"""Published inspections as those may read them whom they are about (R28, R29, R39): the inspected and whoever a mark
counts for the own ones, a head those of the department, who reads figures of persons in the whole office all.

Second, independent scorings count for nobody and are left out. An inspector who still has to score a record does not
see anybody else's marks on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum, unique
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark
from policies.access import Actor, Permission, Scope
from policies.appeal import reads_department
from policies.inspection_reach import departments_within, sees_persons
from policies.vocabulary_inspection import InspectionStatus

PAGE = 25
MONTHS = 12
MOST_OF_YEAR = 2000
KEPT = 256  # statements, one a person with what they may
PUBLISHED = tuple(status for status in InspectionStatus if status.is_published)
UNFINISHED = (InspectionStatus.DRAWN, InspectionStatus.IN_PROGRESS, InspectionStatus.SCORED)
Condition = sa.ColumnElement[bool]


@unique
class Whose(StrEnum):
    """Whose inspections a list holds."""

    MINE = "mine"
    DEPARTMENT = "department"


@dataclass(frozen=True)
class Line:
    """One inspection of a list. ``whole``: the reader may see the score, not only own marks; ``below``: how many marks
    below the full one it has, of the reader's own where it is not seen whole.
    """

    inspection: Inspection
    whole: bool
    below: int
    appeal: InspectionAppeal | None


@dataclass(frozen=True)
class Month:
    """The inspections of a person that were published in a month of the office's calendar."""

    year: int
    month: int
    count: int
    mean: Decimal
    lowest: Decimal


def mine(actor: Actor) -> Condition:
    """Published ones about this person, or with a mark that counts for them."""
    counts = sa.exists().where(InspectionMark.inspection_id == Inspection.id, InspectionMark.staff_id == actor.staff_id)
    return sa.and_(_published(), sa.or_(Inspection.subject_id == actor.staff_id, counts))


def of_department(actor: Actor) -> Condition:
    """Published ones that count for the reader's departments; nothing for who keeps no statistics."""
    if not reads_department(actor):
        return sa.false()
    return sa.and_(_published(), Inspection.department_id.in_(sorted(actor.departments)))


def reads_all(actor: Actor) -> bool:
    """Whether every published one is open to this person."""
    reads_persons = sees_persons(actor) and departments_within(actor) is None
    return reads_persons or actor.scope(Permission.APPEAL_DECIDE) is Scope.ALL


def readable(actor: Actor) -> Condition:
    """Everything published that this person may open."""
    whole = _published() if reads_all(actor) else of_department(actor)
    return sa.and_(sa.or_(mine(actor), whole), ~_still_to_score(actor))


def _published() -> Condition:
    return sa.and_(Inspection.status.in_(PUBLISHED), Inspection.pair_of_id.is_(None))


def _still_to_score(actor: Actor) -> Condition:
    other = aliased(Inspection)
    return sa.exists().where(
        other.complaint_id == Inspection.complaint_id,
        other.inspector_id == actor.staff_id,
        other.id != Inspection.id,
        other.status.in_(UNFINISHED),
    )


def sees_whole(actor: Actor, inspection: Inspection) -> bool:
    """Whether this reader sees the score and every mark: not who only has single marks in it."""
    if inspection.subject_id == actor.staff_id or reads_all(actor):
        return True
    return reads_department(actor) and inspection.department_id in actor.departments


def find(session: Session, actor: Actor, number: str) -> int | None:
    """The id of an inspection that this person may open; None for any other."""
    return session.scalar(sa.select(Inspection.id).where(Inspection.number == number, readable(actor)))


def is_to_be_scored_first(session: Session, actor: Actor, number: str) -> bool:
    """Whether a published inspection stays closed to this person until an own one of the same record is published."""
    wanted = (Inspection.number == number, _published(), _still_to_score(actor))
    return session.scalar(sa.select(Inspection.id).where(*wanted)) is not None


def page(session: Session, actor: Actor, whose: Whose, before: int | None = None) -> tuple[list[Line], int | None]:
    """The newest ones, before an id where one is given, with the id before which older ones begin; in three queries."""
    condition = mine(actor) if whose is Whose.MINE else of_department(actor)
    where = [condition, ~_still_to_score(actor)]
    if before is not None:
        where.append(Inspection.id < before)
    loaded = (
        joinedload(Inspection.complaint), joinedload(Inspection.card), joinedload(Inspection.subject),
        joinedload(Inspection.inspector),
    )  # fmt: skip
    statement = sa.select(Inspection).where(*where).order_by(Inspection.id.desc()).limit(PAGE + 1).options(*loaded)
    rows = list(session.scalars(statement))
    return _lines(session, actor, rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else None


def _lines(session: Session, actor: Actor, rows: Sequence[Inspection]) -> list[Line]:
    ids = [row.id for row in rows]
    appeals = session.scalars(sa.select(InspectionAppeal).where(InspectionAppeal.inspection_id.in_(ids)))
    by_id = {one.inspection_id: one for one in appeals}
    below = _below(session, ids)
    found = []
    for row in rows:
        whole = sees_whole(actor, row)
        marks = below.get(row.id, [])
        count = len(marks) if whole else sum(1 for staff_id in marks if staff_id == actor.staff_id)
        found.append(Line(row, whole, count, by_id.get(row.id)))
    return found


def _below(session: Session, ids: Iterable[int]) -> dict[int, list[int | None]]:
    """Inspection → whom its marks below the full one count for, as they hold now."""
    wanted = list(ids)
    newest = aliased(InspectionMark)
    holds = sa.select(sa.func.max(newest.round)).where(
        newest.inspection_id == InspectionMark.inspection_id, newest.item == InspectionMark.item
    )
    rows = session.execute(
        sa.select(InspectionMark.inspection_id, InspectionMark.staff_id).where(
            InspectionMark.inspection_id.in_(wanted),
            InspectionMark.percent < Decimal(100),
            InspectionMark.round == holds.scalar_subquery(),
        )
    )
    found: dict[int, list[int | None]] = {}
    for row in rows:
        found.setdefault(row.inspection_id, []).append(row.staff_id)
    return found


def months(session: Session, staff_id: int | None, at: datetime, zone: ZoneInfo) -> list[Month]:
    """The last twelve months in which something about this person was published, the newest first."""
    since = datetime(at.year - 1, at.month, 1, tzinfo=zone)
    rows = session.execute(
        sa.select(Inspection.published_at, Inspection.score)
        .where(_published(), Inspection.subject_id == staff_id, Inspection.published_at >= since)
        .order_by(Inspection.published_at.desc())
        .limit(MOST_OF_YEAR)
    ).all()
    scores: dict[tuple[int, int], list[Decimal]] = {}
    for published_at, score in rows:
        if score is not None:
            local = published_at.astimezone(zone)
            scores.setdefault((local.year, local.month), []).append(score)
    return [
        Month(year, month, len(found), _mean(found), min(found))
        for (year, month), found in list(scores.items())[:MONTHS]
    ]


def _mean(scores: Sequence[Decimal]) -> Decimal:
    """Rounded half up to hundredths, as every score is (R28)."""
    return (sum(scores, Decimal(0)) / len(scores)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def of_complaint(session: Session, actor: Actor, complaint_id: int) -> list[Inspection]:
    """The inspections of a complaint that this person may open, oldest first."""
    return list(session.scalars(_on_complaint(actor), {"of": complaint_id}))


@lru_cache(maxsize=KEPT)
def _on_complaint(actor: Actor) -> sa.Select[Any]:
    where = (Inspection.complaint_id == sa.bindparam("of"), readable(actor))
    statement = sa.select(Inspection).where(*where).order_by(Inspection.id).limit(PAGE)
    return statement.options(joinedload(Inspection.card), joinedload(Inspection.subject))
