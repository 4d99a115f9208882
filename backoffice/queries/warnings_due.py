"""Which clocks have a warning to go out, and which warnings of a complaint went out, to whom, and come next (R26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import ClockRow
from backoffice.models.duty import ClockWarning
from backoffice.models.office import Staff
from policies.vocabulary import ClockCode


class Due(NamedTuple):
    """A clock whose warning is due since ``at``."""

    at: datetime
    clock_id: int
    complaint_id: int


def due(session: Session, now: datetime, after: Due | None, most: int) -> list[Due]:
    """The next clocks with a warning to go out, the longest due first: one look into an index."""
    statement = (
        sa.select(ClockRow.warn_at, ClockRow.id, ClockRow.complaint_id)
        .where(ClockRow.warn_at.is_not(None), ClockRow.warn_at <= now)
        .order_by(ClockRow.warn_at, ClockRow.id)
        .limit(most)
    )
    if after is not None:
        later = sa.tuple_(ClockRow.warn_at, ClockRow.id) > (after.at, after.clock_id)
        statement = statement.where(later)
    return [Due(*row) for row in session.execute(statement)]


def unplanned(session: Session, after: int, most: int) -> list[tuple[int, int]]:
    """Running clocks that have no warning to come, as (clock, complaint), by their id."""
    statement = (
        sa.select(ClockRow.id, ClockRow.complaint_id)
        .where(ClockRow.id > after, ClockRow.stopped_at.is_(None), ClockRow.warn_at.is_(None))
        .order_by(ClockRow.id)
        .limit(most)
    )
    return [(row.id, row.complaint_id) for row in session.execute(statement)]


@dataclass(frozen=True)
class Warned:
    """A warning that went out: of which clock, by which step of its ladder, when it was planned and sent, to whom."""

    clock: ClockCode
    occurrence: int
    clock_id: int
    step: str
    message: str
    planned_at: datetime
    sent_at: datetime
    people: tuple[Staff, ...]


def of_complaint(session: Session, complaint_id: int) -> list[Warned]:
    """Every warning of a complaint's clocks that went out, the newest first, in two queries."""
    rows = session.execute(
        sa.select(ClockWarning, ClockRow.code, ClockRow.occurrence)
        .join(ClockRow, ClockRow.id == ClockWarning.clock_id)
        .where(ClockWarning.complaint_id == complaint_id)
        .order_by(ClockWarning.sent_at.desc(), ClockWarning.id.desc())
    ).all()  # fmt: skip
    people = _staff(session, [person for warning, _, _ in rows for person in warning.staff_ids])
    return [
        Warned(
            ClockCode(code),
            occurrence,
            warning.clock_id,
            warning.step,
            warning.message,
            warning.planned_at,
            warning.sent_at,
            tuple(people[person] for person in warning.staff_ids if person in people),
        )
        for warning, code, occurrence in rows
    ]


def _staff(session: Session, ids: Sequence[int]) -> dict[int, Staff]:
    if not ids:
        return {}
    return {person.id: person for person in session.scalars(sa.select(Staff).where(Staff.id.in_(sorted(set(ids)))))}
