"""What is written down while a complaint is handled: the fields of each step, measures, talks, calls,
evidence, files.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, Money, UtcDateTime, primary_key
from backoffice.models.office import Staff


class StepEntry(Base):
    """The values of a step's fields as one person entered them with one action; ``sealed`` is a JSON object field →
    value.
    """

    __tablename__ = "step_entry"
    __table_args__ = (sa.Index(None, "complaint_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    step: Mapped[str] = mapped_column(sa.String(64))
    action: Mapped[str] = mapped_column(sa.String(64))
    round: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("work_order.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    by: Mapped[Staff | None] = relationship()


class Measure(Base):
    """One refund, compensation, repair or other act of a plan (R20); ticked off by ``done_at``. ``sealed``: {"text",
    "result"}.
    """

    __tablename__ = "measure"
    __table_args__ = (sa.Index(None, "complaint_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("step_entry.id"))
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(32), default="other")
    amount: Mapped[Decimal | None] = mapped_column(Money)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    expected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    dropped: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    owner: Mapped[Staff | None] = relationship(foreign_keys=[owner_id])
    done_by: Mapped[Staff | None] = relationship(foreign_keys=[done_by_id])


class Communication(Base):
    """One talk with the customer (R20): acknowledgement, first response, progress, delay, result or another.
    ``sealed``: {"points"}.
    """

    __tablename__ = "communication"
    __table_args__ = (sa.Index(None, "complaint_id", "at"), sa.Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    kind: Mapped[str] = mapped_column(sa.String(32))
    way: Mapped[str] = mapped_column(sa.String(32))
    step: Mapped[str] = mapped_column(sa.String(64))
    round: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    outbox_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    by: Mapped[Staff | None] = relationship()


class CallBack(Base):
    """One attempt to call back (R21). ``sealed``: {"opinion", "dissatisfaction_reason", "new_demand"}."""

    __tablename__ = "call_back"
    __table_args__ = (sa.Index(None, "complaint_id", "at"), sa.Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    round: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    way: Mapped[str] = mapped_column(sa.String(32))
    reached: Mapped[bool]
    solved: Mapped[bool | None]
    satisfaction: Mapped[int | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    by: Mapped[Staff | None] = relationship()


class Attachment(Base):
    """A file kept by the SHA-256 of its content; on disk sealed under the complaint's key. ``sealed_name`` is its file
    name.
    """

    __tablename__ = "attachment"
    __table_args__ = (sa.Index(None, "complaint_id", "id"), sa.UniqueConstraint("complaint_id", "sha256"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(80))
    sealed_name: Mapped[bytes] = mapped_column(sa.LargeBinary)
    step: Mapped[str] = mapped_column(sa.String(64))
    round: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    by: Mapped[Staff | None] = relationship()


class Evidence(Base):
    """Material that supports facts, by a type of the office's list; a text, a file or both. ``sealed``: {"text"}."""

    __tablename__ = "evidence"
    __table_args__ = (sa.Index(None, "complaint_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    type: Mapped[str] = mapped_column(sa.String(64))
    step: Mapped[str] = mapped_column(sa.String(64))
    round: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    attachment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachment.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    by: Mapped[Staff | None] = relationship()
    attachment: Mapped[Attachment | None] = relationship()


class Addition(Base):
    """A paper that came after archiving (R22): added with its own date, never a change. ``sealed``:
    {"title", "text"}.
    """

    __tablename__ = "addition"
    __table_args__ = (sa.Index(None, "complaint_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    attachment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachment.id"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)

    by: Mapped[Staff | None] = relationship()
    attachment: Mapped[Attachment | None] = relationship()
