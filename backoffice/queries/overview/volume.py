"""How many complaints were received, closed, are open (R35): every count is that of the list behind it.

Counts over time are read from indexes alone, a stretch each, so that they cost what lies in the stretch and not what
the table has grown to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.queries.indicators import Window
from backoffice.queries.indicators.shape import responsible, within
from backoffice.queries.overview.narrow import Condition, Narrow
from policies.overview import AGES


@unique
class Flow(StrEnum):
    """Which moment of a complaint puts it into a period."""

    RECEIVED = "received"
    CLOSED = "closed"


MOMENTS: dict[Flow, Any] = {Flow.RECEIVED: Complaint.received_at, Flow.CLOSED: Complaint.closed_at}


def in_flow(flow: Flow, window: Window, narrow: Narrow) -> list[Condition]:
    """Complaints received, or closed, in a window."""
    return [within(MOMENTS[flow], window), *narrow.conditions]


def counts(session: Session, windows: Sequence[tuple[Flow, Window]], narrow: Narrow) -> list[int]:
    """How many there are in each of these, in one statement."""
    if not windows:
        return []
    parts = [
        sa.select(sa.literal_column(str(place), sa.Integer).label("place"), sa.func.count().label("number"))
        .select_from(Complaint)
        .where(*in_flow(flow, window, narrow))
        for place, (flow, window) in enumerate(windows)
    ]
    found = dict(session.execute(sa.union_all(*parts)).all())
    return [int(found[place]) for place in range(len(windows))]


def trunks(session: Session, windows: Sequence[Window], narrow: Narrow) -> list[dict[int, int]]:
    """Of each window the complaints received by the trunk of the tree that they stand under (its category id)."""
    parts = [
        sa.select(sa.literal_column(str(place), sa.Integer).label("place"), Complaint.category_id, sa.func.count())
        .where(*in_flow(Flow.RECEIVED, window, narrow))
        .group_by(Complaint.category_id)
        for place, window in enumerate(windows)
    ]
    trunk = {key: int(path.split("/")[1]) for key, path in session.execute(sa.select(Category.id, Category.path))}
    found: list[dict[int, int]] = [{} for _ in windows]
    for place, leaf, number in session.execute(sa.union_all(*parts)):
        key = trunk[leaf]
        found[place][key] = found[place].get(key, 0) + number
    return found


def leaves(session: Session, window: Window, narrow: Narrow) -> dict[int, int]:
    """Category id → how many were received under it."""
    return _by(session, Complaint.category_id, in_flow(Flow.RECEIVED, window, narrow))


def causes(session: Session, window: Window, narrow: Narrow) -> dict[str, int]:
    """Code of the cause → how many complaints were closed with it; those without a cause are left out."""
    where = [*in_flow(Flow.CLOSED, window, narrow), Complaint.cause_code.is_not(None)]
    return _by(session, Complaint.cause_code, where)


def _by(session: Session, column: Any, where: list[Condition]) -> dict[Any, int]:
    rows = session.execute(sa.select(column, sa.func.count()).where(*where).group_by(column).order_by(column))
    return dict(rows.all())


@dataclass(frozen=True)
class OpenCases:
    """Of a department: how many are open, and how many of them have a deadline that is past."""

    open: int
    overdue: int


def still_open(narrow: Narrow) -> list[Condition]:
    """Complaints that are not closed."""
    return [Complaint.open.is_(True), *narrow.conditions]


def is_overdue(at: datetime) -> Condition:
    """Whether a deadline is past."""
    return Complaint.next_due_at < at


def of_age(place: int, at: datetime) -> list[Condition]:
    """Open complaints of an age (a place of ``AGES``, the last one beyond all), by the time since their receipt."""
    found: list[Condition] = []
    if place < len(AGES):
        found.append(Complaint.received_at > at - timedelta(days=AGES[place]))
    if place > 0:
        found.append(Complaint.received_at <= at - timedelta(days=AGES[place - 1]))
    return found


def ages(session: Session, narrow: Narrow, at: datetime) -> list[tuple[int, int]]:
    """Of each age how many are open, and how many of them are overdue; in one statement."""
    place = sa.case(*((of_age(n, at)[0], n) for n in range(len(AGES))), else_=len(AGES)).label("place")
    late = sa.func.sum(sa.case((is_overdue(at), 1), else_=0))
    rows = session.execute(
        sa.select(place, sa.func.count(), late).where(*still_open(narrow)).group_by(sa.literal_column("place"))
    )
    found = {key: (number, int(overdue)) for key, number, overdue in rows}
    return [found.get(n, (0, 0)) for n in range(len(AGES) + 1)]


def by_department(session: Session, narrow: Narrow, at: datetime) -> dict[int | None, OpenCases]:
    """Responsible department → its open complaints."""
    key = responsible().label("unit")
    late = sa.func.sum(sa.case((is_overdue(at), 1), else_=0))
    rows = session.execute(
        sa.select(key, sa.func.count(), late).where(*still_open(narrow)).group_by(sa.literal_column("unit"))
    )
    return {unit: OpenCases(number, int(overdue)) for unit, number, overdue in rows}
