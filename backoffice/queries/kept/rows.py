"""What is kept of figures, and whether an office keeps any: bounded statements, none of which counts complaints."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.kept import KeptFigures
from backoffice.queries.health import BEAT, beat_of
from policies.health import alive
from policies.kept_figures import is_large

_HIGHEST = sa.select(sa.func.max(Complaint.id))
_BEATS = sa.select(Setting.key, Setting.value).where(Setting.key.startswith(BEAT, autoescape=True)).limit(100)


def keeps_figures(session: Session) -> bool:
    """Whether there are so many complaints that figures are kept, by the highest number given."""
    return is_large(session.scalar(_HIGHEST) or 0)


def has_worker(session: Session, at: datetime) -> bool:
    """Whether somebody was heard of lately who would count."""
    return bool(alive(tuple(beat_of(key, value) for key, value in session.execute(_BEATS)), at))


def find(session: Session, key: str) -> KeptFigures | None:
    """What is kept under a key."""
    return session.get(KeptFigures, key)


def before(session: Session, row: KeptFigures) -> int:
    """How many countings were asked for before this one and are awaited, a hundred at most."""
    if row.wanted_at is None:
        return 0
    earlier = sa.select(KeptFigures.key).where(KeptFigures.wanted_at < row.wanted_at).limit(100)
    return session.scalar(sa.select(sa.func.count()).select_from(earlier.subquery())) or 0
