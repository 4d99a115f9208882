"""What somebody has typed into a form and not sent yet (R40)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime, primary_key


class Draft(Base):
    """One form as one person opened it. ``sitting``: that opening; ``form``: where the form is sent to.

    ``sealed``: the values typed, the form's heading and address, under the key of the complaint that it belongs to, or
    under the office's; none once the form was carried out (``ended_at``).
    """

    __tablename__ = "draft"
    __table_args__ = (
        sa.UniqueConstraint("staff_id", "sitting"),
        sa.Index(None, "staff_id", "form", "kept_at"),
        sa.Index(None, "kept_at"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    sitting: Mapped[str] = mapped_column(sa.String(32))
    form: Mapped[str] = mapped_column(sa.String(400))
    complaint_id: Mapped[int | None] = mapped_column(sa.ForeignKey("complaint.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
