"""The outbox as its worker sees it (R5): take a message, and write down what came of it; never sent twice.

A message is marked as being sent, and that is committed, before anybody hands it over. Whoever was stopped in between
leaves it so; when the lease has run out it is uncertain, and only a person decides what becomes of it. ``attempts``
counts who took it and is the proof with which an outcome is written down.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.work import Counter, Outbox
from backoffice.sealing import CaseSeal, Erased, open_for_office
from backoffice.services.core import numbering
from policies.delivery import LEASE, Outcome, Reason, Verdict, after
from policies.vocabulary import MessageState

SERIES = "sending"
PACE = "%Y%m%d%H%M"


class PaceError(Exception):
    """As many messages as the office allows were sent by this way in this minute."""


@dataclass(frozen=True)
class Parcel:
    """A message in a worker's hands. ``unreadable``: its key was destroyed, or is another office's."""

    id: int
    attempts: int
    tries: int
    reference: str
    to: str = ""
    subject: str = ""
    text: str = ""
    unreadable: bool = False


def is_waiting(session: Session, way: str, at: datetime) -> bool:
    """Whether a message of this way is due; looking hinders nobody who writes."""
    return session.scalar(_due(way, at).with_only_columns(Outbox.id)) is not None


def take(session: Session, keys: Keys, way: str, at: datetime, per_minute: int) -> Parcel | None:
    """The message that is due longest, marked as being sent; None when there is none that nobody else holds.

    Raises ``PaceError`` when this minute is full. To be committed before anything is handed over.
    """
    row = session.scalars(_due(way, at).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    if numbering.next_value(session, SERIES, f"{way} {at:{PACE}}") > per_minute:
        raise PaceError(way)
    row.state, row.leased_until = MessageState.SENDING, at + LEASE
    row.attempts += 1
    reference = f"message-{row.id}.{row.created_at:%Y%m%d%H%M%S}"
    try:
        content = _content(session, keys, row)
    except DomainError:
        content = None
    if content is None:
        return Parcel(row.id, row.attempts, row.tries, reference, unreadable=True)
    return Parcel(row.id, row.attempts, row.tries, reference, content["to"], content["subject"], content["text"])


def record(session: Session, parcel: Parcel, outcome: Outcome, at: datetime, most: int) -> bool:
    """Write down what came of a try; False when somebody else has decided on the message meanwhile."""
    standing = after(outcome, parcel.tries, at, most)
    values = {
        "state": standing.state,
        "due_at": standing.due_at,
        "tries": standing.tries,
        "error": standing.error,
        "leased_until": None,
        **({"sent_at": at} if standing.state is MessageState.SENT else {}),
    }
    mine = (
        Outbox.id == parcel.id,
        Outbox.attempts == parcel.attempts,
        Outbox.state.in_((MessageState.SENDING, MessageState.UNCERTAIN)),
    )
    return session.execute(sa.update(Outbox).where(*mine).values(values)).rowcount == 1  # type: ignore[attr-defined, no-any-return]


def set_uncertain(session: Session, at: datetime) -> int:
    """Messages whose worker was stopped in between: nobody knows, so that nobody sends them again by itself."""
    lost = (Outbox.state == MessageState.SENDING, Outbox.leased_until <= at)
    said = Outcome(Verdict.UNCERTAIN, Reason.WORKER_STOPPED).said
    values = {"state": MessageState.UNCERTAIN, "error": said, "leased_until": None}
    return session.execute(sa.update(Outbox).where(*lost).values(values)).rowcount  # type: ignore[attr-defined, no-any-return]


def is_lost(session: Session, at: datetime) -> bool:
    """Whether there is any such message."""
    lost = (Outbox.state == MessageState.SENDING, Outbox.leased_until <= at)
    return session.scalar(sa.select(Outbox.id).where(*lost).limit(1)) is not None


def forget_pace(session: Session, before: datetime) -> None:
    """Drop the counters of minutes long past."""
    old = (Counter.series == SERIES, sa.func.substr(Counter.slot, -12) < f"{before:{PACE}}")
    session.execute(sa.delete(Counter).where(*old))


def _due(way: str, at: datetime) -> sa.Select[Any]:
    return (
        sa.select(Outbox)
        .where(Outbox.state == MessageState.WAITING, Outbox.due_at <= at, Outbox.way == way)
        .order_by(Outbox.due_at, Outbox.id)
        .limit(1)
    )


def _content(session: Session, keys: Keys, row: Outbox) -> dict[str, str] | None:
    if row.complaint_id is None:
        content: dict[str, str] = json.loads(open_for_office(keys, row.sealed, "outbox"))
        return content
    sealed_key, number = session.execute(
        sa.select(Complaint.sealed_key, Complaint.number).where(Complaint.id == row.complaint_id)
    ).one()
    found = CaseSeal(keys, sealed_key, number).open_json(row.sealed, "outbox")
    return None if isinstance(found, Erased) else found
