"""Who is coached, for the page that keeps it (R34): those running or to come first, then the newest that are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from backoffice.models.office import Staff
from backoffice.models.sampling import Coaching

MOST = 200


def running(session: Session, today: date) -> Sequence[Coaching]:
    """What runs or is to come, by person."""
    open_ = sa.or_(Coaching.until.is_(None), Coaching.until >= today)
    return session.scalars(_rows().where(open_).order_by(Coaching.since, Coaching.id)).all()


def over(session: Session, today: date) -> Sequence[Coaching]:
    """What is over, the newest first, at most ``MOST``."""
    return session.scalars(
        _rows().where(Coaching.until < today).order_by(Coaching.until.desc(), Coaching.id.desc()).limit(MOST)
    ).all()


def _rows() -> sa.Select[tuple[Coaching]]:
    people = joinedload(Coaching.staff).joinedload(Staff.department)
    return sa.select(Coaching).options(people, joinedload(Coaching.ordered_by), joinedload(Coaching.order))
