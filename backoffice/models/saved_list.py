"""What people keep of lists (R13): saved filters, the columns that somebody chose, the filter they begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.models.base import Base, UtcDateTime, primary_key


class SavedList(Base):
    """A list with its filters, order and columns under a name. ``args``: the filters as an address bears them, without
    words that were looked for. ``reach``: ``policies.saved_lists.Reach``; ``department_id``: with whom it is shared.
    """

    __tablename__ = "saved_list"
    __table_args__ = (sa.UniqueConstraint("staff_id", "name"), sa.Index(None, "reach", "department_id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    name: Mapped[str] = mapped_column(sa.String(64))
    code: Mapped[str] = mapped_column(sa.String(32))
    args: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    sort: Mapped[str] = mapped_column(sa.String(16))
    columns: Mapped[list[str]] = mapped_column(sa.JSON)
    reach: Mapped[str] = mapped_column(sa.String(16))
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ListSetting(Base):
    """How a person has lists shown. ``columns`` empty: as everybody who chose nothing; ``default_id``: what they begin
    with.
    """

    __tablename__ = "list_setting"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    columns: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    default_id: Mapped[int | None] = mapped_column(sa.ForeignKey("saved_list.id", ondelete="SET NULL"))
