"""What a customer sends by the public form (R1): registered at once by the same rules as at the clerk's form.

Nobody of the office stands behind it: it comes in as the system's, and waits to be taken over.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.services import arrivals, intake
from backoffice.services.arrivals import Arrival
from backoffice.services.core import public_tries, signed
from backoffice.services.core.credentials import network_of
from backoffice.services.core.intake_record import Registration
from backoffice.services.core.work import Work
from policies.arrival import DOOR
from policies.public_pages import RECEIPT_SHOWN, PublicPages
from policies.vocabulary import EntryWay

FORM, RECEIPT = "public form", "public receipt"
SOURCE = EntryWay.WEB_FORM.value
MOMENT_BYTES = 8


@dataclass(frozen=True)
class Receipt:
    """What a customer is told of a complaint that came in; ``number`` is empty while a clerk has yet to complete it."""

    number: str
    at: datetime


def new_form(keys: Keys, at: datetime) -> str:
    """The token of a fresh form: when it was made, and a name by which it is known when it comes twice."""
    return signed.sign(keys, FORM, _moment(at) + secrets.token_bytes(12))


def made_at(keys: Keys, token: str) -> datetime | None:
    """When a form was made; None when it is none of this office."""
    content = signed.opened(keys, FORM, token)
    return None if content is None else _read(content[:MOMENT_BYTES])


def before(session: Session, keys: Keys, token: str) -> Receipt | None:
    """The receipt that this form gave when it was sent before; None for one that gave none, or is none of ours."""
    if made_at(keys, token) is None:
        return None
    known = sa.select(Complaint.number, Complaint.received_at).where(Complaint.submission == _submission(token))
    if (found := session.execute(known).first()) is not None:
        return Receipt(found.number, found.received_at)
    arrived = arrivals.arrived_at(session, EntryWay.WEB_FORM, token)
    return None if arrived is None else Receipt("", arrived)


def admit(work: Work, settings: PublicPages) -> None:
    """Count a form that was sent, whatever comes of it; raises ``WaitError`` (429) where too many came within the hour.

    A transaction of its own, before anything heavy: nobody waits for another's files, and what is refused is no free
    try.
    """
    limits = {f"form/{network_of(work.address)}": settings.per_address, "form": settings.overall}
    if wait := public_tries.admit(work.session, work.keys, work.recorded_at, limits):
        raise wait


def receive(work: Work, token: str, registration: Registration) -> Receipt:
    """Register what was sent and let in. The same form once more gives the receipt that it gave.

    Raises ``DomainError`` with every refusal.
    """
    if (again := before(work.session, work.keys, token)) is not None:
        return again
    registration = replace(registration, submission=_submission(token), source=SOURCE)
    work = replace(work, actor=DOOR)
    if arrivals.waits_for_clerk(work.session, registration.channel):
        return Receipt("", arrivals.arrive(work, _arrival(registration, token)).received_at)
    case = intake.register(work, registration)
    return Receipt(case.complaint.number, case.complaint.received_at)


def _submission(token: str) -> str:
    return f"{SOURCE}:{token[:40]}"


def _arrival(registration: Registration, token: str) -> Arrival:
    """The same for a channel whose complaints a clerk completes first."""
    way, occurred = registration.preferred_contact, registration.occurred_at
    fields = {
        **registration.texts,
        "category": registration.category,
        "preferred_contact": way.value if way else "",
        "occurred_at": occurred.isoformat() if occurred else "",
        "confidential": registration.confidential,
    }
    return Arrival(
        way=EntryWay.WEB_FORM,
        channel=registration.channel,
        received_at=registration.received_at,
        fields={name: value for name, value in fields.items() if value},
        uploads=registration.uploads,
        key=token,
    )


def receipt_address(keys: Keys, receipt: Receipt, at: datetime) -> str:
    """A receipt as part of an address: it can be shown again for a day, and by nobody who guesses."""
    return signed.sign(keys, RECEIPT, _moment(at) + _moment(receipt.at) + receipt.number.encode())


def receipt_of(keys: Keys, text: str, at: datetime) -> Receipt | None:
    """The receipt that such an address shows; None for one that is none or is over."""
    content = signed.opened(keys, RECEIPT, text)
    if content is None or at - _read(content[:MOMENT_BYTES]) > RECEIPT_SHOWN:
        return None
    return Receipt(content[2 * MOMENT_BYTES :].decode(), _read(content[MOMENT_BYTES : 2 * MOMENT_BYTES]))


def _moment(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(MOMENT_BYTES, "big")


def _read(content: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(content, "big"), UTC)
