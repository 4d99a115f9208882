"""Sampling plans, draws and lots (R27): what was drawn from which population, so that anybody can draw it again.

``body`` of a draw is the very text that is signed: canonical JSON of plan and version, period, sequence, population
query, population hash and count, nonce, seed, method and result; ``mac`` is keyed, so that who can write the database
cannot forge it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.office import Department, Staff
from backoffice.models.training import TrainingOrder
from policies.vocabulary import VersionState
from policies.vocabulary_inspection import DrawState, LotSeverity, PlanKind


class SamplingPlan(Base):
    """One version of a sampling plan, in the form of a row of ``plans`` in ``office/sampling.yaml`` (``definition``).

    ``valid_from`` and ``revision`` of a draft as with a process. ``stopped_from``: the first local day on which nothing
    is drawn any more, as long as no later version holds.
    """

    __tablename__ = "sampling_plan"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    kind: Mapped[PlanKind] = mapped_column(closed_set(PlanKind))
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120))
    valid_from: Mapped[date]
    state: Mapped[VersionState] = mapped_column(
        closed_set(VersionState, name="plan_state"), default=VersionState.EFFECTIVE
    )
    revision: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_from: Mapped[date | None]
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class Draw(Base):
    """One draw of a plan for one period: frozen population, nonce made after it, seed, result.

    ``period_label`` is the second part of the seed ("2026-09", "2026-W38", "20260901-20260930"); the period runs from
    ``period_from`` to ``period_until``, local days, the last one included. ``query`` is the condition of the population
    as it was asked. ``exclusions``: {reason code: number of units left out}. ``strata``: one entry a stratum,
    {"key": [codes], "size", "compulsory", "n"}. ``reason``: why, of an ad-hoc draw. ``cancel_reason``: why its
    inspections were cancelled before anybody had begun them.
    """

    __tablename__ = "draw"
    __table_args__ = (
        sa.UniqueConstraint("plan_code", "period_label", "sequence"),
        sa.Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("sampling_plan.id"), index=True)
    plan_code: Mapped[str] = mapped_column(sa.String(64))
    period_label: Mapped[str] = mapped_column(sa.String(32))
    period_from: Mapped[date]
    period_until: Mapped[date]
    sequence: Mapped[int]
    state: Mapped[DrawState] = mapped_column(closed_set(DrawState))
    query: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    method: Mapped[str] = mapped_column(sa.String(64))
    blind: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    population_count: Mapped[int] = mapped_column(sa.BigInteger)
    population_sha256: Mapped[str] = mapped_column(sa.String(64))
    exclusions: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    strata: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    nonce: Mapped[str | None] = mapped_column(sa.String(64))
    seed: Mapped[str | None] = mapped_column(sa.String(200))
    result_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    drawn_count: Mapped[int] = mapped_column(default=0)
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    cancel_reason: Mapped[str | None] = mapped_column(sa.String(400))
    body: Mapped[str | None] = mapped_column(sa.Text)
    mac: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))

    plan: Mapped[SamplingPlan] = relationship()
    by: Mapped[Staff | None] = relationship(foreign_keys=[by_id])
    cancelled_by: Mapped[Staff | None] = relationship(foreign_keys=[cancelled_by_id])


class DrawPopulation(Base):
    """A stretch of a draw's frozen population: compressed lines in ascending order, as many as ``count`` says."""

    __tablename__ = "draw_population"

    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("draw.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    lines: Mapped[bytes] = mapped_column(sa.LargeBinary)


class InspectionLot(Base):
    """One department's lot of a draw by a lot plan: its sizes and numbers by the tables, and what came of it.

    ``quality_limit`` is the acceptance quality limit in percent nonconforming, as the tables write it;
    ``nonconforming`` is counted when all of its inspections are final; ``next_severity`` follows by the switching rules
    from the lots before.
    """

    __tablename__ = "inspection_lot"
    __table_args__ = (
        sa.UniqueConstraint("draw_id", "department_id"),
        sa.Index(None, "plan_code", "department_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    draw_id: Mapped[int] = mapped_column(sa.ForeignKey("draw.id"))
    plan_code: Mapped[str] = mapped_column(sa.String(64))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("department.id"))
    lot_size: Mapped[int] = mapped_column(sa.BigInteger)
    quality_limit: Mapped[str] = mapped_column(sa.String(8))
    severity: Mapped[LotSeverity] = mapped_column(closed_set(LotSeverity, name="lot_severity"))
    code_letter: Mapped[str] = mapped_column(sa.String(2))
    sample_size: Mapped[int]
    acceptance_number: Mapped[int]
    rejection_number: Mapped[int]
    nonconforming: Mapped[int | None]
    accepted: Mapped[bool | None]
    switching_score: Mapped[int] = mapped_column(default=0)
    next_severity: Mapped[LotSeverity | None] = mapped_column(closed_set(LotSeverity, name="lot_next_severity"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    draw: Mapped[Draw] = relationship()
    department: Mapped[Department] = relationship()


class LotImprovement(Base):
    """An improvement on record for a department whose sampling had stopped with ``lot_id``: it goes on, tightened."""

    __tablename__ = "lot_improvement"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection_lot.id"), unique=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("corrective_action.id"))
    reason: Mapped[str] = mapped_column(sa.String(400))
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    lot: Mapped[InspectionLot] = relationship()
    by: Mapped[Staff | None] = relationship()


class Coaching(Base):
    """A time during which somebody is coached (R27, R34): plans draw more of the records of those days.

    ``order_id``: what ordered it, where it was not begun by hand; its reason is then that order's.
    """

    __tablename__ = "coaching"
    __table_args__ = (sa.Index(None, "staff_id", "since"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    since: Mapped[date]
    until: Mapped[date | None]
    reason: Mapped[str] = mapped_column(sa.String(400))
    ordered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_order.id"))

    order: Mapped[TrainingOrder | None] = relationship()
    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    ordered_by: Mapped[Staff | None] = relationship(foreign_keys=[ordered_by_id])
