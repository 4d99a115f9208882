"""Calibration (R28): several inspectors score one record unseen, talk about it, and agree on a standard."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, Hundredths, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.inspection import Inspection, Scorecard
from backoffice.models.office import Staff
from policies.vocabulary_inspection import CalibrationCause, CalibrationState


class Calibration(Base):
    """One session. ``source_id`` is the inspection that it came from; ``standard``: {item: percent or null}, the marks
    that were agreed on, and ``standard_score`` what they come to. ``discussed_from`` is when the marks were laid open.
    ``sealed`` under the complaint's key: {"discussion", "early_reason", "cancel_reason"}. ``blind``: nobody who scores
    learns the record's number, nor whose work it is, before the standard is agreed.
    """

    __tablename__ = "calibration"
    __table_args__ = (sa.Index(None, "state", "id"), sa.Index(None, "complaint_id"), sa.Index(None, "closed_at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    unit: Mapped[str] = mapped_column(sa.String(64), default="")
    card_id: Mapped[int] = mapped_column(sa.ForeignKey("scorecard.id"))
    cause: Mapped[CalibrationCause] = mapped_column(closed_set(CalibrationCause))
    source_id: Mapped[int | None] = mapped_column(sa.ForeignKey("inspection.id"))
    blind: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    state: Mapped[CalibrationState] = mapped_column(closed_set(CalibrationState))
    called_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    discussed_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    standard: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    standard_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    revision: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    complaint: Mapped[Complaint] = relationship()
    card: Mapped[Scorecard] = relationship()
    called_by: Mapped[Staff | None] = relationship(foreign_keys=[called_by_id])
    closed_by: Mapped[Staff | None] = relationship(foreign_keys=[closed_by_id])
    source: Mapped[Inspection | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class CalibrationScore(Base):
    """One inspector's scoring in a session; ``marks``: {item: percent or null}. ``sealed``: {item: remark};
    ``sealed_draft``: {field: what was typed}, as long as it is not submitted.
    """

    __tablename__ = "calibration_score"

    calibration_id: Mapped[int] = mapped_column(sa.ForeignKey("calibration.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    scored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    marks: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    score: Mapped[Decimal | None] = mapped_column(Hundredths)
    fatal: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sealed_draft: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")

    staff: Mapped[Staff] = relationship()

    __mapper_args__ = {"version_id_col": revision}
