"""Which files the rows name, wherever they lie: what a backup must hold, and what may not be missing (R39)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.appraisal import AppraisalFile
from backoffice.models.handling import Attachment
from backoffice.models.inspection import AppealFile, Inspection, InspectionAppeal
from backoffice.models.teamwork import CorrectiveFile

AT_ONCE = 1000


def named(session: Session) -> Iterator[tuple[str, str]]:
    """The SHA-256 and the holder of each file (``integrations.files.path_of``); memory stays flat."""
    for statement in _statements():
        for row in session.execute(statement.execution_options(yield_per=AT_ONCE)):
            yield row[0], row[1] if len(row) == 2 else f"al{row[1]}" if row[1] is not None else f"ap{row[2]}"


def _statements() -> tuple[sa.Select[Any], ...]:
    corrective = sa.literal("ca") + sa.cast(CorrectiveFile.action_id, sa.String)
    return (
        sa.select(Attachment.sha256, sa.cast(Attachment.complaint_id, sa.String)),
        sa.select(AppealFile.sha256, sa.cast(Inspection.complaint_id, sa.String))
        .join(InspectionAppeal, InspectionAppeal.id == AppealFile.appeal_id)
        .join(Inspection, Inspection.id == InspectionAppeal.inspection_id),
        sa.select(CorrectiveFile.sha256, corrective),
        sa.select(AppraisalFile.sha256, AppraisalFile.line_id, AppraisalFile.appeal_id),
    )
