"""As what somebody worked on a day (R31, R33): by the posts that split a month, else by the present roles."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from backoffice.models.appraisal import StaffPost
from backoffice.models.office import Role, StaffRole
from backoffice.queries.indicators.window import Window
from policies.indicator import INTAKE_ROLES


def at_intake(staff: Any, at: Any, window: Window) -> sa.ColumnElement[bool]:
    """Whether somebody was intake staff on the day of a moment.

    Of the posts the newest that had begun counts, else the first, as for the sheets (``policies/appraisal_posts.py``).
    """
    day = local_day(at, sa.literal_column(str(window.offset), sa.Integer))
    mine = sa.select(sa.cast(StaffPost.roles, sa.Text)).where(StaffPost.staff_id == staff)
    begun = mine.where(StaffPost.from_day <= day).order_by(StaffPost.from_day.desc(), StaffPost.id.desc()).limit(1)
    first = mine.order_by(StaffPost.from_day, StaffPost.id).limit(1)
    roles = sa.func.coalesce(begun.scalar_subquery(), first.scalar_subquery())
    then = sa.or_(*(roles.contains(f'"{code}"', autoescape=True) for code in INTAKE_ROLES))
    held = sa.select(StaffRole.staff_id).join(Role, Role.id == StaffRole.role_id)
    now = sa.exists(held.where(StaffRole.staff_id == staff, Role.code.in_(INTAKE_ROLES)))
    return sa.func.coalesce(then, now, type_=sa.Boolean())


class local_day(FunctionElement[Any]):  # noqa: N801 (used like a function)
    """The local date of a moment, by so many seconds ahead of UTC."""

    type = sa.Date()
    inherit_cache = True


@compiles(local_day, "sqlite")
def _day_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    at, offset = (compiler.process(one, **more) for one in element.clauses)
    return f"date({at}, ({offset}) || ' seconds')"


@compiles(local_day, "postgresql")
def _day_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    at, offset = (compiler.process(one, **more) for one in element.clauses)
    return f"(({at} AT TIME ZONE 'UTC') + ({offset}) * interval '1 second')::date"
