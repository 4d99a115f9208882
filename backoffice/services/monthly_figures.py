"""Enter a figure from outside for a month and a department (R31): the newest counts, the older ones stay to be seen."""

from __future__ import annotations

import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.appraisal import AppraisalPeriod, MonthlyFigure
from backoffice.models.office import Department
from backoffice.queries.indicator_definitions import definitions
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.message import Refusal
from policies.monthly_figure import Entered, read_number, refuse_figure, shown_number


def enter(work: Work, indicator: str, department_id: int | None, entered: Entered) -> MonthlyFigure:
    """Keep a figure; what was entered before for the same month, department and indicator no longer counts.

    Entered twice alike it is kept once. Raises ``DomainError`` with every reason why not.
    """
    refusal = refuse_unless(work.actor, Permission.SHEET_COMPUTE)
    if refusal is not None:
        raise DomainError(refusal)
    session = work.session
    today = work.recorded_at.astimezone(Rulebook(session).zone()).date()
    # locked with its row, so that a month is not locked between this look and the writing
    period = session.scalars(
        sa.select(AppraisalPeriod).where(AppraisalPeriod.month == entered.month.strip()).with_for_update()
    ).one_or_none()
    known = definitions(session, today).indicators
    refusals = list(refuse_figure(known.get(indicator), entered, period.state if period else None, today))
    department = session.get(Department, department_id) if department_id is not None else None
    if department is None or department.retired_at is not None:
        refusals.append(Refusal("monthly_figures.refused.department", field="department_id", status=422))
    numerator, denominator = read_number(entered.numerator), read_number(entered.denominator)
    if refusals or department is None or numerator is None or denominator is None:
        raise DomainError(refusals)
    return _kept(work, indicator, department.id, entered, shown_number(numerator), shown_number(denominator))


def _kept(
    work: Work, indicator: str, department_id: int, entered: Entered, numerator: str, denominator: str
) -> MonthlyFigure:
    month, note = entered.month.strip(), entered.note.strip()
    before = work.session.scalars(
        sa.select(MonthlyFigure)
        .where(
            MonthlyFigure.month == month,
            MonthlyFigure.indicator == indicator,
            MonthlyFigure.department_id == department_id,
            MonthlyFigure.superseded_at.is_(None),
        )
        .with_for_update()
    ).all()
    for row in before:
        if (row.numerator, row.denominator, row.note) == (numerator, denominator, note):
            return row
        row.superseded_at = work.recorded_at
    figure = MonthlyFigure(
        month=month,
        indicator=indicator,
        department_id=department_id,
        numerator=numerator,
        denominator=denominator,
        note=note,
        entered_by_id=work.actor.staff_id,
        entered_at=work.recorded_at,
    )
    work.session.add(figure)
    work.session.flush()
    return figure
