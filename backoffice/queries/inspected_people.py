"""Of whom more is inspected (R27): people who are new in their post, and those who are being coached."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection
from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching
from policies.sampling_people import NEW_DAYS, is_watched
from policies.sampling_period import Period
from policies.vocabulary_inspection import InspectionStatus

PUBLISHED = tuple(one for one in InspectionStatus if one.is_published)


def new_or_coached(session: Session, period: Period, since: date | None) -> list[int]:
    """Ids of those who are watched in a period; ``since``: from when the plan holds, for whoever was new before it
    never was one of them.
    """
    since = since or period.first
    joined = sa.select(Staff.id, Staff.joined).where(
        Staff.joined.is_not(None), Staff.joined > since - timedelta(days=NEW_DAYS), Staff.joined <= period.last
    )
    people = {row.id: row.joined for row in session.execute(joined)}
    scores = _last_scores(session, list(people))
    watched = {one for one, day in people.items() if is_watched(day, period.first, scores.get(one))}
    coached = sa.select(Coaching.staff_id).where(
        Coaching.since <= period.last, sa.or_(Coaching.until.is_(None), Coaching.until >= period.first)
    )
    return sorted(watched | set(session.scalars(coached)))


def _last_scores(session: Session, people: list[int]) -> dict[int, Decimal]:
    """The newest published score of each."""
    rows = session.execute(
        sa.select(Inspection.subject_id, Inspection.score)
        .where(
            Inspection.subject_id.in_(people),
            Inspection.status.in_(PUBLISHED),
            Inspection.score.is_not(None),
            Inspection.pair_of_id.is_(None),
        )
        .order_by(Inspection.published_at, Inspection.id)
    )
    return {subject: score for subject, score in rows if subject is not None and score is not None}
