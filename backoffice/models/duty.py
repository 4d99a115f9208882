"""Who is on duty, who is away and who stands in (R13), and which warnings of a clock went out (R26)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.office import Staff
from policies.vocabulary import DutyKind


class Duty(Base):
    """A turn of duty, from ``begins_at`` up to but not including ``ends_at``; ``withdrawn_at``: taken off the
    roster.
    """

    __tablename__ = "duty"
    __table_args__ = (sa.Index(None, "ends_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    kind: Mapped[DutyKind] = mapped_column(closed_set(DutyKind))
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    staff: Mapped[Staff] = relationship()


class Absence(Base):
    """When somebody is away, from ``begins_at`` up to but not including ``ends_at``, and who gets their messages
    then.
    """

    __tablename__ = "absence"
    __table_args__ = (sa.Index(None, "ends_at", "id"), sa.Index(None, "staff_id", "ends_at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    stand_in_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    staff: Mapped[Staff] = relationship(foreign_keys=[staff_id])
    stand_in: Mapped[Staff | None] = relationship(foreign_keys=[stand_in_id])


class ClockWarning(Base):
    """A warning of a clock that went out, once for each step of its ladder (R26).

    ``planned_at`` is the step's moment, ``sent_at`` when it was told, ``staff_ids`` whom it reached.
    """

    __tablename__ = "clock_warning"
    __table_args__ = (sa.UniqueConstraint("clock_id", "step"), sa.Index(None, "complaint_id", "id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    clock_id: Mapped[int] = mapped_column(sa.ForeignKey("clock.id"))
    step: Mapped[str] = mapped_column(sa.String(64))
    message: Mapped[str] = mapped_column(sa.String(64))
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    staff_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
