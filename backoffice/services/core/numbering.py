"""Numbers of complaints and orders: unique under any number of clerks, without gaps that a crash could
leave half used.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from backoffice.models.work import Counter


def _next(insert: Any) -> Any:
    """Begin a series in its slot, or count it up."""
    begun = insert(Counter).values(series=sa.bindparam("series"), slot=sa.bindparam("slot"), value=1)
    counted = {"value": Counter.value + 1}
    return begun.on_conflict_do_update(index_elements=["series", "slot"], set_=counted).returning(Counter.value)


_NEXT_ON_POSTGRESQL, _NEXT_ON_SQLITE = _next(postgresql_insert), _next(sqlite_insert)


def next_value(session: Session, series: str, slot: str) -> int:
    """The next whole number of a series in its slot (a day, or "" for ever); the row stays locked until the commit."""
    statement = _NEXT_ON_POSTGRESQL if session.get_bind().dialect.name == "postgresql" else _NEXT_ON_SQLITE
    session.flush()  # what was changed before is stored before the row is locked
    value: int = session.connection().execute(statement, {"series": series, "slot": slot}).scalar_one()
    return value


def at_least(session: Session, series: str, slot: str, value: int) -> None:
    """Make sure that a number given on paper is never given again by the counter."""
    if (session.scalar(sa.select(Counter.value).where(Counter.series == series, Counter.slot == slot)) or 0) < value:
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        session.execute(
            insert(Counter)
            .values(series=series, slot=slot, value=value)
            .on_conflict_do_update(
                index_elements=["series", "slot"], set_={"value": value}, where=(Counter.value < value)
            )
        )
