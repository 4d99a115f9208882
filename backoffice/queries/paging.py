"""Pages of complaints along an index: the next page starts where the last row stands, so that a deep page
costs no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category, Channel
from backoffice.models.office import Department, Staff
from backoffice.queries.worklist import (
    COUNTED,
    GLANCED,
    LISTS,
    PAGE,
    Asking,
    AtAnyTime,
    Condition,
    Filters,
    Page,
    WorkList,
    conditions,
    counting,
    narrowed,
    up_to,
)
from policies.access import Actor

KEPT = 512  # statements

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
    back, place = _read(cursor)
    asked = _Asked(sort, back, place is not None, size)
    return _page(session, asked, _statements(where, asked), _here(place), filters or Filters())


def page_of(
    session: Session, keys: Keys, asking: Asking, one: WorkList, filters: Filters, *, sort: str, cursor: str = ""
) -> Page:
    """One page of a person's list. The statements of what was asked before are kept; those of a search are made anew,
    since each asks for other words.
    """
    back, place = _read(cursor)
    asked = _Asked(sort, back, place is not None, PAGE)
    if filters.text.strip():
        found = _statements(conditions(asking, keys, session, one, filters), asked)
    else:
        found = _kept(asking.actor, one.code, filters, asking.zone, asked)
    moments = {"at": asking.at, "end_of_today": asking.end_of_today}
    return _page(session, asked, found, {**_here(place), **moments}, filters)


@dataclass(frozen=True)
class _Asked:
    """In which order, in which direction, from a place within the list or from its end, and how many rows."""

    sort: str
    back: bool
    within: bool
    size: int


_Statements = tuple[sa.Select[Any], sa.Select[Any]]
"""A page's rows and its count."""


def _statements(where: list[Condition], asked: _Asked) -> _Statements:
    column, newest = SORTS[asked.sort]
    if asked.sort == "due":
        where = [*where, Complaint.next_due_at.is_not(None)]
    rows = _statement(where, column, newest ^ asked.back, asked.size + 1, within=asked.within)
    return rows, counting([where])


@lru_cache(maxsize=KEPT)
def _kept(actor: Actor, code: str, filters: Filters, zone: ZoneInfo, asked: _Asked) -> _Statements:
    """The statements of a list that is not searched: they hang on who asks, with what they may, and for what."""
    asking: Any = AtAnyTime(actor, zone)
    return _statements(narrowed(asking, LISTS[code], filters), asked)


def _page(session: Session, asked: _Asked, statements: _Statements, values: dict[str, Any], filters: Filters) -> Page:
    session.flush()
    reading = session.connection()
    rows = reading.execute(statements[0], values).all()
    further = len(rows) > asked.size
    shown = list(rows[: asked.size][::-1] if asked.back else rows[: asked.size])
    found, more = up_to(reading.execute(statements[1], values).scalar_one())
    has_next, has_previous = (asked.within, further) if asked.back else (further, asked.within)
    return Page(
        rows=shown,
        count=found,
        more=more,
        next=_cursor("n", shown[-1], asked.sort) if shown and has_next else None,
        previous=_cursor("p", shown[0], asked.sort) if shown and has_previous else None,
        filters=filters,
    )


def first_pages(session: Session, lists: Sequence[tuple[list[Condition], int]]) -> list[Page]:
    """The first rows of several lists, what is due earliest first, and how many each holds; in three statements.

    ``lists``: conditions and how many rows at most.
    """
    if not lists:
        return []
    firsts = [_First(where, size) for where, size in lists]
    return _first_rows(session, firsts, _first_statements(firsts), {})


def glances(session: Session, asking: Asking, wanted: tuple[tuple[str, int], ...]) -> list[Page]:
    """The first rows of several of a person's lists, each in its own order, and how many it holds, up to
    ``GLANCED``; in three statements.

    ``wanted``: codes of lists and how many rows at most; of those without rows everything is counted, due or not.
    """
    if not wanted:
        return []
    firsts, statements = _kept_glances(asking.actor, wanted, asking.zone)
    moments = {"at": asking.at, "end_of_today": asking.end_of_today}
    return _first_rows(session, firsts, statements, moments, GLANCED)


@dataclass(frozen=True)
class _First:
    """The beginning of a list: conditions, how many rows, in which order; conditions of those rows where they are
    others.
    """

    where: list[Condition]
    size: int
    sort: str = "due"
    first: list[Condition] | None = None

    @property
    def counted(self) -> list[Condition]:
        """What is counted: of a list without rows everything."""
        return self._timed(self.where) if self.size else self.where

    @property
    def shown(self) -> list[Condition]:
        """What a page of it shows."""
        return self._timed(self.where if self.first is None else self.first)

    def _timed(self, where: list[Condition]) -> list[Condition]:
        """In the order of what is due only what is."""
        return [*where, Complaint.next_due_at.is_not(None)] if self.sort == "due" else where


@lru_cache(maxsize=KEPT)
def _kept_glances(
    actor: Actor, wanted: tuple[tuple[str, int], ...], zone: ZoneInfo
) -> tuple[list[_First], tuple[sa.Select[Any], sa.CompoundSelect[Any] | None]]:
    asking: Any = AtAnyTime(actor, zone)
    lists = [(LISTS[code], size) for code, size in wanted]
    firsts = []
    for one, size in lists:
        counted, shown = (narrowed(asking, one, Filters(), most) for most in (GLANCED + 1, size))
        firsts.append(_First(counted, size, one.sort, shown))
    return firsts, _first_statements(firsts, GLANCED)


