"""How a complaint goes, as its customer may be told (R1, R13): when, by when, and what was sent to them; nothing else.

Number and phone are asked for in one statement, so that an unknown number and a wrong phone cost and say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import BlindIndex, ClockRow, Complaint
from backoffice.models.configuration import MessageTemplate
from backoffice.models.work import Outbox
from backoffice.queries.customer import phone_tokens
from backoffice.sealing import CaseSeal, Erased
from policies.message_template import CUSTOMER, OCCASIONS
from policies.vocabulary import ClockCode, MessageState

MOST_TOLD = 20
TOLD = tuple(code for code, one in OCCASIONS.items() if one.audience == CUSTOMER and one.kind != "survey")
"""What a message to a customer is sent for; the link of a survey is not shown again."""


@dataclass(frozen=True)
class Told:
    """A message that went out to the customer."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Progress:
    """What a customer is told. ``due_at``: by when they were promised an answer, while it is not given. ``is_open``:
    whether it may be urged and added to.
    """

    id: int
    number: str
    received_at: datetime
    accepted_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    confidential: bool
    is_open: bool
    told: tuple[Told, ...]


def find(session: Session, keys: Keys, number: str, phone: str) -> Progress | None:
    """The complaint with this number whose record holds this phone; None where one of them does not fit."""
    tokens = phone_tokens(keys, phone)[:1] or (b"",)
    theirs = sa.select(BlindIndex.complaint_id).where(BlindIndex.kind == "phone", BlindIndex.token.in_(tokens))
    wanted = (Complaint.number == number, Complaint.erased_at.is_(None), Complaint.id.in_(theirs))
    complaint = session.scalars(sa.select(Complaint).where(*wanted)).one_or_none()
    return None if complaint is None else progress_of(session, keys, complaint)


def progress_of(session: Session, keys: Keys, complaint: Complaint) -> Progress:
    """The same of a complaint that was found."""
    return Progress(
        id=complaint.id,
        number=complaint.number,
        received_at=complaint.received_at,
        accepted_at=complaint.acknowledged_at,
        answered_at=complaint.resolved_at,
        closed_at=complaint.closed_at,
        due_at=_due(session, complaint.id) if complaint.resolved_at is None and complaint.open else None,
        confidential=complaint.confidential,
        is_open=complaint.open and complaint.merged_into_id is None,
        told=() if complaint.confidential else _told(session, keys, complaint),
    )


def _due(session: Session, complaint_id: int) -> datetime | None:
    resolve = (ClockRow.code == ClockCode.RESOLVE.value, ClockRow.stopped_at.is_(None))
    statement = sa.select(ClockRow.due_at).where(ClockRow.complaint_id == complaint_id, *resolve)
    return session.scalar(statement.order_by(ClockRow.id.desc()).limit(1))


def _told(session: Session, keys: Keys, complaint: Complaint) -> tuple[Told, ...]:
    """What was certainly sent, newest first."""
    statement = (
        sa.select(Outbox)
        .join(MessageTemplate, MessageTemplate.code == Outbox.template)
        .where(
            Outbox.complaint_id == complaint.id,
            Outbox.staff_id.is_(None),
            Outbox.state == MessageState.SENT,
            MessageTemplate.occasion.in_(TOLD),
        )
        .order_by(Outbox.id.desc())
        .limit(MOST_TOLD)
    )
    seal = CaseSeal(keys, complaint.sealed_key, complaint.number)
    return tuple(one for row in session.scalars(statement) if (one := _opened(seal, row)) is not None)


def _opened(seal: CaseSeal, row: Outbox) -> Told | None:
    try:
        found = seal.open_json(row.sealed, "outbox")
    except DomainError:
        return None
    return None if isinstance(found, Erased) else Told(row.sent_at or row.created_at, str(found.get("text") or ""))
