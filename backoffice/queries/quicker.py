"""Who changed a thing last (R40): the newest lines of its own history, told beside a form that came too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalEvent, AppraisalSheet
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


Columns = tuple[Any, Any, Any, Any]
"""When, by whom, what, and by what its lines follow one another."""
HISTORIES: dict[str, tuple[Any, Any, Columns]] = {
    "knowledge": (
        Knowledge,
        KnowledgeVersion.knowledge_id,
        (KnowledgeVersion.at, KnowledgeVersion.by_id, KnowledgeVersion.act, KnowledgeVersion.version),
    ),
    "fault_notice": (
        FaultNotice,
        FaultNoticeVersion.notice_id,
        (FaultNoticeVersion.at, FaultNoticeVersion.by_id, FaultNoticeVersion.act, FaultNoticeVersion.version),
    ),
    "corrective": (
        CorrectiveAction,
        CorrectiveEvent.action_id,
        (CorrectiveEvent.at, CorrectiveEvent.actor_id, CorrectiveEvent.kind, CorrectiveEvent.sequence),
    ),
    "inspection": (
        Inspection,
        InspectionEvent.inspection_id,
        (InspectionEvent.at, InspectionEvent.actor_id, InspectionEvent.kind, InspectionEvent.sequence),
    ),
    "appraisal": (
        AppraisalSheet,
        AppraisalEvent.sheet_id,
        (AppraisalEvent.at, AppraisalEvent.actor_id, AppraisalEvent.kind, AppraisalEvent.id),
    ),
}
"""What has a history of its own, by its number; everything else is in the log of the office's own data."""


def last_done(session: Session, kind: str, key: str) -> Sequence[Done]:
    """What was done to a thing, the newest first. ``key``: its number, or its id in the log of the office's data."""
    if kind in HISTORIES:
        owner, of, columns = HISTORIES[kind]
        mine = (of == sa.select(owner.id).where(owner.number == key).scalar_subquery(),)
    else:
        line = ReferenceChange
        mine, columns = (line.subject == kind, line.subject_id == key), (line.at, line.actor_id, line.action, line.id)
    at, by, act, order = columns
    statement = (
        sa.select(at, Staff, act).outerjoin_from(at.class_, Staff, Staff.id == by).where(*mine)
        .order_by(order.desc()).limit(MOST)
    )  # fmt: skip
    return [Done(*row) for row in session.execute(statement)]
