"""Read every chain again and say which do not hold (R40): a changed, removed, reordered or cut-off event,
a complaint gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.history import AccessEvent, AccessHead, ChainHead, Event
from policies.chain import ChainEvent, Head, check_chain
from policies.message import Message

BATCH = 2000
ACCESS_CHAIN = "access"


@dataclass(frozen=True)
class BrokenChain:
    """A chain that does not hold: the complaint's number ("" for the access chain, a seal by its name), and what is
    wrong.
    """

    number: str | Message
    fault: Message


@dataclass
class Verification:
    """What was read: how many complaints and events, and what does not hold."""

    complaints: int = 0
    events: int = 0
    broken: list[BrokenChain] = field(default_factory=list)


def verify(session: Session, chain_key: bytes) -> Verification:
    """Check the chain of every complaint and the access chain; memory stays flat however many there are."""
    found = Verification()
    heads = _heads(session)
    events = groupby(_events(session), key=lambda row: row.complaint_id)
    current = next(events, None)
    for complaint_id, number, head in heads:
        found.complaints += 1
        while current is not None and current[0] < complaint_id:
            found.broken.append(BrokenChain(f"#{current[0]}", Message("history.fault.complaint_gone")))
            current = next(events, None)
        rows = list(current[1]) if current is not None and current[0] == complaint_id else []
        if rows:
            current = next(events, None)
        found.events += len(rows)
        fault = _fault(chain_key, complaint_id, rows, head)
        if fault is not None:
            found.broken.append(BrokenChain(number or f"#{complaint_id}", fault))
    while current is not None:
        found.broken.append(BrokenChain(f"#{current[0]}", Message("history.fault.complaint_gone")))
        current = next(events, None)
    _verify_access(session, chain_key, found)
    return found


def _heads(session: Session) -> Iterator[tuple[int, str, Head | None]]:
    """Every complaint or head, by rising id: a complaint without its head shows, and a head without its complaint."""
    statement = (
        sa.select(Complaint.id, Complaint.number, ChainHead.sequence, ChainHead.mac)
        .outerjoin(ChainHead, ChainHead.complaint_id == Complaint.id)
        .order_by(Complaint.id)
        .execution_options(yield_per=BATCH)
    )
    for row in session.execute(statement):
        head = None if row.sequence is None else Head(row.sequence, bytes(row.mac))
        yield row.id, row.number, head


def _events(session: Session) -> Iterator[Any]:
    columns = (
        Event.complaint_id, Event.sequence, Event.body, Event.mac, Event.action, Event.at, Event.actor_id,
        Event.from_step, Event.to_step, Event.round,
    )  # fmt: skip
    statement = sa.select(*columns).order_by(Event.complaint_id, Event.sequence)
    yield from session.execute(statement.execution_options(yield_per=BATCH))


def _fault(key: bytes, complaint_id: int, rows: list[Any], head: Head | None) -> Message | None:
    links = [ChainEvent(row.sequence, row.body, bytes(row.mac)) for row in rows]
    fault = check_chain(key, complaint_id, links, head)
    if fault is not None:
        return fault.message
    for row in rows:
        if not _columns_agree(row):
            return Message("history.fault.columns", {"sequence": row.sequence})
    return None


def _columns_agree(row: Any) -> bool:
    """Whether the columns that lists read say the same as the text that was hashed."""
    body = json.loads(row.body)
    return bool(
        body["action"] == row.action
        and body["actor"] == row.actor_id
        and body["from_step"] == row.from_step
        and body["to_step"] == row.to_step
        and body["round"] == row.round
        and datetime.fromisoformat(body["at"]) == row.at
    )


def _verify_access(session: Session, key: bytes, found: Verification) -> None:
    head = session.get(AccessHead, 1)
    statement = sa.select(AccessEvent.sequence, AccessEvent.body, AccessEvent.mac).order_by(AccessEvent.sequence)
    with session.execute(statement.execution_options(yield_per=BATCH)) as rows:  # a fault ends the reading early
        links = (ChainEvent(row.sequence, row.body, bytes(row.mac)) for row in rows)
        if head is None:
            if next(links, None) is not None:
                found.broken.append(BrokenChain("", Message("history.fault.head_missing", {"sequence": 1})))
            return
        fault = check_chain(key, ACCESS_CHAIN, links, Head(head.sequence, bytes(head.mac)))
    if fault is not None:
        found.broken.append(BrokenChain("", fault.message))
