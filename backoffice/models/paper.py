"""Numbers that are printed on blank forms for days when the system is down (R9): each used once, or accounted for."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.office import Staff


class ReservedNumber(Base):
    """A number taken out of the counter. Used: ``complaint_id`` is set. Spoilt or lost: ``void_at`` with its reason.

    ``taken_by`` says who has the forms: a desk or a member of staff; no customer. ``form``: the digest of the token of
    the form that reserved it, so that a form that is sent twice reserves once.
    """

    __tablename__ = "reserved_number"
    __table_args__ = (sa.Index(None, "complaint_id", "void_at", "id"), sa.Index(None, "form"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(32), unique=True)
    day: Mapped[date]
    taken_by: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    void_reason: Mapped[str] = mapped_column(sa.String(200), default="")
    form: Mapped[str | None] = mapped_column(sa.String(32))

    by: Mapped[Staff] = relationship(foreign_keys=[by_id])
    void_by: Mapped[Staff | None] = relationship(foreign_keys=[void_by_id])
    complaint: Mapped[Complaint | None] = relationship()
