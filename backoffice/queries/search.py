"""Complaints by the words of their content (R38), as a condition for lists: it looks at the newest so many hits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from policies import search, similar

NARROWED = 5000
LIKE = 800
"""Complaints that share a piece of a text: so many of the newest are looked at."""

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


def any_of(session: Session, text: str) -> sa.Select[Any]:
    """The ids of the newest ``LIKE`` complaints that share a piece of this text (``policies.similar``)."""
    dialect = session.get_bind().dialect.name
    query = similar.tsquery(text) if dialect == "postgresql" else similar.fts5_match(text)
    key, wanted = _matching(dialect, query)
    found = sa.select(key.label("id")).select_from(_INDEX).where(wanted)
    return sa.select(found.order_by(key.desc()).limit(LIKE).subquery().c.id)


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
