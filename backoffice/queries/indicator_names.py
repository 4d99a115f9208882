"""Names beside indicators: whose figures a reader may see, and which records stand behind one (R31, R39)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint, WorkOrder
from backoffice.models.inspection import Inspection
from backoffice.models.office import Department, Staff
from backoffice.models.teamwork import CorrectiveAction
from backoffice.models.training import TrainingCourse, TrainingOrder
from backoffice.queries.indicators import Contribution
from backoffice.queries.rulebook import Rulebook
from backoffice.queries.scope import visible_each
from policies.access import Actor
from policies.indicator_reach import Reach
from policies.message import Name
from policies.vocabulary_appraisal import SubjectKind


@dataclass(frozen=True)
class SubjectName:
    """A person or a department; ``department``: a person's."""

    id: int
    code: str
    name: Name
    department: Name | None = None


@dataclass(frozen=True)
class Behind:
    """What a contribution comes from: the complaint's number and whether this reader may open it; a number or name of
    the order, inspection, corrective action or course itself, where it has one.
    """

    complaint: str | None = None
    opens: bool = False
    number: str | None = None
    name: Name | None = None


def subjects(session: Session, reach: Reach, level: SubjectKind) -> dict[int, SubjectName]:
    """Id → name of all whose figures may be seen, former staff and departments included; persons by department."""
    if level is SubjectKind.DEPARTMENT:
        rows = sa.select(Department.id, Department.code, Department.name_zh, Department.name_en).order_by(Department.id)
        if reach.departments is not None:
            rows = rows.where(Department.id.in_(sorted(reach.departments)))
        return {row.id: SubjectName(row.id, row.code, Name(row.name_zh, row.name_en)) for row in session.execute(rows)}
    columns = (Staff.id, Staff.code, Staff.name_zh, Staff.name_en)
    people = (
        sa.select(*columns, Department.name_zh.label("of_zh"), Department.name_en.label("of_en"))
        .outerjoin(Department, Department.id == Staff.department_id)
        .order_by(Staff.department_id, Staff.code)
    )
    if reach.persons_of is not None:
        people = people.where(sa.or_(Staff.department_id.in_(sorted(reach.persons_of)), Staff.id == reach.own))
    return {
        row.id: SubjectName(row.id, row.code, Name(row.name_zh, row.name_en), Name(row.of_zh or "", row.of_en or ""))
        for row in session.execute(people)
    }


def behind(session: Session, actor: Actor, rows: Iterable[Contribution]) -> dict[str, Behind]:
    """Unit → what it comes from, in at most one statement for complaints and one for each kind of unit."""
    rows = list(rows)
    by_kind: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        kind, key, _ = _split(row.unit)
        by_kind[kind].add(key)
    numbers = _complaints(session, actor, {row.complaint_id for row in rows if row.complaint_id is not None})
    more: dict[tuple[str, int], tuple[str | None, Name | None]] = {}
    for kind, ids in by_kind.items():
        if kind in NUMBERED:
            model = NUMBERED[kind]
            found = session.execute(sa.select(model.id, model.number).where(model.id.in_(ids)))
            more |= {(kind, key): (number, None) for key, number in found}
    more |= {("training", key): (None, name) for key, name in _courses(session, by_kind["training"])}
    items = _items(session, by_kind["item"])
    return {row.unit: _behind(row, numbers, more, items) for row in rows}


NUMBERED: Mapping[str, Any] = {
    "order": WorkOrder, "inspection": Inspection, "item": Inspection, "corrective": CorrectiveAction,
}  # fmt: skip


def _split(unit: str) -> tuple[str, int, str]:
    """The parts of a unit: "item:12:rec_basic" is an item of inspection 12."""
    kind, key, *rest = unit.split(":")
    return kind, int(key), rest[0] if rest else ""


def _behind(
    row: Contribution,
    numbers: Mapping[int, tuple[str, bool]],
    more: Mapping[tuple[str, int], tuple[str | None, Name | None]],
    items: Mapping[tuple[int, str], Name],
) -> Behind:
    kind, key, rest = _split(row.unit)
    number, name = more.get((kind, key), (None, None))
    complaint, opens = numbers.get(row.complaint_id or 0, (None, False))
    return Behind(complaint, opens, number, items.get((key, rest), name))


def _complaints(session: Session, actor: Actor, ids: set[int]) -> dict[int, tuple[str, bool]]:
    if not ids:
        return {}
    columns = sa.select(Complaint.id, Complaint.number, visible_each(actor).label("opens")).where(Complaint.id.in_(ids))
    return {row.id: (row.number, bool(row.opens)) for row in session.execute(columns)}


def _courses(session: Session, ids: set[int]) -> list[tuple[int, Name]]:
    if not ids:
        return []
    rows = (
        sa.select(TrainingOrder.id, TrainingCourse.name_zh, TrainingCourse.name_en)
        .join(TrainingCourse, TrainingCourse.id == TrainingOrder.course_id)
        .where(TrainingOrder.id.in_(ids))
    )
    return [(row.id, Name(row.name_zh, row.name_en)) for row in session.execute(rows)]


def _items(session: Session, ids: set[int]) -> dict[tuple[int, str], Name]:
    """(inspection, item) → the item's name on the card by which it was scored."""
    if not ids:
        return {}
    rules = Rulebook(session)
    cards = session.execute(sa.select(Inspection.id, Inspection.card_id).where(Inspection.id.in_(ids)))
    return {(key, item.code): item.name for key, card in cards for item in rules.card(card).items}
