"""Inspections (R28, R29): the scorecard's versions, who inspects which record, marks, the appeal, and changed scores.

Remarks, reasons and grounds may speak of the customer: they are sealed under the complaint's own key (``sealed``,
``sealed_remark``), so that erasing a complaint's data erases them too.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, Hundredths, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.office import Department, Staff
from backoffice.models.sampling import Draw
from policies.vocabulary import VersionState
from policies.vocabulary_inspection import AppealResult, InspectionStatus, UnitKind


class Scorecard(Base):
    """One version of a scorecard, in the form of a row of ``cards`` in ``office/scorecards.yaml`` (``definition``).

    ``valid_from`` and ``revision`` of a draft as with a process; an inspection keeps the version of its draw.
    """

    __tablename__ = "scorecard"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    applies_to: Mapped[UnitKind] = mapped_column(closed_set(UnitKind))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="card_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class Inspection(Base):
    """One record before one inspector, on one version of a scorecard.

    ``unit`` says which call of the complaint it is ("" for the whole complaint); ``unit_key`` is the number that was
    drawn. ``subject_id`` is the inspected: the handler of a complaint, the speaker of a call; ``department_id`` the
    department that it counts for. ``pair_of_id``: of a second, independent scoring, the first one. ``score`` has two
    decimals, ``applied_weight`` and ``weighted_points`` (weight × percent) are its reckoning. ``due_at`` is when it
    must be published, ``appeal_until`` the end of the appeal period. ``sealed``: {"summary", "cancel_reason"}.
    """

    __tablename__ = "inspection"
    __table_args__ = (
        sa.UniqueConstraint("draw_id", "unit_key", "inspector_id"),
        sa.Index(None, "inspector_id", "status", "due_at"),
        sa.Index(None, "subject_id", "status", "id"),
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "department_id", "final_at"),
        sa.Index(None, "status", "appeal_until"),
        sa.Index(None, "published_at"),
        sa.Index(None, "final_at"),
        sa.Index(None, "due_at"),
        sa.Index(None, "pair_of_id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("draw.id"))
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    unit: Mapped[str] = mapped_column(sa.String(64), default="")
    unit_key: Mapped[str] = mapped_column(sa.String(96))
    position: Mapped[int]
    stratum: Mapped[str] = mapped_column(sa.String(200), default="")
    sort_key: Mapped[str] = mapped_column(sa.String(64), default="")
    compulsory: Mapped[bool] = mapped_column(default=False)
    card_id: Mapped[int] = mapped_column(sa.ForeignKey("scorecard.id"))
    subject_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    inspector_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    blind: Mapped[bool] = mapped_column(default=False)
    pair_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("inspection.id"))
    status: Mapped[InspectionStatus] = mapped_column(closed_set(InspectionStatus))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    appeal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    final_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[Decimal | None] = mapped_column(Hundredths)
    result: Mapped[str | None] = mapped_column(sa.String(32))
    fatal: Mapped[bool] = mapped_column(default=False)
    applied_weight: Mapped[int | None]
    weighted_points: Mapped[Decimal | None] = mapped_column(Hundredths)
    revision: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    draw: Mapped[Draw] = relationship()
    complaint: Mapped[Complaint] = relationship()
    card: Mapped[Scorecard] = relationship()
    subject: Mapped[Staff | None] = relationship(foreign_keys=[subject_id])
    inspector: Mapped[Staff | None] = relationship(foreign_keys=[inspector_id])
    published_by: Mapped[Staff | None] = relationship(foreign_keys=[published_by_id])
    department: Mapped[Department | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class InspectionMark(Base):
    """The mark of one item. ``round`` 0: the inspector's, 1: after an appeal; ``percent`` null: does not apply.

    ``value`` is what was entered where an item is not marked by levels (points given, number of faults). ``staff_id``:
    whose indicator it counts for. ``evidence``: what the system showed beside the item when it was marked, as codes
    and moments, never text of the customer.
    """

    __tablename__ = "inspection_mark"
    __table_args__ = (sa.Index(None, "item", "inspection_id"),)

    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    percent: Mapped[Decimal | None] = mapped_column(Hundredths)
    value: Mapped[Decimal | None] = mapped_column(Hundredths)
    fatal: Mapped[bool] = mapped_column(default=False)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    evidence: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    sealed_remark: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    staff: Mapped[Staff | None] = relationship()


class InspectionEvent(Base):
    """What happened to an inspection: drawn, started, scored, published, appealed, decided, cancelled, handed on …"""

    __tablename__ = "inspection_event"
    __table_args__ = (sa.UniqueConstraint("inspection_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection.id"))
    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(sa.String(32))
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    actor: Mapped[Staff | None] = relationship()


class InspectionAppeal(Base):
    """The one objection of the inspected (R29). ``items``: codes of what is contested. ``decider_id``: whose
    turn it is, then who decided. ``sealed``: {"reasons", "ground"}.
    """

    __tablename__ = "inspection_appeal"
    __table_args__ = (sa.Index(None, "decided_at", "decide_due_at"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection.id"), unique=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    items: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    decide_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decider_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[AppealResult | None] = mapped_column(closed_set(AppealResult))
    old_score: Mapped[Decimal] = mapped_column(Hundredths)
    new_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    inspection: Mapped[Inspection] = relationship()
    by: Mapped[Staff] = relationship(foreign_keys=[by_id])
    decider: Mapped[Staff | None] = relationship(foreign_keys=[decider_id])


class AppealFile(Base):
    """A file that an appeal rests on. It belongs to the appeal, not to the complaint, whose dossier is closed by then;
    kept by its SHA-256 and sealed under the complaint's key like any file of the complaint.
    """

    __tablename__ = "appeal_file"
    __table_args__ = (sa.UniqueConstraint("appeal_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    appeal_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection_appeal.id"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(80))
    sealed_name: Mapped[bytes] = mapped_column(sa.LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScoreChange(Base):
    """A published score that became another one, append-only: open sheets follow, a locked one is corrected later.

    ``period``: the month ("2026-10") whose sheets follow it, by ``policies.appeal.correction_period``.
    """

    __tablename__ = "score_change"
    __table_args__ = (sa.Index(None, "at"), sa.Index(None, "inspection_id"), sa.Index(None, "period"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    inspection_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    cause: Mapped[str] = mapped_column(sa.String(32))
    period: Mapped[str] = mapped_column(sa.String(7))
    old_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    new_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
