"""Appraisal (R31–R33): schemes, months, sheets with their lines and inputs, lines outside the formula, appeals.

A sheet keeps what it was computed from: per indicator the figures, and the list of what was counted
(``AppraisalInput``) under its SHA-256. ``body`` of a sheet and of a month is the very text that is hashed: canonical
JSON. Grounds, reasons and evidence speak of staff: they are sealed under the office key.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, Hundredths, Money, UtcDateTime, closed_set, primary_key
from backoffice.models.office import Department, Staff
from policies.vocabulary import VersionState
from policies.vocabulary_appraisal import (
    LineKind,
    LineState,
    PeriodState,
    SheetAppealResult,
    SheetStatus,
    SubjectKind,
)


class AppraisalScheme(Base):
    """One version of a scheme, in the form of a row of ``schemes`` in ``office/appraisal.yaml`` (``definition``).

    ``valid_from`` and ``revision`` of a draft as with a process; a sheet keeps the version that it was computed by.
    """

    __tablename__ = "appraisal_scheme"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    subject: Mapped[SubjectKind] = mapped_column(closed_set(SubjectKind))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="scheme_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class AppraisalRules(Base):
    """One version of what all schemes share: indicators, grades and what they bring, vetoes, adjustments, sign-off.

    ``definition`` has the other keys of ``office/appraisal.yaml``; a month keeps the version that it was computed by.
    """

    __tablename__ = "appraisal_rules"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="rules_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class AppraisalPeriod(Base):
    """One month ("2026-09", the office's calendar). ``body`` and ``sha256`` are set when it is locked: all sheets'
    hashes and totals; ``mac`` is keyed, so that who can write the database cannot forge it.
    """

    __tablename__ = "appraisal_period"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    month: Mapped[str] = mapped_column(sa.String(7), unique=True)
    state: Mapped[PeriodState] = mapped_column(closed_set(PeriodState), default=PeriodState.OPEN)
    rules_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appraisal_rules.id"))
    computed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    computed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    runs: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    body: Mapped[str | None] = mapped_column(sa.Text)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    mac: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))

    rules: Mapped[AppraisalRules | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}


class AppraisalSheet(Base):
    """The sheet of one person (in one department and post) or of one department for one month.

    ``from_day`` to ``until_day``, both included, is the part of the month that it covers: staff who join, leave or move
    have their own part, ``days`` working days long. ``rated_weight`` below the rules' minimum: ``grade`` stays null.
    ``vetoes``: codes; ``effects``: [{"code", "kind", "amount", "unit", "cause"}] as text; ``amount``: bonus in money.
    ``acknowledged_silently``: the days ran out (R33). ``run``: the computation whose inputs hold; 0 before the first.
    ``sealed``: {"note"}, what the person said when acknowledging. ``body``: what the hash covers.
    """

    __tablename__ = "appraisal_sheet"
    __table_args__ = (
        sa.UniqueConstraint("period_id", "staff_id", "department_id", "from_day", name="uq_appraisal_sheet_subject"),
        sa.Index(None, "period_id", "status", "id"),
        sa.Index(None, "staff_id", "period_id"),
        sa.Index(None, "department_id", "period_id"),
        sa.Index(None, "status", "acknowledge_until"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(64), unique=True)
    period_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_period.id"))
    subject: Mapped[SubjectKind] = mapped_column(closed_set(SubjectKind, name="sheet_subject"))
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    scheme_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_scheme.id"))
    role_code: Mapped[str | None] = mapped_column(sa.String(64))
    from_day: Mapped[date]
    until_day: Mapped[date]
    days: Mapped[int] = mapped_column(default=0)
    status: Mapped[SheetStatus] = mapped_column(closed_set(SheetStatus))
    rated_weight: Mapped[Decimal] = mapped_column(Hundredths)
    weighted_sum: Mapped[Decimal] = mapped_column(Hundredths)
    base_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    adjustment: Mapped[Decimal] = mapped_column(Hundredths, default=Decimal(0))
    final_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    grade_by_score: Mapped[str | None] = mapped_column(sa.String(16))
    grade: Mapped[str | None] = mapped_column(sa.String(16))
    vetoes: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    effects: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    amount: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    rank: Mapped[int | None]
    rank_of: Mapped[int | None]
    computed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledge_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_silently: Mapped[bool] = mapped_column(default=False)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    run: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    revision: Mapped[int] = mapped_column(default=0)

    period: Mapped[AppraisalPeriod] = relationship()
    staff: Mapped[Staff | None] = relationship(foreign_keys=[staff_id])
    department: Mapped[Department | None] = relationship()
    scheme: Mapped[AppraisalScheme] = relationship()
    lines: Mapped[list[AppraisalLine]] = relationship(order_by="AppraisalLine.position", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": revision}


class AppraisalLine(Base):
    """One indicator on a sheet. ``numerator``, ``denominator`` and ``contribution`` are exact, as decimal text.

    ``value`` as it is shown, with four decimals; scores are computed from the exact one. ``score`` is null where it was
    not rated; ``why_not`` says why ("sample"). ``previous``: the value of the month before. ``inputs_sha256`` is the
    hash of the list of what was counted; ``corrected``: an appeal put other figures in place of what was counted.
    """

    __tablename__ = "appraisal_line"

    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_sheet.id"), primary_key=True)
    indicator: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    position: Mapped[int]
    weight: Mapped[Decimal] = mapped_column(Hundredths)
    target: Mapped[str | None] = mapped_column(sa.String(40))
    numerator: Mapped[str] = mapped_column(sa.String(60))
    denominator: Mapped[str] = mapped_column(sa.String(60))
    sample: Mapped[int]
    value: Mapped[str | None] = mapped_column(sa.String(60))
    score: Mapped[Decimal | None] = mapped_column(Hundredths)
    contribution: Mapped[str | None] = mapped_column(sa.String(60))
    why_not: Mapped[str | None] = mapped_column(sa.String(32))
    previous: Mapped[str | None] = mapped_column(sa.String(60))
    inputs_sha256: Mapped[str] = mapped_column(sa.String(64))
    corrected: Mapped[bool] = mapped_column(default=False)


class AppraisalInput(Base):
    """What one line of a sheet was counted from: compressed lines "kind:id numerator denominator", ascending.

    ``run``: a computation that is under way keeps its inputs beside those that hold (``AppraisalSheet.run``) until the
    sheet follows them. ``numerator`` and ``denominator`` in hundredths (of seconds, for hours); ``sha256`` of the lines
    before compression.
    """

    __tablename__ = "appraisal_input"

    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_sheet.id"), primary_key=True)
    indicator: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    numerator: Mapped[int] = mapped_column(sa.BigInteger)
    denominator: Mapped[int] = mapped_column(sa.BigInteger)
    sample: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    lines: Mapped[bytes] = mapped_column(sa.LargeBinary)


class AppraisalManualLine(Base):
    """A line outside the formula: its ground and evidence, who proposed it, who approved it.

    ``month`` is the month on whose sheet it counts; ``corrects`` the locked month that it puts right. ``rule``: set
    where the system proposed it by a rule (``adjustments`` and the like); ``key`` keeps that from coming twice.
    ``sealed``: {"ground", "decision"}.
    """

    __tablename__ = "appraisal_manual_line"
    __table_args__ = (
        sa.Index(None, "month", "staff_id"),
        sa.Index(None, "month", "department_id"),
        sa.Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    month: Mapped[str] = mapped_column(sa.String(7))
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    kind: Mapped[LineKind] = mapped_column(closed_set(LineKind))
    code: Mapped[str] = mapped_column(sa.String(64))
    points: Mapped[Decimal] = mapped_column(Hundredths, default=Decimal(0))
    amount: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    corrects: Mapped[str | None] = mapped_column(sa.String(7))
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    rule: Mapped[str | None] = mapped_column(sa.String(64))
    key: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    state: Mapped[LineState] = mapped_column(closed_set(LineState))
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    revision: Mapped[int] = mapped_column(default=0)

    staff: Mapped[Staff | None] = relationship(foreign_keys=[staff_id])
    department: Mapped[Department | None] = relationship()
    proposed_by: Mapped[Staff | None] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=[decided_by_id])

    __mapper_args__ = {"version_id_col": revision}


class AppraisalFile(Base):
    """A file that a line outside the formula or an appeal rests on; on disk sealed under the office key."""

    __tablename__ = "appraisal_file"
    __table_args__ = (sa.Index(None, "line_id"), sa.Index(None, "appeal_id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appraisal_manual_line.id"))
    appeal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appraisal_appeal.id"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(80))
    sealed_name: Mapped[bytes] = mapped_column(sa.LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))


class AppraisalAppeal(Base):
    """The one objection to a sheet (R33). ``items``: the lines contested. ``sealed``: {"reasons", "ground"}."""

    __tablename__ = "appraisal_appeal"
    __table_args__ = (sa.Index(None, "decided_at", "decide_due_at"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    sheet_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_sheet.id"), unique=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    items: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    against_check: Mapped[bool] = mapped_column(default=False)
    decide_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decider_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[SheetAppealResult | None] = mapped_column(closed_set(SheetAppealResult))
    old_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    new_score: Mapped[Decimal | None] = mapped_column(Hundredths)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    sheet: Mapped[AppraisalSheet] = relationship()
    by: Mapped[Staff] = relationship(foreign_keys=[by_id])
    decider: Mapped[Staff | None] = relationship(foreign_keys=[decider_id])


class AppraisalEvent(Base):
    """What happened to a month (``sheet_id`` null) or to one of its sheets, and who did it (R40)."""

    __tablename__ = "appraisal_event"
    __table_args__ = (sa.Index(None, "period_id", "id"), sa.Index(None, "sheet_id", "id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    period_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_period.id"))
    sheet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appraisal_sheet.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(sa.String(32))
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    actor: Mapped[Staff | None] = relationship()


class MonthlyFigure(Base):
    """A figure from outside for one month and department: the hotline, the regulator (R31, ``source: import``).

    ``numerator`` and ``denominator`` as decimal text; entered again, the newest counts and the older ones stay.
    """

    __tablename__ = "monthly_figure"
    __table_args__ = (sa.Index(None, "month", "indicator", "department_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    month: Mapped[str] = mapped_column(sa.String(7))
    indicator: Mapped[str] = mapped_column(sa.String(64))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("department.id"))
    numerator: Mapped[str] = mapped_column(sa.String(40))
    denominator: Mapped[str] = mapped_column(sa.String(40))
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StaffPost(Base):
    """Which department and roles a person had from when to when: months are split where they changed (R33).

    ``until_day`` is the last day, null while it holds; ``roles``: codes, in the office's order.
    """

    __tablename__ = "staff_post"
    __table_args__ = (sa.Index(None, "staff_id", "from_day"), sa.Index(None, "until_day"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    roles: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    from_day: Mapped[date]
    until_day: Mapped[date | None]
