"""The office's access chain (R39, R40): who revealed, printed, exported, signed in. Apart from the complaints' own
chains,
so that an archived case stays frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.history import AccessEvent, AccessHead
from policies.access import Actor
from policies.chain import Head, append, encode_body, first_head

CHAIN = "access"


def log_access(
    session: Session,
    keys: Keys,
    actor: Actor | None,
    at: datetime,
    kind: str,
    facts: Mapping[str, object],
    *,
    complaint_id: int | None = None,
    address: str = "",
) -> AccessEvent:
    """One link of the access chain. ``facts`` hold no personal data in clear."""
    head = _locked_head(session, keys)
    actor_id = actor.staff_id if actor else None
    body = encode_body(
        {
            "sequence": head.sequence + 1,
            "at": at,
            "kind": kind,
            "actor": actor_id,
            "complaint": complaint_id,
            "address": address,
            "facts": dict(facts),
        }
    )
    link, after = append(keys.chain, Head(head.sequence, bytes(head.mac)), body)
    event = AccessEvent(
        sequence=link.sequence,
        at=at,
        kind=kind,
        actor_id=actor_id,
        complaint_id=complaint_id,
        address=address,
        body=body,
        mac=link.mac,
    )
    session.add(event)
    head.sequence, head.mac = after.sequence, after.mac
    session.flush()
    return event


def _locked_head(session: Session, keys: Keys) -> AccessHead:
    """The head of the chain, locked; the very first entry makes it, and two firsts at one moment make it once."""
    statement = sa.select(AccessHead).where(AccessHead.id == 1).with_for_update()
    head = session.scalars(statement).one_or_none()
    if head is None:
        first = first_head(keys.chain, CHAIN)
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        session.execute(
            insert(AccessHead).values(id=1, sequence=first.sequence, mac=first.mac).on_conflict_do_nothing()
        )
        head = session.scalars(statement).one()
    return head
