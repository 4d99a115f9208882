"""Keep posts up to date (R33): whenever department, roles, first day or service of somebody change, from that day on.

Who never changed has no rows: then the present department and roles hold since the first day (``queries/posts.py``).
The first change writes down what held until then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import StaffPost
from backoffice.models.office import Office, Staff
from backoffice.services.core.upkeep import local_today

DAY = timedelta(days=1)
LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True)
class _State:
    department_id: int | None
    roles: tuple[str, ...]
    joined: date | None
    serves: bool

    @property
    def place(self) -> tuple[int | None, tuple[str, ...]] | None:
        return (self.department_id, self.roles) if self.serves else None


@contextmanager
def following(session: Session, staff: Staff, at: datetime, *, new: bool = False) -> Iterator[None]:
    """Around a change of somebody: what changed of their post holds from the local day of ``at`` on.

    Whoever leaves has served that day still. ``new``: the person was not there before.
    """
    before = _State(None, (), None, serves=False) if new else _state(staff)
    yield
    session.flush()
    after = _state(staff)
    if (before.place, before.joined) != (after.place, after.joined):
        _write(session, staff.id, before, after, _today(session, at))


def _state(staff: Staff) -> _State:
    roles = tuple(role.code for role in sorted(staff.roles, key=lambda role: role.id) if role.retired_at is None)
    return _State(staff.department_id, roles, staff.joined, staff.retired_at is None)


def _today(session: Session, at: datetime) -> date:
    there = session.scalar(sa.select(Office.id).limit(1))
    return at.date() if there is None else local_today(session, at)


def _write(session: Session, staff_id: int, before: _State, after: _State, today: date) -> None:
    rows = _rows(session, staff_id)
    if not rows and before.serves:
        rows = [_add(session, staff_id, before, min(before.joined or LONG_AGO, today))]
    if rows and after.joined is not None and after.joined != before.joined and _reaches(rows[0], after.joined):
        rows[0].from_day = after.joined
    if before.place != after.place:
        _end(session, rows, today if not after.serves else today - DAY)
        if after.serves:
            begins = today if rows or after.joined is None else after.joined
            _add(session, staff_id, after, begins)
    session.flush()


def _rows(session: Session, staff_id: int) -> list[StaffPost]:
    mine = sa.select(StaffPost).where(StaffPost.staff_id == staff_id).order_by(StaffPost.from_day, StaffPost.id)
    return list(session.scalars(mine))


def _reaches(row: StaffPost, day: date) -> bool:
    return row.until_day is None or day <= row.until_day


def _end(session: Session, rows: list[StaffPost], last: date) -> None:
    """The post that holds ends; one that began after that day was never served."""
    for row in rows:
        if row.until_day is None and row.from_day > last:
            session.delete(row)
        elif row.until_day is None:
            row.until_day = last


def _add(session: Session, staff_id: int, state: _State, from_day: date) -> StaffPost:
    row = StaffPost(
        staff_id=staff_id, department_id=state.department_id, roles=list(state.roles), from_day=from_day, until_day=None
    )
    session.add(row)
    return row
