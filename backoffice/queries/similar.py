"""Open and recent complaints that are like a text being written (R7, R38), within what its writer may see (R39).

Candidates come from the index of words, the newest so many; how like they are is counted on their opened records, of
which nothing leaves here but masked lines.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from rapidfuzz.distance import LCSseq
from sqlalchemy.orm import Session, joinedload

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries.actor import subjects_of
from backoffice.queries.customer import earlier_complaints
from backoffice.queries.lines import Line, lines
from backoffice.queries.scope import visible
from backoffice.queries.search import any_of
from backoffice.sealing import CaseSeal
from policies import similar
from policies.access import Actor, CustomerView, Permission, customer_view, may
from policies.similar import RECENT_DAYS, Found, ranked, words_of

MOST_COMPARED = 120
MOST_OF_CUSTOMER = 10


class Similar(NamedTuple):
    """A complaint as it is shown beside the form; ``opens``: whether the reader may open it."""

    line: Line
    score: int
    same_customer: bool
    opens: bool


def similar_to(session: Session, keys: Keys, actor: Actor, text: str, phone: str, at: datetime) -> list[Similar]:
    """At most ``MOST_SHOWN`` complaints, in a fixed number of statements."""
    written = sorted(set(words_of(text)))
    own = _of_customer(session, keys, actor, phone)
    others = _candidates(session, actor, text, at)
    rows = {row.id: row for row in (*others, *own)}
    mine = {row.id for row in own}
    found = [Found(row.id, _score(written, row, keys), row.id in mine) for row in rows.values()]
    shown = ranked(found)
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
    known = earlier_complaints(session, keys, phone, most=MOST_OF_CUSTOMER)
    subjects = subjects_of(session, [one.id for one in known if one.confidential])
    return [
        one
        for one in known
        if one.id not in subjects or customer_view(actor, subjects[one.id]) is not CustomerView.HIDDEN
    ]


def _candidates(session: Session, actor: Actor, text: str, at: datetime) -> list[Complaint]:
    if not similar.pieces(text):
        return []
    since = at - timedelta(days=RECENT_DAYS)
    statement = (
        sa.select(Complaint)
        .where(Complaint.id.in_(any_of(session, text)), visible(actor))
        .where(sa.or_(Complaint.open.is_(True), Complaint.received_at >= since))
        .where(Complaint.merged_into_id.is_(None), Complaint.erased_at.is_(None))
        .options(*(joinedload(one) for one in (Complaint.category, Complaint.channel, Complaint.department)))
        .options(joinedload(Complaint.owner))
        .order_by(Complaint.id.desc())
        .limit(MOST_COMPARED)
    )
    rows: list[Any] = list(session.scalars(statement))
    subjects = subjects_of(session, [one.id for one in rows if one.confidential])
    hidden = {key for key, subject in subjects.items() if customer_view(actor, subject) is CustomerView.HIDDEN}
    return [row for row in rows if row.id not in hidden]


def _score(written: list[str], row: Complaint, keys: Keys) -> float:
    """How much of two texts is the same words, in whatever order: 0 to 100, half by the shorter and half by both."""
    record = CaseSeal(keys, row.sealed_key, row.number).open_json(row.sealed_record, "record") or {}
    told = sorted(set(words_of(str(record.get("what") or ""))))
    if not told or not written:
        return 0.0
    shared = LCSseq.similarity(written, told)
    return 50 * shared * (1 / min(len(written), len(told)) + 2 / (len(written) + len(told)))


def _reached(session: Session, actor: Actor, ids: list[int]) -> set[int]:
    """Which of these the reader may open."""
    if not ids:
        return set()
    return set(session.scalars(sa.select(Complaint.id).where(Complaint.id.in_(ids), visible(actor))))