def _first_statements(
    firsts: Sequence[_First], bound: int = COUNTED
) -> tuple[sa.Select[Any], sa.CompoundSelect[Any] | None]:
    """How many each list holds, and the place, moment and id of its first rows; nothing where none are wanted."""
    parts = []
    for place, one in enumerate(firsts):
        column, newest = SORTS[one.sort]
        order = (column.desc(), Complaint.id.desc()) if newest else (column, Complaint.id)
        first = sa.select(Complaint.id, column.label("moment")).where(*one.shown).order_by(*order).limit(one.size)
        part = first.subquery(f"first_{place}")
        if one.size:
            parts.append(sa.select(sa.literal_column(str(place), sa.Integer), part.c.moment, part.c.id))
    counted = counting([one.counted for one in firsts], bound)
    return counted, sa.union_all(*parts) if parts else None


def _first_rows(
    session: Session,
    firsts: Sequence[_First],
    statements: tuple[sa.Select[Any], sa.CompoundSelect[Any] | None],
    values: dict[str, Any],
    bound: int = COUNTED,
) -> list[Page]:
    session.flush()
    reading = session.connection()
    numbers = [up_to(found, bound) for found in reading.execute(statements[0], values).one()]
    found = [] if statements[1] is None else [tuple(row) for row in reading.execute(statements[1], values)]
    wanted = sorted({key for _place, _moment, key in found})
    rows = {row.id: row for row in reading.execute(_THESE, {"these": wanted})} if wanted else {}
    pages = []
    for place, (one, (count, more)) in enumerate(zip(firsts, numbers, strict=True)):
        mine = sorted(((moment, key) for at, moment, key in found if at == place), reverse=SORTS[one.sort][1])
        pages.append(Page([rows[key] for _moment, key in mine if key in rows], count, more))
    return pages


def batches(
    session: Session, where: list[Condition], *, sort: str = "received", size: int = 500
) -> Iterator[list[Any]]:
    """Every row for an export, ``size`` at a time along the index; memory stays flat, what was read is let go."""
    column, newest = SORTS[sort]
    place = None
    first, further = (_statement(where, column, newest, size, within=within) for within in (False, True))
    while rows := list(session.execute(further if place else first, _here(place))):
        place = (moment_of(rows[-1], sort), rows[-1].id)
        yield rows
        if len(rows) < size:
            return


def _statement(where: list[Condition], column: Any, descending: bool, size: int, *, within: bool) -> sa.Select[Any]:
    """So many rows in their order, with names.

    The rows come first and what they are called after, so that a database that expects few of them still reads no more
    than a page along the index.
    """
    rows = ordered(sa.select(*_OWN).where(*where), column, descending, within=within)
    return _told(rows.limit(size).subquery("page"), column.key, descending=descending)


def ordered(statement: sa.Select[Any], column: Any, descending: bool, *, within: bool) -> sa.Select[Any]:
    """Rows in their order; ``within``: behind the place that the values ``here_at`` and ``here_id`` name."""
    if within:
        here = sa.tuple_(column, Complaint.id)
        there = sa.tuple_(
            sa.bindparam("here_at", type_=Complaint.received_at.type),
            sa.bindparam("here_id", type_=Complaint.id.type),
        )
        statement = statement.where(here < there if descending else here > there)
    order = (column.desc(), Complaint.id.desc()) if descending else (column, Complaint.id)
    return statement.order_by(*order)


def _here(place: tuple[datetime, int] | None) -> dict[str, Any]:
    return {} if place is None else {"here_at": place[0], "here_id": place[1]}


_OWN = (
    Complaint.id, Complaint.number, Complaint.severity, Complaint.priority, Complaint.status, Complaint.step,
    Complaint.process_id, Complaint.outcome, Complaint.round, Complaint.nth_complaint, Complaint.confidential,
    Complaint.received_at, Complaint.next_due_at, Complaint.next_due_clock, Complaint.sealed_key,
    Complaint.sealed_brief, Complaint.revision, Complaint.category_id, Complaint.channel_id, Complaint.department_id,
    Complaint.owner_id,
)  # fmt: skip
"""What a line tells (``queries.lines``) of the row itself, and no more of it than that."""
_NAMED = (("category", Category), ("channel", Channel), ("department", Department), ("owner", Staff))


def _told(page: sa.Subquery, sort: str, *, descending: bool = False) -> sa.Select[Any]:
    """The rows of a page with the names of what they belong to, in the page's order."""
    names = (
        column.label(f"{name}_{language}")
        for name, of in _NAMED
        for language, column in (("zh", of.name_zh), ("en", of.name_en))
    )
    told = sa.select(*page.c, *names)
    joined: Any = page
    for name, of in _NAMED:
        joined = joined.outerjoin(of, of.id == page.c[f"{name}_id"])
    order = (page.c[sort], page.c.id)
    return told.select_from(joined).order_by(*(one.desc() if descending else one for one in order))


_THESE = _told(sa.select(*_OWN).where(Complaint.id.in_(sa.bindparam("these", expanding=True))).subquery("page"), "id")


def moment_of(row: Any, sort: str) -> datetime:
    """Where a row stands in an order."""
    moment: datetime = row.next_due_at if sort == "due" and row.next_due_at is not None else row.received_at
    return moment


def _cursor(direction: str, row: Any, sort: str) -> str:
    return f"{direction}{moment_of(row, sort).astimezone(UTC).isoformat()}~{row.id}"


def is_cursor(text: str) -> bool:
    """Whether a text is the cursor of a page."""
    return _read(text)[1] is not None


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
