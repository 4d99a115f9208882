"""Figures of inspections (R27–R29, R31): scores by department, person, card, plan and month; completion; appeals.

Only inspections that are final count, each record once (a second scoring is for the agreement alone). Every mean and
every rate comes with what its interval needs; each row has the key by which the list behind it is asked for. Each
function sends one statement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark, Scorecard
from backoffice.models.sampling import Draw
from backoffice.queries.inspection_filters import (
    OVERTURNED,
    Condition,
    InspectionFilters,
    conditions,
    counting,
    current_mark,
    fallen_due,
    in_time,
    within,
)
from policies.access import Actor
from policies.interval import Mean, Rate, mean_of
from policies.vocabulary_inspection import AppealResult

FULL = 100
GROUPED = "grouped_by"
SCORE_SPAN = (Decimal(0), Decimal(100))


@dataclass(frozen=True)
class Asked:
    """Who asks for the figures of which inspections, now, in the office's time."""

    actor: Actor
    filters: InspectionFilters
    zone: ZoneInfo
    at: datetime

    @property
    def counted(self) -> list[Condition]:
        """What every figure of scores counts."""
        return [*conditions(counting(self.filters), self.zone, self.at), *within(self.actor)]


@dataclass(frozen=True)
class Scores:
    """The scores of one group: ``key`` is the id or code by which its list is asked for; None where unsaid.

    ``fatal``: records with a fatal fault; ``low``: with a score below the limit that was asked for.
    """

    key: Any
    mean: Mean
    fatal: Rate
    low: Rate


@dataclass(frozen=True)
class Cell:
    """How one item was marked in one department: mean percent, and how many are below full. Not applicable is left out.

    ``fatal``: fatal hits among those to which it applied.
    """

    mean: Mean
    below: Rate
    fatal: Rate


def by_group(session: Session, asked: Asked, by: Any, limit: Decimal) -> list[Scores]:
    """Scores by a column of ``Inspection``, ``Draw`` or ``Scorecard``, in the order of the keys; None: all together."""
    raw = sa.type_coerce(Inspection.score, sa.BigInteger)
    statement = (
        sa.select(
            (sa.null() if by is None else by).label(GROUPED),
            sa.func.count(),
            sa.func.sum(raw),
            sa.func.sum(raw * raw),
            _times(Inspection.fatal.is_(True)),
            _times(Inspection.score < limit),
        )
        .select_from(Inspection)
        .join(Draw, Draw.id == Inspection.draw_id)
        .join(Scorecard, Scorecard.id == Inspection.card_id)
        .where(*asked.counted, Inspection.score.is_not(None))
    )
    found = []
    for key, count, total, squares, fatal, low in session.execute(_grouped(statement, by)):
        mean = _mean(count, total, squares)
        if mean is not None:
            found.append(Scores(key, mean, Rate(int(fatal), count), Rate(int(low), count)))
    return found


def overall(session: Session, asked: Asked, limit: Decimal) -> Scores | None:
    """All of them together; None where none is final."""
    return next(iter(by_group(session, asked, None, limit)), None)


def by_month(session: Session, asked: Asked, months: list[date], limit: Decimal) -> dict[date, Scores]:
    """Scores by the month in which they became final; ``months``: first days, local, one after the other."""
    starts = [datetime.combine(month, time.min, asked.zone) for month in months]
    latest_first = reversed(list(enumerate(starts)))
    place = sa.case(*((Inspection.final_at >= start, number) for number, start in latest_first), else_=-1)
    spread = replace(asked, filters=replace(asked.filters, since=months[0]))
    return {months[row.key]: row for row in by_group(session, spread, place, limit) if row.key >= 0}


def heat_map(session: Session, asked: Asked) -> dict[tuple[int | None, str], Cell]:
    """(department, item) → how it was marked; (None, item) is what belongs to no department."""
    rows = _cells(session, asked, Inspection.department_id)
    return {(department, item): cell for department, item, cell in rows}


def items_together(session: Session, asked: Asked) -> dict[str, Cell]:
    """Item → how it was marked in all departments together."""
    return {item: cell for _all, item, cell in _cells(session, asked, None)}


def _cells(session: Session, asked: Asked, by: Any) -> list[tuple[Any, str, Cell]]:
    raw = sa.type_coerce(InspectionMark.percent, sa.BigInteger)
    statement = (
        sa.select(
            (sa.null() if by is None else by).label(GROUPED),
            InspectionMark.item,
            sa.func.count(),
            sa.func.sum(raw),
            sa.func.sum(raw * raw),
            _times(InspectionMark.percent < FULL),
            _times(InspectionMark.fatal.is_(True)),
        )
        .join(Inspection, Inspection.id == InspectionMark.inspection_id)
        .where(*asked.counted, InspectionMark.percent.is_not(None), current_mark())
    )
    found = []
    rows = session.execute(_grouped(statement, by).group_by(InspectionMark.item))
    for key, item, count, total, squares, below, fatal in rows:
        mean = _mean(count, total, squares)
        if mean is not None:
            found.append((key, item, Cell(mean, Rate(int(below), count), Rate(int(fatal), count))))
    return found


def completion(session: Session, asked: Asked, by: Any) -> dict[Any, Rate]:
    """Published in time of those fallen due in the period (the indicator inspection_completion), by a column.

    Second scorings are samples that somebody was given, and count here.
    """
    due = conditions(replace(asked.filters, when="due", in_time="", status=None), asked.zone, asked.at)
    statement = (
        sa.select((sa.null() if by is None else by).label(GROUPED), sa.func.count(), _times(in_time()))
        .select_from(Inspection)
        .join(Draw, Draw.id == Inspection.draw_id)
        .where(*due, *fallen_due(asked.at), *within(asked.actor))
    )
    return {key: Rate(int(hits), count) for key, count, hits in session.execute(_grouped(statement, by)) if count}


def overturned(session: Session, asked: Asked, by: Any) -> dict[Any, Rate]:
    """Scores that an appeal changed, of those final in the period (the indicator appeal_overturn_rate), by a column."""
    changed = InspectionAppeal.result.in_(OVERTURNED)
    statement = (
        sa.select((sa.null() if by is None else by).label(GROUPED), sa.func.count(), _times(changed))
        .select_from(Inspection)
        .outerjoin(InspectionAppeal, InspectionAppeal.inspection_id == Inspection.id)
        .where(*asked.counted)
    )
    return {key: Rate(int(hits), count) for key, count, hits in session.execute(_grouped(statement, by)) if count}


def appeals_decided(session: Session, asked: Asked) -> dict[AppealResult, int]:
    """How the appeals against inspections that became final in the period were decided."""
    rows = session.execute(
        sa.select(InspectionAppeal.result, sa.func.count())
        .join(Inspection, Inspection.id == InspectionAppeal.inspection_id)
        .where(*asked.counted, InspectionAppeal.result.is_not(None))
        .group_by(InspectionAppeal.result)
    )
    return {result: count for result, count in rows if result is not None}


def _grouped(statement: sa.Select[Any], by: Any) -> sa.Select[Any]:
    """Grouped by its first column's name: a condition with values in it is written but once."""
    return (
        statement if by is None else statement.group_by(sa.literal_column(GROUPED)).order_by(sa.literal_column(GROUPED))
    )


def _times(condition: Condition) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _mean(count: int, total: Any, squares: Any) -> Mean | None:
    """From sums over stored hundredths."""
    if not count:
        return None
    return mean_of(count, Decimal(total) / 100, Decimal(squares) / 10_000, within=SCORE_SPAN)
