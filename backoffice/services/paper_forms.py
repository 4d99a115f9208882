"""Blank forms for days when the system is down (R9): numbers are reserved, used later, or accounted for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.errors import DomainError
from backoffice.models.office import Office
from backoffice.models.paper import ReservedNumber
from backoffice.services.core import numbering
from backoffice.services.core.access_log import log_access
from backoffice.services.core.once import digest, one_at_a_time
from backoffice.services.core.work import Work
from policies.access import Permission, refuse_unless
from policies.message import Refusal
from policies.numbering import NumberPattern
from policies.paper_forms import LONGEST_HOLDER, check_reservation, check_void

LISTED = 300


@dataclass(frozen=True)
class Wanted:
    """What is asked for: so many numbers of a day, for whoever has the forms; ``form``: the token of the form."""

    count: int | None
    day: date | None
    taken_by: str
    form: str = ""


def reserve(work: Work, wanted: Wanted, today: date) -> list[ReservedNumber]:
    """Take numbers of a day out of the counter. One transaction, logged. The same form with the
    same wishes again gives the same numbers.
    """
    if (refusal := refuse_unless(work.actor, Permission.COMPLAINT_IMPORT)) or work.actor.staff_id is None:
        raise DomainError(refusal or Refusal("access.refused.unknown", status=403))
    taken_by = " ".join(wanted.taken_by.split())[:LONGEST_HOLDER]
    asked = f"{work.actor.staff_id}:{wanted.form}:{wanted.count}:{wanted.day}:{taken_by}"
    form = digest(asked) if wanted.form else None
    if form is not None:
        one_at_a_time(work.session, f"reserved_number:{form}")
        mine = sa.select(ReservedNumber).where(ReservedNumber.form == form).order_by(ReservedNumber.id)
        if before := list(work.session.scalars(mine)):
            return before
    count, day = wanted.count, wanted.day
    office = work.session.scalars(sa.select(Office)).first()
    problems = check_reservation(count, day, taken_by, today)
    if problems or office is None or count is None or day is None:
        raise DomainError(problems or Refusal("import.office.not_set_up"))
    pattern = NumberPattern(office.complaint_number_format)
    made = [
        ReservedNumber(
            number=pattern.format(day, numbering.next_value(work.session, "complaint", pattern.slot(day))),
            day=day,
            taken_by=taken_by,
            at=work.at,
            by_id=work.actor.staff_id,
            form=form,
        )
        for _ in range(count)
    ]
    work.session.add_all(made)
    work.session.flush()
    facts = {"first": made[0].number, "last": made[-1].number, "count": count}
    log_access(work.session, work.keys, work.actor, work.at, "numbers_reserved", facts, address=work.address)
    return made


def account_for(work: Work, number_id: int, reason: str) -> ReservedNumber:
    """Say of a number why it is not used: its form was spoilt, lost, or never needed. It is never used after that."""
    if refusal := refuse_unless(work.actor, Permission.COMPLAINT_IMPORT):
        raise DomainError(refusal)
    row = work.session.get(ReservedNumber, number_id, with_for_update=True)
    if row is None:
        raise DomainError(Refusal("paper_forms.refused.unknown", status=404))
    reason = " ".join(reason.split())
    problems = check_void(row.number, reason, is_used=row.complaint_id is not None, is_void=row.void_at is not None)
    if problems:
        raise DomainError(problems)
    row.void_at, row.void_by_id, row.void_reason = work.at, work.actor.staff_id, reason
    facts = {"number": row.number}
    log_access(work.session, work.keys, work.actor, work.at, "number_voided", facts, address=work.address)
    return row


def unused(session: Session, most: int, ids: Collection[int] | None = None) -> Sequence[ReservedNumber]:
    """Numbers whose forms are neither entered nor void, the oldest first; ``ids``: of these only."""
    rows = sa.select(ReservedNumber).where(ReservedNumber.complaint_id.is_(None), ReservedNumber.void_at.is_(None))
    if ids is not None:
        rows = rows.where(ReservedNumber.id.in_(ids))
    return session.scalars(rows.order_by(ReservedNumber.id).limit(most)).all()


def count_unused(session: Session) -> int:
    """How many numbers are neither entered nor void."""
    out = (ReservedNumber.complaint_id.is_(None), ReservedNumber.void_at.is_(None))
    return session.scalar(sa.select(sa.func.count()).select_from(ReservedNumber).where(*out)) or 0


def listed(work: Work, which: str) -> Sequence[ReservedNumber]:
    """The newest numbers: ``open`` ones, ``used``, ``void``, or all of them."""
    rows = sa.select(ReservedNumber).options(
        joinedload(ReservedNumber.by), joinedload(ReservedNumber.complaint), joinedload(ReservedNumber.void_by)
    )
    narrowed = {
        "open": (ReservedNumber.complaint_id.is_(None), ReservedNumber.void_at.is_(None)),
        "used": (ReservedNumber.complaint_id.is_not(None),),
        "void": (ReservedNumber.void_at.is_not(None),),
    }.get(which, ())
    return work.session.scalars(rows.where(*narrowed).order_by(ReservedNumber.id.desc()).limit(LISTED)).all()
