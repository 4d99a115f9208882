"""What each sheet's line of an indicator is made of (R31, R33), read from the registry of indicators alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalSheet
from backoffice.queries import indicators
from backoffice.queries.indicators import Window
from backoffice.services.core import appraisal_counting as counting
from backoffice.services.core.appraisal_counting import Counted
from backoffice.services.core.appraisal_plan import Key, Plan
from policies.indicator import Figure
from policies.vocabulary_appraisal import SubjectKind

ROWS_AT_ONCE = 2000


def count_rows(
    session: Session,
    code: str,
    window: Window,
    level: SubjectKind,
    made: Plan,
    ids: Mapping[Key, int],
    subjects: Iterable[int] | None = None,
) -> Iterator[tuple[int, Counted]]:
    """Sheet by sheet what an indicator's line is made of; ``ids``: the sheets that have it, ``subjects``: these alone.

    What happened on a day counts for the sheet whose days it lies in (``policies/appraisal_posts.py``).
    """
    rows = indicators.contributions(code, window, level).subquery("contributions")
    split = level is SubjectKind.PERSON and any(not made.people[key[0]].is_whole for key in ids if key[0])
    columns = [rows.c.subject_id, rows.c.unit, rows.c.numerator, rows.c.denominator, rows.c.sample]
    statement = sa.select(*columns, *([rows.c.at] if split else []))
    statement = statement.where(rows.c.left_out.is_(None), rows.c.subject_id.is_not(None))
    if subjects is not None:
        statement = statement.where(rows.c.subject_id.in_(sorted(subjects)))
    statement = statement.order_by(rows.c.subject_id, _bytewise(session, rows.c.unit))
    place = _department_place(ids) if level is SubjectKind.DEPARTMENT else _person_place(made, ids)
    yield from counting.count(session.execute(statement.execution_options(yield_per=ROWS_AT_ONCE)), place)


def _bytewise(session: Session, column: Any) -> Any:
    """A text in the order of its bytes, whatever the database's language."""
    return column if session.get_bind().dialect.name == "sqlite" else sa.collate(column, "C")


def _department_place(ids: Mapping[Key, int]) -> Callable[[Any], int | None]:
    places = {key[1]: sheet_id for key, sheet_id in ids.items() if key[0] is None}
    return lambda row: places.get(row[0])


def _person_place(made: Plan, ids: Mapping[Key, int]) -> Callable[[Any], int | None]:
    whole: dict[int, int | None] = {}
    several: set[int] = set()
    for staff_id in {key[0] for key in ids if key[0] is not None}:
        if made.people[staff_id].is_whole:
            whole[staff_id] = ids.get(made.parts(staff_id)[0].key)
        else:
            several.add(staff_id)

    def place(row: Any) -> int | None:
        subject = row[0]
        if subject in whole:
            return whole[subject]
        part = made.of_person(subject, row.at) if subject in several else None
        return None if part is None else ids.get(part.key)

    return place


def figures_of(sheet: AppraisalSheet) -> dict[str, Figure]:
    """The figures that stand on a sheet."""
    return {
        line.indicator: Figure(Fraction(line.numerator), Fraction(line.denominator), line.sample)
        for line in sheet.lines
    }
