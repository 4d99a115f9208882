"""Complaints by the words of their content (R38): newest registered first, capped, counted up to a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from policies import search

MOST = 50
COUNTED = 1000
NARROWED = 5000

_INDEX = sa.table("complaint_search", sa.column("rowid", sa.BigInteger), sa.column("complaint_id", sa.BigInteger))


@dataclass(frozen=True)
class Hits:
    """Ids of complaints, the newest first, and their number, counted up to ``COUNTED``; ``more``: there are more."""

    ids: tuple[int, ...]
    count: int
    more: bool


def hits(session: Session, question: str, *where: sa.ColumnElement[bool], most: int = MOST, skip: int = 0) -> Hits:
    """Complaints that hold all that is asked and meet the conditions (a person's scope); none for an empty question."""
    dialect = session.get_bind().dialect.name
    key, asked = _asked(dialect, question)
    if asked is None:
        return Hits((), 0, more=False)
    found = sa.select(key).select_from(_INDEX).where(asked)
    if where:
        found = found.join(Complaint, Complaint.id == key).where(*where)
    ids = session.scalars(found.order_by(key.desc()).limit(most).offset(skip)).all()
    if skip == 0 and len(ids) < most:
        return Hits(tuple(ids), len(ids), more=False)
    counted = session.scalar(sa.select(sa.func.count()).select_from(found.limit(COUNTED + 1).subquery())) or 0
    return Hits(tuple(ids), min(counted, COUNTED), more=counted > COUNTED)


def holds(session: Session, question: str) -> sa.ColumnElement[bool]:
    """A condition on ``Complaint`` for lists that have an order of their own; looks at the newest ``NARROWED`` hits."""
    key, asked = _asked(session.get_bind().dialect.name, question)
    if asked is None:
        return sa.false()
    newest = sa.select(key.label("id")).select_from(_INDEX).where(asked).order_by(key.desc()).limit(NARROWED).subquery()
    return Complaint.id.in_(sa.select(newest.c.id))


def _asked(dialect: str, question: str) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[bool] | None]:
    """The key of the index and the condition on it; None when nothing is asked."""
    if dialect == "postgresql":
        query = search.tsquery(question)
        words: sa.ColumnElement[Any] = sa.literal_column("complaint_search.words")
        asked = words.op("@@", is_comparison=True)(sa.cast(query, _TsQuery()))
        return _INDEX.c.complaint_id, asked if query else None
    query = search.fts5_match(question)
    index: sa.ColumnElement[Any] = sa.literal_column("complaint_search")
    return _INDEX.c.rowid, index.op("MATCH", is_comparison=True)(query) if query else None


class _TsQuery(sa.types.UserDefinedType[str]):
    """PostgreSQL's type of a question, whose text our own words make."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsquery"
