"""Complaints by the words of their content (R38), as a condition for lists: it looks at the newest so many hits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from policies import search

NARROWED = 5000

_INDEX = sa.table("complaint_search", sa.column("rowid", sa.BigInteger), sa.column("complaint_id", sa.BigInteger))


def holds(session: Session, question: str) -> sa.ColumnElement[bool]:
    """A condition on ``Complaint``: it holds all that is asked; of more than ``NARROWED`` hits the newest."""
    return Complaint.id.in_(hits(session, question))


def hits(session: Session, question: str) -> sa.Select[Any]:
    """The ids of these, out of the index alone: whoever joins them to complaints goes from the hits to the rows.

    Nothing holds a question that is too short to be asked (``policies.search.refuse_question``).
    """
    key, asked = _asked(session.get_bind().dialect.name, question)
    wanted = sa.false() if search.refuse_question(question) is not None else asked
    found = sa.select(key.label("id")).select_from(_INDEX).where(wanted)
    return sa.select(found.order_by(key.desc()).limit(NARROWED).subquery().c.id)


def newest(session: Session, question: str, most: int, since: int = 0) -> sa.Select[Any]:
    """The ids of the newest ``most`` from the id ``since`` on that hold a question in the database's own words."""
    key, wanted = _matching(session.get_bind().dialect.name, question)
    found = sa.select(key.label("id")).select_from(_INDEX).where(wanted, key >= since)
    return sa.select(found.order_by(key.desc()).limit(most).subquery().c.id)


def words_in(session: Session, ids: Sequence[int]) -> list[frozenset[str]]:
    """The words of these complaints, as they stand in the index."""
    if session.get_bind().dialect.name == "postgresql":
        words: sa.ColumnElement[Any] = sa.func.tsvector_to_array(sa.literal_column("complaint_search.words"))
        found = session.scalars(sa.select(words).select_from(_INDEX).where(_INDEX.c.complaint_id.in_(ids)))
        return [frozenset(one) for one in found]
    words = sa.literal_column("complaint_search.words")
    found = session.scalars(sa.select(words).select_from(_INDEX).where(_INDEX.c.rowid.in_(ids)))
    return [frozenset(str(one).split()) for one in found]


def _asked(dialect: str, question: str) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[bool]]:
    """The key of the index and the condition on it."""
    return _matching(dialect, search.tsquery(question) if dialect == "postgresql" else search.fts5_match(question))


def _matching(dialect: str, question: str) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[bool]]:
    """The same of a question in the database's own words."""
    if dialect == "postgresql":
        words: sa.ColumnElement[Any] = sa.literal_column("complaint_search.words")
        query = sa.cast(question, _TsQuery())
        return _INDEX.c.complaint_id, words.op("@@", is_comparison=True)(query)
    index: sa.ColumnElement[Any] = sa.literal_column("complaint_search")
    return _INDEX.c.rowid, index.op("MATCH", is_comparison=True)(question)


class _TsQuery(sa.types.UserDefinedType[str]):
    """PostgreSQL's type of a question, whose text our own words make."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsquery"
