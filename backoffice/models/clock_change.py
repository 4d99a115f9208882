"""Changes of the calendar by which deadlines are counted, and the clocks that each of them moved (R24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, primary_key
from backoffice.models.history import ReferenceChange
from backoffice.models.office import Staff


class CalendarChange(Base):
    """One change of days or hours, by the revision that it made; the job of that revision moves the clocks.

    ``days``: the dates that are no longer as they were (null: every week is another); ``years``: those whose holidays
    are known from now on. ``looked_at``: open clocks that span it; ``kept``: those that would now be due earlier, but
    were promised. ``line_id``: the line of the log that says what was changed.
    """

    __tablename__ = "calendar_change"

    revision: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reference_change.id"))
    days: Mapped[list[Any] | None] = mapped_column(sa.JSON)
    years: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    looked_at: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    kept: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    last_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    by: Mapped[Staff | None] = relationship()
    line: Mapped[ReferenceChange | None] = relationship()


class ClockMove(Base):
    """One clock that a change of the calendar moved; written with the event that tells of it."""

    __tablename__ = "clock_move"
    __table_args__ = (
        sa.Index(None, "revision", "id"),
        sa.Index(None, "complaint_id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    revision: Mapped[int] = mapped_column(sa.ForeignKey("calendar_change.revision"))
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    clock: Mapped[str] = mapped_column(sa.String(32))
    occurrence: Mapped[int]
    old_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    new_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
