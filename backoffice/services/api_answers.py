"""A write of the JSON API that comes twice is done once (R40): its answer is kept under the caller's key.

The answer is kept in the transaction of the act itself, so that there is never the one without the other; two copies at
one moment come one after the other. An answer that refused is not kept: the call may be put right and sent again. Nor
is one that shows a customer in clear: whoever asks again is asked again for the right to it, and logged again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.api import ApiAnswer
from backoffice.sealing import open_for_office, seal_for_office
from backoffice.services.core.office_sealed import API_ANSWER
from backoffice.services.core.once import one_at_a_time
from policies.api_token import ANSWERS_KEPT
from policies.message import Refusal

CLEARED = 100
"""So many answers that have had their time are let go at once."""


@dataclass(frozen=True)
class Call:
    """A write: whose token, under which key, and the digest of what it says."""

    token_id: int
    key: str
    digest: str


@dataclass(frozen=True)
class Answer:
    """What a write was answered; ``location``: the address of what came of it."""

    status: int
    body: bytes
    location: str = ""


def known(session: Session, keys: Keys, call: Call, at: datetime) -> Answer | None:
    """What this call was answered before; raises 409 where the key stood for another call.

    Whoever comes with the same key meanwhile waits until this transaction has ended.
    """
    one_at_a_time(session, f"api:{call.token_id}:{call.key}")
    mine = sa.select(ApiAnswer).where(ApiAnswer.token_id == call.token_id, ApiAnswer.key == call.key)
    row = session.scalars(mine).one_or_none()
    if row is None:
        return None
    if row.until <= at:
        session.delete(row)
        session.flush()
        return None
    if row.digest != call.digest:
        raise DomainError(Refusal("api.refused.key_taken", field="Idempotency-Key"))
    location, _line, body = open_for_office(keys, row.sealed, API_ANSWER).partition(b"\n")
    return Answer(row.status, body, location.decode())


def keep(session: Session, keys: Keys, call: Call, at: datetime, answer: Answer) -> None:
    """Keep what this call is answered, and let go what has had its time."""
    clear(session, at)
    session.add(
        ApiAnswer(
            token_id=call.token_id,
            key=call.key,
            digest=call.digest,
            status=answer.status,
            sealed=seal_for_office(keys, answer.location.encode() + b"\n" + answer.body, API_ANSWER),
            until=at + ANSWERS_KEPT,
        )
    )
    session.flush()


def clear(session: Session, at: datetime) -> bool:
    """Let go some answers that have had their time, the oldest first; whether there may be more."""
    old = sa.select(ApiAnswer.id).where(ApiAnswer.until <= at).order_by(ApiAnswer.until).limit(CLEARED)
    ids = list(session.scalars(old))
    session.execute(sa.delete(ApiAnswer).where(ApiAnswer.id.in_(ids)))
    return len(ids) == CLEARED
