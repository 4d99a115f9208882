"""The month of a large office: staff by the hundred in all posts, and complaints by the million, as plain rows.

The first complaints are put in one by one (``counted_many``); all others are copies of them made within the database,
so that every figure of the month is a known multiple of what it was for the first ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from backoffice.database import Database
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.handling import CallBack
from backoffice.models.office import Department, Role, Staff, StaffRole
from tests.support import counted_many
from tests.support.counted_many import Posts

MONTH = "2026-09"
COMPUTED = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
BEGIN, DAYS = datetime(2026, 9, 1, tzinfo=UTC), 24
"""Received on these days and closed five days later, which is the same month."""
CLOCKS = ("acknowledge", "first_response", "resolve", "answer", "appoint", "call_back")
FIRST = 5_000
AT_ONCE = 100_000
SHARES = {"intake_clerk": 24, "dispatcher": 5, "callback_clerk": 9, "inspector": 2}
"""Of a hundred; all others handle."""
SEATS = {"intake_clerk": "front_desk", "dispatcher": "dispatch_desk", "callback_clerk": "callback_group",
         "inspector": "quality_management"}  # fmt: skip
TABLES = (Complaint, WorkOrder, ClockRow, CallBack)


def hire(database: Database, people: int) -> Posts:
    """So many more members of staff; handlers in turn in the departments that receive orders."""
    with database.writing() as session:
        departments = dict(session.execute(sa.select(Department.code, Department.id)).all())
        receiving = sa.select(Department.id).where(Department.receives_orders).order_by(Department.id)
        places = list(session.scalars(receiving))
        roles = dict(session.execute(sa.select(Role.code, Role.id)).all())
        numbers = {role: max(1, people * share // 100) for role, share in SHARES.items()}
        hired: dict[str, list[int]] = {role: [] for role in (*numbers, "handler")}
        seats = [(role, departments[SEATS[role]]) for role, number in numbers.items() for _ in range(number)]
        seats += [("handler", places[place % len(places)]) for place in range(people - len(seats))]
        for number, (role, department) in enumerate(seats):
            person = Staff(
                code=f"B{number:03}", login=f"b{number:03}", name_zh=f"员工{number}", name_en=f"Staff {number}",
                department_id=department, joined=date(2020, 1, 1), fit_for_post=True,
            )  # fmt: skip
            session.add(person)
            session.flush()
            session.add(StaffRole(staff_id=person.id, role_id=roles[role]))
            hired[role].append(person.id)
    handlers = hired["handler"]
    owners = handlers[: len(handlers) // len(places) * len(places) or None]  # so that each owner keeps one department
    return Posts(places, owners, hired["intake_clerk"], hired["dispatcher"], hired["callback_clerk"])


def put_in(database: Database, count: int, posts: Posts, first: int = FIRST) -> None:
    """``count`` closed complaints of the month with clocks, orders and call-backs; ``first`` of them one by one.

    Indexes are taken away and made again: to keep them up row by row takes several times as long.
    """
    first = min(first, count)
    counted_many.put_in(database, first, DAYS, BEGIN, CLOCKS, posts)
    if count > first:
        with database.engine.begin() as connection:
            indexes = [index for model in TABLES for index in model.__table__.indexes if index.name]
            for index in indexes:
                index.drop(connection)
        _multiply(database, first, count)
        with database.engine.begin() as connection:
            for index in indexes:
                index.create(connection)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.dialect == "sqlite" else "VACUUM ANALYZE")


def _multiply(database: Database, there: int, wanted: int) -> None:
    while there < wanted:
        more = min(there, wanted - there, AT_ONCE)
        with database.engine.begin() as connection:
            if database.dialect == "postgresql":
                connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # no look at each key
            for model in TABLES:
                _copy(connection, model, there, more)
        there += more


def _copy(connection: sa.Connection, model: Any, shift: int, more: int) -> None:
    """The rows of the first so many complaints once again, for complaints that come ``shift`` later."""
    table = model.__table__
    changed = _CHANGED[model](table, shift)
    kept = [column for column in table.columns if column.name != "id" or "id" in changed]
    rows = sa.select(*(changed.get(column.name, column) for column in kept))
    mine = table.c.id if model is Complaint else table.c.complaint_id
    rows = rows.where(mine <= more)
    connection.execute(sa.insert(table).from_select([column.name for column in kept], rows, include_defaults=False))


def _named(prefix: str, key: Any) -> Any:
    return sa.literal_column(f"'{prefix}'", sa.String()).concat(sa.cast(key, sa.String()))


Changes = Mapping[str, Any]
_CHANGED: Mapping[Any, Callable[[sa.Table, int], Changes]] = {
    Complaint: lambda table, shift: {
        "id": table.c.id + shift,
        "number": _named("TSM", table.c.id + shift),
        "previous_id": table.c.previous_id + shift,
    },
    WorkOrder: lambda table, shift: {
        "id": table.c.id + shift,
        "number": _named("GDM", table.c.id + shift),
        "complaint_id": table.c.complaint_id + shift,
    },
    ClockRow: lambda table, shift: {
        "complaint_id": table.c.complaint_id + shift,
        "order_id": table.c.order_id + shift,
    },
    CallBack: lambda table, shift: {"complaint_id": table.c.complaint_id + shift},
}
