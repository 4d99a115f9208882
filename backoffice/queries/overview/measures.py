"""Indicators for the manager's view (R31, R35): the very contributions of the registry, narrowed and added up."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.queries.indicators import Window, contributions
from backoffice.queries.overview.narrow import Narrow
from policies.indicator import Figure, figure_of
from policies.vocabulary_appraisal import SubjectKind

NOTHING = Figure(Fraction(0), Fraction(0), 0)
DEPARTMENT = SubjectKind.DEPARTMENT


def rows_of(code: str, window: Window, narrow: Narrow) -> tuple[Any, sa.Select[Any]]:
    """An indicator's contributions by department, and a statement over them that is narrowed but selects nothing."""
    rows = contributions(code, window, DEPARTMENT).subquery("contributions")
    statement = sa.select().select_from(rows).where(*narrow.of_department(rows.c.subject_id))
    if of_complaint := narrow.of_complaint:
        matching = sa.select(Complaint.id).where(Complaint.id == rows.c.complaint_id, *of_complaint)
        statement = statement.where(matching.correlate(rows).exists())
    return rows, statement


def whole(session: Session, code: str, windows: Sequence[Window], narrow: Narrow) -> list[Figure]:
    """The figure of all departments together in each window, also what is nobody's; in one statement."""
    return several(session, [(code, window) for window in windows], narrow)


def several(session: Session, asked: Sequence[tuple[str, Window]], narrow: Narrow) -> list[Figure]:
    """The same of several indicators, each in its window; in one statement."""
    return [one.get(None, NOTHING) for one in _figures(session, asked, narrow, grouped=False)]


def by_department(
    session: Session, code: str, windows: Sequence[Window], narrow: Narrow
) -> list[dict[int | None, Figure]]:
    """Of each window: department → its figure; in one statement."""
    return _figures(session, [(code, window) for window in windows], narrow, grouped=True)


def _figures(
    session: Session, asked: Sequence[tuple[str, Window]], narrow: Narrow, *, grouped: bool
) -> list[dict[int | None, Figure]]:
    if not asked:
        return []
    parts = []
    for place, (code, window) in enumerate(asked):
        rows, statement = rows_of(code, window, narrow)
        key = rows.c.subject_id if grouped else sa.cast(sa.null(), sa.BigInteger)
        sums = [sa.func.coalesce(sa.func.sum(one), 0) for one in (rows.c.numerator, rows.c.denominator, rows.c.sample)]
        statement = statement.add_columns(sa.literal_column(str(place), sa.Integer).label("place"), key, *sums)
        statement = statement.where(rows.c.left_out.is_(None))
        parts.append(statement.group_by(rows.c.subject_id) if grouped else statement)
    found: list[dict[int | None, Figure]] = [{} for _ in asked]
    for place, unit, numerator, denominator, sample in session.execute(sa.union_all(*parts)):
        found[place][unit] = figure_of(asked[place][0], int(numerator), int(denominator), int(sample))
    return found
