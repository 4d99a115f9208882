"""Which inspections are meant (R27–R29, R31): one definition for figures, lists and exports, so that they agree.

A figure links to the list of the inspections behind it with the very filters by which it was counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark, Scorecard
from backoffice.models.sampling import Draw
from policies.access import Actor, Permission, Scope
from policies.inspection_reach import departments_within, inspects
from policies.vocabulary_inspection import AppealResult, InspectionStatus

Condition = sa.ColumnElement[bool]

MOMENTS: dict[str, Any] = {
    "final": Inspection.final_at,
    "published": Inspection.published_at,
    "scored": Inspection.scored_at,
    "due": Inspection.due_at,
    "drawn": Inspection.assigned_at,
}
"""Which moment of an inspection a period is about."""

MARKS = ("applied", "below", "fatal")
SECONDS = ("no", "only")
IN_TIME = ("any", "yes", "no")
APPEALS = ("any", "overturned")
PUBLISHED = tuple(status for status in InspectionStatus if status.is_published)
TO_SCORE = tuple(status for status in InspectionStatus if status.is_to_score)
OVERTURNED = (AppealResult.UPHELD, AppealResult.PARTLY_UPHELD)


@dataclass(frozen=True)
class InspectionFilters:
    """What inspections are narrowed to; empty narrows nothing. ``since`` and ``until``: local days, both included.

    ``item`` with ``mark``: the item applied, is marked below full, or is a fatal hit. ``seconds``: without second
    scorings, or only these. ``in_time``: fallen due, and published in time or not. ``appeal``: with an appeal, or
    overturned by it.
    """

    when: str = "final"
    since: date | None = None
    until: date | None = None
    status: InspectionStatus | None = None
    department_id: int | None = None
    subject_id: int | None = None
    inspector_id: int | None = None
    card: str = ""
    plan: str = ""
    result: str = ""
    fatal: bool = False
    item: str = ""
    mark: str = ""
    seconds: str = ""
    in_time: str = ""
    appeal: str = ""

    @property
    def narrows(self) -> bool:
        return self != InspectionFilters(when=self.when)


def counting(filters: InspectionFilters) -> InspectionFilters:
    """The same, narrowed to what figures count: final in the period, each record once."""
    return replace(filters, when="final", status=InspectionStatus.FINAL, seconds="no")


def seen(actor: Actor) -> list[Condition]:
    """The inspections that this person may find in lists: all for who inspects, else published ones within reach."""
    if inspects(actor):
        return []
    return [*within(actor), Inspection.status.in_(PUBLISHED)]


def within(actor: Actor) -> list[Condition]:
    """Those of the departments whose figures this person may read."""
    reach = departments_within(actor)
    return [] if reach is None else [Inspection.department_id.in_(sorted(reach))]


def exported(actor: Actor) -> list[Condition]:
    """Those that this person may take along, where exporting reaches less far than reading."""
    scope = actor.scope(Permission.DATA_EXPORT)
    if scope is Scope.ALL:
        return []
    return [Inspection.department_id.in_(sorted(actor.departments))] if scope is Scope.DEPARTMENT else [sa.false()]


def conditions(filters: InspectionFilters, zone: ZoneInfo, at: datetime) -> list[Condition]:
    """The filters as conditions on ``Inspection``; ``at`` is now, for what has fallen due."""
    found = [*_period(filters, zone), *_plain(filters)]
    if filters.seconds:
        found.append(Inspection.pair_of_id.is_(None) if filters.seconds == "no" else Inspection.pair_of_id.is_not(None))
    if filters.item:
        found.append(marked(filters.item, filters.mark))
    if filters.in_time:
        found += fallen_due(at)
        if filters.in_time != "any":
            found.append(in_time() if filters.in_time == "yes" else sa.not_(in_time()))
    if filters.appeal:
        found.append(Inspection.id.in_(appealed(overturned=filters.appeal == "overturned")))
    return found


def _period(filters: InspectionFilters, zone: ZoneInfo) -> list[Condition]:
    column = MOMENTS[filters.when]
    found = []
    if filters.since is not None:
        found.append(column >= datetime.combine(filters.since, time.min, zone))
    if filters.until is not None:
        found.append(column < datetime.combine(filters.until + timedelta(days=1), time.min, zone))
    return found


def _plain(filters: InspectionFilters) -> list[Condition]:
    equal = (
        (Inspection.status, filters.status),
        (Inspection.department_id, filters.department_id),
        (Inspection.subject_id, filters.subject_id),
        (Inspection.inspector_id, filters.inspector_id),
        (Inspection.result, filters.result),
        (Inspection.fatal, filters.fatal),
    )
    found: list[Condition] = [column == value for column, value in equal if value]
    if filters.card:
        found.append(Inspection.card_id.in_(sa.select(Scorecard.id).where(Scorecard.code == filters.card)))
    if filters.plan:
        found.append(Inspection.draw_id.in_(sa.select(Draw.id).where(Draw.plan_code == filters.plan)))
    return found


def current_mark() -> Condition:
    """The mark of an item that holds: after an appeal that of the appeal, else the inspector's."""
    later = aliased(InspectionMark)
    return sa.not_(
        sa.exists().where(
            later.inspection_id == InspectionMark.inspection_id,
            later.item == InspectionMark.item,
            later.round > InspectionMark.round,
        )
    )


def marked(item: str, mark: str) -> Condition:
    """Inspections in which an item applied, is marked below full, or is a fatal hit."""
    how: dict[str, Condition] = {
        "below": InspectionMark.percent < 100,
        "fatal": InspectionMark.fatal.is_(True),
    }
    return sa.exists().where(
        InspectionMark.inspection_id == Inspection.id,
        InspectionMark.item == item,
        how.get(mark, InspectionMark.percent.is_not(None)),
        current_mark(),
    )


def fallen_due(at: datetime) -> list[Condition]:
    """Samples that somebody was given and whose time is over by now (the indicator inspection_completion)."""
    return [
        Inspection.inspector_id.is_not(None),
        Inspection.status != InspectionStatus.CANCELLED,
        Inspection.due_at <= at,
    ]


def in_time() -> Condition:
    """Published by its date."""
    return sa.and_(Inspection.published_at.is_not(None), Inspection.published_at <= Inspection.due_at)


def appealed(*, overturned: bool) -> sa.Select[Any]:
    """Ids of the inspections with an appeal, or with one that changed the score."""
    found = sa.select(InspectionAppeal.inspection_id)
    return found.where(InspectionAppeal.result.in_(OVERTURNED)) if overturned else found
