"""Keep the index of words in step with the complaints (R38), in the transaction that changes them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from policies import search

_INTO_FTS5 = sa.text("INSERT INTO complaint_search (rowid, words) VALUES (:id, :words)")
_INTO_TSVECTORS = sa.text(
    "INSERT INTO complaint_search (complaint_id, words) VALUES (:id, CAST(:words AS tsvector))"
    " ON CONFLICT (complaint_id) DO UPDATE SET words = excluded.words"
)


def index_complaint(session: Session, complaint_id: int, text: str, *, is_new: bool = False) -> None:
    """Make a complaint findable by these words, and by none that it had before."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_INTO_TSVECTORS, {"id": complaint_id, "words": search.tsvector(text)})
        return
    if not is_new:
        forget_complaint(session, complaint_id)
    session.connection().execute(_INTO_FTS5, {"id": complaint_id, "words": search.fts5_words(text)})


def forget_complaint(session: Session, complaint_id: int) -> None:
    """Take a complaint out of the index."""
    key = "complaint_id" if session.get_bind().dialect.name == "postgresql" else "rowid"
    session.execute(sa.text(f"DELETE FROM complaint_search WHERE {key} = :id"), {"id": complaint_id})  # noqa: S608 - one of two fixed names
