"""Who is coached (R27, R34): begun with a reason, ended on a day; both stand in the log of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching
from backoffice.services.core import upkeep
from backoffice.services.core.reference import log_change
from policies.access import Actor, Permission
from policies.coaching import Span, check_begin, check_end, refuse_ending
from policies.message import Refusal

SUBJECT = "coaching"


@dataclass(frozen=True)
class CoachingFacts:
    """Who is coached from when (local day) until when, and why."""

    staff_id: int | None
    since: date | None
    until: date | None
    reason: str


def begin(session: Session, actor: Actor, at: datetime, facts: CoachingFacts) -> Coaching:
    """Have somebody coached from a day on."""
    upkeep.begin(session, actor, Permission.TRAINING_MANAGE)
    person = None if facts.staff_id is None else session.get(Staff, facts.staff_id)
    if person is None or person.retired_at is not None:
        raise DomainError(Refusal("coaching.refused.nobody", field="staff_id", status=422))
    taken = session.execute(sa.select(Coaching.since, Coaching.until).where(Coaching.staff_id == person.id))
    today = upkeep.local_today(session, at)
    upkeep.ensure(check_begin(facts.since, facts.until, facts.reason, [Span(*row) for row in taken], today))
    if facts.since is None:
        raise ValueError("a coaching without its first day was let through")
    row = Coaching(
        staff_id=person.id,
        since=facts.since,
        until=facts.until,
        reason=facts.reason.strip(),
        ordered_by_id=actor.staff_id,
        ordered_at=at,
    )
    said = {"staff_id": person.id, "since": facts.since, "until": facts.until}
    upkeep.add(session, actor, at, SUBJECT, row, said, reason=row.reason)
    return row


def end(session: Session, actor: Actor, at: datetime, coaching_id: int, until: date | None) -> Coaching:
    """Let a coaching end with a day; what is over stays as it is."""
    upkeep.begin(session, actor, Permission.TRAINING_MANAGE)
    row = upkeep.row_of(session, Coaching, coaching_id)
    session.refresh(row)
    if refusal := refuse_ending(row.until, upkeep.local_today(session, at)):
        raise DomainError(refusal)
    upkeep.ensure(check_end(row.since, until))
    before, row.until = row.until, until
    log_change(session, actor, at, SUBJECT, row.id, "change", {"until": (before, until)})
    session.flush()
    return row
