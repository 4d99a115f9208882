"""Figures of indicators, and what lies behind each: always the sum, or the list, of the same contributions (R31)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.queries.indicators.registry import COUNTS, contributions, counts_for
from backoffice.queries.indicators.shape import ONE
from backoffice.queries.indicators.window import Window
from policies.indicator import Figure, figure_of, numerator_of
from policies.vocabulary_appraisal import LeftOut, SubjectKind

PAGE = 50
AT_ONCE = 1000


@unique
class Part(StrEnum):
    """Which of an indicator's contributions are asked for."""

    DENOMINATOR = "denominator"
    NUMERATOR = "numerator"
    MISSED = "missed"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Contribution:
    """What one thing (``unit``: "complaint:12", "clock:5") adds; ``left_out``: why it is not counted."""

    subject_id: int | None
    department_id: int | None
    unit: str
    complaint_id: int | None
    at: datetime
    numerator: Fraction
    denominator: Fraction
    sample: int
    left_out: LeftOut | None


@dataclass(frozen=True)
class Page:
    """One page of contributions in the order of time; ``count``: all of them, on every page together."""

    rows: list[Contribution]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


def figures(
    session: Session, code: str, window: Window, level: SubjectKind, subjects: Collection[int] | None = None
) -> dict[int, Figure]:
    """Subject (staff or department) → its figure; without those for whom nothing was counted. One statement.

    Of a plain number the denominator is 1, and a subject that was asked for has it even where nothing was counted.
    """
    rows = _rows(code, window, level)
    statement = sa.select(rows.c.subject_id, *_sums(rows)).group_by(rows.c.subject_id)
    statement = statement.where(rows.c.left_out.is_(None), rows.c.subject_id.is_not(None))
    if subjects is not None:
        statement = statement.where(rows.c.subject_id.in_(sorted(subjects)))
    found = {row[0]: _figure(code, *row[1:]) for row in session.execute(statement)}
    return with_nothing(code, found, subjects or ())


def with_nothing(code: str, found: dict[int, Figure], subjects: Collection[int]) -> dict[int, Figure]:
    """The same with those who were asked for and have a plain number of nothing."""
    if code not in COUNTS:
        return found
    return {subject: Figure(Fraction(0), Fraction(1), 0) for subject in subjects} | found


def overall(session: Session, code: str, window: Window) -> Figure:
    """The office's figure: everything once, also what is nobody's."""
    by_department = counts_for(code, SubjectKind.DEPARTMENT)
    rows = _rows(code, window, SubjectKind.DEPARTMENT if by_department else SubjectKind.PERSON)
    if not by_department:  # two inspectors share what both scored
        once = sa.select(rows.c.unit, rows.c.numerator, rows.c.denominator, rows.c.sample, rows.c.left_out).distinct()
        rows = once.subquery("once")
    statement = sa.select(*_sums(rows)).where(rows.c.left_out.is_(None))
    return _figure(code, *session.execute(statement).one())


def months(session: Session, code: str, windows: Sequence[Window], level: SubjectKind) -> list[dict[int, Figure]]:
    """The figures of several windows, one after the other as they were given, in one statement."""
    if not windows:
        return []
    parts = []
    for place, window in enumerate(windows):
        rows = _rows(code, window, level)
        one = sa.select(sa.literal_column(str(place), sa.Integer).label("place"), rows.c.subject_id, *_sums(rows))
        counted = (rows.c.left_out.is_(None), rows.c.subject_id.is_not(None))
        parts.append(one.where(*counted).group_by(rows.c.subject_id))
    found: list[dict[int, Figure]] = [{} for _ in windows]
    for place, subject, *sums in session.execute(sa.union_all(*parts)):
        found[place][subject] = _figure(code, *sums)
    return found


def drill(
    session: Session,
    code: str,
    window: Window,
    level: SubjectKind,
    subject_id: int | None,
    part: Part = Part.DENOMINATOR,
    page: int = 1,
) -> Page:
    """What a subject's figure is made of, page by page (None: everybody's); what was left out says why."""
    rows = _rows(code, window, level)
    where = _wanted(rows, subject_id, part)
    count = session.scalar(sa.select(sa.func.count()).select_from(rows).where(*where)) or 0
    page = min(max(1, page), max(1, -(-count // PAGE)))
    listed = _listed(rows).where(*where).offset((page - 1) * PAGE).limit(PAGE)
    return Page([_contribution(code, row) for row in session.execute(listed)], count, page)


def every(
    session: Session,
    code: str,
    window: Window,
    level: SubjectKind,
    subject_id: int | None = None,
    part: Part = Part.DENOMINATOR,
) -> Iterator[Contribution]:
    """The same list whole, read piece by piece, for an export or the inputs of a sheet."""
    rows = _rows(code, window, level)
    listed = _listed(rows).where(*_wanted(rows, subject_id, part))
    for row in session.execute(listed.execution_options(yield_per=AT_ONCE)):
        yield _contribution(code, row)


def _rows(code: str, window: Window, level: SubjectKind) -> Any:
    return contributions(code, window, level).subquery("contributions")


def _sums(rows: Any) -> list[sa.Label[Any]]:
    columns = (rows.c.numerator, rows.c.denominator, rows.c.sample)
    return [sa.func.coalesce(sa.func.sum(column), 0).label(column.name) for column in columns]


def _figure(code: str, numerator: Any, denominator: Any, sample: Any) -> Figure:
    found = figure_of(code, int(numerator), int(denominator), int(sample))
    return replace(found, denominator=Fraction(1)) if code in COUNTS else found


def _wanted(rows: Any, subject_id: int | None, part: Part) -> list[sa.ColumnElement[bool]]:
    found = [] if subject_id is None else [rows.c.subject_id == subject_id]
    if part is Part.LEFT_OUT:
        return [*found, rows.c.left_out.is_not(None)]
    found.append(rows.c.left_out.is_(None))
    if part is Part.NUMERATOR:
        found.append(rows.c.numerator > 0)
    if part is Part.MISSED:
        found.append(rows.c.numerator < rows.c.denominator)
    return found


def _listed(rows: Any) -> sa.Select[Any]:
    return sa.select(rows).order_by(rows.c.at, rows.c.unit, rows.c.subject_id)


def _contribution(code: str, row: Any) -> Contribution:
    return Contribution(
        row.subject_id,
        row.department_id,
        row.unit,
        row.complaint_id,
        row.at,
        numerator_of(code, int(row.numerator)),
        Fraction(int(row.denominator), ONE),
        int(row.sample),
        LeftOut(row.left_out) if row.left_out else None,
    )
