"""Acts on many complaints at once (R12, R13): what was asked, how far it has come, what came of each."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime, primary_key


class ManyRun(Base):
    """One act on many. ``sealed``, by the office's key (context ``many``): {"items": [[number, revision]], "values",
    "outcomes": [{"number", "done", "why"}]}; what people wrote and what was answered stays unreadable in the table.

    ``form``: the token of the form, so that a form that is sent twice is done once.
    """

    __tablename__ = "many_run"
    __table_args__ = (sa.UniqueConstraint("by_id", "form"), sa.Index(None, "finished_at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    action: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    form: Mapped[str] = mapped_column(sa.String(64))
    language: Mapped[str] = mapped_column(sa.String(16))
    address: Mapped[str] = mapped_column(sa.String(64), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
