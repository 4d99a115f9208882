"""Notices of known faults and of suggestions of many customers, their versions, and the complaints linked to them (R8).

The texts of a notice are the office's own and stand in clear; they name no customer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import Complaint
from backoffice.models.office import Staff
from policies.vocabulary_notice import CallReason, LinkState, NoticeKind, NoticeState


class FaultNotice(Base):
    """A notice. ``version`` counts its changes; ``linked``, ``told``, ``to_call`` count its complaints, so that nobody
    has to; ``told_all_at``: when the last linked customer was told or put on the list of calls after it was lifted.
    """

    __tablename__ = "fault_notice"
    __table_args__ = (sa.Index(None, "state", "since", "id"), sa.Index(None, "state", "ended_at", "id"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(32), unique=True)
    kind: Mapped[NoticeKind] = mapped_column(closed_set(NoticeKind))
    state: Mapped[NoticeState] = mapped_column(closed_set(NoticeState), default=NoticeState.PUBLISHED)
    version: Mapped[int] = mapped_column(default=1)
    title_zh: Mapped[str] = mapped_column(sa.String(200), default="")
    title_en: Mapped[str] = mapped_column(sa.String(200), default="")
    area: Mapped[str] = mapped_column(sa.String(400), default="")
    tell_zh: Mapped[str] = mapped_column(sa.Text, default="")
    tell_en: Mapped[str] = mapped_column(sa.Text, default="")
    categories: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    expected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    happened: Mapped[str] = mapped_column(sa.Text, default="")
    answer_zh: Mapped[str] = mapped_column(sa.Text, default="")
    answer_en: Mapped[str] = mapped_column(sa.Text, default="")
    told_all_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    linked: Mapped[int] = mapped_column(default=0)
    told: Mapped[int] = mapped_column(default=0)
    to_call: Mapped[int] = mapped_column(default=0)
    submission: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    published_by: Mapped[Staff | None] = relationship(foreign_keys=[published_by_id])
    ended_by: Mapped[Staff | None] = relationship(foreign_keys=[ended_by_id])


class FaultNoticeVersion(Base):
    """What a notice said from one change to the next. ``access_sequence`` is the link of the office's access chain that
    holds the same content, so that it cannot be changed unnoticed (R40).
    """

    __tablename__ = "fault_notice_version"

    notice_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_notice.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    act: Mapped[str] = mapped_column(sa.String(16))
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    access_sequence: Mapped[int] = mapped_column(sa.BigInteger)

    by: Mapped[Staff | None] = relationship()


class FaultLink(Base):
    """A complaint that belongs to a notice, and what its customer was told of it."""

    __tablename__ = "fault_link"
    __table_args__ = (sa.Index(None, "notice_id", "state", "complaint_id"), sa.Index(None, "complaint_id"))

    notice_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_notice.id"), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"), primary_key=True)
    state: Mapped[LinkState] = mapped_column(closed_set(LinkState), default=LinkState.LINKED)
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    linked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    way: Mapped[str] = mapped_column(sa.String(32), default="")
    call_reason: Mapped[CallReason | None] = mapped_column(closed_set(CallReason))

    notice: Mapped[FaultNotice] = relationship()
    complaint: Mapped[Complaint] = relationship()
