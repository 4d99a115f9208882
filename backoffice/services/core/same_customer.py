"""Taking over the customer of an earlier complaint into a new record (R2): what was left empty, for the same phone.

Whoever registers looks up customers and sees the earlier complaint among those of the phone (R39); a confidential one
of which they are not told is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.queries.actor import subjects_of
from backoffice.queries.customer import earlier_complaints
from backoffice.sealing import CaseSeal
from backoffice.services.core.intake_record import Registration
from backoffice.services.core.work import Work
from policies.access import Actor, CustomerView, Permission, customer_view, may
from policies.message import Refusal
from policies.same_customer import WAY, carried, offered
from policies.vocabulary import ContactWay

TOLD = "customer_of"


def taken_over(work: Work, registration: Registration) -> Registration:
    """The registration with what is known of its customer; raises ``DomainError`` where the number is no earlier
    complaint of this phone.
    """
    number = registration.same_as.strip().upper()
    if not number:
        return registration
    if not may(work.actor, Permission.CUSTOMER_LOOKUP):
        raise DomainError(Refusal("intake.refused.same_as", {"number": number}, "contact_phone", 422))
    phone = registration.texts.get("contact_phone", "")
    known = told_of(work.session, work.actor, earlier_complaints(work.session, work.keys, phone))
    found = next((one for one in known if one.number == number), None)
    if found is None:
        raise DomainError(Refusal("intake.refused.same_as", {"number": number}, "contact_phone", 422))
    record = _record(work.keys, found)
    way = record.get(WAY)
    contact = ContactWay(way) if way in list(ContactWay) else None
    return replace(
        registration,
        texts={**registration.texts, **carried(registration.texts, record)},
        preferred_contact=registration.preferred_contact or contact,
        told={**registration.told, TOLD: number},
    )


def told_of(session: Session, actor: Actor, found: Iterable[Complaint]) -> list[Complaint]:
    """Those of which this person may learn whose they are (R39)."""
    found = list(found)
    subjects = subjects_of(session, [one.id for one in found if one.confidential])
    hidden = {key for key, subject in subjects.items() if customer_view(actor, subject) is CustomerView.HIDDEN}
    return [one for one in found if one.id not in hidden]


def offer(keys: Keys, found: Iterable[Complaint]) -> tuple[str, tuple[str, ...]] | None:
    """The newest complaint of a caller that has something to take over, with what that is; nothing where none has."""
    offers = ((one.number, offered(_record(keys, one))) for one in found)
    return next((one for one in offers if one[1]), None)


def _record(keys: Keys, complaint: Complaint) -> dict[str, Any]:
    seal = CaseSeal(keys, complaint.sealed_key, complaint.number)
    return dict(seal.open_json(complaint.sealed_record, "record") or {})
