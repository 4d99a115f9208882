"""Who changed a thing last (R40): the newest lines of its own history, told beside a form that came too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.fault_notice import FaultNotice, FaultNoticeVersion
from backoffice.models.history import ReferenceChange
from backoffice.models.inspection import Inspection, InspectionEvent
from backoffice.models.knowledge import Knowledge, KnowledgeVersion
from backoffice.models.office import Staff
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent

MOST = 20


@dataclass(frozen=True)
class Done:
    """One thing that somebody did; ``who`` is nobody where the desk did it itself."""

    at: datetime
    who: Staff | None
    act: str


VERSION = ("at", "by_id", "act", "version")
EVENT = ("at", "actor_id", "kind", "sequence")
"""When, by whom, what, and by what the lines of a history follow one another."""
HISTORIES: dict[str, tuple[Any, Any, tuple[str, str, str, str]]] = {
    "knowledge": (Knowledge, KnowledgeVersion.knowledge_id, VERSION),
    "fault_notice": (FaultNotice, FaultNoticeVersion.notice_id, VERSION),
    "corrective": (CorrectiveAction, CorrectiveEvent.action_id, EVENT),
    "inspection": (Inspection, InspectionEvent.inspection_id, EVENT),
}
"""What has a history of its own, by its number; everything else is in the log of the office's own data."""
LOG = ("at", "actor_id", "action", "id")


def last_done(session: Session, kind: str, key: str) -> Sequence[Done]:
    """What was done to a thing, the newest first. ``key``: its number, or its id in the log of the office's data."""
    if kind in HISTORIES:
        owner, of, names = HISTORIES[kind]
        line, mine = of.class_, (of == sa.select(owner.id).where(owner.number == key).scalar_subquery(),)
    else:
        line, names = ReferenceChange, LOG
        mine = (line.subject == kind, line.subject_id == key)
    at, by, act, order = (getattr(line, name) for name in names)
    statement = (
        sa.select(at, Staff, act).outerjoin_from(line, Staff, Staff.id == by).where(*mine)
        .order_by(order.desc()).limit(MOST)
    )  # fmt: skip
    return [Done(*row) for row in session.execute(statement)]
