"""The calibration sessions of the access matrix: one that P called and has still to score, one that is discussed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.calibration import Calibration, CalibrationScore
from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Scorecard
from policies.vocabulary_inspection import CalibrationCause, CalibrationState
from tests.support.databases import OPENED
from tests.support.scenes import staff

SESSIONS = (("JZ2026-001", CalibrationState.SCORING), ("JZ2026-002", CalibrationState.DISCUSSING))


def add_sessions(session: Session, person: str, complaint: str) -> None:
    """Both on a complaint in which P has no part; two others have scored."""
    for number, state in SESSIONS:
        row = Calibration(
            number=number,
            complaint_id=session.scalars(sa.select(Complaint.id).where(Complaint.number == complaint)).one(),
            card_id=session.scalars(sa.select(Scorecard.id).order_by(Scorecard.id)).first(),
            cause=CalibrationCause.CHOSEN,
            state=state,
            called_by_id=staff(session, person).id,
            opened_at=OPENED,
            due_at=OPENED + timedelta(days=7),
        )
        session.add(row)
        session.flush()
        for code in (person, "S022", "S023"):
            scored_at = None if code == person else OPENED
            session.add(
                CalibrationScore(calibration_id=row.id, staff_id=staff(session, code).id, scored_at=scored_at, marks={})
            )
