"""The indicator over training that was due in the period (R31, R34)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from backoffice.models.training import TrainingOrder
from backoffice.queries.indicators.shape import contribution, counted, department_of
from backoffice.queries.indicators.window import ANY_ZONE, Window
from policies.vocabulary_appraisal import LeftOut, SubjectKind
from policies.vocabulary_training import DueState


def training_completion(window: Window, level: SubjectKind) -> sa.Select[Any]:
    """Due in the period, person by course or order; completed by its day and passed; for the person.

    Days are the office's: the window begins and ends at its midnights.
    """
    order = TrainingOrder
    first, end = (window.since + ANY_ZONE).date(), (window.until + ANY_ZONE).date()
    today = (window.computed_at + ANY_ZONE).date()
    done = sa.and_(order.done_on.is_not(None), order.done_on <= order.due, order.passed.is_not(False))
    columns = contribution(
        level,
        staff=order.staff_id,
        department=sa.func.coalesce(order.department_id, department_of(order.staff_id)),
        unit=("training", order.id),
        complaint=None,
        at=noon(order.due),
        numerator=counted(done),
        left_out=[
            (LeftOut.CANCELLED, order.state == DueState.CANCELLED),
            (LeftOut.NOT_YET, sa.and_(order.state == DueState.OPEN, order.due > today)),
        ],
    )
    return sa.select(*columns).where(order.due >= first, order.due < end)


class noon(FunctionElement[Any]):  # noqa: N801 (used like a function)
    """A moment of a day, so that it stands in order with moments."""

    type = sa.DateTime(timezone=True)
    inherit_cache = True


@compiles(noon, "sqlite")
def _noon_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"({compiler.process(element.clauses, **more)} || ' 12:00:00.000000')"


@compiles(noon, "postgresql")
def _noon_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"(({compiler.process(element.clauses, **more)} + time '12:00') AT TIME ZONE 'UTC')"
