"""Indicators over inspections: scores, marks of the record, samples done in time, appeals, agreement (R27–R29, R31)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark, Scorecard
from backoffice.queries.indicators.shape import (
    ONE,
    contribution,
    counted,
    department_of,
    raw,
    within,
)
from backoffice.queries.indicators.window import Window
from backoffice.queries.inspection_filters import OVERTURNED, PUBLISHED, current_mark, in_time
from policies.vocabulary_appraisal import LeftOut, SubjectKind
from policies.vocabulary_inspection import InspectionStatus, UnitKind

RECORD_CARD, RECORD_GROUP = "record_process_card", "record"
"""Of which card and group ``record_accuracy`` counts the items."""

Rows = sa.Select[Any] | sa.CompoundSelect[Any]


def inspection_score(window: Window, level: SubjectKind) -> Rows:
    """Inspections of complaints that became final, with the score that holds after an appeal; for the inspected."""
    return _scores(window, level, UnitKind.CLOSED_COMPLAINT)


def call_quality_score(window: Window, level: SubjectKind) -> Rows:
    """Inspections of calls that became final; for the speaker."""
    return _scores(window, level, UnitKind.CALL_OR_CHAT)


def _scores(window: Window, level: SubjectKind, kind: UnitKind) -> Rows:
    columns = contribution(
        level,
        staff=Inspection.subject_id,
        department=Inspection.department_id,
        unit=("inspection", Inspection.id),
        complaint=Inspection.complaint_id,
        at=Inspection.final_at,
        numerator=raw(Inspection.score),
    )
    return (
        sa.select(*columns)
        .select_from(Inspection)
        .join(Scorecard, Scorecard.id == Inspection.card_id)
        .where(*_final(window), Inspection.score.is_not(None), Scorecard.applies_to == kind)
    )


def _final(window: Window) -> list[sa.ColumnElement[bool]]:
    """Final in the period, each record once: a second scoring is for the agreement alone."""
    return [
        within(Inspection.final_at, window),
        Inspection.status == InspectionStatus.FINAL,
        Inspection.pair_of_id.is_(None),
    ]


def record_accuracy(window: Window, level: SubjectKind) -> Rows:
    """The marks of the card's record items, for the person to whom each is attributed; one row for an inspection.

    Weight points to the hundredth, as an inspection keeps them; what did not apply is left out of both sums.
    """
    items = _items()
    points = sa.cast(items.c.weight * raw(InspectionMark.percent) / ONE, sa.BigInteger)
    marks = (
        sa.select(
            InspectionMark.inspection_id,
            InspectionMark.staff_id,
            sa.func.sum(points).label("points"),
            sa.func.sum(items.c.weight * ONE).label("weights"),
        )
        .select_from(Inspection)
        .join(InspectionMark, InspectionMark.inspection_id == Inspection.id)
        .join(items, sa.and_(items.c.card_id == Inspection.card_id, items.c.item == InspectionMark.item))
        .where(*_final(window), InspectionMark.percent.is_not(None), current_mark())
        .group_by(InspectionMark.inspection_id, InspectionMark.staff_id)
        .subquery("record_marks")
    )
    columns = contribution(
        level,
        staff=marks.c.staff_id,
        department=department_of(marks.c.staff_id),
        unit=("inspection", Inspection.id),
        complaint=Inspection.complaint_id,
        at=Inspection.final_at,
        numerator=marks.c.points,
        denominator=marks.c.weights,
    )
    return sa.select(*columns).select_from(marks).join(Inspection, Inspection.id == marks.c.inspection_id)


def _items() -> sa.Subquery:
    """The weighted items of the group ``record`` in every version of the card."""
    listed = card_items(Scorecard.definition).table_valued(sa.column("value", sa.JSON), joins_implicitly=True)
    item = listed.c.value
    return (
        sa.select(
            Scorecard.id.label("card_id"),
            item["code"].as_string().label("item"),
            item["weight"].as_integer().label("weight"),
        )
        .select_from(Scorecard, listed)
        .where(
            Scorecard.code == RECORD_CARD,
            item["group"].as_string() == RECORD_GROUP,
            item["weight"].as_integer() > 0,
        )
        .subquery("record_items")
    )


def inspection_completion(window: Window, level: SubjectKind) -> Rows:
    """Samples given to somebody that fell due; published in time; for the inspector. Second scorings count."""
    columns = contribution(
        level,
        staff=Inspection.inspector_id,
        department=department_of(Inspection.inspector_id),
        unit=("inspection", Inspection.id),
        complaint=Inspection.complaint_id,
        at=Inspection.due_at,
        numerator=counted(in_time()),
        left_out=[
            (LeftOut.CANCELLED, Inspection.status == InspectionStatus.CANCELLED),
            (LeftOut.NOT_YET, Inspection.due_at > window.computed_at),
        ],
    )
    return sa.select(*columns).where(within(Inspection.due_at, window), Inspection.inspector_id.is_not(None))


def appeal_overturn_rate(window: Window, level: SubjectKind) -> Rows:
    """Inspections that became final; an appeal changed the score, wholly or in part; for the inspector."""
    columns = contribution(
        level,
        staff=Inspection.inspector_id,
        department=department_of(Inspection.inspector_id),
        unit=("inspection", Inspection.id),
        complaint=Inspection.complaint_id,
        at=Inspection.final_at,
        numerator=counted(InspectionAppeal.result.in_(OVERTURNED)),
    )
    return (
        sa.select(*columns)
        .select_from(Inspection)
        .outerjoin(InspectionAppeal, InspectionAppeal.inspection_id == Inspection.id)
        .where(*_final(window))
    )


def inspector_agreement(window: Window, level: SubjectKind) -> Rows:
    """Records scored twice, item by item where it applied in both; the same level; for either inspector.

    Compared are the marks that each gave first, of pairs that both are published; a pair counts when the second of the
    two became final.
    """
    return sa.union_all(_compared(window, level, first=True), _compared(window, level, first=False))


def _compared(window: Window, level: SubjectKind, *, first: bool) -> sa.Select[Any]:
    one, two = aliased(Inspection, name="scored"), aliased(Inspection, name="scored_again")
    given, other = aliased(InspectionMark), aliased(InspectionMark)
    at = sa.case((one.final_at > two.final_at, one.final_at), else_=two.final_at)
    inspector = one.inspector_id if first else two.inspector_id
    unit = sa.cast(two.id, sa.String()) + sa.literal_column("':'") + given.item
    columns = contribution(
        level,
        staff=inspector,
        department=department_of(inspector),
        unit=("item", unit),
        complaint=two.complaint_id,
        at=at,
        numerator=counted(given.percent == other.percent),
    )
    both = [
        one.status.in_(PUBLISHED),
        two.status.in_(PUBLISHED),
        one.card_id == two.card_id,
        one.final_at.is_not(None),
        two.final_at.is_not(None),
        sa.or_(within(one.final_at, window), within(two.final_at, window)),
        one.final_at < window.until,
        two.final_at < window.until,
    ]
    return (
        sa.select(*columns)
        .select_from(two)
        .join(one, one.id == two.pair_of_id)
        .join(given, sa.and_(given.inspection_id == one.id, given.round == 0))
        .join(other, sa.and_(other.inspection_id == two.id, other.round == 0, other.item == given.item))
        .where(*both, given.percent.is_not(None), other.percent.is_not(None))
    )


class card_items(FunctionElement[Any]):  # noqa: N801 (used like a function)
    """The items of a scorecard's definition, one row each, in ``value``."""

    inherit_cache = True


@compiles(card_items, "sqlite")
def _items_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    (definition,) = (compiler.process(one, **more) for one in element.clauses)
    return f"json_each({definition}, '$.items')"


@compiles(card_items, "postgresql")
def _items_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    (definition,) = (compiler.process(one, **more) for one in element.clauses)
    return f"json_array_elements({definition} -> 'items')"
