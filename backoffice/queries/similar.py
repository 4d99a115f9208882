"""Open and recent complaints that are like a text being written (R7, R38), within what its writer may see (R39).

Candidates come from indexes, a bounded number from each: of the index of words those with a rare word of the text or
several common ones, of the same leaf the newest, and what the same customer complained of. How like they are is counted
on their opened records, of which nothing leaves here but masked lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from rapidfuzz.distance import LCSseq
from sqlalchemy.orm import Session, joinedload

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from backoffice.queries.actor import subjects_of
from backoffice.queries.customer import earlier_complaints
from backoffice.queries.lines import Line, lines
from backoffice.queries.scope import visible_each
from backoffice.queries.search import newest, words_in
from backoffice.sealing import CaseSeal
from policies import similar
from policies.access import Actor, CustomerView, Permission, customer_view, may
from policies.similar import HITS, RECENT_DAYS, SAMPLE, Found, Wanted, likeness, ranked, words_of

OF_WORDS, OF_LEAF, OF_LEAF_OPEN = 60, 60, 20
"""So many candidates at most come from each question to the index of words, and from the leaf."""
MOST_OF_CUSTOMER = 10


@dataclass(frozen=True)
class Written:
    """What stands in the form. ``besides``: further texts by which complaints are found, as their index holds them."""

    what: str
    phone: str = ""
    category: str = ""
    besides: tuple[str, ...] = ()


class Similar(NamedTuple):
    """A complaint as it is shown beside the form; ``opens``: whether the reader may open it."""

    line: Line
    score: int
    same_customer: bool
    opens: bool


def similar_to(session: Session, keys: Keys, actor: Actor, written: Written, at: datetime) -> list[Similar]:
    """At most ``MOST_SHOWN`` complaints, in a bounded number of statements."""
    own = _of_customer(session, keys, actor, written.phone)
    others = _candidates(session, actor, written, at)
    rows = {row.id: row for row in (*others, *own)}
    mine = {row.id for row in own}
    words = sorted(set(words_of(written.what)))
    found = [Found(row.id, _score(words, row, keys, written.category), row.id in mine) for row in rows.values()]
    shown = ranked(found)
    if not shown:
        return []
    reached = {row.id for row in others} | _reached(session, actor, [one.id for one in shown if one.same_customer])
    told = lines(session, keys, actor, [rows[one.id] for one in shown])
    return [
        Similar(line, round(one.score), one.same_customer, one.id in reached)
        for one, line in zip(shown, told, strict=True)
    ]


def _of_customer(session: Session, keys: Keys, actor: Actor, phone: str) -> list[Complaint]:
    """The caller's own, for whoever may look a caller up; none of which it must not be learnt whose it is."""
    if not phone.strip() or not may(actor, Permission.CUSTOMER_LOOKUP):
        return []
    return _unhidden(session, actor, earlier_complaints(session, keys, phone, most=MOST_OF_CUSTOMER))


def _candidates(session: Session, actor: Actor, written: Written, at: datetime) -> list[Complaint]:
    words = similar.asked_words(written.what, *written.besides)
    if not words:
        return []
    since = at - timedelta(days=RECENT_DAYS)
    parts = [*_by_words(session, actor, words, since), *_by_leaf(actor, written.category, since)]
    if not parts:
        return []
    found = sa.union(*(sa.select(part.subquery().c.id) for part in parts))
    statement = (
        sa.select(Complaint)
        .where(Complaint.id.in_(found))
        .options(*(joinedload(one) for one in (Complaint.category, Complaint.channel, Complaint.department)))
        .options(joinedload(Complaint.owner))
        .order_by(Complaint.id.desc())
    )
    return _unhidden(session, actor, list(session.scalars(statement)))


def _by_words(
    session: Session, actor: Actor, words: tuple[str, ...], since: datetime
) -> Iterator[sa.Select[tuple[int]]]:
    """The newest that the index of words finds, from the first complaint that came in of late."""
    received = sa.select(Complaint.id).where(Complaint.received_at >= since)
    first = received.order_by(Complaint.received_at, Complaint.id).limit(1).scalar_subquery()
    begins, ends = session.execute(sa.select(first, sa.select(sa.func.max(Complaint.id)).scalar_subquery())).one()
    if begins is None:
        return
    what = _wanted(session, words, begins, ends)
    dialect = session.get_bind().dialect.name
    for question in similar.tsqueries(what) if dialect == "postgresql" else similar.fts5_matches(what):
        hits = newest(session, question, HITS, begins)
        yield _shown(actor, since).where(Complaint.id.in_(hits)).order_by(Complaint.id.desc()).limit(OF_WORDS)


def _wanted(session: Session, words: tuple[str, ...], begins: int, ends: int) -> Wanted:
    """Which words are worth looking for, by a sample of what came in from ``begins`` to ``ends``."""
    step = max(1, (ends - begins + 1) // SAMPLE)
    sample = words_in(session, range(ends, begins - 1, -step)[:SAMPLE])
    seen = Counter(word for one in sample for word in words if word in one)
    return similar.wanted(words, seen, len(sample), ends - begins + 1)


def _by_leaf(actor: Actor, category: str, since: datetime) -> Iterator[sa.Select[tuple[int]]]:
    """Of the same leaf: the newest of late, and of those that are open longer what is due first."""
    if not category:
        return
    leaf = sa.select(Category.id).where(Category.code == category).scalar_subquery()
    of_leaf = _shown(actor, since).where(Complaint.category_id == leaf)
    late = of_leaf.where(Complaint.received_at >= since)
    yield late.order_by(Complaint.received_at.desc(), Complaint.id.desc()).limit(OF_LEAF)
    old = of_leaf.where(Complaint.open.is_(True), Complaint.received_at < since)
    yield old.order_by(Complaint.next_due_at, Complaint.id).limit(OF_LEAF_OPEN)


def _shown(actor: Actor, since: datetime) -> sa.Select[tuple[int]]:
    """Open and recent complaints that this person sees."""
    return sa.select(Complaint.id).where(
        visible_each(actor),
        sa.or_(Complaint.open.is_(True), Complaint.received_at >= since),
        Complaint.merged_into_id.is_(None),
        Complaint.erased_at.is_(None),
    )


def _unhidden(session: Session, actor: Actor, rows: list[Any]) -> list[Any]:
    """Without the confidential ones of which this person must not learn whose they are."""
    subjects = subjects_of(session, [one.id for one in rows if one.confidential])
    hidden = {key for key, subject in subjects.items() if customer_view(actor, subject) is CustomerView.HIDDEN}
    return [one for one in rows if one.id not in hidden]


def _score(written: list[str], row: Complaint, keys: Keys, category: str) -> float:
    """How like a complaint is to the words that were written, by the words it was told in."""
    record = CaseSeal(keys, row.sealed_key, row.number).open_json(row.sealed_record, "record") or {}
    told = sorted(set(words_of(str(record.get("what") or ""))))
    shared = LCSseq.similarity(written, told)
    return likeness(shared, len(written), len(told), same_category=bool(category) and row.category.code == category)


def _reached(session: Session, actor: Actor, ids: list[int]) -> set[int]:
    """Which of these the reader may open."""
    if not ids:
        return set()
    return set(session.scalars(sa.select(Complaint.id).where(Complaint.id.in_(ids), visible_each(actor))))
