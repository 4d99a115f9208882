"""Pages of complaints along an index: the next page starts where the last row stands, so that a deep page
costs no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.models.office import Department, Staff
from backoffice.queries.worklist import PAGE, Condition, Filters, Page, count, counts

SORTS: dict[str, tuple[Any, bool]] = {
    "due": (Complaint.next_due_at, False),  # only what has a clock running; an archived complaint has none
    "received": (Complaint.received_at, True),
}


def page(
    session: Session,
    where: list[Condition],
    *,
    sort: str,
    cursor: str = "",
    filters: Filters | None = None,
    size: int = PAGE,
) -> Page:
    """One page; ``cursor`` comes from a page before ("" for the first). Sorts: due (earliest first),
    received (newest first).
    """
    column, newest = SORTS[sort]
    if sort == "due":
        where = [*where, Complaint.next_due_at.is_not(None)]
    back, place = _read(cursor)
    rows = list(session.execute(_statement(where, column, newest ^ back, place).limit(size + 1)))
    further = len(rows) > size
    rows = rows[:size][::-1] if back else rows[:size]
    found, more = count(session, where)
    has_next, has_previous = (place is not None, further) if back else (further, place is not None)
    return Page(
        rows=rows,
        count=found,
        more=more,
        next=_cursor("n", rows[-1], sort) if rows and has_next else None,
        previous=_cursor("p", rows[0], sort) if rows and has_previous else None,
        filters=filters or Filters(),
    )


def first_pages(session: Session, lists: Sequence[tuple[list[Condition], int]]) -> list[Page]:
    """The first rows of several lists, what is due earliest first, and how many each holds; in three statements.

    ``lists``: conditions and how many rows at most.
    """
    if not lists:
        return []
    timed = [[*where, Complaint.next_due_at.is_not(None)] for where, _size in lists]
    numbers = counts(session, timed)
    parts = []
    for place, (where, (_where, size)) in enumerate(zip(timed, lists, strict=True)):
        first = sa.select(Complaint.id, Complaint.next_due_at).where(*where)
        first = first.order_by(Complaint.next_due_at, Complaint.id).limit(size)
        part = first.subquery(f"first_{place}")
        parts.append(sa.select(sa.literal_column(str(place), sa.Integer), part.c.next_due_at, part.c.id))
    found = [tuple(row) for row in session.execute(sa.union_all(*parts))]
    wanted = sorted({key for _place, _due, key in found})
    rows = {row.id: row for row in session.execute(_told([Complaint.id.in_(wanted)]))} if wanted else {}
    shown: list[list[Any]] = [[] for _ in lists]
    for place, _due, key in sorted(found):
        if key in rows:
            shown[place].append(rows[key])
    return [Page(mine, count, more) for mine, (count, more) in zip(shown, numbers, strict=True)]


def batches(
    session: Session, where: list[Condition], *, sort: str = "received", size: int = 500
) -> Iterator[list[Any]]:
    """Every row for an export, ``size`` at a time along the index; memory stays flat, what was read is let go."""
    column, newest = SORTS[sort]
    place = None
    while rows := list(session.execute(_statement(where, column, newest, place).limit(size))):
        place = (_value(rows[-1], sort), rows[-1].id)
        yield rows
        if len(rows) < size:
            return


def _statement(
    where: list[Condition], column: Any, descending: bool, place: tuple[datetime, int] | None
) -> sa.Select[Any]:
    statement = _told(where)
    if place is not None:
        here = sa.tuple_(column, Complaint.id)
        there = sa.tuple_(sa.literal(place[0], Complaint.received_at.type), sa.literal(place[1]))
        statement = statement.where(here < there if descending else here > there)
    order = (column.desc(), Complaint.id.desc()) if descending else (column, Complaint.id)
    return statement.order_by(*order)


def _told(where: list[Condition]) -> sa.Select[Any]:
    """What a line tells (``queries.lines``), and no more of a row than that. All joins are outer ones, so that a
    database begins with the complaints.
    """
    return _TOLD.where(*where)


_TOLD = (
    sa.select(
        Complaint.id, Complaint.number, Complaint.severity, Complaint.priority, Complaint.status, Complaint.step,
        Complaint.process_id, Complaint.outcome, Complaint.round, Complaint.nth_complaint, Complaint.confidential,
        Complaint.received_at, Complaint.next_due_at, Complaint.next_due_clock, Complaint.sealed_key,
        Complaint.sealed_brief,
        *(
            column.label(f"{name}_{language}")
            for name, of in (("category", Category), ("channel", Channel), ("department", Department), ("owner", Staff))
            for language, column in (("zh", of.name_zh), ("en", of.name_en))
        ),
    )
    .select_from(Complaint)
    .outerjoin(Category, Category.id == Complaint.category_id)
    .outerjoin(Channel, Channel.id == Complaint.channel_id)
    .outerjoin(Department, Department.id == Complaint.department_id)
    .outerjoin(Staff, Staff.id == Complaint.owner_id)
)  # fmt: skip


def _value(row: Any, sort: str) -> datetime:
    moment: datetime = row.next_due_at if sort == "due" and row.next_due_at is not None else row.received_at
    return moment


def _cursor(direction: str, row: Any, sort: str) -> str:
    return f"{direction}{_value(row, sort).astimezone(UTC).isoformat()}~{row.id}"


def _read(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    """The direction and place of a cursor; the first page for one that cannot be read."""
    moment, _, key = cursor[1:].partition("~")
    try:
        at, row_id = datetime.fromisoformat(moment), int(key)
    except ValueError:
        return False, None
    if cursor[:1] not in ("n", "p") or at.tzinfo is None or not 0 < row_id < 2**62:
        return False, None
    return cursor[0] == "p", (at, row_id)
