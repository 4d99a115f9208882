"""The records that a sheet's figure was counted from, as they stood when it was computed (R31, R33, R39)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from backoffice.models.appraisal import AppraisalInput, AppraisalSheet
from backoffice.models.complaint import ClockRow, Complaint, WorkOrder
from backoffice.models.handling import CallBack
from backoffice.models.inspection import Inspection
from backoffice.models.teamwork import CorrectiveAction

OF_COMPLAINT: dict[str, Any] = {
    "complaint": Complaint.id, "repeat": Complaint.id, "clock": ClockRow.complaint_id, "order": WorkOrder.complaint_id,
    "call_back": CallBack.complaint_id, "inspection": Inspection.complaint_id, "item": Inspection.complaint_id,
    "corrective": CorrectiveAction.complaint_id,
}  # fmt: skip
"""Kind of a unit → the complaint that it belongs to."""


def kept(session: Session, sheet: AppraisalSheet, indicator: str) -> AppraisalInput | None:
    """What a sheet's line was counted from; None where nothing was."""
    mine = (
        AppraisalInput.sheet_id == sheet.id,
        AppraisalInput.indicator == indicator,
        AppraisalInput.run == sheet.run,
    )
    rows = sa.select(AppraisalInput).where(*mine).options(undefer(AppraisalInput.lines))
    return session.scalars(rows).one_or_none()


def complaints_of(session: Session, units: Iterable[str]) -> dict[str, int]:
    """Unit ("clock:5") → the id of its complaint, in one statement for each kind."""
    by_kind: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        kind, key, *_rest = unit.split(":")
        by_kind[kind][int(key)].append(unit)
    found: dict[str, int] = {}
    for kind, ids in by_kind.items():
        if kind in OF_COMPLAINT:
            column = OF_COMPLAINT[kind]
            rows = session.execute(sa.select(column.class_.id, column).where(column.class_.id.in_(ids)))
            found |= {unit: owner for key, owner in rows if owner is not None for unit in ids[key]}
    return found
