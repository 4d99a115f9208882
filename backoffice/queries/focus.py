"""Leaves that a focused sample is suggested for (R27): many repeats, or an unusual rise, in the last 30 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Category
from policies.sampling_focus import DAYS, WINDOWS_BEFORE, LeafCount, is_repeating, is_rising


@dataclass(frozen=True)
class Suggestion:
    """A leaf, its figures, and what stands out."""

    category: Category
    count: LeafCount
    repeating: bool
    rising: bool


def suggestions(session: Session, today: date, zone: ZoneInfo) -> list[Suggestion]:
    """The leaves that stand out, the fullest first; two questions to the database, along the index of receipt."""
    end = datetime.combine(today, time.min, zone).astimezone(UTC)
    newest, oldest = end - timedelta(days=DAYS), end - timedelta(days=DAYS * (WINDOWS_BEFORE + 1))
    recent = Complaint.received_at >= newest
    rows = session.execute(
        sa.select(
            Complaint.category_id,
            sa.func.sum(sa.case((recent, 1), else_=0)),
            sa.func.sum(sa.case((sa.and_(recent, Complaint.nth_complaint > 1), 1), else_=0)),
            sa.func.sum(sa.case((recent, 0), else_=1)),
        )
        .where(Complaint.received_at >= oldest, Complaint.received_at < end)
        .group_by(Complaint.category_id)
    ).all()
    counts = {row[0]: LeafCount(int(row[1]), int(row[2]), int(row[3])) for row in rows}
    found = {one: count for one, count in counts.items() if is_repeating(count) or is_rising(count)}
    leaves = session.scalars(sa.select(Category).where(Category.id.in_(found)))
    made = [
        Suggestion(leaf, found[leaf.id], is_repeating(found[leaf.id]), is_rising(found[leaf.id])) for leaf in leaves
    ]
    return sorted(made, key=lambda one: (-one.count.recent, one.category.code))
