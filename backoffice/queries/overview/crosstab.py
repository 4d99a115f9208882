"""Complaints by any two dimensions (R35): how many were received, or closed, in a period, for each pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum, unique
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.queries.indicators import Window
from backoffice.queries.indicators.shape import responsible
from backoffice.queries.inspection_names import category_names, department_names
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.volume import Flow, in_flow
from backoffice.queries.rulebook import Rulebook
from policies.message import Name
from policies.vocabulary import Fault, Outcome, Priority, Severity


@unique
class Dimension(StrEnum):
    """By what complaints can be counted (``dimensions`` of ``office/report.yaml``, those of a complaint)."""

    MONTH = "month"
    CATEGORY = "category"
    CHANNEL = "channel"
    SEVERITY = "severity"
    PRIORITY = "priority"
    DEPARTMENT = "department"
    OUTCOME = "outcome"
    FAULT = "fault"
    CAUSE = "cause"


COLUMNS: Mapping[Dimension, Any] = {
    Dimension.CATEGORY: Complaint.category_id,
    Dimension.CHANNEL: Complaint.channel_id,
    Dimension.SEVERITY: Complaint.severity,
    Dimension.PRIORITY: Complaint.priority,
    Dimension.DEPARTMENT: responsible(),
    Dimension.OUTCOME: Complaint.outcome,
    Dimension.FAULT: Complaint.fault,
    Dimension.CAUSE: Complaint.cause_code,
}
SETS: Mapping[Dimension, type[StrEnum]] = {
    Dimension.SEVERITY: Severity,
    Dimension.PRIORITY: Priority,
    Dimension.OUTCOME: Outcome,
    Dimension.FAULT: Fault,
}
"""Dimensions with a closed set of values, in its order."""
Key = Any
Cells = dict[tuple[Key, Key], int]


def table(
    session: Session, flow: Flow, windows: Mapping[str, Window], rows: Dimension, columns: Dimension, narrow: Narrow
) -> Cells:
    """(row, column) → how many; None: it is not said. ``windows``: the months of the period by their text."""
    parts = []
    for place, window in enumerate(windows.values()):
        pair = [_column(one, place).label(name) for one, name in ((rows, "row_key"), (columns, "column_key"))]
        counted = sa.select(*pair, sa.func.count()).select_from(Complaint).where(*in_flow(flow, window, narrow))
        parts.append(counted.group_by(sa.literal_column("row_key"), sa.literal_column("column_key")))
    folds = [_fold(session, one, list(windows)) for one in (rows, columns)]
    found: Cells = defaultdict(int)
    for row, column, number in session.execute(sa.union_all(*parts)):
        found[(folds[0].get(row, row), folds[1].get(column, column))] += number
    return dict(found)


def _column(dimension: Dimension, place: int) -> Any:
    if dimension is Dimension.MONTH:
        return sa.literal_column(str(place), sa.Integer)
    return COLUMNS[dimension]


def _fold(session: Session, dimension: Dimension, months: Sequence[str]) -> Mapping[Key, Key]:
    """What stands for several values: of a leaf its trunk, of a place its month."""
    if dimension is Dimension.MONTH:
        return dict(enumerate(months))
    if dimension is Dimension.CATEGORY:
        paths = session.execute(sa.select(Category.id, Category.path))
        return {key: int(path.split("/")[1]) for key, path in paths}
    return {}


def names(session: Session, dimension: Dimension, keys: Sequence[Key]) -> dict[Key, Name | StrEnum | str]:
    """The keys that occur, in the office's order, each with its name or what stands for it; None comes last."""
    known = [key for key in keys if key is not None]
    if dimension in SETS:
        return {one: one for one in SETS[dimension] if one in known}
    if dimension is Dimension.MONTH:
        return {key: key for key in sorted(known)}
    found: dict[Any, Name] = {}
    if dimension is Dimension.CAUSE:
        found = {one.code: Name(one.name_zh, one.name_en) for one in Rulebook(session).entries("causes", retired=True)}
        return {
            key: found.get(key, Name(key, key)) for key in [*(k for k in found if k in known), *_rest(known, found)]
        }
    if dimension is Dimension.CATEGORY:
        found = category_names(session, known)
    elif dimension is Dimension.DEPARTMENT:
        found = department_names(session, known)
    else:
        channels = sa.select(Channel.id, Channel.name_zh, Channel.name_en).order_by(Channel.position, Channel.id)
        found = {row.id: Name(row.name_zh, row.name_en) for row in session.execute(channels) if row.id in known}
    return dict(found)


def _rest(known: Sequence[Key], found: Mapping[Key, Name]) -> list[Key]:
    return [key for key in known if key not in found]
