"""What is put to a manager about a complaint: a dispute over its order (R11)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, closed_set, primary_key
from backoffice.models.complaint import WorkOrder
from backoffice.models.office import Department, Staff
from policies.vocabulary import DisputeState


class Dispute(Base):
    """A department's request to adjudicate whose order it is (R11); the order stays where it is until it is decided.

    ``ground_id`` is the department to which it is said to belong, ``named_id`` the one that the decision names.
    ``sealed``: {"reason"}, ``sealed_decision``: {"reason"}.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        sa.Index(None, "complaint_id", "id"),
        sa.Index(None, "state", "due_at"),
        sa.Index(None, "raised_at", "department_id"),
    )

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    complaint_id: Mapped[int] = mapped_column(sa.ForeignKey("complaint.id"))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("work_order.id"))
    department_id: Mapped[int] = mapped_column(sa.ForeignKey("department.id"))
    ground_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    state: Mapped[DisputeState] = mapped_column(closed_set(DisputeState), default=DisputeState.OPEN)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    escalates_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    named_id: Mapped[int | None] = mapped_column(sa.ForeignKey("department.id"))
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    sealed_decision: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    order: Mapped[WorkOrder] = relationship()
    department: Mapped[Department] = relationship(foreign_keys=[department_id])
    ground: Mapped[Department | None] = relationship(foreign_keys=[ground_id])
    named: Mapped[Department | None] = relationship(foreign_keys=[named_id])
    raised_by: Mapped[Staff | None] = relationship(foreign_keys=[raised_by_id])
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=[decided_by_id])
