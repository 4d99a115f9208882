"""Extensions of clocks (R25): what was asked for, decided and told, and which clocks it moved."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import ClockRow
from backoffice.models.office import Staff
from policies.vocabulary import ExtensionState


class Extension(Base):
    """One request for more time, from asking to its end; a complaint has at most one that is not settled.

    ``due_at`` is the deadline that it asks to move, as it stood then; ``approver_role`` whose decision it waits for.
    ``settled_at``: when it took effect, was refused or lapsed. ``sealed``: {"reason", "ground", "opinion"}.
    """

    __tablename__ = "extension"
    __table_args__ = (
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "state", "approver_role", "complaint_id"),
        sa.Index(
            "uq_extension_pending",
            "complaint_id",
            unique=True,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    clock: Mapped[str] = mapped_column(sa.String(32))
    round: Mapped[int]
    state: Mapped[ExtensionState] = mapped_column(closed_set(ExtensionState), default=ExtensionState.REQUESTED)
    reason: Mapped[str] = mapped_column(sa.String(64))
    days_asked: Mapped[int]
    asked_until: Mapped[date | None]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    approver_role: Mapped[str] = mapped_column(sa.String(64))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    days_granted: Mapped[int | None]
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_way: Mapped[str | None] = mapped_column(sa.String(32))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attachment_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    asked_by: Mapped[Staff | None] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=[decided_by_id])
    clocks: Mapped[list[ExtendedClock]] = relationship(order_by="ExtendedClock.id")


class ExtendedClock(Base):
    """A clock that an extension moved, from when to when, by how many working days."""

    __tablename__ = "extended_clock"
    __table_args__ = (sa.Index(None, "extension_id"), sa.Index(None, "clock_id"), sa.Index(None, "at", "id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    extension_id: Mapped[int] = mapped_column(sa.ForeignKey("extension.id"))
    clock_id: Mapped[int] = mapped_column(sa.ForeignKey("clock.id"))
    days: Mapped[int]
    old_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    new_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    clock: Mapped[ClockRow] = relationship()
