"""Figures that were counted once and are shown until they are counted anew (R35, R38). No data of any person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime


class KeptFigures(Base):
    """What one view counted. Everything here can be thrown away: it is counted again from the complaints.

    ``key`` is the sign of view, question, reach and versions of the rules (``policies/kept_figures.sign_of``).
    ``figures`` are counts and ids alone, None until the first counting has ended; ``wanted_at`` is set while a counting
    is awaited, ``done`` how many of its parts are counted. ``asked_by_id`` asked last, None for what is kept ready.
    """

    __tablename__ = "kept_figures"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    view: Mapped[str] = mapped_column(sa.String(32))
    question: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    wanted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    done: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    took_ms: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))

    @property
    def took(self) -> timedelta:
        """How long its last counting took."""
        return timedelta(milliseconds=self.took_ms)
