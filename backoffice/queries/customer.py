"""A customer's earlier complaints, found exactly by the digest of the phone (R2): closed ones too, newest first."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.keys import Keys
from backoffice.models.complaint import BlindIndex, Complaint
from backoffice.sealing import blind
from policies.intake import EarlierComplaint
from policies.masking import normalise_phone, split_phones

MOST = 50
_OF_A_PHONE = sa.select(BlindIndex.complaint_id).where(
    BlindIndex.kind == "phone", BlindIndex.token.in_(sa.bindparam("tokens", expanding=True))
)
_EARLIER = (
    sa.select(Complaint)
    .where(Complaint.id.in_(_OF_A_PHONE))
    .options(joinedload(Complaint.category), joinedload(Complaint.department))
    .order_by(Complaint.received_at.desc(), Complaint.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def phone_tokens(keys: Keys, phones: str) -> tuple[bytes, ...]:
    """The digests under which the numbers in a field are found."""
    normalised = {normalise_phone(phone) for phone in split_phones(phones)}
    return tuple(blind(keys, "phone", phone) for phone in sorted(normalised) if phone)


def earlier_complaints(session: Session, keys: Keys, phones: str, *, most: int = MOST) -> list[Complaint]:
    """Complaints of the customer with one of these numbers, newest first; at most ``most``."""
    tokens = phone_tokens(keys, phones)
    if not tokens:
        return []
    return list(session.scalars(_EARLIER, {"tokens": tokens, "most": most}))


def as_earlier(complaints: list[Complaint]) -> list[EarlierComplaint]:
    """The same as the rule on repeats asks for them."""
    return [EarlierComplaint(one.number, one.category.code, one.received_at) for one in complaints]
